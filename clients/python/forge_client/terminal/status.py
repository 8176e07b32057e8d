"""The top line (connection, network, title) and the line above the composer (current activity)."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from forge_client.conversation import Conversation
from forge_client.events import ConnectionChanged
from forge_client.wording import visible

_CONNECTIONS = {
    "websocket": ("●", "$text-success", "connected"),
    "sse": ("●", "$text-success", "connected (SSE)"),
    "connecting": ("◌", "$text-warning", "connecting …"),
    "offline": ("○", "$text-error", "offline"),
    "closed": ("○", "dim", "closed"),
}


class StatusLine(Static):
    def show(self, connection: ConnectionChanged, conversation: Conversation) -> None:
        glyph, style, word = _CONNECTIONS[connection.status]
        parts = [Content.styled(f"{glyph} {word}", style)]
        if hot := conversation.hot:
            parts.append(Content.styled(visible(hot.network), "bold"))
            parts.append(Content(visible(hot.title or "New conversation").replace("\n", " ")))
        self.update(Content("  ·  ").join(parts))


class Going(Static):
    """Return one line about the current problem; empty if there is none."""

    def show(self, connection: ConnectionChanged, conversation: Conversation, url: str, seconds: int) -> None:
        text, style = _matter(connection, conversation, url, seconds)
        self.update(Content.styled(visible(text), style) if text else "")
        self.display = bool(text)


def _matter(
    connection: ConnectionChanged, conversation: Conversation, url: str, seconds: int
) -> tuple[str, str]:
    hot = conversation.hot
    if connection.status == "offline":
        running = "" if hot else " Is `make run` running?"
        return f"No connection to {url} ({connection.detail}).{running} Trying again …", "$text-error"
    if conversation.expired:
        return "This conversation has expired. Your next message starts it anew.", "$text-warning"
    if hot is None:
        return "", ""
    if hot.active_run:
        return f"Working, {seconds} s · Esc stops", "dim"
    if hot.queued:
        return "Waiting for a worker …", "dim"
    if hot.is_loading:
        return "No worker has started yet; messages wait for one.", "$text-warning"
    return " · ".join(hot.notices), "dim"

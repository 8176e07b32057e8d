"""The top line (connection, network, title) and the line above the composer (current activity)."""

from __future__ import annotations

from http import HTTPStatus

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
        advice = _advice(connection, is_known=hot is not None)
        return f"No connection to {url} ({connection.detail}).{advice} Trying again …", "$text-error"
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


def _advice(connection: ConnectionChanged, *, is_known: bool) -> str:
    """Return what a person could look at; `is_known`: the server has been there before."""
    if connection.refused_with == HTTPStatus.UNAUTHORIZED:
        return " Set FORGE_TOKEN to one that is valid."
    return "" if is_known or connection.refused_with else " Is `make run` running?"

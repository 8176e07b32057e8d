"""The list of this person's conversations."""

from __future__ import annotations

from textual.content import Content
from textual.message import Message as WidgetMessage
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from forge_client.terminal.remembered import RememberedSession
from forge_client.wording import visible

WIDTH = 22
"""Maximum characters of a title in a line of the list."""


class SessionList(OptionList):
    class Chosen(WidgetMessage):
        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    def __init__(self) -> None:
        super().__init__(id="sessions")
        self.border_title = "Conversations"
        self._listed: list[RememberedSession] = []
        self._current = ""

    def show(self, sessions: list[RememberedSession], current: str) -> None:
        if (sessions, current) == (self._listed, self._current):
            return
        self._listed, self._current = list(sessions), current
        self.clear_options()
        self.add_options(_option(session, is_current=session.session_id == current) for session in sessions)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(event.option.id or ""))

    def toggle(self) -> bool:
        """Show or hide the list; in a narrow terminal it is hidden at first. Return whether it is shown now."""
        hide = self.styles.display != "none"
        self.set_class(hide, "-hidden").set_class(not hide, "-shown")
        return not hide


def _option(session: RememberedSession, *, is_current: bool) -> Option:
    title = visible(session.title).replace("\n", " ") or "New conversation"
    title = title if len(title) <= WIDTH else f"{title[: WIDTH - 1]}…"
    marked = Content.styled(f"● {title}", "bold $primary") if is_current else Content(f"  {title}")
    return Option(marked, id=session.session_id)

"""The input field for a message: Enter sends, Shift+Enter or Ctrl+J inserts a line break."""

from __future__ import annotations

from textual import events
from textual.message import Message as WidgetMessage
from textual.widgets import TextArea


class Composer(TextArea):
    class Submitted(WidgetMessage):
        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(
            id="composer",
            compact=True,
            highlight_cursor_line=False,
            placeholder="Ask something, such as: balance of Alice",
        )
        self._last = ""

    def on_key(self, event: events.Key) -> None:
        match event.key:
            case "enter":
                self._submit()
            case "shift+enter" | "alt+enter" | "ctrl+j":
                self.insert("\n")
            case "up" if not self.text and self._last:
                self.load(self._last)
            case _:
                return
        event.stop()
        event.prevent_default()

    def load(self, text: str) -> None:
        """Put `text` back for editing, before the text that is being written."""
        self.text = f"{text}\n\n{self.text}" if self.text.strip() else text
        self.move_cursor(self.document.end)

    def _submit(self) -> None:
        text = self.text.strip()
        if not text:
            return
        self._last = text
        self.text = ""
        self.post_message(self.Submitted(text))

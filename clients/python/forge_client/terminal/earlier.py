"""The line above the first entry, which says how many messages are earlier."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from textual.message import Message as WidgetMessage
from textual.widgets import Static


class Earlier(Static):
    """Hidden while nothing is earlier."""

    class Wanted(WidgetMessage):
        pass

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self.is_loading = False
        """True while earlier messages are requested from the server."""
        self.display = False

    def show(self, count: int) -> None:
        """`count`: the number of messages before the first one on the screen."""
        self._count = count
        self._write()

    @contextmanager
    def while_loading(self) -> Generator[None]:
        """Say during this context that earlier messages are being loaded."""
        self.is_loading = True
        self._write()
        try:
            yield
        finally:
            self.is_loading = False
            self._write()

    def on_click(self) -> None:
        self.post_message(self.Wanted())

    def _write(self) -> None:
        self.display = self._count > 0
        advice = "loading …" if self.is_loading else "click here or press Ctrl+Up"
        self.update(f"▲ {self._count} earlier: {advice}")

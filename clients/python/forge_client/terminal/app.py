"""The full-screen chat as a program."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from forge_client.http_requests import Token
from forge_client.pace import Pace
from forge_client.terminal.chat import ChatScreen
from forge_client.terminal.remembered import RememberedSessions
from forge_client.terminal.server import Server


class ChatApp(App[None]):
    """Talks to the server at `url`; without `session_id` it continues the conversation that was used last."""

    TITLE = "forge-mcp"
    CSS_PATH = "chat.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", priority=True)]
    """The key that ends the program from every screen."""

    def __init__(
        self,
        url: str,
        session_id: str | None = None,
        token: Token | None = None,
        *,
        remembered: RememberedSessions | None = None,
        pace: Pace | None = None,
    ) -> None:
        super().__init__()
        self.chat = ChatScreen(
            Server(url.rstrip("/"), token, pace),
            session_id,
            remembered or RememberedSessions.from_environment(os.environ),
        )

    def get_default_screen(self) -> ChatScreen:
        return self.chat

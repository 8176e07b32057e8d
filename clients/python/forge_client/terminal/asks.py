"""Tool calls that wait for the person's decision, and the answers to them."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message as WidgetMessage
from textual.widgets import Button, Static

from forge_client.wallet_requests import Ask
from forge_client.wording import ask_words


class AskCard(Vertical):
    """A call that is not shown completely cannot be allowed."""

    class Answered(WidgetMessage):
        def __init__(self, approval_id: str, *, is_allowed: bool) -> None:
            super().__init__()
            self.approval_id = approval_id
            self.is_allowed = is_allowed

    def __init__(self, ask: Ask) -> None:
        super().__init__(classes="approval")
        self.ask = ask
        self.border_title = "Your word is needed"

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="facts"):
            yield Static(Content(ask_words(self.ask)), classes="words")
        is_whole = self.ask.arguments is not None
        with Horizontal(classes="answers"):
            yield Button(
                "Allow once", variant="success", classes="allow", disabled=not is_whole, compact=True
            )
            yield Button("Do not allow", variant="error", classes="reject", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.Answered(self.ask.approval_id, is_allowed=event.button.has_class("allow")))


class Asks(Vertical):
    """Show the calls that wait now. A waiting call never changes."""

    async def show(self, waiting: list[Ask]) -> None:
        wanted = {ask.approval_id for ask in waiting}
        cards = {card.ask.approval_id: card for card in self.query(AskCard)}
        await self.remove_children([card for name, card in cards.items() if name not in wanted])
        await self.mount_all(AskCard(each) for each in waiting if each.approval_id not in cards)
        self.display = bool(waiting)

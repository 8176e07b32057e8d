"""Wallet requests, and the person's answer to them."""

from __future__ import annotations

import re

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message as WidgetMessage
from textual.widgets import Button, Input, Static

from forge_client.conversation import Conversation
from forge_client.look_alikes import addresses_in, with_look_alikes
from forge_client.wallet_requests import Approval
from forge_client.wallet_words import dangers
from forge_client.wording import approval_words, data_words

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")


class ApprovalCard(Vertical):
    """This terminal has no wallet: the person signs elsewhere and pastes the transaction's hash, or rejects.

    If the person rejects, any text in the field that is not a hash is the reason.
    """

    class Answered(WidgetMessage):
        """`transaction_hash` None: rejected, with a `reason` if one was given."""

        def __init__(self, approval_id: str, transaction_hash: str | None, reason: str | None = None) -> None:
            super().__init__()
            self.approval_id = approval_id
            self.transaction_hash = transaction_hash
            self.reason = reason

    def __init__(self, approval: Approval) -> None:
        super().__init__(classes="approval")
        self.approval = approval
        self._words = Static(Content(approval_words(approval)), classes="words")
        self._show_danger()

    def compose(self) -> ComposeResult:
        # The answer stays visible however long the facts are, because the facts scroll separately.
        with VerticalScroll(classes="facts"):
            yield self._words
            if self.approval.data not in ("", "0x"):
                yield Static(Content(data_words(self.approval)), classes="data")
        placeholder = "Sign it in your wallet and paste the transaction's hash, 0x…; or say why you reject it"
        yield Input(placeholder=placeholder, classes="hash", compact=True)
        with Horizontal(classes="answers"):
            yield Button("I have sent it", variant="success", classes="approve", disabled=True, compact=True)
            yield Button("Reject", variant="error", classes="reject", compact=True)

    def show(self, approval: Approval) -> None:
        """Show the request's current state: claimed by another client, made for another account, reported and not
        found.
        """
        if approval == self.approval:
            return
        self.approval = approval
        self._show_danger()
        self._words.update(Content(approval_words(approval)))

    def _show_danger(self) -> None:
        is_dangerous = bool(dangers(self.approval))
        self.set_class(is_dangerous, "dangerous")
        self.border_title = (
            "DANGER: read this before you sign" if is_dangerous else "Your wallet is asked to sign"
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one(".approve", Button).disabled = not _HASH.fullmatch(event.value.strip())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if _HASH.fullmatch(event.value.strip()):
            self._answer(event.value.strip())

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        text = self.query_one(".hash", Input).value.strip()
        if event.button.has_class("reject"):
            self._answer(None, None if _HASH.fullmatch(text) else text or None)
        else:
            self._answer(text)

    def _answer(self, transaction_hash: str | None, reason: str | None = None) -> None:
        self.post_message(self.Answered(self.approval.approval_id, transaction_hash, reason))


class Approvals(Vertical):
    """Show the requests that wait now."""

    async def show(self, conversation: Conversation) -> None:
        requests = conversation.hot.approvals if conversation.hot else []
        known = addresses_in(conversation.messages) if requests else []
        waiting = [with_look_alikes(each, known) for each in requests]
        wanted = {approval.approval_id for approval in waiting}
        cards = {card.approval.approval_id: card for card in self.query(ApprovalCard)}
        await self.remove_children([card for name, card in cards.items() if name not in wanted])
        await self.mount_all(ApprovalCard(each) for each in waiting if each.approval_id not in cards)
        for each in waiting:
            if each.approval_id in cards:
                cards[each.approval_id].show(each)
        self.display = bool(waiting)

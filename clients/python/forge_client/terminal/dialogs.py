"""The chat's dialogs. Escape closes each of them without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from forge_client.terminal.keys import COMMANDS, KEYS
from forge_client.wording import visible

_CANCEL: list[BindingType] = [Binding("escape", "dismiss(None)", "Cancel")]


class ChoiceDialog(ModalScreen[str | None]):
    """Choose one of `choices`, pairs of value and title."""

    BINDINGS: ClassVar[list[BindingType]] = [*_CANCEL]
    """Escape leaves the dialog without a choice."""

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], current: str) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._current = current

    def compose(self) -> ComposeResult:
        options = [Option(Content(visible(title)), id=value) for value, title in self._choices]
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            yield OptionList(*options)

    def on_mount(self) -> None:
        values = [value for value, _ in self._choices]
        if self._current in values:
            self.query_one(OptionList).highlighted = values.index(self._current)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)


class TextDialog(ModalScreen[str | None]):
    BINDINGS: ClassVar[list[BindingType]] = [*_CANCEL]
    """Escape leaves the dialog without a text."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = self._title
            yield Input(self._text, max_length=80)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)


class HelpDialog(ModalScreen[str | None]):
    """The help. Any of the keys that leave a dialog or open the help closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,f1,ctrl+underscore", "dismiss(None)", "Close")
    ]
    """The keys that close the help."""

    def compose(self) -> ComposeResult:
        width = max(len(row.shown) for row in KEYS)
        lines = [
            Content.assemble(Content.styled(f"{row.shown:<{width}}", "bold"), f"  {row.does}") for row in KEYS
        ]
        with VerticalScroll(classes="dialog help") as box:
            box.border_title = "Keys"
            yield Static(Content("\n").join([*lines, Content(""), Content(COMMANDS)]))

"""One widget for each kind of message. Text from the network is never parsed as markup."""

from __future__ import annotations

import json
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message as WidgetMessage
from textual.widgets import Markdown, Static

from forge_client.frames import Message
from forge_client.terminal.entries import Entry
from forge_client.wording import result_line, tool_line, visible


class UserBubble(Static):
    async def show(self, entry: Entry) -> None:
        self.update(Content(visible(entry.message.content)))


class NoticeLine(Static):
    """A message of the system: an interruption, a failure, an event, an incomplete answer."""

    async def show(self, entry: Entry) -> None:
        self.set_class(entry.message.answer_end is not None, "-unfinished")
        self.update(Content(visible(entry.message.content)))


class QueuedBubble(Static, can_focus=True):
    """A queued message; Delete or a click withdraws it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("delete,backspace", "withdraw", "Withdraw")]
    """The keys that withdraw the message."""

    class Withdrawn(WidgetMessage):
        def __init__(self, run_id: str) -> None:
            super().__init__()
            self.run_id = run_id

    _run_id = ""

    async def show(self, entry: Entry) -> None:
        self._run_id = entry.message.run_id or ""
        text = Content(visible(entry.message.content))
        self.update(
            Content.assemble(
                text, "\n", Content.styled("queued · Shift+Tab, Delete or a click withdraws it", "dim")
            )
        )

    def on_click(self) -> None:
        self.action_withdraw()

    def action_withdraw(self) -> None:
        self.post_message(self.Withdrawn(self._run_id))


class AgentBubble(Markdown):
    """Markdown that grows while it streams."""

    _shown = ""

    def __init__(self, id: str) -> None:  # noqa: A002 - textual's name
        super().__init__("", id=id, open_links=False)

    async def show(self, entry: Entry) -> None:
        text = visible(entry.message.content)
        self.set_class(entry.message.is_streaming, "-streaming")
        if text == self._shown:
            return
        if self._shown and text.startswith(self._shown):
            await self.append(text[len(self._shown) :])
        else:
            await self.update(text)
        self._shown = text

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """An agent's text must not open programs, so a click shows the link's target instead."""
        event.stop()
        self.notify(visible(event.href), title="The link leads to", markup=False)


class ToolCard(Vertical, can_focus=True):
    """A tool call in one line; Enter or a click opens its arguments and result."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "open", "Open or close")]
    """The keys that open or close the card."""

    def __init__(self, id: str) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self._head = Static(classes="tool-head")
        self._arguments, self._result = Static(classes="tool-arguments"), Static(classes="tool-result")

    def compose(self) -> ComposeResult:
        yield self._head
        with Vertical(classes="tool-body"):
            yield self._arguments
            yield self._result

    async def show(self, entry: Entry) -> None:
        glyph, style = _outcome(entry.result)
        brief = f"  →  {result_line(entry.result)}" if entry.result and result_line(entry.result) else ""
        call = Content(tool_line(entry.message))
        head = Content.assemble(Content.styled(f"{glyph} ", style), call, Content.styled(brief, "$text"))
        self._head.update(head)
        self._arguments.update(Content(_arguments(entry.message)))
        self._result.update(Content(_result(entry.result)))
        self.set_class(entry.result is None, "-running")

    def on_click(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        self.toggle_class("-open")


Bubble = UserBubble | NoticeLine | QueuedBubble | AgentBubble | ToolCard


def bubble(entry: Entry) -> Bubble:
    """Return the empty widget for `entry`; fill it with `show` after it is mounted."""
    match entry.message.kind, entry.message.sender:
        case _ if entry.message.seq is None:
            return QueuedBubble(id=entry.key)
        case "tool_call", _:
            return ToolCard(id=entry.key)
        case "tool_result" | "notice", _:
            return NoticeLine(id=entry.key)
        case "text", "user":
            return UserBubble(id=entry.key)
        case "text", "agent":
            return AgentBubble(id=entry.key)
        case "text", _:
            return NoticeLine(id=entry.key)


def _outcome(result: Message | None) -> tuple[str, str]:
    if result is None:
        return "◌", "dim"
    match result.tool.outcome if result.tool else None:
        case "failed":
            return "✗", "$text-error"
        case "unknown":
            return "?", "$text-warning"
        case _:
            return "✓", "$text-success"


def _arguments(message: Message) -> str:
    arguments = message.tool.arguments if message.tool else None
    if arguments is None:
        return visible(message.content)
    return visible(json.dumps(arguments, ensure_ascii=False, indent=2)) if arguments else "no arguments"


def _result(result: Message | None) -> str:
    if result is None:
        return "running …"
    cut = "\n(shortened)" if result.tool and result.tool.truncated else ""
    return visible(_pretty(result.content)) + cut


def _pretty(text: str) -> str:
    """Return JSON indented, and any other text unchanged."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text

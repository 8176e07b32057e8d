"""The conversation on the screen, kept equal to the client's."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message as WidgetMessage
from textual.widgets import Static

from forge_client.conversation import Conversation
from forge_client.terminal.bubbles import Bubble, bubble
from forge_client.terminal.entries import Entry, entries

PAGE = 100
"""Number of entries on the screen at first, and of those added when the person asks for earlier ones."""


EXAMPLES = ("balance of Alice", "send 1 ETH from Alice to Bob", "latest block", "help")
WELCOME = Content.assemble(
    Content.styled("What shall we do on chain?", "bold"),
    "\n\nThe agent reads Ethereum networks, simulates, and sends on the test network. "
    "Anything real waits for your wallet.\n\nTry one of these:\n\n",
    *(Content.styled(f"{example}\n", "$text-accent") for example in EXAMPLES),
)


class Welcome(Static):
    """What an empty conversation shows."""


class Earlier(Static):
    """The line above the first entry while there are earlier entries."""

    class Wanted(WidgetMessage):
        pass

    def on_click(self) -> None:
        self.post_message(self.Wanted())


class Transcript(VerticalScroll, can_focus=True):
    """Await `show` before calling it again."""

    def __init__(self) -> None:
        super().__init__(id="transcript")
        self._bubbles: dict[str, Bubble] = {}
        self._filled: dict[str, Entry] = {}
        self._limit = PAGE
        self._follows_end = True

    async def show(self, conversation: Conversation) -> None:
        every = entries(conversation)
        wanted = every[-self._limit :]
        await self._remove_all_but({entry.key for entry in wanted})
        await self._mount_new(wanted)
        for entry in wanted:
            if self._filled.get(entry.key) != entry:
                await self._bubbles[entry.key].show(entry)
                self._filled[entry.key] = entry
        await self._show_earlier(len(every) - len(wanted))
        await self._show_welcome(not every and conversation.hot is not None)

    def page_back(self) -> None:
        self._limit += PAGE

    async def clear(self) -> None:
        self._limit = PAGE
        await self._remove_all_but(set())
        await self._show_earlier(0)
        self.follow_end()

    def follow_end(self) -> None:
        """Stay at the end until the person scrolls back."""
        self._follows_end = True
        self._keep_end()

    def watch_virtual_size(self) -> None:
        self._keep_end()

    def on_resize(self) -> None:
        """A wallet request below the transcript makes it smaller."""
        self._keep_end()

    def _keep_end(self) -> None:
        """Scroll after the present entries are laid out. The person may have scrolled back by then."""
        self.call_after_refresh(self._to_end)

    def _to_end(self) -> None:
        if self._follows_end:
            self.scroll_end(animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value >= self.max_scroll_y:
            self._follows_end = True

    def on_mouse_scroll_up(self) -> None:
        self._follows_end = False

    def on_scroll_to(self) -> None:
        """The person drags the scroll bar."""
        self._follows_end = False

    def action_scroll_up(self) -> None:
        self._follows_end = False
        super().action_scroll_up()

    def action_page_up(self) -> None:
        self._follows_end = False
        super().action_page_up()

    def action_scroll_home(self) -> None:
        self._follows_end = False
        super().action_scroll_home()

    async def _remove_all_but(self, keys: set[str]) -> None:
        gone = [key for key in self._bubbles if key not in keys]
        widgets = [self._bubbles.pop(key) for key in gone]
        for key in gone:
            self._filled.pop(key, None)
        if widgets:
            await self.remove_children(widgets)

    async def _mount_new(self, wanted: list[Entry]) -> None:
        """Mount new entries at their place in the reading order, which is usually but not always the end."""
        before: Bubble | None = None
        batch: list[Bubble] = []
        batches: list[tuple[list[Bubble], Bubble | None]] = []
        for entry in reversed(wanted):
            known = self._bubbles.get(entry.key)
            if known is None:
                batch.insert(0, bubble(entry))
                continue
            batches.append((batch, before))
            batch, before = [], known
        for widgets, place in [*batches, (batch, before)]:
            if widgets:
                # A cancelled `show` must leave nothing that counts as mounted and is not.
                self._bubbles.update({widget.id or "": widget for widget in widgets})
                await self.mount_all(widgets, before=place)

    async def _show_welcome(self, is_empty: bool) -> None:
        if not is_empty:
            await self.query(Welcome).remove()
        elif not self.query(Welcome):
            await self.mount(Welcome(WELCOME))

    async def _show_earlier(self, count: int) -> None:
        shown = self.query(Earlier)
        if count <= 0:
            await shown.remove()
            return
        if not shown:
            await self.mount(Earlier(), before=0)
        self.query_one(Earlier).update(f"▲ {count} earlier: click here or press Ctrl+Up")

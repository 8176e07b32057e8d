"""The conversation on the screen, kept equal to the client's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from forge_client.conversation import Conversation
from forge_client.terminal.bubbles import Bubble, bubble
from forge_client.terminal.earlier import Earlier
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


class Place(NamedTuple):
    """The place of an entry while the person reads."""

    entry: Widget
    """The entry's widget."""
    y: int
    """The entry's first line in the transcript."""
    target: float
    """The scroll position, or the one to which the transcript is moving."""

    def holds(self, target: float) -> bool:
        """Return whether the person has not scrolled since."""
        return self.target == target


class Transcript(VerticalScroll, can_focus=True):
    """Await `show` before calling it again."""

    def __init__(self) -> None:
        super().__init__(id="transcript")
        self._bubbles: dict[str, Bubble] = {}
        self._filled: dict[str, Entry] = {}
        self._limit = PAGE
        self._loaded = 0
        self._follows_end = True
        self._place: Place | None = None
        self.earlier = Earlier()

    def compose(self) -> ComposeResult:
        yield self.earlier

    async def show(self, conversation: Conversation) -> None:
        every = entries(conversation)
        wanted = every[-self._limit :]
        self._loaded = len(every)
        self._hold_place({entry.key for entry in wanted})
        await self._remove_all_but({entry.key for entry in wanted})
        await self._mount_new(wanted)
        for entry in wanted:
            if self._filled.get(entry.key) != entry:
                await self._bubbles[entry.key].show(entry)
                self._filled[entry.key] = entry
        self.earlier.show(_first_number(wanted, conversation))
        await self._show_welcome(not every and conversation.hot is not None)
        self._keep_view()

    def page_back(self) -> bool:
        """Show a page more from now on. Return whether that is more than the client has."""
        if self._limit <= self._loaded:
            self._limit += PAGE
        return self._limit > self._loaded

    def page(self, direction: int) -> None:
        """Scroll by a page while the composer has the focus; a negative `direction` is up."""
        if direction < 0:
            self.action_page_up()
        else:
            self.action_page_down()

    async def clear(self) -> None:
        self._limit = PAGE
        self._loaded = 0
        await self._remove_all_but(set())
        self.earlier.show(0)
        self.follow_end()

    def follow_end(self) -> None:
        """Stay at the end until the person scrolls back."""
        self._follows_end = True
        self._keep_view()

    def watch_virtual_size(self) -> None:
        self._keep_view()

    def on_resize(self) -> None:
        """A wallet request below the transcript makes it smaller."""
        self._keep_view()

    def _keep_view(self) -> None:
        """Scroll after the present entries are laid out. The person may have scrolled back by then."""
        self.call_after_refresh(self._scroll_to_view)

    def _scroll_to_view(self) -> None:
        if self._follows_end:
            self.scroll_end(animate=False, immediate=True)
        elif self._place is not None:
            self._scroll_to_place(self._place)

    def _hold_place(self, keys: set[str]) -> None:
        """Note where the first entry in view is, of those that stay: what comes or goes above must not move it.

        A place that is noted already counts until the person scrolls, because entries may wait for their layout.
        """
        target = self.scroll_target_y
        if self._follows_end or (self._place and self._place.holds(target) and self._place.entry.id in keys):
            return
        in_view = (each for each in self.children if each.virtual_region.bottom > target)
        entry = next((each for each in in_view if each.id in keys), None)
        self._place = Place(entry, entry.virtual_region.y, target) if entry else None

    def _scroll_to_place(self, place: Place) -> None:
        y = place.entry.virtual_region.y
        target = place.target + y - place.y
        if not place.entry.is_attached or not place.holds(self.scroll_target_y):
            return
        if y != place.y and target <= self.max_scroll_y:
            self._place = Place(place.entry, y, target)
            self.scroll_to(y=target, animate=False, immediate=True)

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


def _first_number(shown: Sequence[Entry], conversation: Conversation) -> int:
    """Return how many messages are earlier than those shown, here or only on the server."""
    numbers = (entry.message.seq for entry in shown if entry.message.seq is not None)
    return next(numbers, conversation.first)

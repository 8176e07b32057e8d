"""The chat's only screen: it follows a session and carries out the person's actions."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import ClassVar, cast

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Footer

from forge_client.client import ForgeClient
from forge_client.conversation import Conversation
from forge_client.errors import ForgeClientError
from forge_client.events import ConnectionChanged, Refused, Updated
from forge_client.terminal.approvals import ApprovalCard, Approvals
from forge_client.terminal.asks import AskCard, Asks
from forge_client.terminal.bubbles import QueuedBubble
from forge_client.terminal.composer import Composer
from forge_client.terminal.dialogs import ChoiceDialog, HelpDialog, TextDialog
from forge_client.terminal.earlier import Earlier
from forge_client.terminal.keys import BINDINGS
from forge_client.terminal.leaving import leave
from forge_client.terminal.remembered import RememberedSessions
from forge_client.terminal.server import Server
from forge_client.terminal.sidebar import SessionList
from forge_client.terminal.status import Going, StatusLine
from forge_client.terminal.titles import Titles
from forge_client.terminal.transcript import Transcript
from forge_client.wording import visible


class ChatScreen(Screen[None]):
    """Talks to the server at `url`; without `session_id` it continues the conversation that was used last."""

    BINDINGS: ClassVar[list[BindingType]] = [*BINDINGS]
    """The keys of the chat, each with its action; `keys.KEYS` explains them to people."""

    def __init__(self, server: Server, session_id: str | None, remembered: RememberedSessions) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (26, "-tall")]
        self._status, self._going = StatusLine(id="status"), Going(id="going")
        self._sessions, self._transcript = SessionList(), Transcript()
        self._approvals, self._composer = Approvals(id="approvals"), Composer()
        self._asks = Asks(id="asks")
        self._server = server
        self._titles = Titles(remembered, server.url)
        known = self._titles.sessions()
        self._client = server.client(session_id or (known[0].session_id if known else None))
        self._run_id, self._seconds = "", 0

    def compose(self) -> ComposeResult:
        yield self._status
        with Horizontal(id="body"):
            yield self._sessions
            with Vertical(id="conversation"):
                yield from (self._transcript, self._approvals, self._asks, self._going, self._composer)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.set_interval(1, self._tick)
        self._composer.focus()
        self._transcript.follow_end()
        self._listen(self._client)
        self._refresh_titles(self._client)

    async def on_unmount(self) -> None:
        await self._client.aclose()

    # Following

    @work(exclusive=True, group="listen")
    async def _listen(self, client: ForgeClient) -> None:
        async for event in client.events():
            if not self._host.is_running:
                return
            match event:
                case Updated():
                    await self._show(event.conversation)
                case Refused():
                    self._complain(event.frame.detail)
                case ConnectionChanged():
                    pass
            self._show_status()

    async def _show(self, conversation: Conversation) -> None:
        await self._transcript.show(conversation)
        await self._approvals.show(conversation)
        await self._asks.show(conversation.hot.asks if conversation.hot else [])
        if self._titles.keep(self._client):
            self._show_sessions()

    @work(exclusive=True, group="titles")
    async def _refresh_titles(self, client: ForgeClient) -> None:
        self._show_sessions()
        await self._titles.refresh(client)
        if self._host.is_running:
            self._show_sessions()

    def _show_sessions(self) -> None:
        self._sessions.show(self._titles.sessions(), self._client.session_id)

    def _show_status(self) -> None:
        client = self._client
        run = client.conversation.hot.active_run if client.conversation.hot else None
        if (run.run_id if run else "") != self._run_id:
            self._run_id, self._seconds = run.run_id if run else "", 0
        self._status.show(client.connection, client.conversation)
        self._going.show(client.connection, client.conversation, self._server.url, self._seconds)

    def _tick(self) -> None:
        self._seconds += 1
        self._show_status()

    # Acting

    @on(Composer.Submitted)
    @work(group="send")
    async def _send(self, event: Composer.Submitted) -> None:
        self._transcript.follow_end()
        client = self._client
        is_sent = await self._done(client.send(event.text))
        if not is_sent and client is self._client:
            self._composer.load(event.text)
        elif not is_sent:
            self._complain(f"Not sent in the conversation that you left: {event.text}")

    @on(QueuedBubble.Withdrawn)
    @work(group="stop")
    async def _withdraw(self, event: QueuedBubble.Withdrawn) -> None:
        await self._done(self._client.interrupt(event.run_id))

    @on(ApprovalCard.Answered)
    @work(group="send")
    async def _answer(self, event: ApprovalCard.Answered) -> None:
        if event.transaction_hash is None:
            await self._done(self._client.reject(event.approval_id, event.reason))
        else:
            await self._done(self._client.approve(event.approval_id, event.transaction_hash))
        self._composer.focus()

    @on(AskCard.Answered)
    @work(group="send")
    async def _decide(self, event: AskCard.Answered) -> None:
        answer = self._client.allow if event.is_allowed else self._client.reject
        await self._done(answer(event.approval_id))
        self._composer.focus()

    @work(group="stop")
    async def action_stop(self) -> None:
        hot = self._client.conversation.hot
        if hot and hot.is_processing:
            await self._done(self._client.interrupt(hot.active_run.run_id if hot.active_run else None))
        self._composer.focus()

    @work(group="dialog")
    async def action_network(self) -> None:
        try:
            networks = await self._client.networks()
        except ForgeClientError as error:
            self._complain(str(error))
            return
        hot = self._client.conversation.hot
        choices = [(str(each["name"]), f"{each.get('title') or each['name']}") for each in networks]
        dialog = ChoiceDialog("Network of this conversation", choices, hot.network if hot else "")
        chosen = await self._ask(dialog)
        if chosen:
            await self._done(self._client.set_network(chosen))

    @work(group="dialog")
    async def action_rename(self) -> None:
        hot = self._client.conversation.hot
        title = await self._ask(TextDialog("Title", (hot.title or "") if hot else ""))
        if title:
            await self._done(self._client.rename(title))

    @work(group="dialog")
    async def action_delete(self) -> None:
        dialog = ChoiceDialog(
            "Delete this conversation?", [("no", "Keep it"), ("yes", "Delete it for good")], "no"
        )
        if await self._ask(dialog) == "yes" and await self._done(self._client.delete()):
            self._titles.forget(self._client.session_id)
            known = self._titles.sessions()
            await self._switch(known[0].session_id if known else None)

    @work(group="dialog")
    async def action_help(self) -> None:
        await self._ask(HelpDialog())

    async def action_new(self) -> None:
        await self._switch(None)

    @on(SessionList.Chosen)
    async def _choose(self, event: SessionList.Chosen) -> None:
        if event.session_id != self._client.session_id:
            await self._switch(event.session_id)
        self._composer.focus()

    def action_sessions(self) -> None:
        (self._sessions if self._sessions.toggle() else self._composer).focus()

    def action_page(self, direction: int) -> None:
        self._transcript.page(direction)

    @on(Earlier.Wanted)
    async def action_earlier(self) -> None:
        wants_older = self._transcript.page_back()
        # A new listener first gets the current conversation.
        self._listen(self._client)
        if wants_older and not self._transcript.earlier.is_loading:
            self._load_older(self._client)

    @work(group="older")
    async def _load_older(self, client: ForgeClient) -> None:
        with self._transcript.earlier.while_loading():
            await self._done(client.load_older())

    async def _switch(self, session_id: str | None) -> None:
        for group in ("older", "listen"):
            self.workers.cancel_group(self, group)
        self.run_worker(leave(self._client, self.workers), group="leave")
        self._client = self._server.client(session_id)
        self._titles.used(self._client.session_id)
        await self._transcript.clear()
        self._listen(self._client)
        self._refresh_titles(self._client)
        self._composer.focus()

    async def _ask(self, dialog: ModalScreen[str | None]) -> str | None:
        return await self._host.push_screen_wait(dialog)

    @property
    def _host(self) -> App[None]:
        return cast("App[None]", self.app)

    async def _done(self, request: Awaitable[object]) -> bool:
        try:
            await request
        except ForgeClientError as error:
            self._complain(str(error))
            return False
        return True

    def _complain(self, text: str) -> None:
        self.notify(visible(text), severity="error", markup=False)

"""`ForgeClient`: one session of a forge-mcp server, to talk to and to follow live."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self

from forge_client.answers import Ended, ended_run
from forge_client.calls import SessionCalls
from forge_client.conversation import Conversation
from forge_client.endpoint import Endpoint, Token
from forge_client.errors import ForgeClientError, RunFailed, RunInterrupted, SessionExpired, WaitingForWallet
from forge_client.events import ConnectionChanged, Listener, Listeners, Refused, Updated
from forge_client.frames import ErrorFrame, IfBusy
from forge_client.link import Link
from forge_client.pace import Pace
from forge_client.reduce import Frame

DEFAULT_URL = "http://127.0.0.1:8080"


class ForgeClient(SessionCalls):
    """An async context manager. Without `session_id` it makes a session of its own.

    The live connection is opened by `connect`, `events`, `until` or `ask`, and from then on looks after itself.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        session_id: str | None = None,
        token: Token | None = None,
        *,
        pace: Pace | None = None,
    ) -> None:
        super().__init__(Endpoint(base_url, token), session_id or str(uuid.uuid4()))
        self.connection = ConnectionChanged("closed")
        self._pace = pace or Pace()
        self._listeners = Listeners()
        self._following: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        self._connection_changed(ConnectionChanged("closed"))
        self._listeners.end()
        await self._endpoint.aclose()

    async def connect(self, timeout: float | None = 15.0) -> Conversation:
        """Follow the session live, and return what it holds. Raises `TimeoutError`; it is tried on even so."""
        return await self.until(lambda conversation: conversation.hot is not None, timeout)

    def events(self) -> Listener:
        """Everything that happens from now on, beginning with how things stand. Endless until the client closes."""
        self._follow()
        return self._listeners.join([self.connection, Updated(self.conversation)])

    async def until(
        self, condition: Callable[[Conversation], object], timeout: float | None = None
    ) -> Conversation:
        """The first conversation that meets `condition`. Raises `TimeoutError`."""
        async with asyncio.timeout(timeout):
            async for event in self.events():
                if isinstance(event, Updated) and condition(event.conversation):
                    return event.conversation
        raise ForgeClientError("The client was closed.")

    async def ask(self, message: str, *, if_busy: IfBusy = "enqueue", timeout: float | None = None) -> str:
        """Send `message` and wait for the agent's final answer.

        Raises `RunFailed`, `RunInterrupted`, `WaitingForWallet`, `SessionExpired`, `TimeoutError` (the run goes on).
        """
        self._follow()
        accepted = await self.send(message, if_busy=if_busy)
        ended = await self.ended(accepted.run_id, timeout)
        match ended.outcome:
            case "completed":
                return ended.answer
            case "failed":
                raise RunFailed(ended.run_id, ended.notice)
            case "interrupted":
                raise RunInterrupted(ended.run_id, ended.notice)
            case "waiting":
                raise WaitingForWallet(ended.run_id, "The run waits for your wallet.", ended.approvals)

    async def ended(self, run_id: str, timeout: float | None = None) -> Ended:
        """Wait for a run's end. Raises `SessionExpired`, `TimeoutError` (the run goes on)."""
        known = await self.until(lambda now: now.expired or ended_run(now, run_id), timeout)
        ended = ended_run(known, run_id)
        if ended is None:
            raise SessionExpired("The session expired or was deleted before the answer came.")
        return ended

    def receive(self, frame: Frame) -> None:
        """Take what the server said, by whichever way it came, and tell the listeners."""
        if isinstance(frame, ErrorFrame):
            self._listeners.tell(Refused(frame))
        before = self.conversation
        super().receive(frame)
        if self.conversation is not before:
            self._listeners.tell(Updated(self.conversation))

    def _follow(self) -> None:
        if self._following is not None and not self._following.done():
            return
        link = Link(
            self._endpoint,
            self.session_id,
            self._pace,
            lambda: self.conversation,
            self.receive,
            self._connection_changed,
        )
        self._following = asyncio.create_task(link.run(), name=f"follow {self.session_id}")
        self._following.add_done_callback(self._stopped_following)

    def _stopped_following(self, following: asyncio.Task[None]) -> None:
        """It only ends by itself when it breaks, and then nobody may go on waiting."""
        if not following.cancelled():
            self._listeners.end(following.exception())

    def _connection_changed(self, change: ConnectionChanged) -> None:
        self.connection = change
        self._listeners.tell(change)

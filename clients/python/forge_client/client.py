"""`ForgeClient`: one session of a forge-mcp server, to send messages to and to follow live."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self

from forge_client.answers import Ended, ended_run
from forge_client.calls import SessionCalls
from forge_client.conversation import Conversation
from forge_client.errors import ForgeClientError, RunFailed, RunInterrupted, SessionExpired, WaitingForWallet
from forge_client.events import ConnectionChanged, Listener, Listeners, Refused, Updated
from forge_client.frames import ErrorFrame, IfBusy
from forge_client.http_requests import Endpoint, Token
from forge_client.live_connection import LiveConnection
from forge_client.pace import Pace
from forge_client.reduce import Frame

DEFAULT_URL = "http://127.0.0.1:8080"


class ForgeClient(SessionCalls):
    """An async context manager. Without `session_id` it creates a new session.

    `connect`, `events`, `until` or `ask` opens the live connection, which from then on reconnects by itself.
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
        """Follow the session live, and return its conversation. Raises `TimeoutError`; connecting then continues
        in the background.
        """
        return await self.until(lambda conversation: conversation.hot is not None, timeout)

    def events(self) -> Listener:
        """Yield everything that happens from now on, beginning with the current state. Endless until the client
        closes.
        """
        self._follow()
        return self._listeners.join([self.connection, Updated(self.conversation)])

    async def until(
        self, condition: Callable[[Conversation], object], timeout: float | None = None
    ) -> Conversation:
        """Return the first conversation that meets `condition`. Raises `TimeoutError`."""
        async with asyncio.timeout(timeout):
            async for event in self.events():
                if isinstance(event, Updated) and condition(event.conversation):
                    return event.conversation
        raise ForgeClientError("The client was closed.")

    async def ask(self, message: str, *, if_busy: IfBusy = "enqueue", timeout: float | None = None) -> str:
        """Send `message` and wait for the agent's final answer.

        Raises `RunFailed`, `RunInterrupted`, `WaitingForWallet`, `SessionExpired`, `TimeoutError` (the run
        continues).
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
        """Wait for a run's end. Raises `SessionExpired`, `TimeoutError` (the run continues).

        A session that has been begun anew no longer knows the run, so its new generation counts as its end.
        """
        began = self.conversation.generation

        def is_over(now: Conversation) -> object:
            return now.expired or 0 < began < now.generation or ended_run(now, run_id)

        known = await self.until(is_over, timeout)
        ended = ended_run(known, run_id)
        if ended is None:
            raise SessionExpired("The session expired or was deleted before the answer came.")
        return ended

    def receive(self, frame: Frame) -> None:
        """Apply what the server sent, over any connection, and notify the listeners."""
        if isinstance(frame, ErrorFrame):
            self._listeners.tell(Refused(frame))
        super().receive(frame)

    def _become(self, conversation: Conversation) -> None:
        if conversation is not self.conversation:
            super()._become(conversation)
            self._listeners.tell(Updated(conversation))

    def _follow(self) -> None:
        if self._following is not None and not self._following.done():
            return
        link = LiveConnection(
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
        """The task ends by itself only on an error, and then no listener may wait any longer."""
        if not following.cancelled():
            self._listeners.end(following.exception())

    def _connection_changed(self, change: ConnectionChanged) -> None:
        self.connection = change
        self._listeners.tell(change)

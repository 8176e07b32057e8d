"""The remembered sessions of one server, with their titles kept up to date."""

from __future__ import annotations

from forge_client.calls import SessionCalls
from forge_client.errors import ForgeClientError
from forge_client.terminal.remembered import RememberedSession, RememberedSessions


class Titles:
    def __init__(self, remembered: RememberedSessions, url: str) -> None:
        self._remembered = remembered
        self._url = url
        self._kept: RememberedSession | None = None

    def sessions(self) -> list[RememberedSession]:
        """Return the sessions, the one used last first."""
        return self._remembered.of(self._url)

    def keep(self, session: SessionCalls) -> bool:
        """Return whether anything changed. With its first message a session gets a title and is remembered."""
        hot = session.conversation.hot
        if hot is None or not hot.title:
            return False
        kept = RememberedSession(url=self._url, session_id=session.session_id, title=hot.title)
        if kept == self._kept:
            return False
        self._kept = kept
        is_known = any(each.session_id == kept.session_id for each in self.sessions())
        (self._remembered.retitle if is_known else self._remembered.remember)(kept)
        return True

    def used(self, session_id: str) -> None:
        """Move a session to the front."""
        for each in self.sessions():
            if each.session_id == session_id:
                self._remembered.remember(each)

    def forget(self, session_id: str) -> None:
        self._remembered.forget(RememberedSession(url=self._url, session_id=session_id))

    async def refresh(self, session: SessionCalls) -> None:
        """Update titles that were changed elsewhere. If the server is unreachable, nothing changes."""
        try:
            listed = await session.sessions([each.session_id for each in self.sessions()])
        except ForgeClientError:
            return
        for each in listed:
            if each.title:
                self._remembered.retitle(
                    RememberedSession(url=self._url, session_id=each.session_id, title=each.title)
                )

"""Requests of a person who has logged in, independent of a session."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

from forge_client.answers import Receipt, SessionList, SessionSummary
from forge_client.frames import State
from forge_client.http_requests import Endpoint

CALLS = 40
"""One call of a deletion deletes for 15 seconds."""


class AccountCalls:
    """Each method needs a token, and may raise `Unreachable` and the `ProblemError`s (without a login: `Forbidden`)."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def own_sessions(self) -> AsyncIterator[SessionSummary]:
        """Yield all sessions of the person, newest first. A session that began within about the last second may be
        missing.
        """
        after: str | None = None
        while True:
            params = {"after": after} if after else {}
            response = await self._endpoint.request("GET", "/api/sessions", params=params)
            page = SessionList.model_validate_json(response.content)
            for summary in page.sessions:
                yield summary
            if page.next is None:
                return
            after = page.next

    async def adopt(self, session_id: str) -> State:
        """Take over a session that was opened without a login. Its new id is in the state; use a client of its own
        for it.

        Raises `NotFound`, also if another person has taken it over, and `SessionBusy` while a run is in progress.
        """
        body = {"session_id": session_id}
        response = await self._endpoint.request("POST", "/api/sessions/adopt", json=body)
        return State.model_validate_json(response.content)

    async def delete_account(self, key: str | None = None) -> Receipt:
        """Delete everything of the person on the server. The same `key` continues a deletion that was interrupted."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        receipt = await self._delete(headers)
        for _ in range(CALLS - 1):
            if receipt.is_complete:
                break
            receipt = await self._delete(headers)
        return receipt

    async def _delete(self, headers: dict[str, str]) -> Receipt:
        response = await self._endpoint.request("DELETE", "/api/account", headers=headers)
        return Receipt.model_validate_json(response.content)

"""The HTTP requests of a session, one method for each; `Endpoint.request` repeats those that get no answer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, cast

from forge_client.account import AccountCalls
from forge_client.answers import Accepted, CommandResult, Receipt, SessionList, SessionSummary, accepted_run
from forge_client.conversation import Conversation
from forge_client.errors import ApprovalHeld, CommandFailed, NotFound, SessionBusy, SessionExpired
from forge_client.frames import IfBusy, Message, State
from forge_client.http_requests import Endpoint
from forge_client.older_messages import with_older
from forge_client.reduce import Frame, apply
from forge_client.wallet_requests import Approval


class SessionCalls(AccountCalls):
    """The requests of one session; each may raise `Unreachable` and the `ProblemError`s. Returned states are
    merged into `conversation`.
    """

    def __init__(self, endpoint: Endpoint, session_id: str) -> None:
        super().__init__(endpoint)
        self.session_id = session_id
        self.conversation = Conversation()

    def receive(self, frame: Frame) -> None:
        self._become(apply(self.conversation, frame))

    def _become(self, conversation: Conversation) -> None:
        self.conversation = conversation

    async def send(
        self, message: str, *, if_busy: IfBusy = "enqueue", idempotency_key: str | None = None
    ) -> Accepted:
        """Send a message. It is stored once, however often the request had to be repeated. Raises `SessionBusy`, …"""
        body = {"message": message, "session_id": self.session_id, "if_busy": if_busy}
        return await self._submit("/api/chat", body, message, idempotency_key)

    async def system(self, message: str, *, idempotency_key: str | None = None) -> Accepted:
        """Tell the agent an event that no person typed; it is shown as a system message."""
        body = {"message": message, "session_id": self.session_id}
        return await self._submit("/api/system", body, message, idempotency_key)

    async def claim(self, approval: Approval, account: str, claim_id: str, *, again: bool = False) -> State:
        """Call this before a wallet is asked to send anything, and every 40 seconds until the wallet has answered.

        No other client can sign the request in the meantime. The caller chooses `claim_id`; `again`: the person knows
        that the request may have been sent already. Raises `ApprovalHeld`, `NotFound`.
        """
        return await self._claim(approval, account, claim_id, again=again)

    async def release(self, approval: Approval, account: str, claim_id: str) -> State:
        """Release a claim, because the wallet has certainly refused."""
        return await self._claim(approval, account, claim_id, release=True)

    async def approve(
        self, approval_id: str, transaction_hash: str, *, claim_id: str | None = None
    ) -> Accepted:
        """Report that the wallet has signed and sent the approval's transaction."""
        reply = {"approval_id": approval_id, "outcome": "sent", "transaction_hash": transaction_hash}
        return await self._answer(f"Transaction sent: {transaction_hash}", reply | _named(claim_id))

    async def unanswered(self, approval_id: str, *, claim_id: str | None = None) -> Accepted:
        """Report that the wallet gave no usable answer: the server searches the chain for what it may have sent."""
        reply = {"approval_id": approval_id, "outcome": "unknown"}
        return await self._answer("The wallet gave no usable answer.", reply | _named(claim_id))

    async def allow(self, approval_id: str) -> Accepted:
        """Allow a tool call that waits for the user's decision (`Hot.asks`), once."""
        return await self._answer("Allowed.", {"approval_id": approval_id, "outcome": "allowed"})

    async def reject(self, approval_id: str, reason: str | None = None) -> Accepted:
        """Reject a wallet request, or a tool call that waits for the user's decision."""
        reply = {"approval_id": approval_id, "outcome": "rejected", "reason": reason}
        text = "Transaction rejected by user" + (f": {reason}" if reason else "")
        return await self._answer(text, reply)

    async def interrupt(self, run_id: str | None = None) -> State:
        """Stop a run, or withdraw it from the queue. Without `run_id`: the active run, or else all queued runs."""
        body = {"session_id": self.session_id} | ({"run_id": run_id} if run_id else {})
        # This is not repeated automatically: a repeated stop without an id could stop the next run.
        return await self._state("POST", "/api/interrupt", json=body, repeatable=run_id is not None)

    # The session

    async def state(self) -> State:
        return await self._state("GET", "/api/state", params={"session_id": self.session_id})

    async def older(self, before: int, limit: int = 200) -> list[Message]:
        """Return finished messages before number `before`, at most `limit` (1 to 500); the client does not keep
        them.
        """
        return (await self._page(before, limit)).messages

    async def load_older(self, limit: int = 200) -> bool:
        """Add to `conversation` at most `limit` (1 to 500) messages before its `first`; return whether some came.

        Raises `SessionExpired` if the server no longer has them.
        """
        known = self.conversation
        if known.first == 0:
            return False
        page = await self._page(known.first, limit)
        if page.generation != known.generation == self.conversation.generation:
            raise SessionExpired("The session expired or was deleted, and its earlier messages with it.")
        self._become(with_older(self.conversation, page))
        return self.conversation.generation == known.generation and self.conversation.first < known.first

    async def _page(self, before: int, limit: int) -> State:
        params = {"session_id": self.session_id, "before": str(before), "limit": str(limit)}
        response = await self._endpoint.request("GET", "/api/state", params=params)
        return State.model_validate_json(response.content)

    async def mcp_command(self, command: str, args: dict[str, Any] | None = None) -> CommandResult:
        body = {"command": command, "args": args or {}, "session_id": self.session_id}
        response = await self._endpoint.request("POST", "/api/mcp-command", json=body)
        return CommandResult.model_validate_json(response.content)

    async def set_network(self, network: str) -> None:
        """Set the network of the session's chain tools. Raises `CommandFailed`."""
        await self._command("set_network", {"network": network})

    async def set_wallet(self, address: str | None) -> None:
        """Set the account of the person's connected wallet, for which requests are made. Raises `CommandFailed`."""
        await self._command("set_wallet", {"address": address})

    async def networks(self) -> list[dict[str, Any]]:
        """Return the networks that this server reaches. Raises `CommandFailed`."""
        data = (await self._command("list_networks", {})).data
        if isinstance(data, dict):
            data = cast("dict[str, Any]", data).get("networks")
        return cast("list[dict[str, Any]]", data or [])

    async def sessions(self, ids: Sequence[str]) -> list[SessionSummary]:
        """Return those of `ids` that exist and belong to the caller."""
        if not ids:
            return []
        response = await self._endpoint.request("GET", "/api/sessions", params={"ids": ",".join(ids)})
        return SessionList.model_validate_json(response.content).sessions

    async def rename(self, title: str) -> None:
        await self._endpoint.request("PATCH", f"/api/sessions/{self.session_id}", json={"title": title})

    async def delete(self) -> Receipt | None:
        """End this session and stop its run. The receipt says what was deleted and what stays.

        A repeat within a day returns the same receipt. None: there is no such session, or an older server returns no
        receipt.
        """
        try:
            answer = await self._endpoint.request("DELETE", f"/api/sessions/{self.session_id}")
        except NotFound:
            return None
        return Receipt.model_validate_json(answer.content) if answer.content else None

    async def _command(self, command: str, args: dict[str, Any]) -> CommandResult:
        result = await self.mcp_command(command, args)
        if not result.success:
            raise CommandFailed(result.message)
        return result

    async def _claim(self, approval: Approval, account: str, claim_id: str, **how: bool) -> State:
        request = {
            "session_id": self.session_id,
            "approval_id": approval.approval_id,
            "digest": approval.digest,
        }
        try:
            body = {**request, "account": account, "claim_id": claim_id, **how}
            return await self._state("POST", "/api/approvals/claim", json=body)
        except SessionBusy as refused:
            raise ApprovalHeld(refused.status, refused.title, refused.detail) from refused

    async def _answer(self, text: str, reply: dict[str, Any]) -> Accepted:
        body = {"message": text, "session_id": self.session_id, "approval": reply}
        return await self._submit("/api/system", body, text, None)

    async def _submit(self, path: str, body: dict[str, Any], text: str, key: str | None) -> Accepted:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        response = await self._endpoint.request("POST", path, json=body, headers=headers)
        state = State.model_validate_json(response.content)
        self.receive(state)
        return Accepted(response.headers.get("x-run-id") or accepted_run(state, text), state)

    async def _state(self, method: str, path: str, **request: Any) -> State:
        response = await self._endpoint.request(method, path, **request)
        state = State.model_validate_json(response.content)
        self.receive(state)
        return state


def _named(claim_id: str | None) -> dict[str, str]:
    return {"claim_id": claim_id} if claim_id else {}

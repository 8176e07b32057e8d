"""`bind_wallet` simulates a wallet request again for the account that will sign it, and binds the request to that
account.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from forge.errors import ApprovalHeld, NotFound
from forge.models.approval import Approval
from forge.models.message import Message
from forge.models.run import Binding, CommandResult
from forge.models.session import Session
from forge.ports.clock import Clock
from forge.ports.sessions import Approvals, Sessions
from worker.agent.wallet import Wallet
from worker.agent.wallet.known_addresses import of_log
from worker.blocking_calls import Blocking
from worker.tool_outcomes import ToolRefused

_SECONDS = 20.0
_PAGE = 50
"""Messages that are read at once."""
_MOST_CHARACTERS = 1_000_000
"""About as much is read of the conversation's newest messages as a State has at most."""
_GONE = "This request is not open any more."
_TOO_LONG = "The chain took too long to simulate the request for this account."


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletBinding:
    """Binds wallet requests to the accounts that will sign them."""

    sessions: Sessions
    """Reads the session of a request."""
    approvals: Approvals
    """Replaces a request."""
    wallet: Wallet | None
    """Simulates a request again; None if no network is configured."""
    blocking: Blocking
    """The threads in which the store is called."""
    clock: Clock
    """The time in epoch milliseconds."""

    async def bind(self, binding: Binding) -> CommandResult:
        """Replace the request in one conditional write. A request that has changed, been claimed or been answered
        in the meantime stays.
        """
        try:
            async with asyncio.timeout(_SECONDS):
                before, bound = await self._bound(binding)
            await self.blocking(self.approvals.bind, binding.key, before.digest, bound)
        except NotFound:
            return CommandResult(success=False, message=_GONE)
        except TimeoutError:
            return CommandResult(success=False, message=_TOO_LONG)
        except ApprovalHeld as held:
            return CommandResult(success=False, message=held.detail)
        except ToolRefused as refused:
            return CommandResult(success=False, message=refused.shown)
        data = {"approval_id": bound.approval_id, "digest": bound.digest, "sender": bound.transaction.sender}
        return CommandResult(success=True, message="The request was simulated for this account.", data=data)

    async def _bound(self, binding: Binding) -> tuple[Approval, Approval]:
        session = await self.blocking(self.sessions.get, binding.key)
        approvals = session.approvals if session else []
        before = next((each for each in approvals if each.approval_id == binding.approval_id), None)
        if session is None or before is None or self.wallet is None or before.expires_at <= self.clock():
            raise NotFound
        known = await self.blocking(self._known, session, before)
        return before, await self.wallet.bound_to(before, binding.account, known)

    def _known(self, session: Session, approval: Approval) -> list[str]:
        stop, read = session.logged, list[Message]()
        while stop > 0 and sum(len(message.content) for message in read) < _MOST_CHARACTERS:
            read = [*self.sessions.messages(session, max(0, stop - _PAGE), stop), *read]
            stop -= _PAGE
        return of_log(read, approval)

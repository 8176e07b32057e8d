"""`send_transaction_to_wallet` checks and simulates a transaction, then ends the run with an approval that waits.

The tool itself changes nothing: the transaction that ends the run creates the approval. So if another worker takes
the run over, it calls the tool again and makes the same approval under the same id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import Field, StrictInt
from pydantic_ai import RunContext, Tool
from pydantic_ai.exceptions import CallDeferred
from pydantic_ai.toolsets import FunctionToolset

from forge.models.approval import Approval, WalletTransaction, asked_already
from forge.models.doubt import with_earlier_reports
from forge.models.text_cleaning import one_line
from forge.models.time_texts import rfc3339
from worker.agent.deps import RunDeps
from worker.agent.history.run_history import approval_id
from worker.agent.operator_limits import TELL, Policy
from worker.agent.tool_effects import ASKS_ITSELF
from worker.agent.wallet.known_addresses import of_history
from worker.agent.wallet.request_in_words import amount_of, decoded_text, simulation_text
from worker.agent.wallet.review.decode_calls import MOST_BYTES
from worker.agent.wallet.review.review_request import reviewed
from worker.ethereum.addresses import ZERO_ADDRESS
from worker.ethereum.chains import Chains
from worker.ethereum.transactions import Request, read_request
from worker.tool_outcomes import ToolRefused

TOOL_NAME = "send_transaction_to_wallet"
PENDING_LIMIT = 5
PENDING_BYTES = 100_000
"""Maximum size of all pending approvals as stored; the store's own limit is slightly higher."""
DESCRIPTION_LIMIT = 500
NO_RECIPIENT = "A wallet request needs a recipient: creating contracts by the wallet is not offered."

To = Annotated[str, Field(description="The recipient or contract: an address (0x and 40 hex digits).")]
Value = Annotated[
    str | StrictInt,
    Field(
        description="An exact amount of the network's coin: '0.1 ether', or whole wei as '1000'. '0' for none."
    ),
]
Description = Annotated[str, Field(description="What the transaction does, in one sentence for the user.")]
CallData = Annotated[str, Field(description="Call data as 0x hex, from encode_function_call.")]
Gas = Annotated[
    str | None, Field(description="A gas limit, only if one is needed.", pattern=r"^[1-9][0-9]{0,8}$")
]
WalletAddress = Annotated[
    str, Field(description="The account that is to sign; without one, the user's connected wallet is taken.")
]


@dataclass(frozen=True, slots=True)
class WalletTerms:
    """The time limits of a wallet request."""

    approval_ms: int = 15 * 60_000
    """The time that an approval waits for its answer, in milliseconds."""
    receipt_seconds: float = 120.0
    """The longest time that the run waits for a receipt, in seconds."""


@dataclass(frozen=True, slots=True)
class Wallet:
    chains: Chains
    """The chains on which requests are simulated and verified."""
    policy: Policy = field(default_factory=Policy)
    """The limits of what a request may contain."""
    terms: WalletTerms = WalletTerms()
    """The time limits of a request."""

    async def approval(
        self,
        ctx: RunContext[RunDeps],
        request: Request,
        description: str,
        gas: str | None,
        *,
        knows_sender: bool,
    ) -> Approval:
        """Raises `ToolRefused` if the transaction would fail, or if it is not permitted."""
        deps, chain = ctx.deps, request.chain
        request = replace(request, gas=int(gas) if gas else None)
        transaction = await _transaction(request, knows_sender=knows_sender)
        if not self.policy.allows_target(transaction.to, transaction.data):
            raise ToolRefused(
                f"This deployment's policy does not allow wallet requests to {transaction.to} with this method. "
                "Nothing was asked.",
                TELL,
            )
        now = deps.clock()
        known = await asyncio.to_thread(of_history, [*deps.earlier, *deps.all_of(ctx.messages)])
        return Approval(
            approval_id=approval_id(ctx.messages, deps.run_id, ctx.tool_call_id),
            run_id=deps.run_id,
            call_id=ctx.tool_call_id or "",
            network=chain.name,
            description=one_line(description, DESCRIPTION_LIMIT),
            created_at=now,
            expires_at=now + self.terms.approval_ms,
            **await _looked_at(request, transaction, [*known, *([deps.wallet] if deps.wallet else [])]),
        )

    async def bound_to(self, approval: Approval, account: str, known: Sequence[str]) -> Approval:
        """Return the same request for another account, simulated, reviewed and bound again. `known`: the addresses
        that the conversation names. Raises `ToolRefused`.
        """
        chain, before = self.chains.get(approval.network), approval.transaction
        request = await read_request(chain, account, before.to, int(before.value), before.data)
        request = replace(request, gas=int(before.gas) if before.gas else None)
        transaction = await _transaction(request, knows_sender=True)
        if transaction.chain_id != before.chain_id:
            raise ToolRefused(f"{chain.name} is another chain now than when the request was made.")
        return approval.model_copy(update=await _looked_at(request, transaction, known))


async def _looked_at(
    request: Request, transaction: WalletTransaction, known: Sequence[str]
) -> dict[str, Any]:
    """Read the block number first, so that any transaction sent during the simulation counts as newer than the
    request.
    """
    sender = transaction.sender
    block = await request.chain.quantity("eth_blockNumber")
    nonce = await request.chain.quantity("eth_getTransactionCount", sender, "latest") if sender else None
    review = await reviewed(request, knows_sender=sender is not None, known=known)
    return {
        "transaction": transaction,
        "digest": transaction.digest(),
        "decoded": decoded_text(review, request.data),
        "simulation": simulation_text(review),
        "review": review,
        "after_block": block,
        "after_nonce": nonce,
    }


def wallet_tools(wallet: Wallet) -> FunctionToolset[RunDeps]:
    async def send_transaction_to_wallet(
        ctx: RunContext[RunDeps],
        to: To,
        value: Value,
        description: Description,
        data: CallData = "0x",
        gas: Gas = None,
        wallet_address: WalletAddress = "",
    ) -> None:
        """Ask the user's own wallet to sign and send a transaction on the current network. This is the only way to
        send outside of testnet. It is simulated first. Nothing is sent by this call: the user decides, and you will
        be told what became of it in a message that begins with [wallet].
        """
        chain = wallet.chains.get(ctx.deps.network)
        if len(data) > 2 + 2 * MOST_BYTES:
            raise ToolRefused("The call data is too long for a wallet request.")
        sender = wallet_address.strip() or ctx.deps.wallet or ""
        if not to.strip():
            raise ToolRefused(NO_RECIPIENT)
        request = await read_request(chain, sender or ZERO_ADDRESS, to, value, data, data_name="data")
        approval = await wallet.approval(ctx, request, description, gas, knows_sender=bool(sender))
        pending = [*ctx.deps.approvals, *ctx.deps.asked]
        _check_new(pending, approval)
        approval = with_earlier_reports(approval, ctx.deps.doubts)
        _check_room(pending, approval)
        ctx.deps.asked.append(approval)
        raise CallDeferred

    hints = {"readOnlyHint": False, "idempotentHint": True, "destructiveHint": False, "openWorldHint": True}
    about = {"annotations": hints, ASKS_ITSELF: True}
    return FunctionToolset([Tool(send_transaction_to_wallet, metadata=about, sequential=True)], id="wallet")


def waiting_text(approval: Approval) -> str:
    """Return the result of the paused call as the LLM's history keeps it."""
    return (
        f"WAITING for the user's wallet: request {approval.approval_id} asks for {amount_of(approval)}. Nothing has "
        "been sent so far. A later message that begins with [wallet] will say what became of it; the request "
        f"expires at {rfc3339(approval.expires_at)}.{_doubted(approval)}"
    )


def asked_text(approval: Approval) -> str:
    """Return the same result as the person reads it."""
    until = rfc3339(approval.expires_at)
    asked = f"Your wallet is asked for {amount_of(approval)}."
    return f"{asked} Nothing has been sent so far; the request ends at {until}.{_doubted(approval)}"


def _doubted(approval: Approval) -> str:
    if not approval.reported:
        return ""
    return (
        " An earlier request for the same transaction ended before it was known what became of it, so look into the "
        "wallet before this one is signed: it may be paid twice."
    )


async def _transaction(request: Request, *, knows_sender: bool) -> WalletTransaction:
    if request.to is None:
        raise ToolRefused(NO_RECIPIENT)
    return WalletTransaction.of_call(
        await request.chain.chain_id(is_fresh=True),
        request.to.address,
        value=str(request.value),
        data="0x" + request.data.hex(),
        gas=None if request.gas is None else str(request.gas),
        sender=request.sender.address if knows_sender else None,
    )


def _check_new(pending: list[Approval], approval: Approval) -> None:
    """The card of a second request would not say that the first may have been sent, so the person would pay twice."""
    same = asked_already(pending, approval)
    if same is None:
        return
    raise ToolRefused(
        f"The same transaction is in request {same.approval_id} already, which is still open: two requests for it "
        "could be sent both.",
        "The user signs or rejects that one. If it is wanted twice, ask again once it is settled.",
    )


def _check_room(pending: list[Approval], approval: Approval) -> None:
    if len(pending) >= PENDING_LIMIT:
        raise ToolRefused(
            f"{PENDING_LIMIT} wallet requests are waiting already; some of them must be answered first."
        )
    if sum(len(each.model_dump_json().encode()) for each in [*pending, approval]) > PENDING_BYTES:
        raise ToolRefused("The call data is too long for another wallet request besides the waiting ones.")

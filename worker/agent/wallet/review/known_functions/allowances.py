"""Functions by which an account lets others take its tokens. Sources: the EIPs, and the contracts that are named.

Collected on 2026-11-26.
"""

from __future__ import annotations

from worker.agent.wallet.review.known_functions.rows import Gives, Meaning, row

_DETAILS = "address token, uint160 amount, uint48 expiration, uint48 nonce"
_SIGNED = "uint8 v, bytes32 r, bytes32 s"


def _spender(asset: str = "") -> Gives:
    return Gives("erc20", "spender", asset=asset, amount="amount")


_ADDING = Gives("erc20", "spender", amount="amount", adds=True)
_LESS = Gives("erc20", "spender", amount="amount", takes=True)
_PERMIT = Gives("permit", "spender", amount="amount", owner="owner")
_ONE = Gives("erc721", "spender", amount="amount", single=True)
_OWN = Gives("permit", "@", asset="token", amount="amount")
_DETAILED = Gives(
    "permit2",
    "permit.spender",
    asset="permit.details.token",
    amount="permit.details.amount",
    owner="owner",
)
_TAKEN = Gives(
    "permit2",
    "transferDetails.to",
    asset="permit.permitted.token",
    amount="transferDetails.requestedAmount",
    owner="owner",
    words="{who} gets {what} at once, as its owner has signed",
    at_once=True,
)

_WITNESS = "bytes32 witness, string witnessTypeString, "


def _signed_transfer(witness: str, many: str) -> Meaning:
    """A transfer by Permit2 that its owner has signed. `many`: `[]` for the form with lists."""
    name = "permitWitnessTransferFrom" if witness else "permitTransferFrom"
    permit = f"((address token, uint256 amount){many} permitted, uint256 nonce, uint256 deadline) permit"
    details = f"(address to, uint256 requestedAmount){many} transferDetails"
    return row(
        f"{name}({permit}, {details}, address owner, {witness}bytes signature)",
        _TAKEN,
        recipient="transferDetails.to",
    )


ALLOWANCES = (
    # EIP-20, EIP-721, OpenZeppelin 2 to 5, MonolithDAO tokens
    row("approve(address spender, uint256 amount)", _spender(), answers=True),
    row("increaseAllowance(address spender, uint256 amount)", _ADDING, answers=True),
    row("increaseApproval(address spender, uint256 amount)", _ADDING, answers=True),
    row("decreaseAllowance(address spender, uint256 amount)", _LESS, answers=True),
    row("decreaseApproval(address spender, uint256 amount)", _LESS, answers=True),
    row("safeApprove(address spender, uint256 amount)", _spender()),
    row("forceApprove(address spender, uint256 amount)", _spender()),
    row("safeIncreaseAllowance(address spender, uint256 amount)", _ADDING),
    row("unsafeApprove(address spender, uint256 amount)", _spender(), answers=True),
    row("approveMax(address spender)", Gives("erc20", "spender"), answers=True),
    row("approve(address spender)", Gives("erc20", "spender"), answers=True),
    row("approveInfinite(address spender)", Gives("erc20", "spender"), answers=True),
    row("infiniteApprove(address spender)", Gives("erc20", "spender"), answers=True),
    # Helpers of routers and vaults that give an allowance of the contract's own tokens
    row("approve(address token, address spender, uint256 amount)", _spender(asset="token")),
    row("approveToken(address token, address spender, uint256 amount)", _spender(asset="token")),
    row("safeApprove(address token, address spender, uint256 amount)", _spender(asset="token")),
    row("approveMax(address token, address spender)", Gives("erc20", "spender", asset="token")),
    row("approveERC20(address token, address spender, uint256 amount)", _spender(asset="token")),
    # ERC-1363, and the form that it replaced
    row("approveAndCall(address spender, uint256 amount)", _spender(), answers=True),
    row("approveAndCall(address spender, uint256 amount, bytes data)", _spender(), answers=True),
    row("increaseAllowanceAndCall(address spender, uint256 amount, bytes data)", _ADDING, answers=True),
    # EIP-2612, DAI of MakerDAO, forms with a packed signature (Solady, EIP-7597, USDC 2.2); Uniswap V3 positions
    row(f"permit(address owner, address spender, uint256 amount, uint256 deadline, {_SIGNED})", _PERMIT),
    row("permit(address owner, address spender, uint256 amount, uint256 deadline, bytes signature)", _PERMIT),
    row(
        f"permit(address owner, address spender, uint256 nonce, uint256 expiry, bool approved, {_SIGNED})",
        Gives("permit", "spender", switch="approved", owner="owner"),
    ),
    row(f"permit(address spender, uint256 amount, uint256 deadline, {_SIGNED})", _ONE),
    row("permit(address spender, uint256 amount, uint256 deadline, uint256 nonce, bytes signature)", _ONE),
    row("permit(address spender, uint256 amount, uint256 deadline, bytes signature)", _ONE),
    row(
        "permitForAll(address owner, address operator, bool approved, uint256 deadline, "
        "uint256 nonce, bytes signature)",
        Gives("operator", "operator", switch="approved", owner="owner"),
    ),
    row(
        f"permitForAll(address owner, address operator, uint256 deadline, {_SIGNED})",
        Gives("operator", "operator", owner="owner"),
    ),
    row(
        f"permitAll(address owner, address spender, uint256 deadline, {_SIGNED})",
        Gives("permit", "spender", owner="owner"),
    ),
    # Uniswap's router: selfPermit of a token for the router itself is an allowance of the caller
    row(f"selfPermit(address token, uint256 amount, uint256 deadline, {_SIGNED})", _OWN),
    row(f"selfPermitIfNecessary(address token, uint256 amount, uint256 deadline, {_SIGNED})", _OWN),
    row(
        f"selfPermitAllowed(address token, uint256 nonce, uint256 expiry, {_SIGNED})",
        Gives("permit", "@", asset="token"),
    ),
    row(
        f"selfPermitAllowedIfNecessary(address token, uint256 nonce, uint256 expiry, {_SIGNED})",
        Gives("permit", "@", asset="token"),
    ),
    # Permit2 of Uniswap
    row(
        "approve(address token, address spender, uint160 amount, uint48 expiration)",
        Gives("permit2", "spender", asset="token", amount="amount"),
    ),
    row(
        f"permit(address owner, (({_DETAILS}) details, address spender, "
        "uint256 sigDeadline) permit, bytes signature)",
        _DETAILED,
    ),
    row(
        f"permit(address owner, (({_DETAILS})[] details, address spender, "
        "uint256 sigDeadline) permit, bytes signature)",
        _DETAILED,
    ),
    *(_signed_transfer(witness, many) for witness in ("", _WITNESS) for many in ("", "[]")),
    row(
        "lockdown((address token, address spender)[] approvals)",
        Gives("permit2", "approvals.spender", asset="approvals.token", takes=True),
    ),
)

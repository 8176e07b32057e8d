"""Functions by which an account lets others act for it, on all of its tokens or on one. Each group names its sources.

Collected on 2026-11-26.
"""

from __future__ import annotations

from worker.agent.wallet.review.known_functions.rows import Gives, row

BORROWS = "{who} may borrow {what} on the account"
_SIGNED = "uint8 v, bytes32 r, bytes32 s"
_OPERATOR = Gives("operator", "operator", switch="approved")
_OF_OWNER = Gives("operator", "operator", switch="approved", owner="owner")
_PERMIT = Gives("permit", "spender", amount="amount", owner="owner")

OPERATORS = (
    # The standards EIP-721, EIP-1155, ERC-777, ERC-1400, ERC-6909, ERC-7540
    row("setApprovalForAll(address operator, bool approved)", _OPERATOR),
    row("setApprovalForAll(address owner, address operator, bool approved)", _OF_OWNER),
    row(
        "setApprovalForAllWithSig(address owner, address operator, bool approved, "
        "uint256 deadline, bytes signature)",
        _OF_OWNER,
    ),
    row("authorizeOperator(address operator)", Gives("operator", "operator")),
    row("revokeOperator(address operator)", Gives("operator", "operator", takes=True)),
    row("authorizeOperatorByPartition(bytes32 partition, address operator)", Gives("operator", "operator")),
    row("setOperator(address operator, bool approved)", _OPERATOR, answers=True),
    row(
        "approve(address spender, uint256 id, uint256 amount)",
        Gives("erc20", "spender", amount="amount"),
        answers=True,
    ),
    row("setOperatorApproval(address operator, bool approved)", _OPERATOR),
    row(
        "setOperators((address operator, uint256 trusted)[] args)",
        Gives("operator", "args.operator", switch="args.trusted"),
    ),
    # Lending and vaults: Compound III, Morpho, MakerDAO, Aave, Balancer, BentoBox, GMX, Euler
    row("allow(address manager, bool approved)", Gives("operator", "manager", switch="approved")),
    row(
        "allowBySig(address owner, address manager, bool approved, uint256 nonce, "
        f"uint256 expiry, {_SIGNED})",
        Gives("operator", "manager", switch="approved", owner="owner"),
    ),
    row("setAuthorization(address operator, bool approved)", _OPERATOR),
    row(
        "setAuthorizationWithSig((address owner, address operator, bool approved, uint256 nonce, "
        "uint256 deadline) authorization, (uint8 v, bytes32 r, bytes32 s) signature)",
        Gives(
            "operator", "authorization.operator", switch="authorization.approved", owner="authorization.owner"
        ),
    ),
    row("hope(address operator)", Gives("operator", "operator")),
    row("nope(address operator)", Gives("operator", "operator", takes=True)),
    row(
        "approveDelegation(address spender, uint256 amount)",
        Gives("erc20", "spender", amount="amount", words=BORROWS),
    ),
    row("setRelayerApproval(address owner, address operator, bool approved)", _OF_OWNER),
    row(f"setMasterContractApproval(address owner, address operator, bool approved, {_SIGNED})", _OF_OWNER),
    row("approvePlugin(address operator)", Gives("operator", "operator")),
    row("setAccountOperator(address owner, address operator, bool approved)", _OF_OWNER),
    row("approveOperator(address operator)", Gives("operator", "operator")),
    row("setApproved(address operator, bool approved)", _OPERATOR),
    # Others: ERC-3525, ERC-4907, orders of CoW Protocol, EIP-3009
    row("approve(uint256 id, address spender, uint256 amount)", Gives("erc20", "spender", amount="amount")),
    row(
        "setUser(uint256 tokenId, address user, uint64 expires)",
        Gives("erc721", "user", amount="tokenId", single=True, words="{who} may use {what}"),
    ),
    row(
        "approveWithAuthorization(address owner, address spender, uint256 amount, "
        f"uint256 validAfter, uint256 validBefore, bytes32 nonce, {_SIGNED})",
        _PERMIT,
    ),
    row(
        "increaseAllowanceWithAuthorization(address owner, address spender, uint256 amount, "
        f"uint256 validAfter, uint256 validBefore, bytes32 nonce, {_SIGNED})",
        Gives("permit", "spender", amount="amount", owner="owner", adds=True),
    ),
)

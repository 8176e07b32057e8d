"""Well-known functions and errors, named as in the standards, so that calls and reverts can be read without an ABI."""

from __future__ import annotations

from functools import cache

from worker.ethereum.function_signatures import FunctionSignature, parse_signature

_FUNCTIONS = """
transfer(address to, uint256 amount)
transferFrom(address from, address to, uint256 amount)
approve(address spender, uint256 amount)
allowance(address owner, address spender)
balanceOf(address account)
totalSupply()
decimals()
symbol()
name()
mint(address to, uint256 amount)
burn(uint256 amount)
increaseAllowance(address spender, uint256 addedValue)
decreaseAllowance(address spender, uint256 subtractedValue)
permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
deposit()
withdraw(uint256 amount)
owner()
transferOwnership(address newOwner)
ownerOf(uint256 tokenId)
safeTransferFrom(address from, address to, uint256 tokenId)
safeTransferFrom(address from, address to, uint256 tokenId, bytes data)
safeTransferFrom(address from, address to, uint256 id, uint256 amount, bytes data)
setApprovalForAll(address operator, bool approved)
isApprovedForAll(address owner, address operator)
supportsInterface(bytes4 interfaceId)
multicall(bytes[] data)
multicall(uint256 deadline, bytes[] data)
execute(bytes commands, bytes[] inputs)
execute(bytes commands, bytes[] inputs, uint256 deadline)
swapExactETHForTokens(uint256 amountOutMin, address[] path, address to, uint256 deadline)
swapETHForExactTokens(uint256 amountOut, address[] path, address to, uint256 deadline)
swapExactTokensForETH(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline)
swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline)
swapTokensForExactTokens(uint256 amountOut, uint256 amountInMax, address[] path, address to, uint256 deadline)
exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 deadline, \
uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params)
exactInput((bytes path, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum) params)
unwrapWETH9(uint256 amountMinimum, address recipient)
getAmountsOut(uint256 amountIn, address[] path)
getReserves()
upgradeTo(address newImplementation)
upgradeToAndCall(address newImplementation, bytes data)
"""

_ERRORS = """
Error(string reason)
Panic(uint256 code)
ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)
ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)
ERC20InvalidSender(address sender)
ERC20InvalidReceiver(address receiver)
ERC20InvalidApprover(address approver)
ERC20InvalidSpender(address spender)
ERC721NonexistentToken(uint256 tokenId)
ERC721IncorrectOwner(address sender, uint256 tokenId, address owner)
ERC721InsufficientApproval(address operator, uint256 tokenId)
OwnableUnauthorizedAccount(address account)
OwnableInvalidOwner(address owner)
AccessControlUnauthorizedAccount(address account, bytes32 neededRole)
SafeERC20FailedOperation(address token)
AddressEmptyCode(address target)
FailedInnerCall()
FailedCall()
InsufficientBalance(uint256 balance, uint256 needed)
EnforcedPause()
ExpectedPause()
ReentrancyGuardReentrantCall()
V3TooLittleReceived()
V3TooMuchRequested()
TransactionDeadlinePassed()
ExecutionFailed(uint256 commandIndex, bytes message)
"""

PANICS = {
    0x00: "generic compiler panic",
    0x01: "assertion failed",
    0x11: "arithmetic overflow or underflow",
    0x12: "division or modulo by zero",
    0x21: "invalid enum value",
    0x22: "incorrectly encoded storage byte array",
    0x31: "pop on an empty array",
    0x32: "array index out of bounds",
    0x41: "too much memory allocated",
    0x51: "call of an uninitialized internal function",
}
"""Solidity documentation, "Panic via assert and Error via require"."""


@cache
def known_functions() -> dict[bytes, FunctionSignature]:
    return _by_selector(_FUNCTIONS)


@cache
def known_errors() -> dict[bytes, FunctionSignature]:
    return _by_selector(_ERRORS)


def _by_selector(lines: str) -> dict[bytes, FunctionSignature]:
    signatures = (parse_signature(line) for line in lines.strip().splitlines())
    return {signature.selector(): signature for signature in signatures}

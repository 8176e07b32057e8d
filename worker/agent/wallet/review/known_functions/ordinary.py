"""Functions that give away only what they move, which the simulation shows. Names as in the contracts.

`>` marks the argument that names the recipient, `>>` the one that names who gets what comes of the call; `!` marks a
function that returns whether it succeeded, `$` one that takes a loan, `+` one that
only brings something; `<` marks the argument that is zero if the
contract pays with what it holds (`<@`: always); `~` marks the least that the caller accepts of what comes of a swap,
`^` the most that it pays if the result is fixed; `%` marks the account that something is taken from.
`/00`, `/01` and `/02` say which numbers a contract takes in place of an address (`/00`: Lido's `WithdrawalQueue.sol`;
`SwapRouter.sol` and `NonfungiblePositionManager.sol` of v3-periphery; `Constants.sol` of swap-router-contracts).
Functions of bridges and pools are left out if their arguments decide how much arrives, for no simulation shows that.
Sources: the EIPs; WETH9; Uniswap V2, V3, its router and positions; Aave; Compound; Lido; Safe; merkle-distributor; the
OP Stack's `StandardBridge.sol`. Collected on 2026-11-26 and 27.
"""

from __future__ import annotations

import re

from worker.agent.wallet.review.known_functions.rows import PLACES, Meaning, Pays, row

_SWAP = (
    "(address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 deadline, "
    "uint256 %s, uint256 %s, "
    "uint160 sqrtPriceLimitX96) params"
)
_SWAP_02 = (
    "(address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 %s, uint256 %s, "
    "uint160 sqrtPriceLimitX96) params"
)
_AMOUNTS = ("amountIn", "amountOutMinimum"), ("amountOut", "amountInMaximum")

_ROWS = """
!transfer(address to, uint256 amount) >to
!transferFrom(address from, address to, uint256 amount) >to %from
transferAndCall(address to, uint256 amount, bytes data) >to
transferAndCall(address to, uint256 amount) >to
transferFromAndCall(address from, address to, uint256 amount) >to %from
transferFromAndCall(address from, address to, uint256 amount, bytes data) >to %from
safeTransfer(address to, uint256 amount) >to
send(address to, uint256 amount, bytes data) >to
operatorSend(address from, address to, uint256 amount, bytes data, bytes operatorData) >to %from
safeTransferFrom(address from, address to, uint256 tokenId) >to %from
safeTransferFrom(address from, address to, uint256 tokenId, bytes data) >to %from
safeTransferFrom(address from, address to, uint256 id, uint256 amount, bytes data) >to %from
safeBatchTransferFrom(address from, address to, uint256[] ids, uint256[] amounts, bytes data) >to %from
transferFrom(address from, address to, uint160 amount, address token) >to %from
transferFrom((address from, address to, uint160 amount, address token)[] transfers) >transfers.to %transfers.from
transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, \
bytes32 nonce, uint8 v, bytes32 r, bytes32 s) >to %from
receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, \
bytes32 nonce, uint8 v, bytes32 r, bytes32 s) >to %from
balanceOf(address account)
allowance(address owner, address spender)
totalSupply()
decimals()
symbol()
name()
owner()
ownerOf(uint256 tokenId)
isApprovedForAll(address owner, address operator)
supportsInterface(bytes4 interfaceId)
getAmountsOut(uint256 amountIn, address[] path)
getReserves()
mint(address to, uint256 amount) >to
mint(uint256 amount)
mint()
mint(address to) >to
burn(uint256 amount)
burnFrom(address account, uint256 amount) %account
deposit()
deposit(uint256 amount)
deposit(uint256 assets, address receiver) >>receiver
mint(uint256 shares, address receiver) >>receiver
+withdraw(uint256 amount)
+withdraw(uint256 assets, address receiver, address owner) >>receiver %owner
+redeem(uint256 shares, address receiver, address owner) >>receiver %owner
+redeem(uint256 amount)
+claim()
+claimRewards()
+getReward()
+exit()
stake(uint256 amount)
+unstake(uint256 amount)
submit(address referral)
wrap(uint256 amount)
+unwrap(uint256 amount)
wrapETH(uint256 value)
refundETH()
unwrapWETH9(uint256 amountMinimum, address recipient) >>recipient <@ ~amountMinimum
unwrapWETH9(uint256 amountMinimum) <@ ~amountMinimum
sweepToken(address token, uint256 amountMinimum, address recipient) >>recipient <@ ~amountMinimum
supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode) >>onBehalfOf
deposit(address asset, uint256 amount, address onBehalfOf, uint16 referralCode) >>onBehalfOf
+withdraw(address asset, uint256 amount, address to) >>to
$borrow(address asset, uint256 amount, uint256 interestRateMode, uint16 referralCode, address onBehalfOf)
repay(address asset, uint256 amount, uint256 interestRateMode, address onBehalfOf) >>onBehalfOf
supply(address asset, uint256 amount)
+withdraw(address asset, uint256 amount)
$borrow(uint256 amount)
repayBorrow(uint256 amount)
supplyTo(address dst, address asset, uint256 amount) >>dst
supplyFrom(address from, address dst, address asset, uint256 amount) >>dst %from
withdrawTo(address to, address asset, uint256 amount) >>to
withdrawFrom(address src, address to, address asset, uint256 amount) >>to %src
depositETH(address pool, address onBehalfOf, uint16 referralCode) >>onBehalfOf
+withdrawETH(address pool, uint256 amount, address to) >>to
+claimRewards(address[] assets, uint256 amount, address to) >>to
+claimRewards(address[] assets, uint256 amount, address to, address reward) >>to
+claimAllRewards(address[] assets, address to) >>to
+claimAllRewardsToSelf(address[] assets)
requestWithdrawals(uint256[] amounts, address owner) >>owner/00
requestWithdrawalsWstETH(uint256[] amounts, address owner) >>owner/00
+claimWithdrawal(uint256 requestId)
+claimWithdrawals(uint256[] requestIds, uint256[] hints)
+claim(uint256 index, address account, uint256 amount, bytes32[] merkleProof) >>account
depositTo(address to) >>to
withdrawTo(address to, uint256 amount) >>to
depositETH(uint32 minGasLimit, bytes extraData)
depositETHTo(address to, uint32 minGasLimit, bytes extraData) >>to
bridgeETH(uint32 minGasLimit, bytes extraData)
bridgeETHTo(address to, uint32 minGasLimit, bytes extraData) >>to
mint((address token0, address token1, uint24 fee, int24 tickLower, int24 tickUpper, uint256 amount0Desired, \
uint256 amount1Desired, uint256 amount0Min, uint256 amount1Min, address recipient, uint256 deadline) params) \
>>params.recipient
decreaseLiquidity((uint256 tokenId, uint128 liquidity, uint256 amount0Min, uint256 amount1Min, uint256 deadline) params)
collect((uint256 tokenId, address recipient, uint128 amount0Max, uint128 amount1Max) params) >>params.recipient/01
acceptOwnership()
acceptAdmin()
acceptDefaultAdminTransfer()
vote(uint256 proposalId, bool support)
castVote(uint256 proposalId, uint8 support)
castVoteWithReason(uint256 proposalId, uint8 support, string reason)
setName(string name)
swapExactETHForTokens(uint256 amountOutMin, address[] path, address to, uint256 deadline) >>to ~amountOutMin
swapETHForExactTokens(uint256 amountOut, address[] path, address to, uint256 deadline) >>to ~amountOut
swapExactTokensForETH(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) \
>>to ~amountOutMin
swapTokensForExactETH(uint256 amountOut, uint256 amountInMax, address[] path, address to, uint256 deadline) \
>>to ~amountOut ^amountInMax
swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to, uint256 deadline) \
>>to ~amountOutMin
swapTokensForExactTokens(uint256 amountOut, uint256 amountInMax, address[] path, address to, uint256 deadline) \
>>to ~amountOut ^amountInMax
swapExactTokensForTokens(uint256 amountIn, uint256 amountOutMin, address[] path, address to) \
>>to/02 <amountIn ~amountOutMin
swapTokensForExactTokens(uint256 amountOut, uint256 amountInMax, address[] path, address to) \
>>to/02 ~amountOut ^amountInMax
swapExactETHForTokensSupportingFeeOnTransferTokens(uint256 amountOutMin, address[] path, address to, \
uint256 deadline) >>to ~amountOutMin
swapExactTokensForETHSupportingFeeOnTransferTokens(uint256 amountIn, uint256 amountOutMin, address[] path, \
address to, uint256 deadline) >>to ~amountOutMin
swapExactTokensForTokensSupportingFeeOnTransferTokens(uint256 amountIn, uint256 amountOutMin, address[] path, \
address to, uint256 deadline) >>to ~amountOutMin
addLiquidity(address tokenA, address tokenB, uint256 amountADesired, uint256 amountBDesired, uint256 amountAMin, \
uint256 amountBMin, address to, uint256 deadline) >>to
addLiquidityETH(address token, uint256 amountTokenDesired, uint256 amountTokenMin, uint256 amountETHMin, address to, \
uint256 deadline) >>to
removeLiquidity(address tokenA, address tokenB, uint256 liquidity, uint256 amountAMin, uint256 amountBMin, \
address to, uint256 deadline) >>to
removeLiquidityETH(address token, uint256 liquidity, uint256 amountTokenMin, uint256 amountETHMin, address to, \
uint256 deadline) >>to
exactInput((bytes path, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum) params) \
>>params.recipient/01 ~params.amountOutMinimum
exactOutput((bytes path, address recipient, uint256 deadline, uint256 amountOut, uint256 amountInMaximum) params) \
>>params.recipient/01 ~params.amountOut ^params.amountInMaximum
exactInput((bytes path, address recipient, uint256 amountIn, uint256 amountOutMinimum) params) \
>>params.recipient/02 <params.amountIn ~params.amountOutMinimum
exactOutput((bytes path, address recipient, uint256 amountOut, uint256 amountInMaximum) params) \
>>params.recipient/02 ~params.amountOut ^params.amountInMaximum
"""
_ROW = re.compile(
    r"(?P<sign>[!$+]?)(?P<text>.+\))(?: (?P<mark>>>?)(?P<recipient>[\w.]+)(?:/(?P<places>\d+))?)?"
    r"(?: <(?P<spends>[\w.@]+))?(?: ~(?P<floor>[\w.]+))?(?: \^(?P<ceiling>[\w.]+))?(?: %(?P<taken>[\w.]+))?"
)


def _read(line: str) -> Meaning:
    match = _ROW.fullmatch(line)
    if match is None:
        raise ValueError(line)
    text, recipient = match["text"], match["recipient"] or ""
    pays = [Pays(recipient, PLACES[match["places"] or ""])] if match["mark"] == ">>" else []
    sign, spends = match["sign"], match["spends"] or ""
    return row(
        text,
        *pays,
        recipient=recipient,
        answers=sign == "!",
        borrows=sign == "$",
        brings=sign == "+",
        spends=spends,
        floor=match["floor"] or "",
        ceiling=match["ceiling"] or "",
        takes_from=match["taken"] or "",
    )


def _swaps() -> list[Meaning]:
    rows = [
        ("exactInputSingle", _SWAP, _AMOUNTS[0], "01", ""),
        ("exactInputSingle", _SWAP_02, _AMOUNTS[0], "02", "params.amountIn"),
        ("exactOutputSingle", _SWAP, _AMOUNTS[1], "01", ""),
        ("exactOutputSingle", _SWAP_02, _AMOUNTS[1], "02", ""),
    ]
    return [
        row(
            f"{name}({form % amounts})",
            Pays("params.recipient", PLACES[places]),
            spends=spends,
            floor=f"params.{next(each for each in amounts if each.startswith('amountOut'))}",
            ceiling="params.amountInMaximum" if "amountInMaximum" in amounts else "",
        )
        for name, form, amounts, places, spends in rows
    ]


ORDINARY = (*(_read(line) for line in _ROWS.strip().splitlines()), *_swaps())

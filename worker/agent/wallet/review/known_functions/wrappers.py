"""Functions that contain other calls. Each group names its sources. Collected on 2026-11-26."""

from __future__ import annotations

from dataclasses import replace

from worker.agent.wallet.review.known_functions.rows import Calls, Gives, Pays, Refund, row

_CALL = "address target, uint256 value, bytes data"
_SELF = Calls(data="data")
_ONE = Calls(data="data", to="target", value="value")
_EACH = Calls(data="calls.data", to="calls.target", value="calls.value")
_EACH_FOR_ANYONE = Calls(data="calls.data", to="calls.target", for_anyone=True)
_LISTS = Calls(data="data", to="targets", value="values")
_GAS = (
    "uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, "
    "bytes signatures"
)
_REQUEST = "address from, address target, uint256 value, uint256 gas, uint256 nonce, bytes data"

BATCHES = frozenset(
    {
        "0xa238cbeb142c10ef7ad8442c6d1f9e89e07e7761",
        "0x40a2accbd92bca938b02010e17a5b8929b49130d",
        "0x38869bf66a61cf6bdb996a6ae40d5853fd43b526",
        "0x9641d764fc13c8b624c04430c7356c1c7c8102e2",
    }
)
"""MultiSend and MultiSendCallOnly of Safe 1.3.0 and 1.4.1 (safe-global/safe-deployments, 2026-11-27). Their address
follows from their code (CREATE2), so it is the same code wherever there is any. It makes the packed calls and nothing
else.
"""

WRAPPERS = (
    # Calls of the contract itself: Uniswap, OpenZeppelin, BoringSolidity
    row("multicall(bytes[] data)", _SELF),
    row("multicall(uint256 deadline, bytes[] data)", _SELF),
    row("multicall(bytes32 previousBlockhash, bytes[] data)", _SELF),
    row("batch(bytes[] data, bool revertOnFail)", _SELF),
    row("tryMulticall(bytes[] data)", _SELF),
    row("multiCall(bytes[] data)", _SELF),
    row("batchCall(bytes[] data)", _SELF),
    row("doMulticall(bytes[] data)", _SELF),
    # Multicall 1, 2 and 3 (mds1)
    row("aggregate((address target, bytes data)[] calls)", _EACH_FOR_ANYONE),
    row("blockAndAggregate((address target, bytes data)[] calls)", _EACH_FOR_ANYONE),
    row(
        "tryAggregate(bool requireSuccess, (address target, bytes data)[] calls)",
        _EACH_FOR_ANYONE,
    ),
    row(
        "tryBlockAndAggregate(bool requireSuccess, (address target, bytes data)[] calls)",
        _EACH_FOR_ANYONE,
    ),
    row(
        "aggregate3((address target, bool allowFailure, bytes data)[] calls)",
        _EACH_FOR_ANYONE,
    ),
    row(
        "aggregate3Value((address target, bool allowFailure, uint256 value, bytes data)[] calls)",
        replace(_EACH, for_anyone=True),
    ),
    row("multicall((address target, bytes data)[] calls)", _EACH_FOR_ANYONE),
    row("multicall(address[] targets, bytes[] data)", Calls(data="data", to="targets", for_anyone=True)),
    row("multicall(address[] targets, bytes[] data, uint256[] values)", replace(_LISTS, for_anyone=True)),
    # Accounts: ERC-4337 samples, ERC-725X, ERC-7579, ERC-7821, Biconomy, Kernel, Sequence, Ambire, Argent, DSProxy
    row(f"execute({_CALL})", _ONE),
    row(f"executeCall({_CALL})", _ONE),
    row(f"exec({_CALL})", _ONE),
    row(f"call({_CALL})", _ONE),
    row(f"invoke({_CALL})", _ONE),
    row(
        f"execute({_CALL}, uint8 operation)",
        Calls(data="data", to="target", value="value", operation="operation"),
    ),
    row(
        "execute(uint256 operationType, address target, uint256 value, bytes data)",
        Calls(data="data", to="target", value="value", operation="operationType", delegating=4),
    ),
    row(
        "execute(address target, bytes data)",
        Calls(data="data", to="target", delegates=True),
        note="The code of the target runs with the account's own storage.",
    ),
    row("exec(address target, bytes data)", Calls(data="data", to="target")),
    row("forward(address target, bytes data)", Calls(data="data", to="target")),
    row("forward(address target, uint256 value, bytes data)", _ONE),
    row("functionCall(address target, bytes data)", Calls(data="data", to="target")),
    row("executeBatch(address[] targets, bytes[] data)", Calls(data="data", to="targets")),
    row("executeBatch(address[] targets, uint256[] values, bytes[] data)", _LISTS),
    row("executeBatchCall(address[] targets, uint256[] values, bytes[] data)", _LISTS),
    row("executeBatch_y6U(address[] targets, uint256[] values, bytes[] data)", _LISTS),
    row("execute_ncC(address target, uint256 value, bytes data)", _ONE),
    row(f"executeBatch(({_CALL})[] calls)", _EACH),
    row(f"execute(({_CALL})[] calls)", _EACH),
    row(f"execute(({_CALL})[] calls, bytes signature)", _EACH),
    row(f"executeBySender(({_CALL})[] calls)", _EACH),
    row(f"executeBySelf(({_CALL})[] calls)", _EACH),
    row("execute(bytes32 mode, bytes data)", Calls(data="data", packing="erc7579", mode="mode")),
    row("executeFromExecutor(bytes32 mode, bytes data)", Calls(data="data", packing="erc7579", mode="mode")),
    row("executeUserOp(bytes data, bytes32 userOpHash)", _SELF),
    row(f"multiCall(address wallet, ({_CALL})[] calls)", _EACH),
    row(f"multiCall(({_CALL})[] calls)", _EACH),
    row(
        "execute((bool delegateCall, bool revertOnError, uint256 gasLimit, address target, "
        "uint256 value, bytes data)[] calls, uint256 nonce, bytes signature)",
        Calls(data="calls.data", to="calls.target", value="calls.value", operation="calls.delegateCall"),
    ),
    row(
        "handleOps((address sender, uint256 nonce, bytes initCode, bytes data, "
        "uint256 callGasLimit, uint256 verificationGasLimit, uint256 preVerificationGas, "
        "uint256 maxFeePerGas, uint256 maxPriorityFeePerGas, bytes paymasterAndData, "
        "bytes signature)[] ops, address beneficiary)",
        Calls(data="ops.data", to="ops.sender", for_anyone=True),
    ),
    row(
        "handleOps((address sender, uint256 nonce, bytes initCode, bytes data, "
        "bytes32 accountGasLimits, uint256 preVerificationGas, bytes32 gasFees, "
        "bytes paymasterAndData, bytes signature)[] ops, address beneficiary)",
        Calls(data="ops.data", to="ops.sender", for_anyone=True),
    ),
    # Safe, and the multi-signature wallets before it
    row(
        f"execTransaction({_CALL}, uint8 operation, {_GAS})",
        Calls(data="data", to="target", value="value", operation="operation"),
        Refund(price="gasPrice", to="refundReceiver"),
    ),
    row(
        f"execTransactionFromModule({_CALL}, uint8 operation)",
        Calls(data="data", to="target", value="value", operation="operation"),
    ),
    row(
        f"execTransactionFromModuleReturnData({_CALL}, uint8 operation)",
        Calls(data="data", to="target", value="value", operation="operation"),
    ),
    row("multiSend(bytes transactions)", Calls(data="transactions", packing="multisend")),
    row(f"submitTransaction({_CALL})", _ONE),
    row("simulateAndRevert(address target, bytes data)", Calls(data="data", to="target", delegates=True)),
    # Governors and timelocks: Compound, OpenZeppelin
    row("propose(address[] targets, uint256[] values, bytes[] data, string description)", _LISTS),
    row("execute(address[] targets, uint256[] values, bytes[] data, bytes32 descriptionHash)", _LISTS),
    row(f"schedule({_CALL}, bytes32 predecessor, bytes32 salt, uint256 delay)", _ONE),
    row(
        "scheduleBatch(address[] targets, uint256[] values, bytes[] data, bytes32 predecessor, "
        "bytes32 salt, uint256 delay)",
        _LISTS,
    ),
    row(f"execute({_CALL}, bytes32 predecessor, bytes32 salt)", _ONE),
    row(
        "executeBatch(address[] targets, uint256[] values, bytes[] data, bytes32 predecessor, bytes32 salt)",
        _LISTS,
    ),
    row(f"relay({_CALL})", _ONE),
    # Relays: ERC-2771 forwarders, Euler's EVC
    row(
        f"execute(({_REQUEST}) request, bytes signature)",
        Calls(data="request.data", to="request.target", value="request.value", for_anyone=True),
    ),
    row(
        "execute((address from, address target, uint256 value, uint256 gas, uint48 deadline, "
        "bytes data, bytes signature) request)",
        Calls(data="request.data", to="request.target", value="request.value", for_anyone=True),
    ),
    row(
        "batch((address target, address onBehalfOfAccount, uint256 value, bytes data)[] calls)",
        replace(_EACH, for_anyone=True),
    ),
    row(
        "call(address target, address onBehalfOfAccount, uint256 value, bytes data)",
        replace(_ONE, for_anyone=True),
    ),
    # Swaps of 0x (0xProject/0x-settler, 2026-11-27): AllowanceHolder lets the operator take the amount until the call
    # ends, and the Settler makes the swap. If the call names no token, its actions have limits of their own.
    row(
        "exec(address operator, address token, uint256 amount, address target, bytes data)",
        Gives(
            "erc20",
            "operator",
            asset="token",
            amount="amount",
            words="{who} may take {what} during this call",
            at_once=True,
        ),
        Calls(data="data", to="target", for_anyone=True),
    ),
    row(
        "execute((address recipient, address tokenOut, uint256 minAmountOut) slippage, bytes[] actions, "
        "bytes32 zidAndAffiliate)",
        Pays("slippage.recipient", ((0, "unnamed"),)),
        floor="slippage.minAmountOut",
    ),
    # Uniswap's Universal Router: `packed.py` has its commands
    row("execute(bytes commands, bytes[] inputs)", Calls(data="inputs", packing="router", mode="commands")),
    row(
        "execute(bytes commands, bytes[] inputs, uint256 deadline)",
        Calls(data="inputs", packing="router", mode="commands"),
    ),
)

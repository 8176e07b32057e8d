"""Tools that encode and decode function calls."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastmcp import FastMCP
from pydantic import Field

from worker.ethereum.abi import MOST_BYTES, decode_call, encode_call, heard, parse_data
from worker.ethereum.addresses import resolve
from worker.ethereum.chains import Chains
from worker.ethereum.known_networks import TESTNET
from worker.ethereum.reading_results import DecodedCall, EncodedCall
from worker.mcp_servers.evm.off_loop import OffLoop
from worker.mcp_servers.server_base import DEFAULT_NETWORK, PURE, READS, NetworkName

Signature = Annotated[
    str, Field(description="The function's signature, such as transfer(address,uint256).", max_length=2_000)
]


def add_abi_tools(server: FastMCP[Any], chains: Chains, off_loop: OffLoop) -> None:
    @server.tool(annotations=READS)
    async def encode_function_call(
        signature: Signature,
        arguments: Annotated[
            list[Any],
            Field(
                description="One JSON value each: whole numbers in base units as strings, arrays for tuples."
            ),
        ],
        network: NetworkName = DEFAULT_NETWORK,
    ) -> EncodedCall:
        """Encode a function call as call data. Tuples and arrays may nest; addresses may be test accounts' names."""
        is_testnet = network.strip().lower() == TESTNET
        names = await chains.get(network).test_accounts() if is_testnet and _has_words(arguments) else ()
        return await off_loop(
            encode_call, signature, arguments, lambda who: resolve(who, network, names).address
        )

    @server.tool(annotations=PURE)
    async def decode_function_call(
        data: Annotated[str, Field(description="Call data as 0x hex.", max_length=2 + 2 * MOST_BYTES)],
        signature: Signature | None = None,
    ) -> DecodedCall:
        """Read call data: which function it calls, with which arguments. Common functions need no signature."""
        decoded = await off_loop(lambda: decode_call(parse_data(data, "data"), signature))
        heard(decoded.arguments)
        return decoded


def _has_words(value: Any) -> bool:
    """Return whether the values contain a text that is not hex, because it may be a test account's name."""
    if isinstance(value, (list, dict)):
        items = (
            cast("dict[str, Any]", value).values() if isinstance(value, dict) else cast("list[Any]", value)
        )
        return any(_has_words(item) for item in items)
    return isinstance(value, str) and not value.startswith("0x")

"""Tools that call contracts, simulate and send transactions."""

from __future__ import annotations

from typing import Annotated, Any

from fastmcp import FastMCP
from pydantic import Field

from worker.ethereum.abi import MOST_BYTES, decode_answer, heard
from worker.ethereum.addresses import ZERO_ADDRESS, Who
from worker.ethereum.amounts import Amount
from worker.ethereum.blocks import Block, block_at, block_parameter
from worker.ethereum.chains import Chains
from worker.ethereum.reading_results import CallAnswer
from worker.ethereum.rpc import NodeRefused
from worker.ethereum.simulation import simulate_transaction
from worker.ethereum.testnet_sending import refuse_unless_testnet, send_transaction
from worker.ethereum.transaction_results import Sent, Simulation
from worker.ethereum.transactions import read_request, refusal
from worker.mcp_servers.evm.off_loop import OffLoop
from worker.mcp_servers.server_base import DEFAULT_NETWORK, READS, SENDS, NetworkName
from worker.tool_outcomes import ToolRefused

From = Annotated[
    str,
    Field(
        alias="from",
        description="The sender: an address, or on testnet an account's name.",
        max_length=255,
    ),
]
To = Annotated[
    str,
    Field(
        description="An address, or on testnet an account's name. Empty to create a contract from `input`.",
        max_length=255,
    ),
]
CallData = Annotated[
    str, Field(description="Call data as 0x hex, from encode_function_call.", max_length=2 + 2 * MOST_BYTES)
]


def add_transaction_tools(server: FastMCP[Any], chains: Chains, off_loop: OffLoop) -> None:
    @server.tool(annotations=READS)
    async def call(
        to: Who,
        sender: From = ZERO_ADDRESS,
        value: Amount = 0,
        input: CallData = "0x",  # noqa: A002 -- the parameter's name is part of the tool's contract
        returns: Annotated[str, Field(description="Types of the answer, such as (uint256,address).")] = "",
        block: Block = "latest",
        network: NetworkName = DEFAULT_NETWORK,
    ) -> CallAnswer:
        """Call a contract without sending a transaction, and get what it returns."""
        request = await read_request(chains.get(network), sender, to, value, input)
        try:
            at = block_at(block_parameter(block))
            data = await request.chain.data("eth_call", request.call(), at)
        except NodeRefused as error:
            raise ToolRefused(f"The call failed on {network}: {refusal(error)}.") from error
        if returns and data == "0x":
            raise ToolRefused(
                f"{request.to.address if request.to else 'The call'} answered with no data on {network}: there may be "
                "no contract at this address there, or it does not have this function.",
                "Ask code_size.",
            )
        decoded = await off_loop(decode_answer, bytes.fromhex(data[2:]), returns) if returns else None
        heard(decoded or [])
        return CallAnswer(
            network=request.chain.name,
            to=request.to.address if request.to else "",
            data=data,
            as_integer=str(int(data, 16)) if len(data) == 66 else None,
            decoded=decoded,
        )

    @server.tool(annotations=READS)
    async def simulate(
        sender: From,
        to: To,
        value: Amount = 0,
        input: CallData = "0x",  # noqa: A002 -- the parameter's name is part of the tool's contract
        network: NetworkName = DEFAULT_NETWORK,
    ) -> Simulation:
        """Find out what a transaction would do now: success or revert reason, gas, fee, and assets moved."""
        return await simulate_transaction(await read_request(chains.get(network), sender, to, value, input))

    @server.tool(annotations=SENDS)
    async def send(
        to: To,
        sender: From,
        value: Amount,
        input: CallData = "0x",  # noqa: A002 -- the parameter's name is part of the tool's contract
        network: NetworkName = DEFAULT_NETWORK,
    ) -> Sent:
        """Send a transaction from a test account on testnet and wait for its receipt. Moves value."""
        chain = chains.get(network)
        refuse_unless_testnet(chain)
        return await send_transaction(await read_request(chain, sender, to, value, input))

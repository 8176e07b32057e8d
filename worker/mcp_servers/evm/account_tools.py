"""Tools that read an account's state."""

from __future__ import annotations

from typing import Annotated, Any

from fastmcp import FastMCP
from pydantic import Field

from worker.ethereum.addresses import Account, Who, parse_address
from worker.ethereum.amounts import format_units
from worker.ethereum.blocks import Block, block_at, block_parameter
from worker.ethereum.chains import Chain, Chains
from worker.ethereum.reading_results import Balance, Code, CodeSize, TokenBalance
from worker.ethereum.tokens import token_balance
from worker.mcp_servers.server_base import DEFAULT_NETWORK, READS, NetworkName

DELEGATION = "0xef0100"
"""The code of an account that delegates (EIP-7702) consists of this prefix and the contract's address."""


def add_account_tools(server: FastMCP[Any], chains: Chains) -> None:
    @server.tool(annotations=READS)
    async def balance(who: Who, block: Block = "latest", network: NetworkName = DEFAULT_NETWORK) -> Balance:
        """The balance of an account in the network's native currency, exactly in wei and in ether."""
        chain = chains.get(network)
        account, at = await chain.account(who), block_parameter(block)
        wei = await chain.quantity("eth_getBalance", account.address, block_at(at))
        return Balance(
            network=chain.name,
            account=account.name,
            address=account.address,
            wei=str(wei),
            ether=format_units(wei),
            currency=chain.currency,
            block=str(block),
        )

    @server.tool(annotations=READS)
    async def erc20_balance(
        token: Annotated[str, Field(description="The token contract's address.", max_length=255)],
        who: Who,
        network: NetworkName = DEFAULT_NETWORK,
    ) -> TokenBalance:
        """The balance of an account in an ERC-20 token, in base units and formatted by the token's decimals."""
        return await token_balance(chains.get(network), token, who)

    @server.tool(annotations=READS)
    async def code(address: Who, network: NetworkName = DEFAULT_NETWORK) -> Code:
        """The byte code at an address. It can be very long: use code_size to learn whether there is a contract."""
        chain = chains.get(network)
        account, data = await _read_code(chain, address)
        return Code(**_described(chain, account, data), code=data)

    @server.tool(annotations=READS)
    async def code_size(address: Who, network: NetworkName = DEFAULT_NETWORK) -> CodeSize:
        """How many bytes of code an address has: 0 means that there is no contract."""
        chain = chains.get(network)
        account, data = await _read_code(chain, address)
        return CodeSize(**_described(chain, account, data))


async def _read_code(chain: Chain, who: str) -> tuple[Account, str]:
    account = await chain.account(who)
    return account, await chain.data("eth_getCode", account.address, "latest")


def _described(chain: Chain, account: Account, data: str) -> dict[str, Any]:
    delegates = data.startswith(DELEGATION) and len(data) == len(DELEGATION) + 40
    return {
        "network": chain.name,
        "account": account.name,
        "address": account.address,
        "size_bytes": (len(data) - 2) // 2,
        "is_contract": data != "0x" and not delegates,
        "delegates_to": parse_address("0x" + data[-40:]) if delegates else None,
    }

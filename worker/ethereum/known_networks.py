"""The networks that a deployment can reach: those whose `{NAME}_RPC_URL` is set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from forge.errors import InvalidRequest
from forge.models.session import NetworkInfo
from worker.setting_texts import http_url

TESTNET = "testnet"

KNOWN_NETWORKS = (
    NetworkInfo(name=TESTNET, chain_id=31337, title="Local test network", sends=True),
    NetworkInfo(name="mainnet", chain_id=1, title="Ethereum", explorer="https://etherscan.io"),
    NetworkInfo(
        name="base",
        chain_id=8453,
        title="Base",
        explorer="https://basescan.org",
        wallet_rpc_urls=["https://mainnet.base.org"],
    ),
    NetworkInfo(
        name="polygon",
        chain_id=137,
        title="Polygon",
        currency="POL",
        explorer="https://polygonscan.com",
        wallet_rpc_urls=["https://polygon-rpc.com"],
    ),
    NetworkInfo(
        name="arbitrum",
        chain_id=42161,
        title="Arbitrum One",
        explorer="https://arbiscan.io",
        wallet_rpc_urls=["https://arb1.arbitrum.io/rpc"],
    ),
    NetworkInfo(
        name="linea",
        chain_id=59144,
        title="Linea",
        explorer="https://lineascan.build",
        wallet_rpc_urls=["https://rpc.linea.build"],
    ),
    NetworkInfo(
        name="linea-sepolia",
        chain_id=59141,
        title="Linea Sepolia",
        explorer="https://sepolia.lineascan.build",
        wallet_rpc_urls=["https://rpc.sepolia.linea.build"],
    ),
)
"""`wallet_rpc_urls`: the public nodes that the chains' own documents name (2026-11-26); every wallet knows mainnet."""

HAS_L1_FEE = frozenset({"base"})
"""OP stack chains (specs.optimism.io, "L1-Cost fees"): a transaction also pays `l1Fee`, in addition to gas times
price.
"""

WITHOUT_VALUE = frozenset({TESTNET, "linea-sepolia"})
"""Test networks, whose coins are given away."""

NOTABLE_FEES = {"ETH": 5 * 10**14, "POL": 2 * 10**18}
"""The fee in wei from which a person minds it, by the coin: about a US dollar at the prices of 2024 to 2026."""

TEST_CHAIN_IDS = frozenset({31337, 1337})
"""The default chain ids of development nodes (anvil and Hardhat; geth --dev and Ganache). 2026-11-26."""
TESTNET_CHAIN_ID = "TESTNET_CHAIN_ID"
"""The variable in which an operator names one more id; ids of the public networks above stay refused."""
_CHAIN_ID = re.compile(r"[1-9][0-9]{0,18}")
"""EIP-2294 limits a chain id to half of 2**64, which has nineteen digits."""

REAL_CHAIN_IDS = frozenset(info.chain_id for info in KNOWN_NETWORKS if info.name != TESTNET)


@dataclass(frozen=True, slots=True)
class Network:
    """A configured network."""

    info: NetworkInfo
    """What clients may know of the network."""
    rpc_url: str = field(repr=False)
    """The node's URL, which may contain a key, so it must appear in no message and no log."""
    chain_ids: frozenset[int]
    """The chain ids of which the network's node may have one."""

    @property
    def name(self) -> str:
        return self.info.name


def rpc_variable(name: str) -> str:
    """`linea-sepolia` → `LINEA_SEPOLIA_RPC_URL`."""
    return f"{name.upper().replace('-', '_')}_RPC_URL"


def configured_networks(environment: Mapping[str, str]) -> dict[str, Network]:
    """Return networks by name, in the order of `KNOWN_NETWORKS`. Only the test network's node knows which of its
    ids it has. Raises `InvalidRequest`.
    """
    urls = ((info, http_url(environment, rpc_variable(info.name))) for info in KNOWN_NETWORKS)
    return {info.name: Network(info, url, _chain_ids(info, environment)) for info, url in urls if url}


def _chain_ids(info: NetworkInfo, environment: Mapping[str, str]) -> frozenset[int]:
    """This is a list of allowed ids, because nobody can list the public networks: there are more every week."""
    if info.name != TESTNET:
        return frozenset({info.chain_id})
    named = environment.get(TESTNET_CHAIN_ID, "").strip()
    if named and not _CHAIN_ID.fullmatch(named):
        raise InvalidRequest(
            f"{TESTNET_CHAIN_ID} is “{named[:40]}”; it must be a chain's number, such as 31337."
        )
    return TEST_CHAIN_IDS.union([int(named)] if named else []) - REAL_CHAIN_IDS

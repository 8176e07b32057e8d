"""The tokens whose names people trust, by chain. Anybody may give a token their symbols.

Sources: the issuers' and the chains' own lists, from memory; each address has the right checksum, and half of them,
those of the newer chains among them, were found with their symbols in public repositories (2026-11-27). Several
addresses of one symbol are the issuer's token and the bridge's older one.
"""

from __future__ import annotations

from functools import cache

KNOWN_TOKENS: dict[int, dict[str, tuple[str, ...]]] = {
    1: {
        "USDC": ("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",),
        "USDT": ("0xdAC17F958D2ee523a2206206994597C13D831ec7",),
        "DAI": ("0x6B175474E89094C44Da98b954EedeAC495271d0F",),
        "WETH": ("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",),
        "WBTC": ("0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599",),
        "stETH": ("0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84",),
        "wstETH": ("0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0",),
        "LINK": ("0x514910771AF9Ca656af840dff83E8264EcF986CA",),
        "UNI": ("0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984",),
    },
    8453: {
        "USDC": ("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",),
        "USDbC": ("0xd9aAEc86B65D86f6A7B5B1b0c42FFA531710b6CA",),
        "USDT": ("0xfde4C96c8593536E31F229EA8f37b2ADa2699bb2",),
        "WETH": ("0x4200000000000000000000000000000000000006",),
        "DAI": ("0x50c5725949A6F0c72E6C4a641F24049A917DB0Cb",),
        "cbBTC": ("0xcbB7C0000aB88B473b1f5aFd9ef808440eed33Bf",),
    },
    137: {
        "USDC": (
            "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359",
            "0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174",
        ),
        "USDT": ("0xc2132D05D31c914a87C6611C10748AEb04B58e8F",),
        "DAI": ("0x8f3Cf7ad23Cd3CaDbD9735AFf958023239c6A063",),
        "WETH": ("0x7ceB23fD6bC0adD59E62ac25578270cFf1b9f619",),
        "POL": ("0x0000000000000000000000000000000000001010",),
        "WPOL": ("0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270",),
        "WMATIC": ("0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270",),
        "WBTC": ("0x1BFD67037B42Cf73acF2047067bd4F2C47D9BfD6",),
    },
    42161: {
        "USDC": (
            "0xaf88d065e77c8cC2239327C5EDb3A432268e5831",
            "0xFF970A61A04b1cA14834A43f5dE4533eBDDB5CC8",
        ),
        "USDT": ("0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9",),
        "DAI": ("0xDA10009cBd5D07dd0CeCc66161FC93D7c9000da1",),
        "WETH": ("0x82aF49447D8a07e3bd95BD0d56f35241523fBab1",),
        "WBTC": ("0x2f2a2543B76A4166549F7aaB2e75Bef0aefC5B0f",),
        "ARB": ("0x912CE59144191C1204E64559FE8253a0e49E6548",),
    },
    59144: {
        "USDC": ("0x176211869cA2b568f2A7D4EE941E073a821EE1ff",),
        "USDT": ("0xA219439258ca9da29E9Cc4cE5596924745e12B93",),
        "DAI": ("0x4AF15ec2A0BD43Db75dd04E62FAA3B8EF36b00d5",),
        "WETH": ("0xe5D7C2a44FfDDf6b295A15c148167daaAf5Cf34f",),
        "WBTC": ("0x3aAB2285ddcDdaD8edf438C1bAB47e1a9D05a9b4",),
    },
}
"""The addresses by chain id and symbol. A test network has none, because its tokens have no value."""


@cache
def known_addresses(chain_id: int) -> frozenset[str]:
    """Return the addresses of the tokens that people know on the chain, in lower case."""
    tokens = KNOWN_TOKENS.get(chain_id, {}).values()
    return frozenset(address.lower() for addresses in tokens for address in addresses)


def wrapped_coins(chain_id: int, coin: str) -> frozenset[str]:
    """Return the addresses of the token that stands for the chain's own coin, in lower case: `WETH` for `ETH`."""
    return frozenset(each.lower() for each in KNOWN_TOKENS.get(chain_id, {}).get(f"W{coin}", ()))

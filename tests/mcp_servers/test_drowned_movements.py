"""A contract may log any number of movements, so that the one that takes something is far down the list."""

from __future__ import annotations

from typing import Any

from eth_utils.address import to_checksum_address
from fastmcp import Client

from tests.mcp_servers.bytecode import STOP, TRANSFER_TOPIC, creation, push
from tests.mcp_servers.conftest import answer_of, deploy

NOISE = 60


def logged(sender: bytes) -> bytes:
    """LOG3 of an amount of 1 from whom `sender` puts on the stack, to account 2."""
    topic = push(int.from_bytes(TRANSFER_TOPIC), 32)
    return (
        push(1, 1) + push(0, 1) + b"\x52" + push(2, 1) + sender + topic + push(0x20, 1) + push(0, 1) + b"\xa3"
    )


async def test_what_the_sender_loses_comes_first_and_what_is_left_out_is_counted(
    chain_tools: Client[Any],
) -> None:
    caller = b"\x33"
    noisy = await deploy(chain_tools, creation(logged(push(1, 1)) * NOISE + logged(caller) + STOP))
    found = await answer_of(
        chain_tools, "simulate", {"from": "Ivan", "to": noisy, "value": 0, "input": "0x01"}
    )
    assert found["success"]
    changes = found["asset_changes"]
    ivan = (await answer_of(chain_tools, "balance", {"who": "Ivan"}))["address"]
    assert [change["from"] == ivan for change in changes] == [True] + [False] * 49
    assert changes[1]["from"] == to_checksum_address("0x" + "1".zfill(40))
    assert found["more_asset_changes"] == NOISE + 1 - len(changes)

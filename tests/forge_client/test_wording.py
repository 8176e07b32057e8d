from __future__ import annotations

import pytest

from forge_client.frames import Approval, Message
from forge_client.wording import approval_words, ether, result_line, short, visible


@pytest.mark.parametrize(
    ("wei", "words"),
    [
        ("0", "0 ETH"),
        ("1", "1 wei"),
        ("1500000000000000000", "1.5 ETH"),
        ("10000000000000000000000", "10000 ETH"),
        ("1000000000000000000000000000000001", "1000000000000000.000000000000000001 ETH"),
    ],
)
def test_amounts_are_exact(wei: str, words: str) -> None:
    assert ether(wei) == words


def test_addresses_are_abbreviated() -> None:
    assert short("to 0x" + "ab" * 20 + ".") == "to 0xabab…abab."


def test_what_could_command_a_terminal_is_made_visible() -> None:
    assert visible("a\x1b[2J\x07\r\nb\rc\x7f\x9b\u202e\tשלום 😀") == "a␛[2J␇\nb␍c␡��\tשלום 😀"


def test_an_undecoded_call_is_told_as_such() -> None:
    approval = Approval(
        approval_id="a" * 32,
        network="base",
        chain_id=8453,
        to="0x" + "11" * 20,
        value="0",
        data="0xa9059cbb" + "00" * 64,
        gas=None,
        digest="d",
        description="Move tokens",
        decoded=None,
        simulation="would succeed",
        created_at="",
        expires_at="2026-01-01T00:00:00.000Z",
    )
    words = approval_words(approval).splitlines()
    assert "Call: undecoded data of 68 bytes, 0xa9059cbb…" in words
    assert "Simulation: would succeed" in words
    transfer = approval_words(approval.model_copy(update={"decoded": "transfer(Bob, 1)"})).splitlines()
    assert "Call: transfer(Bob, 1)" in transfer


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"wei": "15", "ether": "0.5", "currency": "ETH"}', "0.5 ETH"),
        ('{"formatted": "12", "symbol": "USD\\u001bC"}', "12 USD␛C"),
        ('{"status": "success", "block_number": 7}', "in block 7"),
        ('{"status": "reverted", "block_number": 7}', "reverted"),
        ('{"error": "no such account"}', "no such account"),
        ('{"error": "%s"}' % ("x" * 60), "x" * 39 + "…"),
        ('["a list"]', ""),
        ("plain text", ""),
    ],
)
def test_a_result_is_told_in_a_few_words(content: str, words: str) -> None:
    result = Message(
        seq=1,
        sender="system",
        kind="tool_result",
        content=content,
        length=len(content),
        timestamp="",
        created_at="",
    )
    assert result_line(result) == words

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_client.amounts import readable_amount
from forge_client.frames import Message, Tool
from forge_client.terminal.bubbles import _pretty
from forge_client.wallet_requests import Approval, Ask
from forge_client.wording import (
    approval_words,
    ask_words,
    data_words,
    json_line,
    result_line,
    short,
    tool_line,
    visible,
)
from tests.template import ROOT
from tests.unlisted import tried

AMOUNTS: list[tuple[str, str, str]] = json.loads((ROOT / "tests/frontend/amounts.json").read_text())


@pytest.mark.parametrize(("wei", "currency", "words"), AMOUNTS)
def test_an_amount_is_written_as_on_the_page(wei: str, currency: str, words: str) -> None:
    assert readable_amount(wei, currency) == words


def test_json_for_a_program_means_the_same_and_cannot_command_a_terminal() -> None:
    told = {"answer": "a\x1b[2J\x7f\x9b2J\u202eb\U000e0041 é 😀"}
    line = json_line(told)
    assert json.loads(line) == told
    assert visible(line) == line
    assert "é 😀" in line


def test_a_result_that_is_nested_deeper_than_python_reads_stays_text() -> None:
    deep = "[" * 2_000 + "]" * 2_000
    result = Message.model_validate(
        {"seq": 1, "sender": "agent", "kind": "tool_result", "content": deep, "length": len(deep)}
        | {"timestamp": "", "created_at": "2026-11-22T20:03:18.292Z"}
    )
    assert result_line(result) == ""
    assert _pretty(deep) == deep


def test_addresses_are_abbreviated() -> None:
    assert short("to 0x" + "ab" * 20 + ".") == "to 0xabab…abab."


def test_what_could_command_a_terminal_is_made_visible() -> None:
    assert visible("a\x1b[2J\x07\r\nb\rc\x7f\x9b\u202e\tשלום 😀") == "a␛[2J␇\nb␍c␡��\tשלום 😀"


def test_what_hides_text_or_turns_it_is_made_visible_as_on_the_page() -> None:
    page = (ROOT / "frontend/page/tool_words.js").read_text()
    (hidden,) = re.findall(r"HIDDEN_IN_WRITING = /(.+)/gu", page)
    is_hidden = re.compile(re.sub(r"\\u\{(\w+)\}", r"\\U000\1", hidden))
    signs = [chr(code) for code in (*range(0x10000), *range(0xE0000, 0xE2000)) if is_hidden.match(chr(code))]
    assert len(signs) > 4_000
    assert [sign for sign in signs if visible(sign) == sign] == []
    assert visible("to\U000e0041\u200bBob") == "to��Bob"
    (marks,) = re.findall(r"STACKED = /\(\?<=\\p{M}{(\d+)}\)", page)
    stacked = "\u0301" * int(marks)
    assert visible(f"e{stacked}\u0301\u0301e{stacked}") == f"e{stacked}��e{stacked}"


LINES = st.text(st.sampled_from("\n\r\t\u2028\u2029\x0b\x0c\x1c\x85: To0xAB") | st.characters(codec="utf-8"))


@given(st.dictionaries(LINES, LINES | st.lists(LINES, max_size=2), max_size=4))
def test_no_argument_of_a_call_looks_like_another_fact(arguments: dict[str, Any]) -> None:
    """Whatever a text of it says, each argument is one line of the question."""
    tried("arguments of a question", arguments)
    ask = Ask(
        approval_id="a" * 32,
        call_id="c",
        tool="send",
        network="testnet",
        strangers=["page"],
        arguments=arguments,
        created_at="",
        expires_at="",
    )
    assert len(ask_words(ask).splitlines()) == 2 + len(arguments)


def test_no_text_in_a_wallet_request_looks_like_another_fact() -> None:
    forged = f"x\nTo: {BOB}\r\nAmount: 1 wei\u2028WARNING: none"
    review = {
        "outcome": "nothing",
        "calls": [{"to": TOKEN, "function": "note", "arguments": [{"type": "string", "value": forged}]}],
        "warnings": [{"code": "not_understood", "severity": "danger", "text": forged}],
    }
    words = approval_words(request(description=forged, review=review)).splitlines()
    assert not [line for line in words if line.startswith(("To:", "Amount:")) and BOB in line]
    assert len(words) == len(approval_words(request(description="x", review=review)).splitlines())


def test_data_that_is_not_shown_whole_says_so() -> None:
    assert data_words(request(data="0x" + "ab" * 99)) == "Data: 0x" + "ab" * 99
    assert data_words(request(data="0x" + "ab" * 100)).startswith("Data (the first 99 of 100 bytes): 0xab")


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
    assert words[0] == "It could not be told what this would do."
    assert words[-1] == "The agent says: Move tokens"
    transfer = approval_words(approval.model_copy(update={"decoded": "transfer(Bob, 1)"})).splitlines()
    assert "Call: transfer(Bob, 1)" in transfer


BOB, TOKEN = "0x" + "22" * 20, "0x" + "33" * 20
GIVES = {
    "kind": "erc20",
    "token": TOKEN,
    "spender": BOB,
    "unlimited": True,
    "text": f"{BOB} may take ALL your USDC.",
}
PAYS = {
    "direction": "out",
    "standard": "erc20",
    "asset": TOKEN,
    "symbol": "USDC",
    "amount": "25000000",
    "formatted": "25",
    "sender": TOKEN,
    "to": BOB,
}


def request(**values: Any) -> Approval:
    given = {
        "approval_id": "a" * 32,
        "network": "base",
        "chain_id": 8453,
        "to": TOKEN,
        "value": "0",
        "data": "0x01",
    }
    times = {"created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-01T00:00:00Z"}
    texts = {"gas": None, "digest": "d", "description": "A gift", "decoded": None, "simulation": None}
    return Approval.model_validate({**given, **times, **texts, **values})


@pytest.mark.parametrize(
    ("values", "first"),
    [
        ({"review": {"outcome": "nothing", "allowances": [GIVES]}}, f"DANGER: {BOB} may take ALL your USDC."),
        (
            {
                "review": {
                    "outcome": "moves",
                    "changes": [PAYS],
                    "warnings": [
                        {"code": "a", "severity": "caution", "text": "Mind."},
                        {"code": "b", "severity": "danger", "text": "Stop."},
                    ],
                }
            },
            f"DANGER: Stop.\n- 25 USDC ({TOKEN}) to {BOB}\nWARNING: Mind.\nSimulated: exactly this moves.",
        ),
        ({"review": {"outcome": "moves", "changes": [PAYS]}}, f"- 25 USDC ({TOKEN}) to {BOB}"),
        (
            {"review": {"outcome": "unknown", "reason": "No node."}},
            "It could not be told what this would do. No node.",
        ),
    ],
)
def test_what_a_request_gives_away_comes_first_and_the_agents_words_last(
    values: dict[str, Any], first: str
) -> None:
    words = approval_words(request(**values))
    assert words.startswith(f"{first}\n")
    assert words.splitlines()[-1] == "The agent says: A gift"


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"standard": "erc721", "amount": "1234", "symbol": None}, f"- token 1234 of {TOKEN} to {BOB}"),
        ({"standard": "erc721", "amount": "0"}, f"- token 0 of USDC ({TOKEN}) to {BOB}"),
        ({"standard": "erc1155", "amount": "5000", "token_id": "7"}, f"- 5,000 of token 7 of USDC ({TOKEN}) to {BOB}"),
        ({"amount": "1000", "symbol": None}, f"- 1,000 base units of {TOKEN} to {BOB}"),
        ({"amount": None}, f"- an unknown amount of USDC ({TOKEN}) to {BOB}"),
        ({"standard": "native", "asset": None, "symbol": "ETH", "formatted": "1500.5"}, f"- 1,500.5 ETH to {BOB}"),
    ],
)  # fmt: skip
def test_what_leaves_is_written_as_on_the_page(values: dict[str, Any], line: str) -> None:
    change = {**PAYS, "formatted": None, **values}
    words = approval_words(request(review={"outcome": "moves", "changes": [change]}))
    assert words.splitlines()[0] == line


@pytest.mark.parametrize(
    ("values", "last"),
    [
        (
            {"reported": [{"transaction_hash": "0x1", "outcome": "not_found", "at": ""}]},
            "Sent as 0x1, not found on the chain yet.",
        ),
        (
            {"reported": [{"transaction_hash": "0x1", "outcome": "different", "at": ""}]},
            "Sent as 0x1, which turned out to be another transaction.",
        ),
        *(
            (
                {"reported": [{"transaction_hash": "0x1", "outcome": outcome, "at": ""}]},
                "Sent as 0x1, and it is not known what became of it.",
            )
            for outcome in ("unknown", "of a newer version")
        ),
        ({"reported": [{"outcome": "unknown", "at": ""}]}, "gave no usable answer: it may have been sent."),
        (
            {"claim": {"account": BOB, "until": "2999-01-01T00:00:00Z"}},
            f"It is in a wallet now, to be signed by {BOB}.",
        ),
        ({"claim": {"account": BOB, "until": "2020-01-01T00:00:00Z"}}, "was in a wallet that never answered"),
    ],
)
def test_what_may_have_been_sent_already_is_said(values: dict[str, Any], last: str) -> None:
    assert last in approval_words(request(**values)).splitlines()[-1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"wei": "500000000000000000", "ether": "0.5", "currency": "ETH"}', "0.5 ETH"),
        ('{"formatted": "12", "symbol": "USD\\u001bC"}', "12 USD␛C"),
        ('{"status": "success", "block_number": 7}', "in block 7"),
        ('{"status": "reverted", "block_number": 7}', "reverted"),
        ('{"error": "no such account"}', "no such account"),
        ('{"error": "%s"}' % ("x" * 60), "x" * 39 + "…"),
        ('{"wei": "%s", "currency": "X"}' % ("9" * 5_000), ""),
        ('["a list"]', ""),
        ("plain text", ""),
    ],
)
def test_a_result_is_told_in_a_few_words(content: str, words: str) -> None:
    assert result_line(message(content)) == words


@pytest.mark.parametrize(
    ("value", "words"), [("1500000000000000000", "1.5 ETH"), ("9" * 5_000, "9" * 39 + "…")]
)
def test_a_call_is_told_with_its_amount(value: str, words: str) -> None:
    tool = Tool(call_id="c", name="send", arguments={"value": value})
    assert tool_line(message("", tool)) == f"send(value: {words})"


def message(content: str, tool: Tool | None = None) -> Message:
    return Message(
        seq=1,
        sender="system",
        kind="tool_call" if tool else "tool_result",
        content=content,
        length=len(content),
        tool=tool,
        timestamp="",
        created_at="",
    )

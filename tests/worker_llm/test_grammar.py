"""Each way of saying a command leads to the same tool call."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from pydantic_ai.tools import ToolDefinition

from forge.models.session import MESSAGE_BYTES_LIMIT
from tests.unlisted import tried
from worker.agent.llm.local_model_input import RunSoFar
from worker.agent.llm.offline.grammar import read
from worker.agent.llm.offline.help import help_text
from worker.agent.llm.offline.model import decide
from worker.agent.llm.offline.plans import Step
from worker.agent.llm.offline.refusal import Refusal
from worker.agent.llm.offline.tool_calls import ToolCalls

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
HASH = "0x" + "12" * 32
ETH = "1000000000000000000"


def tool(name: str, *required: str, **types: str) -> ToolDefinition:
    properties = {**{n: {"type": "string"} for n in required}, **{n: {"type": t} for n, t in types.items()}}
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return ToolDefinition(name=name, description=f"{name}.", parameters_json_schema=schema)


TOOLS = [
    tool("balance", "who", block="string"),
    tool("send", "to", "from", "value", input="string"),
    tool("erc20_balance", "token", "who"),
    tool("block", block="string", field="string"),
    tool("tx", "tx_hash", field="string"),
    tool("code", "address"),
    tool("code_size", "address"),
    tool("get_contract_abi", "address"),
    tool("get_account_transactions", "address"),
    tool("list_networks"),
    tool("set_network", "network"),
    tool("search_uniswap_docs", "query", limit="integer"),
    tool("brave_search", "q", count="integer"),
    tool("get_current_time"),
    tool("send_transaction_to_wallet", "to", "value", "data", "description"),
]


def step(prompt: str, tools: list[ToolDefinition] = TOOLS) -> Step | str:
    return decide(RunSoFar(prompt, []), ToolCalls(tools, "Network: base"))


def called(prompt: str) -> tuple[str, dict[str, Any]]:
    found = step(prompt)
    assert isinstance(found, Step), found
    (call,) = found.calls
    return call.name, call.arguments


SEND = ("send", {"from": "Alice", "to": "Bob", "value": ETH})
BALANCE = ("balance", {"who": "Alice"})
TOKEN = ("erc20_balance", {"token": ADDRESS, "who": "Alice"})


@pytest.mark.parametrize(
    ("prompt", "call"),
    [
        ("send 1 ETH from Alice to Bob", SEND),
        ("Send 1 eth to Bob from Alice.", SEND),
        ("please transfer 1.0 ether from Alice to Bob", SEND),
        ("Hey, could you please pay 1ETH from Alice to Bob?", SEND),
        ("pay Bob 1 ETH from Alice", SEND),
        ("Alice sends 1 ETH to Bob", SEND),
        ("SEND 1,000,000,000 GWEI FROM Alice TO Bob!", SEND),
        (f"send 5 wei from Alice to {ADDRESS}", ("send", {"from": "Alice", "to": ADDRESS, "value": "5"})),
        ("send 5 wei from Alice to 0x123", ("send", {"from": "Alice", "to": "0x123", "value": "5"})),
        (
            f"send 2 ETH to {ADDRESS} with my wallet",
            (
                "send_transaction_to_wallet",
                {
                    "to": ADDRESS,
                    "value": "2000000000000000000",
                    "data": "0x",
                    "description": f"Send 2 ETH to {ADDRESS}",
                },
            ),
        ),
        ("balance of Alice", BALANCE),
        ("what is Alice's balance?", BALANCE),
        ("What's the balance of Alice", BALANCE),
        ("show me the ETH balance of Alice please", BALANCE),
        ("how much ETH does Alice have?", BALANCE),
        ("balance Alice", BALANCE),
        ("balance of Alice at block 3", ("balance", {"who": "Alice", "block": "3"})),
        (f"balance of Alice in token {ADDRESS}", TOKEN),
        (f"Alice's balance of {ADDRESS}", TOKEN),
        (f"token balance of token {ADDRESS} for Alice", TOKEN),
        ("block", ("block", {"block": "latest"})),
        ("what is the latest block number?", ("block", {"block": "latest"})),
        ("block 12", ("block", {"block": "12"})),
        (f"transaction {HASH}", ("tx", {"tx_hash": HASH})),
        (f"show tx {HASH}", ("tx", {"tx_hash": HASH})),
        (f"code at {ADDRESS}", ("code", {"address": ADDRESS})),
        (f"what is the code size of {ADDRESS}?", ("code_size", {"address": ADDRESS})),
        (f"contract abi of {ADDRESS}", ("get_contract_abi", {"address": ADDRESS})),
        (f"transactions of {ADDRESS}", ("get_account_transactions", {"address": ADDRESS})),
        ("list networks", ("list_networks", {})),
        ("which networks are there?", ("list_networks", {})),
        ("switch to base", ("set_network", {"network": "base"})),
        ("use network Linea Sepolia", ("set_network", {"network": "linea-sepolia"})),
        ("change the network to mainnet", ("set_network", {"network": "mainnet"})),
        (
            "search uniswap docs for hooks; then ticks",
            ("search_uniswap_docs", {"query": "hooks; then ticks"}),
        ),
        ("search the web for gas prices then and now", ("brave_search", {"q": "gas prices then and now"})),
        ("what time is it?", ("get_current_time", {})),
        ("time", ("get_current_time", {})),
        ("call tool get_current_time", ("get_current_time", {})),
        ('call tool balance with {"who": "Bob", "block": "1"}', ("balance", {"who": "Bob", "block": "1"})),
        ('Call the tool `balance` {"who": "a; b"}.', ("balance", {"who": "a; b"})),
        (f"Transaction sent: {HASH}", ("tx", {"tx_hash": HASH})),
        (f"[system] Transaction sent: {HASH}", ("tx", {"tx_hash": HASH})),
    ],
)
def test_a_phrase_becomes_the_tool_call(prompt: str, call: tuple[str, dict[str, Any]]) -> None:
    assert called(prompt) == call


def test_all_balances_are_asked_for_at_once() -> None:
    found = step("balances")
    assert isinstance(found, Step)
    assert [call.arguments["who"] for call in found.calls][:3] == ["Alice", "Bob", "Charlie"]
    assert len(found.calls) == 10


def test_the_words_before_a_call_name_the_network_of_the_instructions() -> None:
    found = step("send 1 ETH from Alice to Bob")
    assert isinstance(found, Step)
    assert found.text == "Sending 1 ETH from Alice to Bob on base…"


@pytest.mark.parametrize(
    "prompt",
    [
        "write me a poem",
        "send all my ETH to Bob now or else",
        "balance of my account",
        "send 1 ETH\nand dance",
    ],
)
def test_what_is_not_understood_gets_the_plain_statement(prompt: str) -> None:
    assert step(prompt) == f"I did not understand that.\n\n{help_text(ToolCalls(TOOLS))}"


@pytest.mark.parametrize("prompt", ["help", "Hi!", "", "What can you do?"])
def test_help_says_that_this_is_no_llm_and_how_to_get_one(prompt: str) -> None:
    answer = step(prompt)
    assert isinstance(answer, str)
    assert "not an LLM" in answer
    assert "FORGE_LLM" in answer


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("send 1 ETH to Bob", "From whom?"),
        ("send 5 USDC from Alice to Bob", "not “USDC”"),
        ("call tool nothing with {}", "There is no tool `nothing`"),
        ("call tool balance with {who: 1}", "not valid JSON"),
        (
            "Transaction rejected by user: too expensive",
            "you rejected the transaction (too expensive). Nothing was sent",
        ),
        ("Transaction rejected by user", "you rejected the transaction. Nothing was sent"),
        ("User's wallet connected: 0xabc", "Noted: User's wallet connected: 0xabc"),
        ("[SYSTEM] Wallet network changed to 8453", "Noted: Wallet network changed to 8453"),
    ],
)
def test_some_messages_are_answered_without_a_tool(prompt: str, says: str) -> None:
    answer = step(prompt)
    assert isinstance(answer, str)
    assert says in answer


@pytest.mark.parametrize(
    ("prompt", "tool_name", "server"),
    [
        ("balance of Alice", "balance", "evm"),
        ("search the web for x", "brave_search", "brave_search"),
        ("search uniswap docs for x", "search_uniswap_docs", "uniswap_docs"),
        (f"abi of {ADDRESS}", "get_contract_abi", "etherscan"),
    ],
)
def test_a_missing_tool_is_named_with_its_server(prompt: str, tool_name: str, server: str) -> None:
    answer = step(prompt, tools=[tool("erc20_balance", "token", "who")])
    assert isinstance(answer, str)
    assert f"`{tool_name}`" in answer
    assert f"the server `{server}`" in answer


def test_the_connected_tools_can_be_listed() -> None:
    assert "- `balance`: balance." in str(step("which tools do you have?"))
    assert step("tools", tools=[]) == "No tools are connected."


def test_a_listed_tool_is_described_by_its_whole_first_paragraph() -> None:
    description = "Pays the\n    bill. Once.\n    \n    More words."
    assert step("tools", tools=[replace(tool("pay"), description=description)]) == (
        "These tools are connected:\n- `pay`: Pays the bill. Once."
    )


PIECES = [
    *(
        " ",
        "\t",
        "\n",
        " \n",
        ";",
        " ; ",
        ",",
        "!",
        "?",
        ".",
        "a",
        "0",
        "1 ",
        "1.",
        "a ",
        "{",
        "'",
        '"a" ',
        "0x",
        "§",
    ),
    *(
        "to ",
        "from ",
        "of ",
        "on ",
        "with ",
        "and ",
        "then ",
        "and then ",
        ", then",
        "please ",
        ", please",
        "send ",
    ),
    *("balance ", "in ", "the ", "my wallet ", "hi, ", "ok! ", "show me ", "i want to "),
]
OPENINGS = ["", "a", "hi", "balance of ", "send 1 ETH from ", "call tool ", "search the web for ", "block "]
MOST_SECONDS = 1.0
"""Of processor time on the worker's loop, some hundred times what a text of this length takes."""


@pytest.mark.slow
@pytest.mark.parametrize("opening", OPENINGS)
def test_no_message_takes_longer_to_read_than_its_length(opening: str) -> None:
    box = ToolCalls(TOOLS)
    for piece in PIECES:
        for end in ("", "§", "a"):
            prompt = (opening + piece * MESSAGE_BYTES_LIMIT)[: MESSAGE_BYTES_LIMIT - 1] + end
            tried("long messages to the operator", prompt)
            before = time.process_time()
            with suppress(Refusal):
                read(prompt, box)
            assert time.process_time() - before < MOST_SECONDS, (opening, piece, end)

"""Each way in which a tool call can end: its kind, the card, the spending cap, and what the LLM is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import httpx2
import pytest
from fastmcp import Client, FastMCP
from fastmcp.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, Field
from pydantic_ai.exceptions import ModelRetry, ToolFailedError
from pydantic_ai.messages import RetryInfo, ToolReturnPart

from forge.models.work import CallKind, CallRecord
from tests.properties import paired
from tests.worker.scripted_llm import Script, call, results
from tests.worker.stage import Stage
from tests.worker.wallet.test_operator_limits import policy
from worker.agent.messages.result_parts import kind_of
from worker.agent.tools.call_ledger import replay
from worker.mcp_servers.server_base import (
    READS,
    SENDS,
    OwnServer,
    ReadableArgumentErrors,
    TypedOutcomes,
    WholeCharacters,
    new_server,
)
from worker.tool_outcomes import (
    OUTCOME_META,
    UNKNOWN_SIGN,
    CallFailed,
    OutcomeUnknown,
    ToolRefused,
    note,
)

ETHER = 10**18
HASH = "0x" + "cd" * 32
MUST_VERIFY = (UNKNOWN_SIGN, "read-only tool before you repeat it")
PAYMENT = {"to": "Bob", "value": "1 ether"}


class Number(BaseModel):
    number: int


def bad_body() -> None:
    Number.model_validate({"number": "none"})


def raising(error: Exception) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


@dataclass(frozen=True)
class Row:
    """`spent`: ether that stays counted. `told`: what the LLM reads; `untold`: what it must not read.

    `shown`: what the person reads.
    """

    name: str
    body: Callable[[], None]
    kind: CallKind
    spent: int
    told: tuple[str, ...]
    untold: tuple[str, ...] = ()
    arguments: str = json.dumps(PAYMENT)
    tool: str = "send"
    shown: str = ""


FOR_THE_LLM = (
    "`",
    "read-only tool",
    "the user",
    "Unknown tool name",
    "Invalid JSON",
    "list_accounts",
)
ROWS = [
    Row("a result", lambda: None, "ok", 1, ("sent",)),
    Row(
        "a refusal",
        raising(ToolRefused("no such account")),
        "refused",
        0,
        ("no such account",),
        (UNKNOWN_SIGN,),
    ),
    Row(
        "a refusal with advice",
        raising(ToolRefused("There is no such account.", "Use list_accounts and pass its name as `to`.")),
        "refused",
        0,
        ("There is no such account. Use list_accounts and pass its name as `to`.",),
        shown="There is no such account.",
    ),
    Row(
        "its own failure",
        raising(CallFailed("half of it is done")),
        "failed",
        1,
        ("half of it",),
        (UNKNOWN_SIGN,),
    ),
    Row(
        "no answer",
        raising(OutcomeUnknown("the node was silent")),
        "unknown",
        1,
        ("the node was silent", *MUST_VERIFY),
    ),
    Row("an error without a kind", raising(ToolError("hm")), "unknown", 1, ("hm", *MUST_VERIFY)),
    Row(
        "a crash",
        raising(KeyError("status")),
        "unknown",
        1,
        ("KeyError", *MUST_VERIFY),
        ("Error calling tool",),
    ),
    Row("a time-out", raising(TimeoutError()), "unknown", 1, MUST_VERIFY, ("please retry",)),
    Row(
        "a time-out upstream", raising(httpx2.ReadTimeout("x")), "unknown", 1, MUST_VERIFY, ("please retry",)
    ),
    Row("a protocol error", raising(MCPError(-32603, "x")), "unknown", 1, MUST_VERIFY),
    Row("an answer it cannot read", bad_body, "unknown", 1, MUST_VERIFY),
    Row(
        "wrong arguments",
        lambda: None,
        "refused",
        0,
        ("Wrong arguments", "`to`"),
        arguments='{"value":"1 ether"}',
        shown="arguments that it does not take",
    ),
    Row(
        "no amount",
        lambda: None,
        "refused",
        0,
        ("Nothing was sent",),
        arguments='{"to":"Bob","value":"much"}',
    ),
    Row(
        "over the cap",
        lambda: None,
        "refused",
        0,
        ("at most 2 ETH",),
        arguments='{"to":"Bob","value":"3 ether"}',
    ),
    Row(
        "half a character",
        lambda: None,
        "refused",
        0,
        ("Invalid JSON",),
        arguments='{"to":"\\ud83d","value":"1 ether"}',
        shown="arguments that it does not take",
    ),
    Row("denied", lambda: None, "refused", 0, ("Unknown tool name",), tool="erase"),
    Row(
        "a read that crashes",
        raising(KeyError("x")),
        "failed",
        0,
        ("KeyError",),
        (UNKNOWN_SIGN,),
        "{}",
        "look",
    ),
    Row("a read that fails", raising(ToolError("hm")), "failed", 0, ("hm",), (UNKNOWN_SIGN,), "{}", "look"),
    Row(
        "a read refused",
        raising(ToolRefused("no key")),
        "refused",
        0,
        ("no key",),
        (UNKNOWN_SIGN,),
        "{}",
        "look",
    ),
    Row(
        "a tool that is not there",
        lambda: None,
        "refused",
        0,
        ("no_such_tool",),
        tool="no_such_tool",
        shown="no such tool",
    ),
]
CARDS = {"ok": "success", "refused": "refused", "failed": "failed", "unknown": "unknown"}


def with_tools(server: FastMCP[Any], body: Callable[[], None]) -> FastMCP[Any]:
    @server.tool(annotations=SENDS)
    async def send(to: Annotated[str, Field()], value: str) -> dict[str, str]:
        body()
        return {"to": to, "said": "sent", "value": value}

    @server.tool(annotations=READS)
    async def look() -> dict[str, str]:
        body()
        return {"said": "seen"}

    return server


def over_a_session(name: str, instructions: str) -> FastMCP[Any]:
    """No `OwnServer`, so that the worker speaks MCP with it."""
    layers = [TypedOutcomes(), WholeCharacters(), ReadableArgumentErrors()]
    return FastMCP(name, instructions=instructions, middleware=layers, mask_error_details=True)


PAIRS = paired(ROWS, [new_server, over_a_session], 2)


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(("row", "make"), PAIRS, ids=[f"{row.name}-{make.__name__}" for row, make in PAIRS])
async def test_each_end_of_a_call_has_its_kind_card_cap_and_words(
    stage: Stage, row: Row, make: Callable[[str, str], FastMCP[Any]]
) -> None:
    script = Script([call(row.tool, row.arguments, "c1")], ["done"])
    stage.servers, stage.llm = [with_tools(make("pay", ""), row.body)], script.llm()
    stage.policy = policy(session_send_limit="9 ether", send_limit="2 ether", denied_tools="*:erase")
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("go"))
    card = next(message for message in seen.messages if message.kind == "tool_result")
    assert card.tool is not None
    assert card.tool.outcome == CARDS[row.kind]
    assert row.shown in card.content
    assert not any(words in card.content for words in FOR_THE_LLM), card.content
    assert (await stage.session()).spent == row.spent * ETHER
    ((_, _, told),) = results(script.requests[-1])
    assert all(words in told for words in row.told), told
    assert not any(words in told for words in row.untold), told
    parts = [
        part for message in script.requests[-1] for part in message.parts if isinstance(part, ToolReturnPart)
    ]
    assert [kind_of(part) for part in parts] == [row.kind]


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.tool in {"send", "look"}], ids=lambda row: row.name
)
async def test_a_foreign_client_reads_the_kind_in_the_results_meta(row: Row) -> None:
    """The policy is the worker's: what only it refuses is no error to another client."""
    server = with_tools(new_server("pay", ""), row.body)
    assert isinstance(server, OwnServer)
    async with Client(server) as client:
        result = await client.call_tool_mcp(row.tool, json.loads(row.arguments))
    kind = (result.meta or {}).get(OUTCOME_META)
    assert kind == (row.kind if result.is_error else None)
    assert result.is_error or row.kind == "ok" or row.name in {"no amount", "over the cap"}


@pytest.mark.slow
async def test_a_hash_that_the_tool_has_noted_is_told_when_the_call_is_cut_off(stage: Stage) -> None:
    is_sent = asyncio.Event()
    server = new_server("pay", "")

    @server.tool(annotations=SENDS)
    async def send(to: str, value: str) -> dict[str, str]:
        note(f"the node took the transaction as {HASH}")
        is_sent.set()
        await asyncio.Event().wait()
        return {}

    script = Script([call("send", json.dumps(PAYMENT), "c1")], ["never"])
    stage.servers, stage.llm = [server], script.llm()
    page = await stage.open_page()
    stage.start()
    run_id = await stage.say("pay")
    await is_sent.wait()
    await stage.interrupt(run_id)
    seen = await page.ended(run_id)
    shown = [message.content for message in seen.messages if message.kind == "tool_result"]
    assert any(HASH in content for content in shown), shown


async def test_a_crash_after_the_hash_still_tells_the_hash() -> None:
    def body() -> None:
        note(f"the node took the transaction as {HASH}")
        raise KeyError("status")

    async with Client(with_tools(new_server("pay", ""), body)) as client:
        result = await client.call_tool_mcp("send", PAYMENT)
    assert (result.meta or {})[OUTCOME_META] == "unknown"
    assert HASH in getattr(result.content[0], "text", "")


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (CallRecord("failed", "refused: closed"), "failed"),
        (CallRecord("unknown", "x"), "unknown"),
        (CallRecord("novel", "x"), "unknown"),  # type: ignore[arg-type]
    ],
)
def test_records_of_earlier_and_later_versions_are_read(record: CallRecord, kind: CallKind) -> None:
    with pytest.raises(ToolFailedError) as failed:
        replay(record, "send", "c1")
    assert kind_of(failed.value.tool_failed) == kind
    assert failed.value.tool_failed.content == record.value


def test_results_and_retries_of_earlier_versions_are_read() -> None:
    assert replay(CallRecord("ok", '{"wei":"7"}'), "balance", "c1") == {"wei": "7"}
    with pytest.raises(ModelRetry, match="again"):
        replay(CallRecord("retry", "again"), "balance", "c1")


@pytest.mark.parametrize(
    ("outcome", "retry", "kind"),
    [
        ("success", None, "ok"),
        ("failed", None, "failed"),
        ("denied", None, "refused"),
        ("interrupted", None, "unknown"),
        ("retried", None, "retry"),
        ("retried", RetryInfo("model_retry"), "retry"),
        ("retried", RetryInfo("validation_error"), "refused"),
        ("retried", RetryInfo("unknown_tool"), "refused"),
    ],
)
def test_a_part_that_the_library_made_has_a_kind(outcome: Any, retry: Any, kind: CallKind) -> None:
    assert kind_of(ToolReturnPart("send", "x", "c1", outcome=outcome, retry=retry)) == kind

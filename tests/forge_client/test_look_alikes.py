"""The terminal warns of an address that only looks like one of the conversation, by the rows of page and server."""

from __future__ import annotations

import json

import pytest

from forge_client.frames import Message, Tool
from forge_client.look_alikes import addresses_in, looks_like, with_look_alikes
from forge_client.terminal.approvals import ApprovalCard
from forge_client.terminal.remembered import RememberedSessions
from tests.fake_server.server import FakeServer
from tests.forge_client.pilot import chatting, running, until
from tests.forge_client.test_client import wallet_request
from tests.forge_client.test_wording import BOB, TOKEN, request
from tests.template import ROOT

ROWS = json.loads((ROOT / "tests/frontend/look_alikes.json").read_text())
MADE = "0x222" + "e" * 34 + "222"


def message(content: str, tool: Tool | None = None) -> Message:
    return Message(
        seq=0,
        sender="agent",
        kind="text",
        content=content,
        length=len(content),
        timestamp="",
        created_at="",
        tool=tool,
    )


@pytest.mark.parametrize(("one", "other", "alike"), ROWS["alike"])
def test_what_looks_alike_is_the_same_as_for_the_server(one: str, other: str, alike: bool) -> None:
    assert looks_like(one, other) is looks_like(other, one) is alike


@pytest.mark.parametrize(("text", "addresses"), ROWS["texts"])
def test_addresses_are_found_as_by_the_server(text: str, addresses: list[str]) -> None:
    assert addresses_in([message(text)]) == addresses
    tool = Tool(call_id="c", name="n", arguments={"deep": [{"text": text}]})
    assert addresses_in([message("", tool)]) == addresses


@pytest.mark.parametrize(
    "values",
    [
        {"to": BOB},
        {"calls": [{"to": BOB, "value": "0", "data": "0x"}]},
        {"review": {"recipient": BOB}},
        {"review": {"allowances": [{"kind": "erc20", "spender": BOB, "text": "May take."}]}},
        {"review": {"allowances": [{"kind": "erc20", "token": BOB, "spender": TOKEN, "text": "May take."}]}},
        {
            "review": {
                "changes": [
                    {"direction": "in", "standard": "erc20", "asset": BOB, "sender": TOKEN, "to": TOKEN}
                ]
            }
        },
    ],
)
def test_everybody_who_gets_something_is_compared(values: dict[str, object]) -> None:
    (warning,) = with_look_alikes(request(**values), [TOKEN, BOB, MADE]).review.warnings
    assert (warning.severity, warning.text.split(".")[0]) == ("danger", f"{BOB} only looks like {MADE}")
    assert with_look_alikes(request(**values), [TOKEN, BOB]).review.warnings == []


@pytest.mark.slow
async def test_an_address_that_is_named_after_the_request_is_compared(
    server: FakeServer, remembered: RememberedSessions
) -> None:
    session = running(server)
    session.change(approvals=[wallet_request(session)])
    known = "0x111" + "e" * 34 + "111"
    async with chatting(server.base_url, remembered) as pilot:
        await until(pilot, lambda: pilot.app.screen.query(ApprovalCard))
        card = pilot.app.screen.query_one(ApprovalCard)
        assert not card.has_class("dangerous")
        session.end_message(session.draft("agent", f"Bob is {known}."))
        await until(pilot, lambda: card.has_class("dangerous"))
        assert any(known in each.text for each in card.approval.review.warnings)

"""The checker notices a response that is bought again, and a call that is begun again, and nothing else."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import aiohttp
import pytest

from bench.soak.checker import _journal
from bench.soak.crossings import LLM_PATH, named
from bench.soak.events import Event
from bench.soak.faults import Fault
from bench.soak.proxy import Proxy

Happened = tuple[str, str, str]
"""What, crossing, detail."""
FIRST: list[Happened] = [("asked", "llm.request", "0"), ("applied", "runs.append", "2")]
SHOWN: Happened = ("applied", "runs.append", "2")
SECOND: Happened = ("asked", "llm.request", "1")
END: Happened = ("applied", "runs.finish", "4")


@pytest.mark.parametrize(
    ("happened", "noticed"),
    [
        ([*FIRST, SHOWN, SECOND, END], []),
        ([FIRST[0], *FIRST, SECOND], []),
        ([*FIRST, ("asked", "llm.request", "0")], ["response 0 was bought again"]),
        ([*FIRST, SHOWN, ("applied", "runs.append", "4"), SECOND], ["response 1 was bought again"]),
        ([*FIRST, END, ("asked", "llm.request", "0")], []),
        ([*FIRST, END, ("applied", "runs.append", "4"), ("asked", "llm.request", "0")], []),
        ([*FIRST, ("applied", "runs.finish", ""), SHOWN, ("asked", "llm.request", "0")], []),
        ([("applied", "journal.begin_call", "c"), ("applied", "journal.begin_call", "c")], []),
        (
            [("applied", "journal.finish_call", "c"), ("applied", "journal.begin_call", "c")],
            ["call c was begun again"],
        ),
    ],
)
def test_what_is_bought_or_begun_again_is_noticed(happened: list[Happened], noticed: list[str]) -> None:
    events = [
        Event(float(at), "worker-1", crossing, what, frozenset(), detail)
        for at, (what, crossing, detail) in enumerate(happened)
    ]
    assert [said for _, said in _journal(events)] == noticed


@pytest.mark.parametrize(("leaves", "seen"), [(True, "left"), (False, "asked")])
async def test_a_request_whose_sender_left_before_it_arrived_was_not_asked(leaves: bool, seen: str) -> None:
    """The run that it was for may have ended, and the next one may have its response."""
    proxy, arrives = Proxy("", "", ""), threading.Event()
    held = proxy.arm(Fault("llm.request", "before", "delay", deed=lambda _: _wait(arrives)))
    url = await proxy.open_port("worker-1") + LLM_PATH
    script = json.dumps({"ref": "ref-s1-1", "steps": [{"say": "Hello"}]})
    async with aiohttp.ClientSession() as http:
        asking = asyncio.create_task(_ask(http, url, {"messages": [{"role": "user", "content": script}]}))
        await held.fired.wait()
        if leaves:
            asking.cancel()
            await _all_closed(proxy)
        arrives.set()
        async with proxy.recorded:
            await proxy.recorded.wait_for(lambda: len(proxy.history) > 1)
    assert [event.what for event in proxy.history][:2] == ["delay", seen]
    await asyncio.gather(asking, return_exceptions=True)
    await proxy.close()


async def _all_closed(proxy: Proxy) -> None:
    server = proxy._runners[0].server
    assert server
    while any(each.transport for each in server.connections):  # noqa: ASYNC110  there is no event for it
        await asyncio.sleep(0.01)


def _wait(arrives: threading.Event) -> None:
    arrives.wait()


async def _ask(http: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> None:
    async with http.post(url, json=body) as response:
        await response.read()


def test_the_writes_of_a_step_are_told_apart() -> None:
    def of(operation: str, body: str) -> str:
        headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        return named("worker-1", "POST", "/", headers, body.encode()).crossing

    assert of("PutItem", '{"Item": {"sk": {"S": "message#1#2"}}}') == "runs.put_ahead"
    assert of("PutItem", '{"Item": {"sk": {"S": "entry#1#2#0"}}}') == "runs.put_ahead"
    hot = '{"Key": {"sk": {"S": "session"}}, "UpdateExpression": "SET %s, lease_until = :lease_until"}'
    assert of("UpdateItem", hot % "history_count = :history_count") == "runs.append"
    assert of("UpdateItem", hot % "history_count = :history_count, strangers = :strangers") == "runs.hear"
    assert of("UpdateItem", hot % "history_count = :history_count, recent = :recent") == "runs.finish"
    assert of("UpdateItem", hot % "rev = rev + :one") == "runs.renew"

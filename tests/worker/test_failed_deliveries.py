"""If handling a delivery raises anything, the message is deleted, put back with a reason (three times), or becomes
a dead letter.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge.errors import ForgeError, StorageUnavailable
from forge.models.ids import new_run_id
from forge.models.run import CommandMessage, CommandResult, ToolCommand
from forge.models.session_key import ANONYMOUS, SessionKey
from tests.patience import PATIENCE_SECONDS
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.machines import Watched
from tests.worker.scripted_llm import Script, call
from tests.worker.stage import KEY, LIMITS, Stage
from worker.mcp_commands.command_answers import LOST, RESULT_BYTES, cut
from worker.mcp_servers.server_base import PURE, OwnServer, new_server
from worker.runs.failed_deliveries import FAULTS_LIMIT

LISTED: list[BaseException] = [
    ValueError("no"),
    KeyError("no"),
    RecursionError("deep"),
    MemoryError("full"),
    OSError(5, "gone"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    ExceptionGroup("several", [ValueError("a"), TypeError("b")]),
    BaseExceptionGroup("several", [KeyboardInterrupt()]),
    asyncio.CancelledError("by the tool itself"),
    TimeoutError("late"),
    StopAsyncIteration(),
    KeyboardInterrupt(),
    SystemExit(3),
    ForgeError("ours"),
]
AT_ONCE = 3
"""Fewer commands than a worker has places for: one that finds none waits a second in the queue."""
BASES = [
    Exception,
    BaseException,
    ValueError,
    OSError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    ForgeError,
    SystemExit,
]


def unreadable(_: object) -> str:
    raise RuntimeError("has no text")


@st.composite
def errors(draw: st.DrawFn) -> BaseException:
    """An exception of a type that nobody has foreseen; some cannot even say what they are."""
    base = draw(st.sampled_from(BASES))
    name = draw(st.from_regex(r"[A-Z][a-zé]{0,8}", fullmatch=True))
    body: dict[str, Any] = {"__str__": unreadable} if draw(st.booleans()) else {}
    made = type(name, (base,), body)(draw(st.text(max_size=20)))
    return ExceptionGroup("group", [made]) if isinstance(made, Exception) and draw(st.booleans()) else made


def unforeseen(count: int) -> list[BaseException]:
    found: list[BaseException] = []

    @settings(max_examples=count)
    @given(errors())
    def collect(error: BaseException) -> None:
        tried("exception of a tool", (type(error).__mro__[1].__name__, type(error).__name__, len(found)))
        found.append(error)

    collect()
    return found


def raising(errors: list[BaseException], calls: Counter[int]) -> OwnServer:
    server = new_server("raising", "Raises.")

    @server.tool(annotations=PURE)
    async def fail(number: int) -> dict[str, str]:
        calls[number] += 1
        raise errors[number]

    @server.tool(annotations=PURE)
    async def huge(size: int) -> dict[str, str]:
        return {"text": "é" * size}

    return server


async def command(stage: Stage, name: str, **arguments: Any) -> str:
    made = ToolCommand(command_id=new_run_id(), network="testnet", name=name, arguments=arguments)
    await asyncio.to_thread(stage.store.commands.put, made)
    await asyncio.to_thread(stage.queue.send, CommandMessage(command_id=made.command_id))
    return made.command_id


async def result_of(stage: Stage, command_id: str) -> CommandResult:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await asyncio.to_thread(stage.store.commands.get, command_id)
            if found and found.result:
                return found.result
            await asyncio.sleep(0.02)


async def emptied(stage: Stage) -> None:
    """All messages are settled: neither waiting nor in a worker's hands."""
    async with asyncio.timeout(60):
        while await asyncio.to_thread(left, stage):  # noqa: ASYNC110  the queue has no event
            await asyncio.sleep(0.05)


def left(stage: Stage) -> int:
    queue: Any = stage.queue
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = queue._client.get_queue_attributes(QueueUrl=queue._url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def dead_letters(stage: Stage) -> int:
    queue: Any = stage.queue
    url, name = queue._dead_letter_url, "ApproximateNumberOfMessages"
    return int(queue._client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


@pytest.mark.slow
@pytest.mark.hypothesis
async def test_a_command_whose_tool_raises_anything_is_run_once_and_answered(stage: Stage) -> None:
    members, calls = [*LISTED, *unforeseen(examples(120).max_examples)], Counter[int]()
    stage.servers = [raising(members, calls)]
    stage.start()
    results: list[CommandResult] = []
    for start in range(0, len(members), AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, len(members)))
        ids = [await command(stage, "fail", number=number) for number in numbers]
        results += [await result_of(stage, command_id) for command_id in ids]
    assert [result.success for result in results] == [False] * len(members)
    await emptied(stage)
    assert calls == Counter(range(len(members)))


@pytest.mark.slow
async def test_a_run_whose_tool_raises_anything_ends_and_says_so(stage: Stage) -> None:
    members, calls = [*LISTED, *unforeseen(20)], Counter[int]()
    stage.servers = [raising(members, calls)]
    asked = [[call("fail", f'{{"number":{number}}}', f"c{number}")] for number in range(len(members))]
    stage.llm = Script(*asked, ["Done."]).llm()
    stage.limits = replace(LIMITS, llm_requests=100, tool_calls=100)
    await stage.open_page()
    stage.start()
    await stage.say("go")
    await emptied(stage)
    assert (await stage.log())[-1] == ("agent", "Done.")
    assert calls == Counter(range(len(members)))


async def test_a_command_that_was_begun_is_never_begun_again(stage: Stage) -> None:
    """As after the death of its worker, which the command may have caused."""
    calls = Counter[int]()
    stage.servers = [raising(LISTED, calls)]
    command_id = await command(stage, "fail", number=0)
    assert await asyncio.to_thread(stage.store.commands.begin, command_id)
    stage.start()
    assert await result_of(stage, command_id) == LOST
    await emptied(stage)
    assert not calls


async def test_a_command_that_was_handed_over_before_it_began_is_run(stage: Stage) -> None:
    stage.servers = [raising(LISTED, Counter())]
    command_id = await command(stage, "huge", size=3)
    (delivery,) = await asyncio.to_thread(stage.queue.receive, 1, 0)
    await asyncio.to_thread(stage.queue.extend, delivery.receipt, 0)
    stage.start()
    assert (await result_of(stage, command_id)).data == {"text": "ééé"}


@pytest.mark.slow
async def test_a_result_of_20_mb_is_answered_by_its_beginning_once(stage: Stage) -> None:
    stage.servers = [raising(LISTED, Counter())]
    stage.start()
    result = await result_of(stage, await command(stage, "huge", size=10_000_000))
    assert (result.success, result.data["truncated"]) == (True, True)
    assert result.data["beginning"].startswith('{"text":"éé')
    await emptied(stage)


@pytest.mark.slow
async def test_a_run_gets_a_result_of_20_mb_by_its_beginning(stage: Stage) -> None:
    stage.servers = [raising(LISTED, Counter())]
    stage.llm = Script([call("huge", '{"size":10000000}', "c1")], ["I have seen it."]).llm()
    page = await stage.open_page()
    stage.start()
    seen = await page.ended(await stage.say("go"))
    assert seen.messages[-1].content == "I have seen it."
    await emptied(stage)


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.integers(1, 40),
    st.text(),
)
def test_a_result_of_any_form_keeps_its_budget(data: object, copies: int, message: str) -> None:
    tried("command result", data)
    try:
        made = cut(CommandResult(success=True, message=message, data=[data, "\x01é" * 1_500] * copies))
    except ValueError:  # bytes that are no text have no JSON: they are stored as broken
        return
    assert len(made.model_dump_json().encode()) <= RESULT_BYTES


def every(
    errors: Sequence[BaseException], numbers: dict[str, int], counts: Counter[str]
) -> Callable[[str], None]:
    def broken(session_id: str) -> None:
        if session_id in numbers:
            counts[session_id] += 1
            raise errors[numbers[session_id]]

    return broken


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["claim", "finish"])
async def test_a_run_that_cannot_be_handled_is_given_up_after_three_exceptions(
    stage: Stage, operation: str
) -> None:
    """Each of many exceptions in its own session, beside one that has none."""
    members = [
        error
        for error in [*LISTED, *unforeseen(5)]
        if isinstance(error, Exception) and not isinstance(error, StorageUnavailable | StopAsyncIteration)
    ]
    numbers = {f"bad{number}": number for number in range(len(members))}
    counts = Counter[str]()
    broken = every(members, numbers, counts)

    def spoiled(first: Any, *args: Any) -> Any:
        broken(first.key.session_id)
        return getattr(stage.store.runs, operation)(first, *args)

    for session_id in numbers:
        await stage.say("hi", SessionKey(ANONYMOUS, session_id))
    stage.start(runs=Watched(stage.store.runs, **{operation: spoiled}))
    page = await stage.open_page()
    await page.ended(await stage.say("hi"))
    await emptied(stage)
    assert set(counts.values()) <= set(range(1, 2 * FAULTS_LIMIT + 2))
    assert await asyncio.to_thread(dead_letters, stage) == len(members)
    for session_id in numbers:
        session = await stage.session(SessionKey(ANONYMOUS, session_id))
        assert (session.active, list(session.inbox)) == (None, [])
    assert (await stage.log(KEY))[-1] == ("agent", "hello")


@pytest.mark.slow
async def test_storage_that_is_out_of_reach_is_no_fault_of_the_message(stage: Stage) -> None:
    failures = [
        StorageUnavailable("The table is overloaded.", retry_after=1) for _ in range(FAULTS_LIMIT + 1)
    ]

    def claim(*args: Any) -> Any:
        if failures:
            raise failures.pop()
        return stage.store.runs.claim(*args)

    page = await stage.open_page()
    stage.start(runs=Watched(stage.store.runs, claim=claim))
    await page.ended(await stage.say("hi"))
    assert await asyncio.to_thread(dead_letters, stage) == 0

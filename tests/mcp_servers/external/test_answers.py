"""What a server over HTTP may return instead of a result, and what that means for the call."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from fastmcp import Client
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.mcp import MCPToolset
from pydantic_core import from_json

from tests.mcp_servers.external.test_servers import names, opened
from tests.mcp_servers.external.web_stranger import TOOL, Reply, said, web_stranger
from tests.properties import paired
from tests.unlisted import tried
from worker.agent.tools.external.external_servers import ExternalServers
from worker.agent.tools.external.json_repair import repaired
from worker.agent.tools.external.server_failures import LOST, meaning
from worker.agent.tools.external.server_observations import Answer, Dialect
from worker.tool_outcomes import carried

PAGE = Reply(body=b"<html>Sign in</html>", kind="text/html")
ELSEWHERE = Reply(302, headers={"location": "https://login.example/sign-in?next=x"})
HEADERS = {"Authorization": "Bearer s3cret-token"}


async def ended(external: ExternalServers, tool: str = "web_pay") -> tuple[Any, str]:
    """The kind that a call's end carries, and its text."""
    [(_, server)] = external.mounted()
    async with Client(server) as client:
        result = await client.call_tool_mcp(tool, {})
    return carried(result.meta), " ".join(getattr(part, "text", "") for part in result.content)


def error(code: int, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": "no", **more}}


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(500), "unknown", "HTTP 500"),
        (Reply(502, body=b"<html>", kind="text/html"), "unknown", "HTTP 502"),
        (Reply(504), "unknown", "HTTP 504"),
        (Reply(503, headers={"retry-after": "9"}), "unknown", "asked again in 9 s"),
        (Reply(500, body=error(-32603)), "unknown", "HTTP 500"),
        (Reply(401, headers={"www-authenticate": "Bearer"}), "refused", "HTTP 401"),
        (Reply(403), "refused", "HTTP 403"),
        (Reply(429, headers={"retry-after": "30"}), "refused", "again in 30 s"),
        (Reply(418), "refused", "HTTP 418"),
        (Reply(501), "refused", "HTTP 501"),
        (PAGE, "unknown", "sign-in page"),
        (ELSEWHERE, "refused", "redirects to login.example"),
        (Reply(body=error(-32603)), "failed", "no"),
        (Reply(body=error(-32602)), "refused", "no"),
        (Reply(body=said("broke", isError=True)), "failed", "broke"),
        (Reply(body=b"{"), "unknown", "cannot be used"),
        (Reply(202), "unknown", "HTTP 202"),
        (Reply(204), "unknown", "HTTP 204"),
    ],
)
async def test_an_answer_that_is_no_result_says_what_is_known_of_the_call(
    tmp_path: Path, reply: Reply, kind: str, words: str
) -> None:
    async with web_stranger(call=reply) as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        outcome, text = await ended(external)
        assert (outcome, web.calls) == (kind, 1)
        assert words in text
        web.call = Reply(body=said("paid"))
        assert (await ended(external))[1] == "paid"


LATE = json.dumps({"jsonrpc": "2.0", "id": 9_999, **said("paid")}).encode()
BROKEN = b'data: {"jsonrpc": "2.0", "id": null, "error": {"code": -32603, "message": "no"}}\n\n'


@pytest.mark.parametrize(
    ("call", "resumed", "kind"),
    [
        (Reply(body=b"data: " + LATE + b"\n\n", kind="text/event-stream"), Reply(405), "unknown"),
        (Reply(body=LATE), Reply(405), "unknown"),
        (
            Reply(body=b"id: 1\nretry: 0\ndata: \n\n", kind="text/event-stream"),
            Reply(body=b"data: " + LATE + b"\n\n" + BROKEN, kind="text/event-stream"),
            "failed",
        ),
    ],
    ids=["in a stream", "as the whole body", "in a stream that is taken up again"],
)
async def test_another_requests_answer_is_none(
    tmp_path: Path, call: Reply, resumed: Reply, kind: str
) -> None:
    async with (
        web_stranger(call=call, resumed=resumed) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        assert (await ended(external))[0] == kind


NOTICE = b'{"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}'
BODIES: list[tuple[str, Any, str | None]] = [
    ("an error without a value of its id", {"id": None, **error(-32603)}, "failed"),
    ("an error without an id", json.dumps(error(-32603)).encode(), "failed"),
    ("a result without a value of its id", {"id": None, **said("paid")}, None),
    ("a result without an id", json.dumps(said("paid")).encode(), None),
    ("a notification", NOTICE, "unknown"),
    ("a question", b'{"jsonrpc": "2.0", "id": 7, "method": "ping"}', "unknown"),
    ("a notification and another's answer", b"[" + NOTICE + b", " + LATE + b"]", "unknown"),
    ("no message", b"{}", "unknown"),
]


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
@pytest.mark.parametrize(("body", "outcome"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
async def test_a_body_is_the_answer_or_the_call_ends_at_once(
    tmp_path: Path, body: Any, outcome: str | None, kind: str
) -> None:
    in_events = isinstance(body, bytes) and "event" in kind
    reply = Reply(body=b"data: " + body + b"\n\n" if in_events else body, kind=kind)
    async with web_stranger(call=reply) as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        ended_as, text = await ended(external)
    assert ended_as == outcome
    assert "in time" not in text


async def test_each_of_two_calls_gets_its_own_answer_from_the_stream_that_it_takes_up_again(
    tmp_path: Path,
) -> None:
    """Both streams also bring the answer to the other call, and before the right one."""
    tools = [{**TOOL, "name": name} for name in ("one", "two")]
    called: list[int] = []
    async with (
        web_stranger(definitions=tools) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        answer = web.answer

        def broken_off(method: str, request: Any, headers: Any) -> Reply:
            if (own := headers.get("last-event-id")) is not None:
                ids = sorted({*called, 9_999}, key=lambda number: str(number) == own)
                events = [{"jsonrpc": "2.0", "id": number, **said(f"for {number}")} for number in ids]
                return Reply(body=b"".join(map(event, events)), kind="text/event-stream")
            if request.get("method") != "tools/call":
                return answer(method, request, headers)
            called.append(request["id"])
            return Reply(body=b"id: %d\nretry: 0\ndata: \n\n" % called[-1], kind="text/event-stream")

        web.answer = broken_off  # type: ignore[method-assign]
        said_of_both = await asyncio.gather(ended(external, "web_one"), ended(external, "web_two"))
    assert {text for _, text in said_of_both} == {f"for {number}" for number in called}


def event(message: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(message).encode() + b"\n\n"


@pytest.mark.parametrize(
    "kind",
    [
        "text/json",
        "text/x-json",
        "application/vnd.mcp+json",
        "Application/JSON; charset=x",
        "text/plain; charset=utf-8",
        "",
    ],
)
async def test_a_message_of_an_unusual_type_is_no_web_page(tmp_path: Path, kind: str) -> None:
    reply = Reply(body=said("paid"), kind=kind)
    async with web_stranger(call=reply) as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        assert (await ended(external))[1] == "paid"


async def test_a_server_that_ends_every_stream_at_once_is_not_asked_in_a_loop(tmp_path: Path) -> None:
    """Such a server took all of a worker's time, for as long as the call might take."""
    again = Reply(body=b"id: 1\nretry: 0\ndata: \n\n", kind="text/event-stream")
    entry = {"timeout": 1_000}
    async with (
        web_stranger(call=again, resumed=again) as web,
        opened(tmp_path, {"web": {"url": web.url, **entry}}) as external,
    ):
        assert (await ended(external))[0] == "unknown"
        assert sum("last-event-id" in headers for headers in web.seen) <= 20
        assert web.calls == 1


NOTE = b'data: {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}\n\n'
WITHOUT_ANSWER = [
    b"",
    b"data:",
    b"\n\n",
    b": still here\n\n",
    b"retry: 10\n\n",
    b"data: \n\n",
    NOTE,
    NOTE * 3,
    b"event: ping\ndata: x\n\n",
    b'event: endpoint\ndata: {"jsonrpc": "2.0", "id": 1, "result": {}}\n\n',
    b"id: 1\nretry: 1\ndata: \n\n",
    b'data: {"jsonrpc": "2.0", "id": 1, "resu',
]


@pytest.mark.parametrize("body", WITHOUT_ANSWER)
async def test_a_stream_that_ends_without_an_answer_leaves_the_outcome_unknown(
    tmp_path: Path, body: bytes
) -> None:
    """The library makes an error of it, with the code that many servers give their own errors."""
    tried("streams that end without an answer", body)
    reply = Reply(body=body, kind="text/event-stream")
    async with web_stranger(call=reply) as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        assert (await ended(external))[0] == "unknown"
        assert web.calls == 1
        web.call = Reply(body=said("paid"))
        assert (await ended(external))[1] == "paid"


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("more", [0, 200_000])
async def test_a_servers_own_error_is_not_taken_for_the_end_of_the_stream(
    tmp_path: Path, kind: str, more: int, *, listed: bool
) -> None:
    body = error(-32000)
    body["error"]["data"] = "x" * more
    async with (
        web_stranger(call=Reply(body=body, kind=kind, listed=listed)) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        assert await ended(external) == ("failed", "web refused: no")
        assert (web.calls, web.opened) == (1, 1)


FORGOTTEN = [
    # what a server answers to a session that it does not know, and whether that says that nothing was done
    (Reply(404), True),
    (Reply(404, body=error(-32001)), True),
    (Reply(404, body=b"<html>", kind="text/html"), True),
    (Reply(410), False),
    (Reply(400, body=b"No valid session ID provided", kind="text/plain"), False),
    (Reply(400, body={"id": None, **error(-32000)}), False),
    (Reply(400, body=error(-32000)), False),
    (Reply(400, body=error(-32001)), False),
    (Reply(400, body=error(-32600)), False),
]


@pytest.mark.parametrize("forgotten", [reply for reply, _ in FORGOTTEN])
async def test_a_session_that_the_server_has_forgotten_is_opened_anew(
    tmp_path: Path, forgotten: Reply
) -> None:
    async with (
        web_stranger(forgotten=forgotten) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        web.session += 1
        assert (await ended(external))[1] == "paid"
        assert web.calls == 1


HINTS = [
    (hint, is_trusted)
    for hint in ("readOnlyHint", "idempotentHint", "destructiveHint")
    for is_trusted in (True, False)
]


@pytest.mark.hypothesis
@pytest.mark.parametrize(
    ("forgotten", "is_certain", "hint", "is_trusted"),
    [(*answer, *hint) for answer, hint in paired(FORGOTTEN, HINTS, 3)],
)
async def test_a_call_is_made_again_only_where_that_cannot_do_its_work_twice(
    tmp_path: Path, forgotten: Reply, *, is_certain: bool, hint: str, is_trusted: bool
) -> None:
    """The server here has had its effect, whatever it then answers."""
    repeats = is_trusted and hint != "destructiveHint"
    tool = {**TOOL, "annotations": {hint: True}}
    async with (
        web_stranger(forgotten=forgotten, definitions=[tool], forgets_after_effect=True) as web,
        opened(tmp_path, {"web": {"url": web.url, "trustAnnotations": is_trusted}}) as external,
    ):
        outcome, text = await ended(external)
        assert web.calls == (2 if is_certain or repeats else 1)
        assert outcome == ("refused" if is_certain else "unknown"), text
        web.forgets_after_effect = False
        assert (await ended(external))[1] == "paid"


@pytest.mark.parametrize("reply", [Reply(500), Reply(200, body=error(-32601)), Reply(403), PAGE])
async def test_a_server_without_ping_is_called_all_the_same(tmp_path: Path, reply: Reply) -> None:
    async with web_stranger() as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        answer = web.answer

        def without_ping(method: str, request: Any, headers: Any) -> Reply:
            return reply if request.get("method") == "ping" else answer(method, request, headers)

        web.answer = without_ping  # type: ignore[method-assign]
        assert (await ended(external))[1] == "paid"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(401), "HTTP 401"),
        (Reply(403), "HTTP 403"),
        (Reply(404), "nothing at its URL"),
        (Reply(429), "HTTP 429"),
        (Reply(500), "HTTP 500"),
        (PAGE, "web page"),
        (ELSEWHERE, "redirects to login.example"),
    ],
)
async def test_the_operator_reads_why_a_server_cannot_be_used_and_users_that_tools_are_missing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reply: Reply, words: str
) -> None:
    async with (
        web_stranger(everything=reply) as web,
        opened(tmp_path, {"web": {"url": web.url, "headers": HEADERS}}) as external,
    ):
        assert await names(external) == set()
        [fault], [notice] = external.faults(), external.notices()
    assert words in fault
    assert notice == (
        "Some tools are unavailable (of web). Whoever runs this deployment finds the cause in the worker's log."
    )
    assert [record for record in caplog.records if getattr(record, "cause", "") == fault]
    assert "s3cret" not in fault


@pytest.mark.parametrize(
    "data",
    [
        {
            "elicitations": [
                {"mode": "url", "elicitationId": "1", "url": "https://sign.example/in", "message": "Sign in"}
            ]
        },
        {"elicitations": [{"url": "https://sign.example/in"}]},
        {"url": "https://sign.example/in"},
    ],
)
async def test_a_url_to_sign_in_reaches_the_person(tmp_path: Path, data: dict[str, Any]) -> None:
    reply = Reply(body=error(-32042, data=data))
    async with web_stranger(call=reply) as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        outcome, text = await ended(external)
    assert outcome == "refused"
    assert "https://sign.example/in" in text


async def test_half_a_surrogate_pair_costs_one_character(tmp_path: Path) -> None:
    body = rb'{"jsonrpc":"2.0","id":%d,"result":{"content":[{"type":"text","text":"a\ud83d b\\ud83d \ud83d\ude00"}]}}'
    for kind in ("application/json", "text/event-stream"):
        async with web_stranger() as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
            answer = web.answer

            def broken(
                method: str, request: Any, headers: Any, kind: str = kind, answer: Any = answer
            ) -> Reply:
                if request.get("method") != "tools/call":
                    return answer(method, request, headers)
                line = body % request["id"]
                return Reply(body=b"data: " + line + b"\n\n" if "event" in kind else line, kind=kind)

            web.answer = broken  # type: ignore[method-assign]
            assert await ended(external) == (None, "a� b\\ud83d 😀")


@pytest.mark.parametrize(
    ("content", "structured", "wanted"),
    [
        ('{"a": 1}', {"a": 1}, {"a": 1}),
        ("one", {"a": 1}, ["one", {"a": 1}]),
        ("one", {"result": "one"}, "one"),
        ("", {"a": 1}, {"a": 1}),
    ],
)
async def test_content_and_structured_content_are_both_told_when_they_differ(
    tmp_path: Path, content: str, structured: dict[str, Any], wanted: Any
) -> None:
    reply = Reply(body=said(content, structuredContent=structured))
    async with web_stranger(call=reply) as web, opened(tmp_path, {"web": {"url": web.url}}) as external:
        [(_, server)] = external.mounted()
        async with MCPToolset(server) as toolset:
            assert await toolset.direct_call_tool("web_pay", {}) == wanted


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "b", "inputSchema": None},
        {"name": "b"},
        {"inputSchema": {"type": "object"}},
        {"name": "b", "inputSchema": {}},
        {"name": "b", "inputSchema": {"type": "object"}, "outputSchema": {}},
        {"name": "b", "inputSchema": {"type": "object"}, "description": 5},
        5,
        None,
    ],
)
async def test_a_definition_that_cannot_be_read_costs_its_own_tool(tmp_path: Path, bad: Any) -> None:
    good = {"name": "pay", "inputSchema": {"type": "object"}}
    async with (
        web_stranger(definitions=[bad, good]) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        assert await names(external) == {"web_pay"}
        [fault] = external.faults()
    assert "is not valid" in fault


@given(
    st.integers(300, 599),
    st.sampled_from(get_args(Dialect)),
    st.none() | st.integers(-33000, -31000),
    st.booleans(),
    st.text(max_size=6),
)
def test_every_http_answer_has_a_meaning(
    status: int, kind: Any, code: int | None, had_session: bool, retry_after: str
) -> None:
    answer = Answer(status, kind, retry_after=retry_after, code=code, had_session=had_session)
    tried("mcp: HTTP answers", answer)
    known = meaning([answer])
    assert known
    assert str(status) in known[1] or kind in ("web page", "too large")
    if kind == "status" and 500 <= status != 501:
        assert known[0] == "unknown"
    if known[0] in LOST:
        assert had_session
        assert status < 500
    assert (known[0] == "session lost") == (kind == "status" and had_session and status == 404)


@pytest.mark.slow
@given(st.text(st.characters(codec=None, categories=["L", "Cs", "Po", "So"]), max_size=30), st.booleans())
def test_any_text_with_halves_of_pairs_becomes_one_that_can_be_read(text: str, escaped: bool) -> None:
    line = json.dumps({"t": text}, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    tried("mcp: broken texts", line)
    read = from_json(repaired(line))["t"]
    assert repaired(repaired(line)) == repaired(line)
    if not any("\ud800" <= each <= "\udfff" for each in text):
        assert read == text


async def test_input_that_a_server_requires_is_told_to_the_person(tmp_path: Path) -> None:
    """A server of the 2026 protocol answers with what it wants to know; nobody can be asked in the middle of a call."""
    wanted = {
        "1": {
            "method": "elicitation/create",
            "params": {
                "mode": "url",
                "elicitationId": "e",
                "url": "https://sign.example/in",
                "message": "Sign in",
            },
        }
    }
    reply = Reply(
        body={"result": {"resultType": "input_required", "inputRequests": wanted, "requestState": "s"}}
    )
    async with (
        web_stranger(call=reply, is_modern=True) as web,
        opened(tmp_path, {"web": {"url": web.url}}) as external,
    ):
        outcome, text = await ended(external)
    assert outcome == "refused"
    assert "https://sign.example/in" in text


@pytest.mark.parametrize("more", [set(), {"other"}])
async def test_a_tool_that_a_known_server_brings_later_waits_for_a_person(
    tmp_path: Path, more: set[str]
) -> None:
    named = {"allowedTools": ["pay", *more]} if more else {}
    async with web_stranger() as web:
        entry = {"web": {"url": web.url, **named}}
        async with opened(tmp_path, entry) as external:
            web.definitions = [*web.definitions, {"name": "other", "inputSchema": {"type": "object"}}]
            await external.refresh()
            assert await names(external) == {"web_pay", *(f"web_{name}" for name in more)}
            assert len(external.faults()) == (0 if more else 1)

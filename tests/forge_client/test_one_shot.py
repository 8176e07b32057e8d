"""`python -m forge_client "…"`: what scripts rely on."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from forge_client.__main__ import main
from forge_client.one_shot import Printer, Question, ask_once
from tests.fake_server.http_routes import problem
from tests.fake_server.server import FakeServer
from tests.fake_server.session import SimulatedSession
from tests.forge_client.test_client import idle, pausing

pytestmark = pytest.mark.processes

CLIENT_PATH = Path(__file__).parents[2] / "clients" / "python"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def run(server: FakeServer, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Exit status, standard output, standard error of the real program."""
    environment = {**os.environ, "PYTHONPATH": str(CLIENT_PATH), "FORGE_URL": server.base_url}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "forge_client",
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(os.fsencode(stdin))
    return process.returncode or 0, out.decode(), err.decode()


async def ask(server: FakeServer, message: str = "hello", **options: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    question = Question(message, server.base_url, **options)
    status = await ask_once(question, Printer(out, err))
    return status, out.getvalue(), err.getvalue()


async def test_the_answer_alone_is_printed(server: FakeServer) -> None:
    assert await run(server, "balance of Alice") == (0, "You said: balance of Alice\n", "")


async def test_words_need_no_quotes_and_json_tells_everything(server: FakeServer) -> None:
    status, out, _ = await run(server, "--json", "--session", "s1", "balance", "of", "Alice")
    told = json.loads(out)
    assert (status, told["session_id"], told["outcome"]) == (0, "s1", "completed")
    assert told["answer"] == "You said: balance of Alice"
    assert [message["sender"] for message in told["messages"]] == ["user", "agent"]


async def test_the_message_may_come_from_standard_input(server: FakeServer) -> None:
    status, out, _ = await run(server, "-", stdin="line one\nline two\n")
    assert (status, out) == (0, "You said: line one\nline two\n")


async def test_bytes_that_are_no_text_are_replaced(server: FakeServer) -> None:
    """As surrogates, which is how Python keeps them, they could not be sent."""
    assert await run(server, "-", stdin="one \udcff\n") == (0, "You said: one \ufffd\n", "")
    assert await run(server, "two \udcff") == (0, "You said: two \ufffd\n", "")


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://a:b",
        "http://xn--\u200b",
        "http://a\n",
        "ftp://a",
    ],
)
def test_a_url_that_no_request_can_be_made_to_is_explained(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--url", url, "hi"])
    assert ended.value.code == 2
    assert f"--url: {url!r} is not an http:// or https:// URL" in capsys.readouterr().err


@pytest.mark.parametrize("token", ["é", "a\nb", "a\udcff"])
def test_a_token_that_no_header_can_hold_is_explained_and_not_repeated(
    token: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORGE_TOKEN", token)
    with pytest.raises(SystemExit):
        main(["hi"])
    words = capsys.readouterr().err
    assert "FORGE_TOKEN: a token consists of printable ASCII characters" in words
    assert token not in words


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "this is no terminal"),
        (["-"], "the message is empty"),
        (["--url", "nonsense", "hi"], "is not an http:// or https:// URL"),
        (["--nonsense"], "--nonsense"),
        (["--timeout", "nan", "hi"], "no number of seconds above 0"),
        (["--timeout", "-1", "hi"], "no number of seconds above 0"),
        (["--timeout", "soon", "hi"], "no number of seconds above 0"),
    ],
)
def test_wrong_use_is_explained(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert complaint in err


async def test_an_absent_server_is_named_with_what_to_do(server: FakeServer, unused_port: int) -> None:
    url = f"http://127.0.0.1:{unused_port}"
    status, out, err = await run(server, "--url", url, "hi")
    assert (status, out) == (2, "")
    assert f"There is no answer from {url}: connection refused. Is `make run` running?" in err


async def test_a_session_goes_on(server: FakeServer) -> None:
    await ask(server, "one", session_id="s1")
    await ask(server, "two", session_id="s1")
    contents = [message.content for message in server.session("s1").log]
    assert contents == ["one", "You said: one", "two", "You said: two"]


async def test_a_failed_run_has_status_one(server: FakeServer) -> None:
    def failing(session: SimulatedSession, message: str) -> None:
        session.claim()
        session.finish("failed", "The provider is \x1b[31moverloaded.")

    server.api.agent = failing
    assert await ask(server) == (1, "", "The provider is ␛[31moverloaded.\n")


async def test_a_wallet_request_has_status_three_and_is_told_in_words(server: FakeServer) -> None:
    server.api.agent = pausing
    status, out, err = await ask(server)
    assert (status, out) == (3, "")
    assert "Pay 10 wei" in err
    assert "Amount: 10 wei" in err
    status, out, _ = await ask(server, as_json=True)
    told = json.loads(out)
    assert (status, told["outcome"], told["notice"]) == (3, "waiting", None)
    assert told["approvals"][0]["description"] == "Pay 10 wei"


async def test_no_answer_in_time_has_status_one(server: FakeServer) -> None:
    server.api.agent = idle
    assert await ask(server, timeout=0.2) == (1, "", "No answer within 0.2 s.\n")


async def test_a_refusal_has_status_two_and_says_when_to_come_back(server: FakeServer) -> None:
    server.api.canned["/api/chat"] += [
        problem(429, "Slow down", "Too many messages.", **{"Retry-After": "7"}) for _ in range(2)
    ]
    assert await ask(server) == (2, "", "Too many messages. Try again in 7 s.\n")
    status, out, err = await ask(server, as_json=True)
    assert (status, json.loads(out)["outcome"], err) == (2, "refused", "")


async def test_a_server_with_a_login_is_told_with_the_variable_of_the_token(server: FakeServer) -> None:
    server.api.canned["/api/chat"] += [problem(401, "Unauthorized", "A bearer token is required.")]
    said = "A bearer token is required. Set FORGE_TOKEN to one that is valid.\n"
    assert await ask(server) == (2, "", said)


async def test_a_person_sees_the_text_as_it_comes(server: FakeServer) -> None:
    def slow(session: SimulatedSession, message: str) -> None:
        session.claim()
        session.write("Looking…")
        session.end_message(session.draft("system", "tool: balance | args: {}", "tool_call"))
        session.write("All \x1b[2J")

    server.api.agent = slow
    out, err = Terminal(), io.StringIO()
    asking = asyncio.create_task(ask_once(Question("hello", server.base_url, "s1"), Printer(out, err)))
    await server.until(lambda: server.sockets["s1"])
    session = server.session("s1")
    session.write("done.")
    session.flush()
    session.finish()
    assert await asking == 0
    assert out.getvalue() == "Looking…\nAll ␛[2Jdone.\n"
    assert err.getvalue() == "tool: balance | args: {}\n"


async def test_ctrl_c_stops_the_run(server: FakeServer) -> None:
    server.api.agent = idle
    asking = asyncio.create_task(ask(server, session_id="s1"))
    await server.until(lambda: server.sockets["s1"])
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    [stopped] = server.api.asked("/api/interrupt")
    assert stopped.body["run_id"] in server.session("s1").now.recent


async def test_ctrl_c_stops_the_run_of_a_message_that_is_still_on_its_way(server: FakeServer) -> None:
    def accept(session: SimulatedSession, message: str) -> None:
        idle(session, message)
        asking.cancel()

    server.api.agent = accept
    asking = asyncio.create_task(ask(server, session_id="s1"))
    with pytest.raises(asyncio.CancelledError):
        await asking
    [stopped] = server.api.asked("/api/interrupt")
    assert stopped.body["run_id"] in server.session("s1").now.recent


STREAMS = {
    "$PROGRAM é >answer": (0, "You said: ?\n", ""),
    "$PROGRAM hello >/dev/full": (1, "", "The answer could not be written: No space left on device.\n"),
    "$PROGRAM hello | true": (0, "", ""),
    "$PROGRAM - <&-": (2, "", "error: standard input is closed\n"),
    "$PROGRAM hello >&-": (2, "", "error: standard output is closed\n"),
    "$PROGRAM <&-": (
        2,
        "",
        "error: this is no terminal: give a message, or - to read one from standard input\n",
    ),
}
"""Lines for a shell, with the status, the answer and the end of the errors. Outputs take ASCII characters only."""


@pytest.mark.parametrize("line", STREAMS)
async def test_streams_that_cannot_take_the_text_are_reported(
    server: FakeServer, line: str, tmp_path: Path
) -> None:
    status, answer, errors = STREAMS[line]
    program = f"{sys.executable} -m forge_client"
    surroundings = {"PYTHONPATH": str(CLIENT_PATH), "FORGE_URL": server.base_url, "PYTHONIOENCODING": "ascii"}
    process = await asyncio.create_subprocess_shell(
        f"PROGRAM='{program}'; {line}",
        env={**os.environ, **surroundings},
        cwd=tmp_path,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    written = tmp_path / "answer"
    assert (process.returncode, written.read_text() if written.exists() else "") == (status, answer)
    assert err.decode().endswith(errors)
    assert "Traceback" not in err.decode()

"""Servers that are programs: how they start, what is reported if they do not, and that none of them outlives the
worker.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from local_dev.laptop_defaults import HERE
from local_dev.stack import WORKER_KILL_SECONDS
from tests.mcp_servers.external.memory_pins import MemoryPins
from tests.mcp_servers.external.test_servers import STRANGER, call, entry, names, opened
from tests.patience import PATIENCE_MS, PATIENCE_SECONDS
from worker.agent.tools.external.config import ServerConfig
from worker.agent.tools.external.external_servers import ExternalServers
from worker.agent.tools.external.process_keeper import GRACE_SECONDS
from worker.agent.tools.external.server_connection import CLOSE_SECONDS, Timeouts
from worker.agent.tools.external.stdio_transport import ASK_SECONDS, END_SECONDS

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[3]
STUBBORN = "import signal, sys, time; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; "
NOTE = "open(sys.argv[1], 'a').write(str(__import__('os').getpid()) + chr(10)); "
SERVE = f"import runpy; runpy.run_path({STRANGER!r}, run_name='__main__'); "


def script(folder: Path, text: str) -> str:
    path = folder / "server.py"
    path.write_text(text.replace("; ", "\n"))
    return str(path)


ANOTHER = "{python} {server} {pids} </dev/null >/dev/null & until [ -s {pids} ]; do sleep 0.02; done"
TREES = {
    # how the server is started; each process writes its pid, ignores signals and the end of its stdin
    "the program itself": "{python} {server} {pids}",
    "behind a shell": "sh -c '{python} {server} {pids}; true'",
    "with a child of its own": f"sh -c '{ANOTHER}; exec {{python}} {{server}} {{pids}}'",
    "with a child in another session": f"sh -c 'setsid {ANOTHER}; exec {{python}} {{server}} {{pids}}'",
}


@pytest.fixture(scope="module")
def orphanage() -> Iterator[tuple[str, int]]:
    """The address of its socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.fileno()
        command = [sys.executable, "-m", "tests.mcp_servers.external.orphanage", str(number)]
        with subprocess.Popen(command, cwd=ROOT, pass_fds=[number]) as process:
            yield listener.getsockname()
            process.kill()


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("end", ["close", "SIGTERM", "SIGKILL"])
def test_no_program_outlives_the_worker(
    orphanage: tuple[str, int], tmp_path: Path, tree: str, end: str
) -> None:
    pids = tmp_path / "pids"
    server = script(tmp_path, f"{STUBBORN}{NOTE}{SERVE}time.sleep(600)")
    line = TREES[tree].format(python=sys.executable, server=server, pids=pids)
    config = tmp_path / "mcp.json"
    config.write_text(json.dumps({"mcpServers": {"odd": {"command": line}}}))
    with socket.create_connection(orphanage, PATIENCE_SECONDS) as worker, worker.makefile() as told:
        worker.sendall(f"{config}\n".encode())
        pid, _, faults = told.readline().partition(" ")
        assert faults == "[]\n"
        started = [int(each) for each in pids.read_text().split()]
        files = [os.pidfd_open(each) for each in (int(pid), *started)]
        assert len(started) >= 1 + ("child" in tree)
        if end == "close":
            worker.shutdown(socket.SHUT_WR)
        else:
            os.kill(int(pid), signal.Signals[end])
        assert told.read() == ("ended by itself" if end == "close" else "")
    for file in files:
        wait_for_the_end(file)
        os.close(file)


def wait_for_the_end(pidfd: int) -> None:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    assert poll.poll(PATIENCE_MS), "a program still runs"


def test_the_times_to_stop_fit_together() -> None:
    assert ASK_SECONDS + END_SECONDS < CLOSE_SECONDS
    assert GRACE_SECONDS < END_SECONDS
    assert float(HERE["WORKER_STOP_SECONDS"]) + CLOSE_SECONDS < WORKER_KILL_SECONDS


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"command": "no-such-program-here"}, "the program of `command` is not found in PATH"),
        ({"command": "/no/such/program"}, "the program of `command` is not found"),
        ({"command": __file__}, "may not be executed"),
        ({"command": sys.executable, "cwd": "/no/such/folder"}, "the folder of `cwd` does not exist"),
        (
            {"command": sys.executable, "args": ["-c", "raise ImportError('This is mcp 2.x; pin mcp<2')"]},
            "stderr: ImportError: This is mcp 2.x; pin mcp<2",
        ),
        (
            {
                "command": sys.executable,
                "args": ["-c", "import os, sys; sys.exit(os.environ['K'])"],
                "env": {"K": "s3cret"},
            },
            "stderr: [hidden]",
        ),
    ],
)
async def test_the_operator_reads_why_a_program_does_not_serve(
    tmp_path: Path, odd: dict[str, Any], words: str
) -> None:
    async with opened(tmp_path, {"odd": odd, "good": entry()}) as external:
        assert "good_echo" in await names(external)
        [fault], [notice] = external.faults(), external.notices()
    assert words in fault
    assert "s3cret" not in fault + notice
    assert notice.startswith("Some tools are unavailable (of odd).")


async def test_a_program_that_takes_long_to_start_is_there_at_a_later_look(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    server = script(tmp_path, f"import sys; open({str(gate)!r}).read(); {SERVE}")
    odd = ServerConfig.model_validate({"command": sys.executable, "args": [server], "startTimeout": 30_000})
    external = ExternalServers({"odd": odd}, MemoryPins(), [], Timeouts(look=1))
    try:
        await external.refresh()
        assert await names(external) == set()
        assert "is still starting (it may take 30 s)" in external.faults()[0]
        await asyncio.to_thread(gate.write_text, "")
        while external.faults():
            await external.refresh()
        assert "odd_echo" in await names(external)
    finally:
        await external.close()


async def test_a_lost_program_is_started_again_at_the_next_call(tmp_path: Path) -> None:
    async with opened(tmp_path, {"odd": entry()}) as external:
        for _ in range(2):
            with pytest.raises(Exception, match="broke off"):
                await call(external, "odd_die")
            assert await call(external, "odd_echo", {"text": "again"}) == {"said": "again"}


def test_a_program_that_has_closed_its_output_is_lost_although_it_runs(tmp_path: Path) -> None:
    """On the worker's own event loop, which hands more file descriptors on than that of the tests."""
    mute = "lambda *_: (os.close(1), signal.pause())"
    run = f"t = runpy.run_path({STRANGER!r}); t['answer'].__globals__['call'] = {mute}; t['serve']()"
    server = script(tmp_path, f"import os, runpy, signal; {run}")
    program = {"command": sys.executable, "args": [server], "timeout": PATIENCE_MS}

    async def ask() -> None:
        async with opened(tmp_path, {"odd": program}) as external:
            for _ in range(2):
                with pytest.raises(Exception, match="broke off"):
                    await call(external, "odd_echo", {"text": "x"})

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(ask())


async def test_a_program_that_died_between_two_calls_is_started_again_for_the_second(tmp_path: Path) -> None:
    """The call was never made, so its outcome is not unknown."""
    pids = tmp_path / "pids"
    server = script(tmp_path, f"import sys; {NOTE}{SERVE}")
    program = {"command": sys.executable, "args": [server, str(pids)]}
    async with opened(tmp_path, {"odd": program}) as external:
        assert await call(external, "odd_echo", {"text": "one"}) == {"said": "one"}
        os.kill(int(pids.read_text()), signal.SIGKILL)
        assert await call(external, "odd_echo", {"text": "two"}) == {"said": "two"}
        assert len(pids.read_text().split()) == 2


@pytest.mark.parametrize(("hint", "starts"), [("readOnlyHint", 3), ("destructiveHint", 2)])
async def test_a_call_that_ends_its_program_is_made_again_only_if_it_may_be(
    tmp_path: Path, hint: str, starts: int
) -> None:
    pids = tmp_path / "pids"
    one_tool = f"lambda: [t['tool']('die', '', annotations={{{hint!r}: True}})]"
    run = f"import runpy; t = runpy.run_path({STRANGER!r}); t['answer'].__globals__['tools'] = {one_tool}; t['serve']()"
    server = script(tmp_path, f"import sys; {NOTE}{run}")
    program = {"command": sys.executable, "args": [server, str(pids)], "trustAnnotations": True}
    async with opened(tmp_path, {"odd": program}) as external:
        with pytest.raises(Exception, match="OUTCOME UNKNOWN: odd: it broke off"):
            await call(external, "odd_die")
        await external.refresh()
        assert len(pids.read_text().split()) == starts

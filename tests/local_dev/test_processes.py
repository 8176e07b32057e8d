from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from local_dev.process_identity import started
from local_dev.processes.child_keeper import Keeper
from local_dev.processes.orphan_guard import SCRIPT, Guard
from local_dev.processes.processes import Processes, StartFailed
from tests.patience import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.processes

STUBBORN = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "100"], start_new_session=False)
print("ready", child.pid, flush=True)
signal.pause()
"""
PARENT = """
import asyncio, os, sys
from pathlib import Path
from local_dev.processes.processes import Processes

async def main():
    processes = Processes(Path(sys.argv[1]))
    child = await processes.start("sleeper", ["sleep", "100"], os.environ)
    print(child.pid, flush=True)
    await asyncio.sleep(100)

asyncio.run(main())
"""


def alive(pid: int) -> bool:
    """Neither gone nor a zombie that nobody has waited for."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest_asyncio.fixture
async def processes(tmp_path: Path) -> AsyncGenerator[Processes]:
    processes = Processes(tmp_path)
    yield processes
    await processes.close()


def word_after_ready(line: str) -> str | None:
    return line.split()[1] if line.startswith("ready") else None


async def test_a_process_that_ignores_sigterm_is_killed_with_its_children(processes: Processes):
    command = [sys.executable, "-c", STUBBORN]
    child, grandchild = await processes.start_until("stubborn", command, os.environ, word_after_ready)
    await processes.stop(child, 0.2)
    await eventually(lambda: not alive(int(grandchild)))
    assert not alive(child.pid)
    assert processes.running == {}


async def test_a_process_that_ends_before_it_is_ready_says_why(processes: Processes):
    command = [sys.executable, "-c", "raise SystemExit('no luck today')"]
    with pytest.raises(StartFailed, match="no luck today"):
        await processes.start_until("unlucky", command, os.environ, word_after_ready)


@pytest.mark.parametrize("program", ["", "nowhere", "a folder", "no program"])
async def test_a_program_that_the_computer_cannot_start_is_named(
    tmp_path: Path, processes: Processes, program: str
):
    (tmp_path / "a folder").mkdir()
    (tmp_path / "no program").write_text("words")
    path = str(tmp_path / program)
    with pytest.raises(StartFailed, match=f"^emulator cannot be started: {re.escape(path)}: "):
        await processes.start("emulator", [path], os.environ)
    assert processes.running == {}


async def test_children_end_when_the_one_that_started_them_is_killed(tmp_path: Path):
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), PATIENCE_SECONDS))
    assert alive(pid)
    parent.kill()
    await parent.wait()
    await eventually(lambda: not alive(pid))


async def test_output_goes_to_a_log_file(processes: Processes):
    child = await processes.start("speaker", ["sh", "-c", "echo hello; echo bad >&2"], os.environ)
    await child.wait()
    assert "hello" in child.tail()
    assert "speaker: bad" in child.tail()


@pytest.mark.parametrize(("own", "heaps"), [({}, "2"), ({"MALLOC_ARENA_MAX": "7"}, "7")])
async def test_a_process_does_not_begin_a_heap_for_each_thread_unless_the_developer_wants_it(
    own: dict[str, str], heaps: str, processes: Processes
) -> None:
    child = await processes.start("speaker", ["sh", "-c", "echo $MALLOC_ARENA_MAX heaps"], own)
    await child.wait()
    assert f"{heaps} heaps" in child.tail()


async def test_a_child_that_fails_again_and_again_is_explained_once(processes: Processes):
    told: list[str] = []
    keeper = Keeper(processes, told.append, lambda: None)
    command = [sys.executable, "-c", "raise SystemExit('no luck today')"]
    await keeper.start("unlucky", lambda: processes.start("unlucky", command, os.environ))
    keeper.keep()
    await eventually(lambda: len(told) >= 3)
    keeper.release()
    assert told[:3] == [
        "unlucky ended with 1; it is started again in 0.1 s\n  unlucky: no luck today",
        "unlucky ended with 1 again, for the same reason; it is started again in 0.2 s",
        "unlucky ended with 1 again, for the same reason; it is started again in 0.4 s",
    ]


async def test_what_is_left_of_a_childs_group_ends_with_it(processes: Processes):
    command = ["sh", "-c", "sleep 100 & echo ready $!; exit 3"]
    child, grandchild = await processes.start_until("short", command, os.environ, word_after_ready)
    assert await child.wait() == 3
    await eventually(lambda: not alive(int(grandchild)))


async def test_nothing_is_sent_to_the_number_of_a_child_that_has_been_waited_for(processes: Processes):
    child = await processes.start("short", ["true"], os.environ)
    assert await child.wait() == 0
    stranger = await asyncio.create_subprocess_exec("sleep", "100", start_new_session=True)
    child.pid = stranger.pid  # as if the number had come round
    await processes.stop(child, 0.1)
    assert alive(stranger.pid)
    stranger.kill()
    await stranger.wait()


async def test_the_guard_leaves_a_stranger_with_a_childs_old_number_alone():
    stranger = await asyncio.create_subprocess_exec("sleep", "100", start_new_session=True)
    ours = await asyncio.create_subprocess_exec("sleep", "100", start_new_session=True)
    shell = await asyncio.create_subprocess_exec("/bin/sh", "-c", SCRIPT, stdin=asyncio.subprocess.PIPE)
    await shell.communicate(f"{stranger.pid}:12345 {ours.pid}:{started(ours.pid)}\n".encode())
    assert await ours.wait() == -9
    assert alive(stranger.pid)
    stranger.kill()
    await stranger.wait()


async def test_a_guard_that_was_killed_is_replaced(tmp_path: Path):
    guard = Guard()
    guard.watch([])
    assert guard.pid
    os.kill(guard.pid, 9)
    first = guard.pid
    child = await asyncio.create_subprocess_exec("sleep", "100", start_new_session=True)
    await eventually(lambda: not alive(first))
    guard.watch([child.pid])
    assert guard.pid != first
    guard.let_go()
    assert await child.wait() == -9

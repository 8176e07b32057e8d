"""If any process of the local application dies, nothing that was accepted is lost and everything continues."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import uuid
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_dev.stack_process import RunningStack, running_stack
from tests.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

SECONDS = PATIENCE_SECONDS
PARTS = ("emulator", "gateway", "anvil", "worker-1")


@contextlib.asynccontextmanager
async def running_in(folder: Path, **environment: str) -> AsyncGenerator[tuple[RunningStack, Person]]:
    async with (
        running_stack({"FORGE_LLM": "offline", **environment}, folder=folder) as stack,
        httpx.AsyncClient(base_url=stack.base_url, timeout=SECONDS, trust_env=False) as http,
    ):
        yield stack, Person(http)


class Person:
    """Asks, again where the application does not answer for a moment, with the same key so that it is asked once."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def ask(self, text: str, session: str = "") -> str:
        session = session or uuid.uuid4().hex
        body = {"message": text, "session_id": session}
        answer = await self.patiently(
            "POST", "/api/chat", json=body, headers={"Idempotency-Key": uuid.uuid4().hex}
        )
        assert answer.status_code == 200, answer.text
        return session

    async def answers(self, session: str, number: int = 1) -> list[str]:
        """What the agent has answered once it has nothing left to do; `number` answers are waited for."""
        async with asyncio.timeout(SECONDS):
            while True:
                state = (await self.patiently("GET", f"/api/state?session_id={session}")).json()
                said = [each["content"] for each in state["messages"] if each["sender"] == "agent"]
                if not state["is_processing"] and len(said) >= number:
                    return said
                await asyncio.sleep(0.05)

    async def patiently(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with asyncio.timeout(SECONDS):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await self.http.request(method, path, **options)
                    if answer.status_code < 500:
                        return answer
                await asyncio.sleep(0.05)


async def replaced(stack: RunningStack, name: str, killed: int) -> int:
    async with asyncio.timeout(SECONDS):
        while (pid := stack.processes().get(name, killed)) == killed:  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.02)
    return pid


def port_of(emulator: int) -> int:
    command = Path(f"/proc/{emulator}/cmdline").read_text().split("\0")
    return int(command[command.index("--port") + 1])


@pytest.mark.parametrize("part", PARTS)
async def test_each_part_may_die_in_the_middle_of_work(tmp_path: Path, part: str) -> None:
    async with running_in(tmp_path) as (stack, person):
        before = await person.ask("send 1 ETH from Alice to Bob")
        await person.answers(before)
        sessions = [await person.ask("balance of Bob") for _ in range(5)]
        await asyncio.sleep(1.2 if part == "anvil" else 0)  # the chain is saved once a second
        killed = stack.processes()[part]
        os.kill(killed, signal.SIGKILL)
        sessions += [await person.ask("balance of Bob") for _ in range(5)]
        await replaced(stack, part, killed)
        sessions.append(await person.ask("balance of Bob"))
        for session in sessions:
            assert len(await person.answers(session)) >= 1
        assert "10001" in (await person.answers(sessions[-1]))[-1].replace(",", "")
        assert f"{part} ended with -9; it is started again" in stack.log("stderr")


async def test_a_table_whose_port_another_program_has_taken_is_found_at_its_new_one(tmp_path: Path) -> None:
    async with running_in(tmp_path) as (stack, person):
        session = await person.ask("balance of Bob")
        await person.answers(session)
        killed = stack.processes()
        with socket.create_server(("127.0.0.1", port_of(killed["emulator"]))):
            os.kill(killed["emulator"], signal.SIGKILL)
            for name in ("emulator", "gateway", "worker-1"):
                await replaced(stack, name, killed[name])
            await person.ask("balance of Bob", session)
            assert (
                len(await person.answers(session, 4)) == 4
            )  # of two questions: what it does, and what it found


ENDS: Sequence[tuple[str, signal.Signals, bool]] = (
    ("everything is killed at once", signal.SIGKILL, True),
    ("the one that holds the others is killed", signal.SIGKILL, False),
    ("the terminal is closed", signal.SIGHUP, False),
    ("Ctrl-\\", signal.SIGQUIT, False),
)


@pytest.mark.parametrize(("number", "all_of_them"), [end[1:] for end in ENDS], ids=[end[0] for end in ENDS])
async def test_what_was_accepted_goes_on_at_once_after_the_next_start(
    tmp_path: Path, number: signal.Signals, all_of_them: bool
) -> None:
    async with running_in(tmp_path) as (stack, person):
        done = await person.ask("send 1 ETH from Alice to Bob")
        await person.answers(done)
        await asyncio.sleep(1.2)
        worker = stack.processes()["worker-1"]
        os.kill(worker, signal.SIGSTOP)  # so that what follows waits
        waiting = [await person.ask("balance of Bob") for _ in range(3)]
        for _ in range(2):
            await person.ask("balance of Alice", waiting[0])
        pids = list(stack.processes().values()) if all_of_them else []
        for pid in (*pids, stack.process.pid):
            os.kill(pid, number)
        await asyncio.wait_for(stack.process.wait(), SECONDS)
        if number != signal.SIGKILL:
            assert stack.process.returncode == 0
            assert stack.log("stderr").splitlines()[-1] == "stopped"
    async with running_in(tmp_path) as (stack, person):
        assert "1 ETH" in (await person.answers(done))[-1]
        assert "10001" in (await person.answers(waiting[1]))[-1].replace(",", "")
        assert (
            len(await person.answers(waiting[0], 6)) == 6
        )  # of three questions: what it does, and what it found


async def test_a_second_start_in_the_same_folder_leaves_the_first_alone(tmp_path: Path) -> None:
    async with running_in(tmp_path) as (first, person):
        described = (tmp_path / "stack.json").read_text()
        session = await person.ask("balance of Bob")
        await person.answers(session)
        async with running_in(tmp_path, FORGE_STACK_FILE=str(tmp_path / "second.json")) as (second, other):
            assert second.base_url != first.base_url
            assert (tmp_path / "stack.json").read_text() == described
            assert (await other.http.get(f"/api/state?session_id={session}")).json()["messages"] == []
        assert len(await person.answers(session)) == 2
        assert json.loads((tmp_path / "stack.json").read_text()) == json.loads(described)


async def test_a_log_that_cannot_be_written_costs_nobody_an_answer(tmp_path: Path) -> None:
    for name in ("functions", "worker-1", "emulator", "anvil"):
        (tmp_path / f"{name}.log").symlink_to("/dev/full")
    async with running_in(tmp_path) as (stack, person):
        for session in [await person.ask("balance of Bob") for _ in range(5)]:
            assert "10000" in (await person.answers(session))[-1].replace(",", "")
        said = [line for line in stack.log("stderr").splitlines() if "No space left on device" in line]
        assert len(said) == len({line.split()[0] for line in said}) >= 2
        assert "ended with" not in stack.log("stderr")


async def test_without_keeping_each_start_is_empty(tmp_path: Path) -> None:
    for _ in range(2):
        async with running_in(tmp_path, FORGE_KEEP_STATE="0") as (_, person):
            session = await person.ask("send 1 ETH from Alice to Bob", "the-same")
            assert len(await person.answers(session)) >= 1
            state = (await person.http.get("/api/state?session_id=the-same")).json()
            assert [each["sender"] for each in state["messages"]].count("user") == 1
            balance = await person.ask("balance of Bob")
            assert "10001" in (await person.answers(balance))[-1].replace(",", "")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    return filler


async def test_a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing_that_it_took(
    small_disk: Path,
) -> None:
    async with running_in(small_disk) as (stack, person):
        before = await person.ask("balance of Bob")
        await person.answers(before)
        filler = fill(small_disk)
        accepted: list[str] = []
        for _ in range(4):
            session = uuid.uuid4().hex
            body = {"message": "balance of Bob", "session_id": session}
            answer = await person.http.post("/api/chat", json=body)
            assert answer.status_code in {200, 503}
            accepted += [session] if answer.status_code == 200 else []
        filler.unlink()
        accepted.append(await person.ask("balance of Bob"))
        for session in (before, *accepted):
            assert "10000" in (await person.answers(session))[-1].replace(",", "")
        assert "worker-1 ended" not in stack.log("stderr")

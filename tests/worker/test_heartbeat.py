"""The container's health check, as ECS runs it, next to a worker's event loop that runs or hangs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.template import ROOT, resources
from worker.operation.health_check import STALE_SECONDS, is_alive
from worker.operation.heartbeat import BEAT_SECONDS, beat

pytestmark = pytest.mark.processes

PROGRAM = """
import asyncio, signal, sys, threading
from pathlib import Path
from worker.operation.heartbeat import beat

def hang() -> None:
    print("hung", flush=True)
    threading.Event().wait()

async def main() -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, hang)
    print("beating", flush=True)
    await beat(Path(sys.argv[1]), 0.01)

asyncio.run(main())
"""


def command() -> list[str]:
    """The template's, with this interpreter and the checkout's folder in place of the container's."""
    container = resources("AWS::ECS::TaskDefinition")["TaskDefinition"]["Properties"]["ContainerDefinitions"][
        0
    ]
    kind, _, *arguments = container["HealthCheck"]["Command"]
    assert kind == "CMD"
    return [sys.executable, *(each.replace("/app", str(ROOT)) for each in arguments[:-1])]


def is_healthy(file: Path) -> bool:
    return subprocess.run([*command(), str(file)]).returncode == 0


def make_old(file: Path) -> None:
    then = time.time() - STALE_SECONDS
    os.utime(file, (then, then))


def test_a_hung_event_loop_is_noticed_and_a_living_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'forge'}"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(file)], stdout=subprocess.PIPE, text=True, env=environment
    ) as worker:
        try:
            assert worker.stdout
            assert worker.stdout.readline() == "beating\n"
            while not is_healthy(file):  # the first beat
                assert worker.poll() is None
            make_old(file)
            while not is_healthy(file):  # a loop that lives touches it again
                assert worker.poll() is None
            worker.send_signal(10)  # SIGUSR1
            assert worker.stdout.readline() == "hung\n"
            make_old(file)
            assert not is_healthy(file)
        finally:
            worker.kill()


def test_a_worker_that_never_began_is_not_healthy(tmp_path: Path) -> None:
    assert not is_healthy(tmp_path / "nothing")


@pytest.mark.parametrize(("age", "alive"), [(0, True), (STALE_SECONDS - 1, True), (STALE_SECONDS, False)])
def test_a_file_is_a_sign_of_life_for_a_while(tmp_path: Path, age: int, alive: bool) -> None:
    file = tmp_path / "heartbeat"
    file.touch()
    assert is_alive(str(file), file.stat().st_mtime + age) is alive


def test_a_loop_beats_several_times_before_it_is_missed() -> None:
    assert BEAT_SECONDS * 5 <= STALE_SECONDS


async def test_a_place_that_cannot_be_written_costs_no_run(tmp_path: Path) -> None:
    beating = asyncio.create_task(beat(tmp_path / "missing" / "heartbeat", 0.001))
    done, _ = await asyncio.wait([beating], timeout=0.05)
    assert not done
    beating.cancel()

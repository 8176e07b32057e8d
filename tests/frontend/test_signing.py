"""How `frontend/page/signing.js` handles wallets that misbehave, in reported ways and in generated ones."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.frontend.wallet_modes import FIRST_HASH, HANGS, MODES, PAYER, UNLISTED, Mode
from tests.properties import examples
from tests.unlisted import tried

pytestmark = pytest.mark.processes

DRIVER = Path(__file__).with_name("signing_driver.js")


class Driver:
    """A node process that is asked a line at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, mode: Mode) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        plan = {"chain": mode.chain, "account": PAYER, "known": mode.known, "steps": mode.steps}
        self._process.stdin.write(json.dumps({"plan": plan, "from": PAYER}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    node = shutil.which("node")
    assert node, "Node.js is needed for the tests of the page"
    with subprocess.Popen([node, str(DRIVER)], stdin=-1, stdout=-1, text=True) as process:
        yield Driver(process)
        process.terminate()


def check(report: Any) -> None:
    """Never on another chain, from another account, twice, or unclaimed; and what was sent is not denied."""
    kind = report["outcome"]["kind"]
    moved = report["moved"]
    assert kind in {"sent", "declined", "not_sent", "unknown", "hanging"}
    assert [(each["chain"], each["account"]) for each in moved] in ([], [(1, PAYER)])
    assert report["claims"] in ([], [0])
    if moved:
        assert report["claims"] == [0]
        assert report["wasAsked"]
    if not report["wasAsked"]:
        assert kind in {"declined", "not_sent"}
    if report["movedBefore"]:
        assert kind in {"sent", "unknown"}
    if kind == "sent":
        assert len(report["outcome"]["hash"]) == 66


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_a_reported_way(driver: Driver, mode: Mode) -> None:
    report = driver.run(mode)
    check(report)
    assert (report["outcome"]["kind"], len(report["moved"])) == (mode.ends, mode.moved)
    assert report["outcome"].get("hash") == (FIRST_HASH if mode.ends == "sent" else None)


@pytest.mark.parametrize("mode", HANGS, ids=lambda mode: mode.name)
def test_a_wallet_that_hangs_can_be_given_up(driver: Driver, mode: Mode) -> None:
    """Before it was asked to send, for good; afterwards it may still send, once, and that is noticed."""
    report = driver.run(mode)
    check(report)
    is_late = mode.ends == "unknown"
    assert report["outcome"]["kind"] == ("hanging" if is_late else "not_sent")
    assert len(report["moved"]) == is_late


@examples(600)
@given(UNLISTED)
def test_ways_that_nobody_reported(driver: Driver, mode: Mode) -> None:
    tried("wallet behaviours", (mode.chain, mode.known, mode.steps))
    check(driver.run(mode))

"""The shortcuts of `tests/moto_speed.py`, which every test of this process uses, give moto's own answers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.moto_answers import answers
from tests.patience import PATIENCE_SECONDS
from tests.template import ROOT

pytestmark = pytest.mark.processes


def test_the_short_ways_come_to_the_same_answers() -> None:
    whole = subprocess.run(
        [sys.executable, "-m", "tests.moto_answers"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/forge'}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    ).stdout
    assert json.loads(json.dumps(answers(), default=repr)) == json.loads(whole)
    for sign in ("Two document paths overlap", "can only be used once", '"SS"', '"NULL"'):
        assert sign in whole

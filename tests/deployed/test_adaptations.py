"""The differences from AWS are few, named, and still needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployed.account import PYTHON
from tests.deployed.adaptations import ADAPTATIONS, MINISTACK, UNKNOWN_TYPES, adapted
from tests.template import ROOT, read_template

pytestmark = [pytest.mark.deployed, pytest.mark.skipif(not PYTHON.exists(), reason="no account is installed")]


def source(module: str) -> str:
    (file,) = (PYTHON.parent.parent / "lib").glob(f"*/site-packages/ministack/{module}")
    return file.read_text()


def test_each_adaptation_changes_something() -> None:
    for each in ADAPTATIONS:
        template = read_template(ROOT / "template.yaml")
        each.adapt(template)
        assert template != read_template(ROOT / "template.yaml"), each.what


def test_nothing_is_lost_but_what_is_named() -> None:
    before = read_template(ROOT / "template.yaml")["Resources"]
    lost = set(before) - set(adapted(read_template(ROOT / "template.yaml"))["Resources"])
    assert {before[name]["Type"] for name in lost} == {*UNKNOWN_TYPES, "AWS::CloudWatch::Alarm"}
    assert all("Metrics" in before[name]["Properties"] for name in lost if "Alarm" in before[name]["Type"])


def test_what_was_looked_at_is_what_is_installed() -> None:
    installed = next((PYTHON.parent.parent / "lib").glob("*/site-packages/ministack-*.dist-info"))
    assert MINISTACK.split(",")[0].replace(" ", "-").lower() == Path(installed).name.removesuffix(
        ".dist-info"
    )
    provisioners = source("services/cloudformation/provisioners.py")
    assert "(metric math) is not" in provisioners
    assert not any(f'"{kind}"' in provisioners for kind in UNKNOWN_TYPES)

"""The form of the tree: small files, and rooms (packages) that do not import one another in a circle."""

from __future__ import annotations

import pytest

from bench.rooms import rooms
from local_dev.repository import ROOT

PRODUCT = ("layers/forge/forge", "functions", "worker", "local_dev", "deploy", "clients/python", "bench")
LONGEST = 250
"""Lines of a module."""
IN_CIRCLES = {"local_dev": 10, "worker.agent": 7}
"""Rooms some of whose members import one another in a circle, with the number of those members. None may be added."""


@pytest.mark.parametrize("folder", PRODUCT)
def test_a_module_can_be_read_at_a_sitting(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_further_room_has_a_circle() -> None:
    found = {room.name: room.circles for room in rooms() if room.circles}
    more = {name: count for name, count in found.items() if count > IN_CIRCLES.get(name, 0)}
    assert more == {}

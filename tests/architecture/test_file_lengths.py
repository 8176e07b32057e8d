"""The form of the tree: small files."""

from __future__ import annotations

import pytest

from local_dev.repository import ROOT

PRODUCT = ("layers/forge/forge", "functions", "worker", "local_dev", "deploy", "clients/python", "bench")
LONGEST = 250
"""Lines of a module."""


@pytest.mark.parametrize("folder", PRODUCT)
def test_a_module_can_be_read_at_a_sitting(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}

"""Which emulator stands in for the table in a test."""

from __future__ import annotations

from tests.conftest import ON_MOTO, TESTS


def test_each_test_that_keeps_moto_is_where_its_name_says() -> None:
    """Moved to another place, it would have dynoxide like most, and nothing would say so."""
    assert [name for name in ON_MOTO if not (TESTS / name).exists()] == []

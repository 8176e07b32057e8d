"""Units of DynamoDB, compared with sizes in its documentation."""

from __future__ import annotations

from bench.cost.units import index_units, item_size, read_units, write_units


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    assert item_size({"name": {"S": "é"}}) == 4 + 2
    assert item_size({"n": {"N": "12345678"}}) == 1 + 5
    assert item_size({"n": {"N": "-100"}}) == 1 + 2  # zeros at the end take no room, a sign does
    assert item_size({"b": {"B": "AAAA"}, "t": {"BOOL": True}, "z": {"NULL": True}}) == 1 + 3 + 2 + 2
    assert item_size({"l": {"L": [{"S": "ab"}, {"S": "c"}]}}) == 1 + 3 + 2 + 3
    assert item_size({"m": {"M": {"k": {"S": "ab"}}}}) == 1 + 3 + 1 + 1 + 2
    assert item_size({"s": {"SS": ["ab", "c"]}}) == 1 + 3
    assert item_size(None) == 0


def test_a_write_is_paid_by_the_larger_of_what_was_and_is() -> None:
    assert [write_units(*sizes) for sizes in ((0, 0), (0, 1_024), (1_025, 1), (0, 3_000))] == [1, 1, 2, 3]


def test_a_read_that_may_be_a_moment_old_is_half() -> None:
    assert read_units(4_097, consistent=True) == 2
    assert read_units(4_096, consistent=False) == 0.5


def test_an_index_is_written_when_an_entry_comes_goes_or_moves() -> None:
    before, after = {"w": {"S": "1"}, "d": {"N": "1"}}, {"w": {"S": "1"}, "d": {"N": "2"}}
    assert index_units(None, before, "w", "d") == index_units(before, None, "w", "d") == 1
    assert index_units(before, after, "w", "d") == 2
    assert index_units(before, before, "w", "d") == index_units({"w": {"S": "1"}}, None, "w", "d") == 0

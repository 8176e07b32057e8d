"""A process of `make test` keeps to a folder, and a new one begins where nobody is."""

import pytest

from tests.scheduling import next_scope

WAITING = [
    "tests/end_to_end/login",
    "tests/frontend/test_a.py",
    "tests/end_to_end/test_b.py",
    "tests/test_c.py",
]


@pytest.mark.parametrize(
    ("folder", "taken", "expected"),
    [
        ("", [], "tests/end_to_end/login"),
        ("", ["end_to_end"], "tests/frontend/test_a.py"),
        ("frontend", ["frontend", "frontend"], "tests/frontend/test_a.py"),
        ("worker", ["end_to_end", "frontend"], "tests/test_c.py"),
        ("worker", ["end_to_end", "frontend", "frontend", "test_c.py"], "tests/end_to_end/login"),
    ],
    ids=["the first", "nobody is there", "its own", "nothing left of its own", "the fewest are there"],
)
def test_a_process_keeps_to_its_folder(folder: str, taken: list[str], expected: str) -> None:
    assert next_scope(WAITING, folder, taken) == expected

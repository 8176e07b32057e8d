"""Errors of functions and workers appear on the terminal of `make run`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.error_lines import Tails, summary
from tests.unlisted import tried


def line(**fields: object) -> str:
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("logged", "shown"),
    [
        (
            line(
                level="ERROR",
                message="unexpected error",
                route="GET /api/sessions",
                error="ValueError",
                error_text="boom",
                frames=["routing.py:1 app", "handler.py:19 get_sessions"],
            ),
            "worker-1: GET /api/sessions: unexpected error · ValueError: boom (handler.py:19 get_sessions)",
        ),
        (
            line(level="INFO", message="run ended", run_id="r1", error="RuntimeError"),
            "worker-1: r1: run ended · RuntimeError",
        ),
        (line(level="CRITICAL", message="out of memory"), "worker-1: out of memory"),
        (line(level="INFO", message="run ended", outcome="completed"), None),
        (line(level="WARNING", message="state not read"), None),
        ('{"_aws": {"Timestamp": 1}}', None),
        ("Traceback (most recent call last):", None),
        ('["ERROR"]', None),
        ("", None),
    ],
)
def test_a_line_is_shown_when_it_tells_of_an_error(logged: str, shown: str | None) -> None:
    assert summary("worker-1", logged) == shown


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from(["level", "message", "error", "frames", "route", "run_id", "cause"]), _VALUES
    )
)
def test_any_line_is_read_without_an_error(fields: dict[str, object]) -> None:
    tried("log lines", fields)
    summary("functions", json.dumps(fields))


def test_only_whole_lines_are_read_and_each_once(tmp_path: Path) -> None:
    log = tmp_path / "functions.log"
    log.write_text("old\n")
    tails = Tails(tmp_path)
    with log.open("a") as file:
        file.write("one\ntw")
    assert list(tails.lines()) == [("functions", "one")]
    with log.open("a") as file:
        file.write("o\n")
    (tmp_path / "worker-1.log").write_text("three\n")
    assert list(tails.lines()) == [("functions", "two"), ("worker-1", "three")]
    assert list(tails.lines()) == []


def test_a_log_that_begins_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "functions.log"
    log.write_text("a long first line\n")
    tails = Tails(tmp_path)
    log.write_text("new\n")
    assert list(tails.lines()) == [("functions", "new")]

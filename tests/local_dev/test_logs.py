"""A log that cannot be written makes nothing fail: its lines are dropped, counted, and reported once. The full
disks are real.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.observability import configure_logging, emit_all
from local_dev.logs import Log
from tests.unlisted import tried

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@needs_full
def test_a_full_disk_is_said_once_and_its_lines_are_counted_when_there_is_room_again(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "worker-1.log"
    path.symlink_to(FULL)
    log = Log(path, said.append)
    for number in range(3):
        log.write(b"line %d\n" % number)
    assert len(said) == 1
    assert str(path) in said[0]
    assert "No space left on device" in said[0]
    assert log.tail().splitlines() == ["line 0", "line 1", "line 2"]
    path.unlink()
    log.write(b"line 3\n")
    log.close()
    assert path.read_text().splitlines() == ["-- 3 lines before this could not be written --", "line 3"]


def test_a_folder_that_is_gone_costs_the_lines_only(tmp_path: Path) -> None:
    said: list[str] = []
    log = Log(tmp_path / "gone" / "worker-1.log", said.append)
    log.write(b"one\n")
    log.write(b"two\n")
    assert log.dropped == 2
    assert len(said) == 1


def test_a_log_is_bounded_and_the_one_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "functions.log"
    for start in range(2):
        log = Log(path, print, limit=1000)
        for number in range(500):
            log.write(b"start %d line %d\n" % (start, number))
        log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["functions.log", "functions.log.1"]
    assert sum(file.stat().st_size for file in files) < 2 * 1000 + 200
    assert path.read_text().splitlines()[-1] == "start 1 line 499"


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(1, 500))
def test_whatever_is_written_the_tail_is_its_end_and_the_files_are_bounded(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes], limit: int
) -> None:
    tried("output of a process", chunks)
    folder = tmp_path_factory.mktemp("log")
    log = Log(folder / "x.log", print, limit=limit)
    for chunk in chunks:
        log.write(chunk)
    log.close()
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 2 * (limit + 300)
    lines = b"".join(chunks).split(b"\n")
    expected = "\n".join(line.decode(errors="replace") for line in (lines if lines[-1] else lines[:-1])[-15:])
    assert log.tail() == expected


@needs_full
def test_a_log_line_or_a_metric_that_cannot_be_written_fails_nothing() -> None:
    configure_logging("test")
    logger = logging.getLogger("forge.full_disk")
    full = FULL.open("w")
    with contextlib.redirect_stdout(full):
        logger.warning("first")
        logger.warning("second")
        emit_all("test", ("WorkerRuns", 1, "Count"))
    with contextlib.suppress(OSError):
        full.close()
    room = io.StringIO()
    with contextlib.redirect_stdout(room):
        logger.warning("third")
    assert '"lines":3' in room.getvalue()
    assert '"third"' in room.getvalue()


def test_a_record_that_cannot_be_formatted_is_counted_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("test")
    (handler,) = logging.getLogger("forge").handlers[:1]
    for text, arguments in (("a number: %d", ("none",)), ("next", ())):
        handler.handle(logging.LogRecord("forge", logging.WARNING, "here.py", 1, text, arguments, None))
    written = capsys.readouterr()
    assert '"lines":1' in written.out
    assert written.err == ""


@pytest.mark.parametrize(
    ("named", "level", "told"),
    [("", logging.INFO, []), ("debug", logging.DEBUG, []), ("LOUD", logging.INFO, ["LOUD"])],
)
def test_a_log_level_that_does_not_exist_fails_no_call_and_is_told(
    named: str,
    level: int,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure = configure_logging.__wrapped__
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", named)
    try:
        configure("test")
        found = logging.getLogger("forge").level
    finally:
        monkeypatch.delenv("POWERTOOLS_LOG_LEVEL")
        configure("test")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (found, [line["named"] for line in lines]) == (level, told)

"""Two applications in one folder do not touch each other's files; processes that a killed one left running are
ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.home import FolderUnusable, Home, folder_of, set_aside, write_description
from local_dev.process_identity import kill_group, started
from local_dev.repository import ROOT
from tests.patience import PATIENCE_SECONDS
from tests.unlisted import tried

pytestmark = pytest.mark.processes

HOLDER = """
import sys
from pathlib import Path
from local_dev.home import Home
home = Home.take(Path(sys.argv[1]), 8080, keep_state=True, report=print)
(home.state / "mine").write_text("first")
print("held", flush=True)
sys.stdin.read()
"""


def take(folder: Path, port: int = 8080, *, keep: bool = True) -> tuple[Home, list[str]]:
    said: list[str] = []
    return Home.take(folder, port, keep_state=keep, report=said.append), said


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "100"], start_new_session=True)


def test_a_second_application_gets_a_folder_of_its_own_and_finds_it_again(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        second, said = take(tmp_path, 8081)
        assert second.folder == tmp_path / "port-8081"
        assert list(second.state.iterdir()) == []
        assert str(second.folder) in said[0]
        second.close()
        holder.kill()
    again, _ = take(tmp_path, 8081)
    assert again.folder == second.folder == folder_of(tmp_path, 8081)
    again.close()
    first, said = take(tmp_path)
    assert (first.folder, said) == (tmp_path, [])
    assert (first.state / "mine").read_text() == "first"
    first.close()


def test_what_is_not_to_be_kept_begins_empty_and_leaves_nothing(tmp_path: Path) -> None:
    kept, _ = take(tmp_path)
    (kept.state / "mine").touch()
    kept.close()
    unkept, _ = take(tmp_path, keep=False)
    assert list(unkept.state.iterdir()) == []
    (unkept.state / "other").touch()
    unkept.close()
    assert not unkept.state.exists()
    assert (kept.state / "mine").exists()


def test_what_a_killed_application_left_running_is_ended_by_the_next_start(tmp_path: Path) -> None:
    home, _ = take(tmp_path)
    with sleeper() as child:
        home.remember({"worker-1": child.pid})
        os.close(home._lock)  # as when the process is killed
        again, _ = take(tmp_path)
        assert child.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    again.close()


def test_a_stranger_that_has_the_number_by_now_is_left_alone(tmp_path: Path) -> None:
    with sleeper() as stranger:
        (tmp_path / "running.json").write_text(json.dumps({"anvil": [stranger.pid, "12345"]}))
        home, _ = take(tmp_path)
        assert stranger.poll() is None
        assert not kill_group(stranger.pid, "")
        assert kill_group(stranger.pid, started(stranger.pid))
    home.close()


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr).map(str.encode)
)
def test_whatever_the_file_of_the_last_start_holds_the_next_one_starts(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    tried("files that the last start left", content)
    folder = tmp_path_factory.mktemp("home")
    (folder / "running.json").write_bytes(content)
    (folder / "stack.json").write_bytes(content)
    home, _ = take(folder)
    assert write_description(folder / "stack.json", {"base_url": "x"})
    home.close()


def test_the_description_of_another_running_application_stays(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    with sleeper() as other:
        theirs = json.dumps(
            {"base_url": "theirs", "owner": {"pid": other.pid, "started": started(other.pid)}}
        )
        file.write_text(theirs)
        assert not write_description(file, {"base_url": "ours"})
        assert file.read_text() == theirs
        other.kill()
    assert write_description(file, {"base_url": "ours"})
    assert json.loads(file.read_text())["base_url"] == "ours"
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_set_aside_takes_its_companions_along(tmp_path: Path) -> None:
    said: list[str] = []
    for name in ("table.db", "table.db-wal", "table.db-shm", "table.db.set-aside-before", "other.db"):
        (tmp_path / name).write_text(name)
    set_aside(tmp_path / "table.db", "is damaged", said.append)
    left = {file.name for file in tmp_path.iterdir()}
    assert {"table.db", "table.db-wal", "table.db-shm"}.isdisjoint(left)
    assert len(left) == 5
    assert said[0].startswith(f"{tmp_path / 'table.db'} is damaged")


def test_a_folder_that_cannot_be_made_says_which_and_what_to_do() -> None:
    with pytest.raises(FolderUnusable, match=r"/proc/nowhere cannot be written \(.+\); .*FORGE_LOCAL_FOLDER"):
        take(Path("/proc/nowhere"))


def test_a_description_is_its_owners_alone_also_over_a_leftover_draft(tmp_path: Path) -> None:
    """It has the start's access key."""
    file = tmp_path / "stack.json"
    draft = file.with_suffix(".new")
    draft.touch(mode=0o644)
    draft.chmod(0o644)
    assert write_description(file, {})
    assert file.stat().st_mode & 0o777 == 0o600

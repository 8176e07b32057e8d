from __future__ import annotations

from pathlib import Path

from forge_client.terminal.remembered import LIMIT, RememberedSession, RememberedSessions

URL = "http://127.0.0.1:8080"


def session(name: str, title: str = "", url: str = URL) -> RememberedSession:
    return RememberedSession(url=url, session_id=name, title=title)


def test_the_session_used_last_comes_first_and_once(tmp_path: Path) -> None:
    remembered = RememberedSessions(tmp_path / "new" / "sessions.json")
    remembered.remember(session("a"))
    remembered.remember(session("b"))
    remembered.remember(session("a", "A"))
    remembered.retitle(session("b", "B"))
    assert remembered.of(URL) == [session("a", "A"), session("b", "B")]
    remembered.forget(session("a"))
    assert remembered.of(URL) == [session("b", "B")]


def test_each_server_has_its_own_sessions(tmp_path: Path) -> None:
    remembered = RememberedSessions(tmp_path / "sessions.json")
    remembered.remember(session("a", url="https://elsewhere.example"))
    assert remembered.of(URL) == []


def test_a_damaged_file_counts_as_empty_and_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    path.write_text("{ damaged")
    remembered = RememberedSessions(path)
    assert remembered.of(URL) == []
    remembered.remember(session("a"))
    assert remembered.of(URL) == [session("a")]


def test_the_file_is_private_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "sessions.json"
    remembered = RememberedSessions(path)
    for number in range(LIMIT + 5):
        remembered.remember(session(str(number)))
    assert len(remembered.of(URL)) == LIMIT
    assert path.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["sessions.json"]


def test_the_file_is_in_the_state_directory(tmp_path: Path) -> None:
    RememberedSessions.from_environment({"XDG_STATE_HOME": str(tmp_path)}).remember(session("a"))
    assert (tmp_path / "forge-mcp" / "sessions.json").exists()

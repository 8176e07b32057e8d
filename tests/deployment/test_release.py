"""`make release` makes one commit and one tag of what is unreleased, or changes nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from deploy.release import CHANGELOG, PLACES, NotReleased, release, released
from local_dev.repository import ROOT

pytestmark = pytest.mark.processes

TODAY = date(2030, 1, 2)
NEWS = "### Added\n\n- # A line that git would take for a comment."
EMPTY = "# Changelog\n\n## [Unreleased]\n"


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "config", "user.name", "A")
    git(tmp_path, "config", "user.email", "a@example.org")
    for name in PLACES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / CHANGELOG).write_text(f"{EMPTY}\n{NEWS}\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    return tmp_path


def state(folder: Path) -> tuple[str, str, str]:
    return git(folder, "rev-parse", "HEAD"), git(folder, "tag"), git(folder, "status", "--porcelain")


def versions_of(folder: Path) -> set[str]:
    return {
        match[1] for name, line in PLACES.items() for match in re.finditer(line, (folder / name).read_text())
    }


def test_every_place_names_the_version_that_was_released_last() -> None:
    [version] = versions_of(ROOT)
    assert all(len(re.findall(line, (ROOT / name).read_text())) == 1 for name, line in PLACES.items())
    assert released((ROOT / CHANGELOG).read_text())[:1] in ([], [version])


def test_a_version_is_a_commit_and_a_tag_with_what_is_new(checkout: Path) -> None:
    assert release(checkout, "1.2.3", TODAY) == NEWS
    assert versions_of(checkout) == {"1.2.3"}
    assert (checkout / CHANGELOG).read_text() == f"{EMPTY}\n## [1.2.3] - 2030-01-02\n\n{NEWS}\n"
    assert git(checkout, "log", "-1", "--format=%s") == "Release 1.2.3"
    assert git(checkout, "describe") == "v1.2.3"
    assert git(checkout, "tag", "--list", "--format=%(contents)", "v1.2.3") == f"1.2.3\n\n{NEWS}"
    assert state(checkout)[2] == ""


def test_the_next_version_has_only_what_came_after_the_last_one(checkout: Path) -> None:
    release(checkout, "1.9.0", TODAY)
    text = (checkout / CHANGELOG).read_text()
    (checkout / CHANGELOG).write_text(text.replace("## [Unreleased]\n", "## [Unreleased]\n\n- Later.\n", 1))
    git(checkout, "commit", "--all", "--quiet", "--message", "Change")
    assert release(checkout, "1.10.0", TODAY) == "- Later."
    assert released((checkout / CHANGELOG).read_text()) == ["1.10.0", "1.9.0"]


@pytest.mark.parametrize(
    "version", ["", "1.2", "v1.2.3", "1.2.3-rc1", "01.2.3", "1.2.3\n", "１.2.3", "1２.0.0", "--help"]
)
def test_what_is_no_version_changes_nothing(checkout: Path, version: str) -> None:
    before = state(checkout)
    with pytest.raises(NotReleased, match="is no version"):
        release(checkout, version, TODAY)
    assert state(checkout) == before


@pytest.mark.parametrize("version", ["1.9.0", "1.8.12", "0.10.0"])
def test_a_version_that_is_not_newer_changes_nothing(checkout: Path, version: str) -> None:
    release(checkout, "1.9.0", TODAY)
    before = state(checkout)
    with pytest.raises(NotReleased, match=r"not newer than 1\.9\.0"):
        release(checkout, version, TODAY)
    assert state(checkout) == before


def edit(folder: Path) -> None:
    (folder / "docs/clients.md").write_text("edited")


def leave_main(folder: Path) -> None:
    git(folder, "switch", "--quiet", "--create", "other")


def tag(folder: Path) -> None:
    git(folder, "tag", "v1.2.3")


def take_news(folder: Path) -> None:
    (folder / CHANGELOG).write_text(EMPTY)
    git(folder, "commit", "--all", "--quiet", "--message", "Nothing new")


def refuse_commits(folder: Path) -> None:
    hook = folder / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not on a Friday >&2\nexit 1\n")
    hook.chmod(0o755)


def name_no_version(folder: Path) -> None:
    (folder / "docs/clients.md").write_text("No version.")
    git(folder, "commit", "--all", "--quiet", "--message", "Forget the version")


def refuse_tags(folder: Path) -> None:
    git(folder, "config", "tag.gpgSign", "true")
    git(folder, "config", "gpg.program", "false")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (edit, r"(?s)Commit these first.*docs/clients\.md"),
        (leave_main, "this is other"),
        (tag, "exists already"),
        (take_news, "nothing as unreleased"),
        (refuse_commits, "not on a Friday"),
        (name_no_version, r"docs/clients\.md has 0 lines"),
        (refuse_tags, "git tag: "),
    ],
)
def test_a_checkout_that_is_not_ready_is_left_as_it_is(
    checkout: Path, spoil: Callable[[Path], None], why: str
) -> None:
    spoil(checkout)
    before = state(checkout)
    with pytest.raises(NotReleased, match=why):
        release(checkout, "1.2.3", TODAY)
    assert state(checkout) == before

"""`make release VERSION=1.2.3` makes a version of what CHANGELOG.md lists as unreleased: one commit and one tag.

One version is that of the application and of both clients. The tag of 1.2.3 is `v1.2.3`, annotated with the version's
part of the changelog. Nothing is pushed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
BRANCH = "main"
CHANGELOG = "CHANGELOG.md"
UNRELEASED = "## [Unreleased]\n"
PLACES = {
    "clients/python/pyproject.toml": r'(?m)^version = "([^"]+)"$',
    "frontend/client/package.json": r'(?m)^  "version": "([^"]+)",$',
    "docs/clients.md": r"(?m)^forge-mcp-client (\S+)$",
}
"""The files that name the version, each once, with an expression for the line that does."""
_VERSION = re.compile(r"(0|[1-9][0-9]*)[.](0|[1-9][0-9]*)[.](0|[1-9][0-9]*)")
_RELEASED = re.compile(rf"(?m)^## \[({_VERSION.pattern})\]")


class NotReleased(Exception):
    """There is no new version; the text says why, in git's words if git refused."""


def released(changelog: str) -> list[str]:
    """Return the versions that the changelog lists as released."""
    return [match[1] for match in _RELEASED.finditer(changelog)]


def release(root: Path, version: str, today: date) -> str:
    """Commit and tag the version. Return its part of the changelog. Raises `NotReleased`."""
    changelog = (root / CHANGELOG).read_text()
    _check_version(version, released(changelog))
    _check_checkout(root, version)
    news = _unreleased(changelog)
    heading = f"{UNRELEASED}\n## [{version}] - {today.isoformat()}\n"
    texts = {CHANGELOG: changelog.replace(UNRELEASED, heading, 1)}
    texts |= {name: _with_version(root, name, version) for name in PLACES}
    for name, text in texts.items():
        (root / name).write_text(text)
    try:
        _git(root, "commit", "--quiet", "--message", f"Release {version}", "--", CHANGELOG, *PLACES)
    except NotReleased:  # a hook refused it, or git does not know the author
        _git(root, "restore", "--staged", "--worktree", "--", CHANGELOG, *PLACES)
        raise
    _tag(root, version, news)
    return news


def _tag(root: Path, version: str, news: str) -> None:
    """Take the commit back if git refuses the tag."""
    # Lines of the changelog that begin with # would be comments.
    options = ("--annotate", "--cleanup=whitespace", "--message", f"{version}\n\n{news}")
    try:
        _git(root, "tag", *options, f"v{version}")
    except NotReleased:  # a key to sign with is missing
        _git(root, "reset", "--quiet", "--keep", "HEAD~1")
        raise


def _check_version(version: str, before: list[str]) -> None:
    if not _VERSION.fullmatch(version):
        raise NotReleased(f"{version!r} is no version. Name one: make release VERSION=1.2.3")
    newest = max(before, key=_numbers, default="")
    if newest and _numbers(version) <= _numbers(newest):
        raise NotReleased(f"{version} is not newer than {newest}, which is released.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _check_checkout(root: Path, version: str) -> None:
    if (branch := _git(root, "branch", "--show-current")) != BRANCH:
        raise NotReleased(f"A version is made of the branch {BRANCH}; this is {branch or 'no branch'}.")
    if edited := _git(root, "status", "--porcelain", "--untracked-files=no"):
        raise NotReleased(f"Commit these first, or take them back:\n{edited}")
    if _git(root, "tag", "--list", f"v{version}"):
        raise NotReleased(f"The tag v{version} exists already.")


def _unreleased(changelog: str) -> str:
    if UNRELEASED not in changelog:
        raise NotReleased(f"{CHANGELOG} has no line “{UNRELEASED.strip()}”.")
    news = re.split(r"(?m)^## ", changelog.split(UNRELEASED, 1)[1], maxsplit=1)[0].strip()
    if not news:
        raise NotReleased(f"{CHANGELOG} lists nothing as unreleased.")
    return news


def _with_version(root: Path, name: str, version: str) -> str:
    text = (root / name).read_text()
    lines = list(re.finditer(PLACES[name], text))
    if len(lines) != 1:
        raise NotReleased(f"{name} has {len(lines)} lines that name the version; it must have one.")
    return text[: lines[0].start(1)] + version + text[lines[0].end(1) :]


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReleased(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def main() -> int:
    version = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        news = release(ROOT, version, datetime.now(UTC).date())
    except NotReleased as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(
        f"{news}\n\n{version} is committed and tagged here as v{version}. Publish it: git push --follow-tags"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

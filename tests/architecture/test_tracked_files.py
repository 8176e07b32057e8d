"""The repository holds sources: nothing that a tool has downloaded or built."""

from __future__ import annotations

import subprocess

import pytest

from local_dev.repository import ROOT

PICTURES = "docs/images/"
"""The only folder whose files are not text."""

pytestmark = pytest.mark.processes


def test_every_tracked_file_is_text_or_a_picture_of_the_documents() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this folder is no checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--eol", "-z"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    lines = [line.partition("\t") for line in listed.stdout.split("\0") if line]
    assert lines
    binary = [path for kind, _, path in lines if "i/-text" in kind and not path.startswith(PICTURES)]
    assert binary == [], "git rm these files; .gitignore names what tools leave"

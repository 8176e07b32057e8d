"""`make base-images` pins the base images of worker/Dockerfile by the current digests of their tags.

A tag's owner may move it; a digest names one content. Run this again to get the fixes of newer images.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from deploy.programs import DeployFailed, Programs

ROOT = Path(__file__).parents[1]
_ARGUMENT = re.compile(r"^(ARG \w+_IMAGE=)([^\s@]+)(@sha256:[0-9a-f]{64})?$", re.MULTILINE)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def pinned(text: str, programs: Programs) -> str:
    """Return the Dockerfile with the digest of each base image after its tag. Raises `DeployFailed`."""

    def renew(found: re.Match[str]) -> str:
        return f"{found[1]}{found[2]}@{_digest(found[2], programs)}"

    return _ARGUMENT.sub(renew, text)


def _digest(image: str, programs: Programs) -> str:
    """Return the digest of the list of images for all processors, so that one line works for arm64 and x86-64."""
    format_ = ("--format", "{{.Manifest.Digest}}")
    said = programs.output("docker", "buildx", "imagetools", "inspect", image, *format_).strip()
    if not _DIGEST.fullmatch(said):
        raise DeployFailed(f"docker says no digest for {image}, but: {said[:200]}")
    return said


def main() -> int:
    dockerfile = ROOT / "worker" / "Dockerfile"
    before = dockerfile.read_text()
    try:
        after = pinned(before, Programs(os.environ, ROOT))
    except DeployFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    dockerfile.write_text(after)
    for found in _ARGUMENT.finditer(after):
        print(found[0].removeprefix("ARG "))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The page as browsers get it: its files are below a path with their version, so browsers may keep them without
limit.

`index.html` and the modules name their files by relative paths, so a copy of all of them below `/v-<version>/` is the
page. A reload requests `index.html` only, and modules of two versions are never mixed. In this copy the style sheets
are one file and the modules are another (`page_bundle`), because a browser requests only six files at a time.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_dev.gateway.page_bundle import bundle

FOLDER = "v-"
IMMUTABLE = "public, max-age=31536000, immutable"
STYLES = "style/all.css"
"""Every style sheet that `index.html` names for all media, in order."""
_LEFT_OUT = (".json", ".d.ts")
"""Files for npm and editors, which browsers do not get."""
_MODULE = re.compile(r'^ *<link rel="modulepreload" href="([^"]+)">\n', re.MULTILINE)
_SHEET = re.compile(r'^ *<link rel="stylesheet" href="([^"]+)">\n', re.MULTILINE)
_CONFIG = re.compile(r'(<meta name="forge-config" content=")\{\}(">)')
_REFERENCE = re.compile(r'\b(?:href|src)="(?![a-z]+:|/|#)')


@dataclass(frozen=True, slots=True)
class Published:
    """The page as browsers get it."""

    version: str
    """A digest of the files, a part of their path."""
    index: bytes
    """The page's `index.html`, which names the files by their versioned paths."""
    files: Mapping[str, bytes]
    """The other files, by their path below `/v-<version>/`."""


def with_config(index: str, config: str) -> str:
    """Put `config`, the JSON document that says how to log in and whether there is a local node, into the page.

    The page contains it, so that the page need not request it before it begins. Raises ValueError if `config` is not
    empty and the page has no place for it.
    """
    placed, places = _CONFIG.subn(lambda found: found[1] + html.escape(config) + found[2], index)
    if not places and json.loads(config):
        raise ValueError('index.html has no <meta name="forge-config" content="{}">.')
    return placed


def page_files(folder: Path) -> list[Path]:
    """Return the files of the page as paths below `folder`, in a fixed order."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not path.name.endswith(_LEFT_OUT))


def published(folder: Path, config: str = "{}") -> Published:
    """`config` as for `with_config`. The version changes when any file has another name or content.

    Raises OSError if there is no index.
    """
    files = {path.as_posix(): (folder / path).read_bytes() for path in page_files(folder)}
    version = _digest(files)
    index = with_config((folder / "index.html").read_text(), config)
    files.pop("index.html", None)
    if sheets := _SHEET.findall(index):
        files[STYLES] = b"\n".join(files.get(sheet, b"") for sheet in sheets)
    if modules := bundle(folder):
        index = _MODULE.sub("", index)
        files |= modules
    return Published(version, _versioned(index, version).encode(), files)


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in files.items():
        digest.update(f"{path}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _versioned(index: str, version: str) -> str:
    if first := _SHEET.search(index):
        one = f'    <link rel="stylesheet" href="{STYLES}">\n'
        index = index[: first.start()] + one + _SHEET.sub("", index[first.start() :])
    return _REFERENCE.sub(rf"\g<0>{FOLDER}{version}/", index)

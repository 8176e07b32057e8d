"""The page as browsers get it: its files under a name of their version, which they may keep for ever.

`index.html` names its files by relative paths, and the modules name each other so. So a copy of all of them under
`/v-<version>/` is the page: a reload asks for `index.html` only, and modules of two versions are never mixed. There the
style sheets are one file, and the modules another (`page_bundle`): a browser asks for six files at a time.
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
"""Every style sheet that `index.html` names for all media, in its order."""
_LEFT_OUT = (".json", ".d.ts")
"""What is not for browsers: what npm and editors read."""
_MODULE = re.compile(r'^ *<link rel="modulepreload" href="([^"]+)">\n', re.MULTILINE)
_SHEET = re.compile(r'^ *<link rel="stylesheet" href="([^"]+)">\n', re.MULTILINE)
_CONFIG = re.compile(r'(<meta name="forge-config" content=")\{\}(">)')
_REFERENCE = re.compile(r'\b(?:href|src)="(?![a-z]+:|/|#)')


@dataclass(frozen=True, slots=True)
class Published:
    """`index` names `files`, which lie below `/v-<version>/`, each by its path there."""

    version: str
    index: bytes
    files: Mapping[str, bytes]


def with_config(index: str, config: str) -> str:
    """`config`: the JSON document that says how to log in, and whether there is a local node to ask.

    It is in the page, so that the page need not ask for it before it begins. Raises ValueError when the page has no
    place for a document that says something.
    """
    placed, places = _CONFIG.subn(lambda found: found[1] + html.escape(config) + found[2], index)
    if not places and json.loads(config):
        raise ValueError('index.html has no <meta name="forge-config" content="{}">.')
    return placed


def page_files(folder: Path) -> list[Path]:
    """What the page is made of, as paths below `folder`, in a fixed order."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not path.name.endswith(_LEFT_OUT))


def published(folder: Path, config: str = "{}") -> Published:
    """`config` as for `with_config`. The version is another one as soon as any file has another name or content.

    Raises OSError without an index.
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

"""Images, sounds and documents in tool results. An LLM that can read them gets the files; all others get words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from pydantic_ai.messages import BinaryContent

from forge.models.counted_words import counted

LARGEST_FILE = 60_000
"""Maximum bytes of a file that the LLM may get. Base64 then stays below the limit of characters of a tool's result."""
_KIB = 1024
_ENCODED = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{2000,}={0,2}")
"""It begins where its run of characters begins, so that the time is linear: a result may have millions of them."""

NAMES = {"image": "An image", "audio": "A sound", "video": "A video", "application/pdf": "A PDF document"}
BEGINNINGS: tuple[tuple[str, bytes], ...] = (
    # How a file of the type begins. A provider refuses the whole request if a file has another type than it claims.
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/gif", b"GIF8"),
    ("image/webp", b"RIFF"),
    ("application/pdf", b"%PDF-"),
)


def in_words(file: BinaryContent, why: str = "") -> str:
    """For example `An image (image/png, 12 KiB), which is too large to be shown here`."""
    kind = file.media_type.partition(";")[0].lower()
    name = NAMES.get(kind) or NAMES.get(kind.partition("/")[0], "A file")
    size = len(file.data)
    told = counted(size, "byte") if size < _KIB else f"{size // _KIB} KiB"
    return f"{name} ({kind[:60]}, {told})" + (f", which {why}" if why else "")


def storable(value: Any) -> Any:
    """A file that is too large is described in words, never cut."""
    return mapped(value, _if_small)


def without_files(value: Any) -> Any:
    return mapped(value, in_words)


def without_encoded_data(text: str) -> str:
    """Encoded data that is cut cannot be read, so it is left out as a whole."""
    return _ENCODED.sub(lambda run: f"[{counted(len(run[0]), 'character')} of encoded data]", text)


def _if_small(file: BinaryContent) -> Any:
    return file if len(file.data) <= LARGEST_FILE else in_words(file, "is too large to be shown here")


def mapped(value: Any, change: Callable[[BinaryContent], Any]) -> Any:
    """Returns the same object if nothing in it changes."""
    if isinstance(value, BinaryContent):
        return change(value)
    if isinstance(value, list):
        parts = cast("list[Any]", value)
        new = [mapped(part, change) for part in parts]
        return new if any(a is not b for a, b in zip(new, parts, strict=True)) else parts
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value)
        changed = {key: mapped(item, change) for key, item in items.items()}
        return changed if any(changed[key] is not items[key] for key in items) else items
    return value

"""The saved state of the local chain: anvil's dump, written so that a reader finds either the old or the new file."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from pathlib import Path
from typing import Any

BLOCKS = 1000
"""Number of blocks that are kept between starts; all balances and contracts are kept."""
_LONG = 8 * 2**20
"""Bytes of JSON above which the older blocks are dropped at a start."""


class ChainFileUnreadable(Exception):
    """The file is damaged, or anvil has not written it."""


class ChainFile:
    """`saved` is compressed as the node returns it; `plain` is made from it for the node to read."""

    def __init__(self, state: Path) -> None:
        self.saved, self.plain = state / "chain.json.gz", state / "chain.json"

    def save(self, dumped: str) -> None:
        """`dumped`: the answer of `anvil_dumpState`. Raises OSError, ValueError."""
        _replace(self.saved, bytes.fromhex(dumped.removeprefix("0x")))

    def prepared(self) -> Path | None:
        """Return the file to load; None if there is none yet. Raises `ChainFileUnreadable`, OSError."""
        if not self.saved.exists():
            return self.plain if self.plain.exists() else None
        try:
            text = gzip.decompress(self.saved.read_bytes())
            if len(text) > _LONG:
                text = json.dumps(_shortened(json.loads(text))).encode()
        except (EOFError, gzip.BadGzipFile, zlib.error, ValueError, KeyError, TypeError) as error:
            raise ChainFileUnreadable from error
        _replace(self.plain, text)
        return self.plain


def _replace(file: Path, content: bytes) -> None:
    draft = file.with_suffix(".new")
    draft.write_bytes(content)
    os.replace(draft, file)


def _shortened(state: dict[str, Any]) -> dict[str, Any]:
    """Return the state without old blocks and their transactions."""
    first = int(state["best_block_number"]) - BLOCKS
    blocks = [block for block in state["blocks"] if int(block["header"]["number"], 16) > first]
    transactions = [
        each for each in state["transactions"] if int(each.get("block_number", first + 1)) > first
    ]
    return {**state, "blocks": blocks, "transactions": transactions}

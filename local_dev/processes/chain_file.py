"""The saved state of the local chain: what anvil hands out, written so that a reader finds the old or the new one."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from pathlib import Path
from typing import Any

BLOCKS = 1000
"""Blocks that are kept between starts; the balances and contracts are kept whole."""
_LONG = 8 * 2**20
"""Bytes of JSON from which on the older blocks are dropped at a start."""


class ChainFileUnreadable(Exception):
    """The file is damaged, or is not what anvil writes."""


class ChainFile:
    """`saved` is compressed as the node hands it out; `plain` is made of it for the node to read."""

    def __init__(self, state: Path) -> None:
        self.saved, self.plain = state / "chain.json.gz", state / "chain.json"

    def save(self, dumped: str) -> None:
        """`dumped`: the answer of `anvil_dumpState`. Raises OSError, ValueError."""
        _replace(self.saved, bytes.fromhex(dumped.removeprefix("0x")))

    def prepared(self) -> Path | None:
        """The file to load; None: there is none yet. Raises `ChainFileUnreadable`, OSError."""
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
    """Without the blocks, and their transactions, that are older than the last ones."""
    first = int(state["best_block_number"]) - BLOCKS
    blocks = [block for block in state["blocks"] if int(block["header"]["number"], 16) > first]
    transactions = [
        each for each in state["transactions"] if int(each.get("block_number", first + 1)) > first
    ]
    return {**state, "blocks": blocks, "transactions": transactions}

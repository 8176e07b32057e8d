"""An external MCP server over stdio that tries the trick that its argument names."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STRANGER = runpy.run_path(str(HERE / "stranger.py"))
TRIED = runpy.run_path(str(HERE / "tricks.py"))["tried"]


def tools() -> list[dict[str, Any]]:
    return [STRANGER["tool"]("look", "Tries a trick.")]


def call(_name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": TRIED(arguments["text"])[:20_000_000]}]}


if __name__ == "__main__":
    STRANGER["serve"].__globals__.update(tools=tools, call=call)
    STRANGER["serve"]()

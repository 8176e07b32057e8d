"""What a figure depends on besides the code: the computer, its load, and the versions of the programs."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from local_dev.repository import ROOT

LIBRARIES = (
    "pydantic-ai-slim",
    "fastapi",
    "uvicorn",
    "uvloop",
    "websockets",
    "aiohttp",
    "botocore",
    "fastmcp",
)
EMULATOR = ROOT / "node_modules/@dynoxide/linux-x64/package.json"
GIB = 1_024**3


def facts() -> dict[str, object]:
    """The name and the paths of the computer are left out, because they say nothing and documents would contain
    them.
    """
    return {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "commit": _commit(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory GiB": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load at start": round(os.getloadavg()[0], 2),
        "versions": _versions(),
    }


def _commit() -> str:
    """The commit ends with `+` if there are uncommitted changes."""
    asked = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", file.read_text(), re.MULTILINE) if file.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    told = {name: version(name) for name in LIBRARIES}
    if EMULATOR.exists() and (found := re.search(r'"version": "([^"]+)"', EMULATOR.read_text())):
        told["dynoxide"] = found[1]
    return told

"""A hostile program among the external servers cannot read any secret; the tricks that it tries are data."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp_servers.external.test_servers import opened
from tests.mcp_servers.external.tricks import TRICKS
from tests.unlisted import tried
from worker.agent.tools.external.config import ServerConfig
from worker.agent.tools.external.process_keeper import LANDLOCK_CREATE_RULESET, LANDLOCK_VERSION, SCOPES_SINCE
from worker.agent.tools.external.program_users import with_users

pytestmark = pytest.mark.processes

HERE = Path(__file__).parent
BESIEGED = "tests.mcp_servers.external.besieged"
ROOT = HERE.parents[2]
LANDLOCK = ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_VERSION)
LAUNCHER = shutil.which("setpriv")
PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin")
"""One that every user may execute, which may not be so of the one that runs this."""
ALONE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
"""A PID namespace: `/proc` shows no process of the computer but those of the test. Only root may make one."""
SUCCEED_UNPROTECTED = {
    "its own environment",
    "the environment of every process",
    "the environment of every thread",
    "where the links of every process lead",
    "sockets of its parents without a file",
    "the endpoint of the role's credentials",
    "signals to every process",
}
"""Whatever else the system forbids, these tricks work where nobody has done anything against them."""


def program(file: str, **more: Any) -> dict[str, Any]:
    return {"command": sys.executable, "args": ["-B", str(HERE / file)], **more}


def alone() -> tuple[str, ...]:
    """The tricks look at every process that they find: those of other tests would cost minutes, and prove nothing."""
    can_be = shutil.which(ALONE[0]) and subprocess.run([*ALONE, "true"], capture_output=True).returncode == 0
    return ALONE if can_be else ()


def besieged(*arguments: str) -> dict[str, Any]:
    """As a user who may not look into the processes of others, which root may."""
    secrets = {"ANTHROPIC_API_KEY": "s3cret", "AWS_SESSION_TOKEN": "s3cret", "NEIGHBOURS_KEY": "s3cret"}
    command = [*alone(), sys.executable, str(HERE / "without_rights.py"), "-m", BESIEGED, *arguments]
    done = subprocess.run(
        command,
        env={**os.environ, **secrets, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(
    LANDLOCK < SCOPES_SINCE, reason="this kernel has no Landlock that bounds signals and sockets"
)
def test_no_trick_of_a_hostile_program_reaches_a_secret(tmp_path: Path) -> None:
    config = tmp_path / "mcp.json"
    neighbour = program("stranger.py", env={"KEY": "${NEIGHBOURS_KEY}"})
    config.write_text(json.dumps({"mcpServers": {"neighbour": neighbour, "hostile": program("hostile.py")}}))
    without = besieged("open")
    assert {trick for trick in TRICKS if without[trick]} >= SUCCEED_UNPROTECTED
    seen = besieged(str(config))
    assert seen.pop("faults") == ""
    assert seen == dict.fromkeys(TRICKS, False)


async def test_the_hostile_program_does_answer(tmp_path: Path) -> None:
    """So that no secret is missed because nothing was tried."""
    async with opened(tmp_path, {"hostile": program("hostile.py", env={"KEY": "its own"})}) as external:
        assert "its own" in await looked(external, "its own environment")


async def looked(external: Any, trick: str) -> str:
    [(_, server)] = external.mounted()
    async with Client(server) as client:
        result = await client.call_tool("hostile_look", {"text": trick})
    return " ".join(getattr(part, "text", "") for part in result.content)


@pytest.mark.skipif(
    os.geteuid() != 0 or not LAUNCHER or not PYTHON, reason="only root may start others as users"
)
async def test_with_a_launcher_each_program_is_a_user_without_rights(tmp_path: Path) -> None:
    users = {"FORGE_MCP_LAUNCHER": str(LAUNCHER), "FORGE_MCP_USERS": "20001-20001"}
    servers = {"hostile": program("hostile.py", command=PYTHON), "one_too_many": program("stranger.py")}
    async with opened(tmp_path, servers, **users) as external:
        [fault] = external.faults()
        status = await looked(external, "its place in the system")
    assert "one_too_many is left out: FORGE_MCP_USERS has no user left" in fault
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == fields["Gid"].split() == ["20001"] * 4
    assert {fields[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1"
    assert fields["Groups"].strip() == ""


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.booleans()), st.integers(1, 9))
def test_no_two_programs_are_one_user(servers: dict[str, bool], count: int) -> None:
    tried("external servers: programs and users", (sorted(servers.items()), count))
    program_, web = ServerConfig(command="x"), ServerConfig(url="https://a.example", transport="http")
    configs = {name: program_ if is_program else web for name, is_program in servers.items()}
    environment = {"FORGE_MCP_LAUNCHER": "/launcher", "FORGE_MCP_USERS": f"500-{499 + count}"}
    kept, left_out = with_users(configs, environment)
    users = [config.runs_as for config in kept.values() if config.command]
    assert len(users) == len(set(users)) == min(count, sum(servers.values()))
    assert all(users)
    assert len(kept) + len(left_out) == len(configs)


@pytest.mark.parametrize("users", ["0-5", "20001", "20001-", "a-b", "20001-20064 "])
def test_a_range_of_users_that_cannot_be_read_is_an_error(users: str) -> None:
    with pytest.raises(ValueError, match="FORGE_MCP_USERS is written"):
        with_users({}, {"FORGE_MCP_LAUNCHER": "/launcher", "FORGE_MCP_USERS": users})

"""Third-party servers of `mcp.json`, over stdio and HTTP, with all kinds of faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.dependencies import get_http_headers

from forge.errors import StorageUnavailable
from forge.ports.tool_pins import Pins
from tests.mcp_servers.conftest import FakeApi, answer_of, free_port
from tests.mcp_servers.external.memory_pins import MemoryPins
from tests.patience import PATIENCE_MS, PATIENCE_SECONDS
from tests.serving import serving
from worker.agent.tools.external.external_servers import ExternalServers

pytestmark = pytest.mark.processes

SHORTEST: dict[str, Any] = {"timeout": 1_000}
"""What `mcp.json` allows. Who waits so long for a call expects it not to be answered."""
STRANGER = str(Path(__file__).with_name("stranger.py"))


def entry(fault: str = "", **more: Any) -> dict[str, Any]:
    return {"command": sys.executable, "args": [STRANGER], "env": {"FAULT": fault}, **more}


@asynccontextmanager
async def opened(
    folder: Path, servers: dict[str, Any], pins: Pins | None = None, /, **environment: str
) -> AsyncGenerator[ExternalServers]:
    path = folder / "mcp.json"
    path.write_text(json.dumps({"mcpServers": servers}))
    external = ExternalServers.from_environment(
        {"FORGE_MCP_CONFIG": str(path), **environment}, pins or MemoryPins()
    )
    try:
        await external.refresh()
        yield external
    finally:
        await external.close()


async def names(external: ExternalServers) -> set[str]:
    return {tool.name for _, server in external.mounted() for tool in await server.list_tools()}


async def call(external: ExternalServers, tool: str, arguments: dict[str, Any] | None = None) -> Any:
    [(_, server)] = external.mounted()
    async with Client(server) as client:
        return await answer_of(client, tool, arguments or {})


async def refused(external: ExternalServers, tool: str) -> str:
    with pytest.raises(ToolError) as error:
        await call(external, tool)
    return str(error.value)


async def test_a_stdio_servers_tools_are_offered_under_its_name_and_called(tmp_path: Path) -> None:
    async with opened(tmp_path, {"odd": entry()}) as external:
        assert "odd_echo" in await names(external)
        assert await call(external, "odd_echo", {"text": "hi"}) == {"said": "hi"}
        assert external.faults() == []


async def test_an_external_process_sees_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    own = entry(env={"FAULT": "", "TOKEN": "${ODD_TOKEN}", "MODE": "${ODD_MODE:-plain}"})
    async with opened(tmp_path, {"odd": own}, ODD_TOKEN="t-1", ANTHROPIC_API_KEY="secret") as external:
        seen = await call(external, "odd_environment")
    assert (seen["TOKEN"], seen["MODE"]) == ("t-1", "plain")
    assert "secret" not in json.dumps(seen)


async def test_only_allowed_tools_are_offered(tmp_path: Path) -> None:
    async with opened(tmp_path, {"odd": entry(allowedTools=["echo", "nothing"])}) as external:
        assert await names(external) == {"odd_echo"}


async def test_a_strangers_annotations_are_believed_only_if_the_operator_says_so(tmp_path: Path) -> None:
    servers = {"odd": entry(), "friend": entry(trustAnnotations=True)}
    async with opened(tmp_path, servers) as external:
        hints = {
            tool.name: tool.annotations
            for _, server in external.mounted()
            for tool in await server.list_tools()
        }
    assert (hints["odd_echo"] and hints["odd_echo"].read_only_hint) is False
    assert (hints["friend_echo"] and hints["friend_echo"].read_only_hint) is True


async def test_a_changed_definition_is_quarantined_and_the_other_tools_go_on(tmp_path: Path) -> None:
    pins = MemoryPins()
    async with opened(tmp_path, {"odd": entry()}, pins) as external:
        before = await names(external)
    async with opened(tmp_path, {"odd": entry("changed")}, pins) as external:
        assert await names(external) == before - {"odd_echo"}
        [notice] = external.faults()
        assert "odd/echo" in notice
        assert "quarantined" in notice
    async with opened(tmp_path, {"odd": entry()}, pins) as external:
        assert await names(external) == before


async def test_a_definition_that_changes_while_we_run_is_quarantined_at_the_next_refresh(
    tmp_path: Path,
) -> None:
    mark = tmp_path / "mark"
    odd = entry(env={"FAULT": "changing", "MARK": str(mark)})
    async with opened(tmp_path, {"odd": odd}) as external:
        assert "odd_echo" in await names(external)
        mark.touch()
        await refused(external, "odd_die")
        await external.refresh()
        assert "odd_echo" not in await names(external)


class UnreachablePins(MemoryPins):
    def read(self, server: str) -> dict[str, str]:
        raise StorageUnavailable("The table does not answer.", retry_after=1)


async def test_pins_that_cannot_be_read_are_not_taken_for_none(tmp_path: Path) -> None:
    async with opened(tmp_path, {"odd": entry()}, UnreachablePins()) as external:
        assert await names(external) == set()
        assert "pins" in external.faults()[0]


async def test_bad_definitions_cost_only_themselves(tmp_path: Path) -> None:
    async with opened(tmp_path, {"odd": entry("schema")}) as external:
        offered = await names(external)
        notices = " ".join(external.faults())
    assert "odd_echo" in offered
    assert not {name for name in offered if "bad" in name or "huge" in name or "xxx" in name}
    for reason in (
        "schema is not valid",
        "at most 64",
        "longer than",
        "defined twice",
    ):
        assert reason in notices


async def test_a_server_that_lies_fails_or_dies_costs_only_the_call(tmp_path: Path) -> None:
    async with opened(tmp_path, {"odd": entry(timeout=PATIENCE_MS)}) as external:
        assert await call(external, "odd_lie") == {"number": "none"}
        assert "the stranger is unwell" in await refused(external, "odd_fail")
        assert "broke off; the call may or may not have" in await refused(external, "odd_die")
        assert await call(external, "odd_echo", {"text": "again"}) == {"said": "again"}


async def test_a_server_that_hangs_costs_only_the_call(tmp_path: Path) -> None:
    async with opened(tmp_path, {"odd": entry(**SHORTEST)}) as external:
        assert "may or may not have taken effect" in await refused(external, "odd_sleep")
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await said_at_last(external, "still here") == {"said": "still here"}


async def said_at_last(external: ExternalServers, text: str) -> Any:
    """A busy computer may take longer for an echo than a call may last here."""
    while True:
        with contextlib.suppress(ToolError):
            return await call(external, "odd_echo", {"text": text})


async def test_servers_that_are_down_slow_or_talk_nonsense_cost_a_notice_each(
    tmp_path: Path,
) -> None:
    servers = {
        "good": entry(),
        "missing": {"command": "no-such-program-here"},
        "closed": {"url": f"http://127.0.0.1:{free_port()}/mcp"},
        "silent": entry("silent"),
        "garbage": entry("garbage"),
        "invalid": entry("protocol"),
    }
    started = time.monotonic()
    async with opened(tmp_path, servers, FORGE_MCP_START_SECONDS="3") as external:
        assert time.monotonic() - started < PATIENCE_SECONDS
        assert {name.partition("_")[0] for name in await names(external)} == {"good", "invalid"}
        notices = external.faults()
    assert len(notices) == 5
    for name in ("missing", "closed", "silent", "garbage", "invalid"):
        assert any(f" {name} " in notice or f" {name}/" in notice for notice in notices)


async def test_a_server_over_http_is_used_with_its_headers(tmp_path: Path) -> None:
    stranger: FastMCP[Any] = FastMCP("stranger")

    @stranger.tool
    def authorization() -> dict[str, str]:
        return {"header": get_http_headers(include_all=True)["authorization"]}

    async with serving(stranger.http_app(), ws="none") as port:
        web = {"url": f"http://127.0.0.1:{port}/mcp", "headers": {"Authorization": "Bearer ${WEB_TOKEN}"}}
        async with opened(tmp_path, {"web": web}, WEB_TOKEN="t-2") as external:
            assert await call(external, "web_authorization") == {"header": "Bearer t-2"}


async def test_a_server_that_redirects_elsewhere_is_not_followed(tmp_path: Path, api: FakeApi) -> None:
    api.will_answer({}, status=307, Location="http://localhost:9/steal")
    web = {"url": f"{api.url}/mcp", "headers": {"Authorization": "Bearer t"}}
    async with opened(tmp_path, {"web": web}) as external:
        assert await names(external) == set()
        assert "External server web" in external.faults()[0]
    assert {request.path for request in api.requests} == {"/mcp"}

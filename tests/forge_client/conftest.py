"""A fake server for each test, and a client with short waiting times."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forge_client import ForgeClient, Pace
from forge_client.terminal.remembered import RememberedSessions
from tests.fake_server.server import FakeServer, serving

QUICK = Pace(
    open_within=2,
    ping_every=0.2,
    ping_every_busy=0.2,
    pong_within=0.4,
    sync_grace=0.05,
    sync_first=0.05,
    sync_cap=0.2,
    proven=0.5,
    backoff_first=0.02,
    backoff_cap=0.2,
    sse_silence=2,
    sse_for=2,
)


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with serving(FakeServer()) as running:
        yield running


@pytest.fixture
async def client(server: FakeServer) -> AsyncIterator[ForgeClient]:
    async with ForgeClient(server.base_url, "mine", pace=QUICK) as connected:
        yield connected


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


@pytest.fixture
def remembered(tmp_path: Path) -> RememberedSessions:
    return RememberedSessions(tmp_path / "sessions.json")

"""One rig of real processes for all tests of this folder; each test has sessions of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bench.soak.rig import Rig, running_rig


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def rig() -> AsyncIterator[Rig]:
    async with running_rig() as rig:
        yield rig

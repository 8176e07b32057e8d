"""The whole application in its own processes, started once per kind and shared by all tests that need that kind.

Tests that share a stack have a session each, as people do. All of them run on one event loop, that of the stacks, as
each module's `pytestmark` says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from bench.browser import launched
from local_dev.stack_process import RunningStack, running_stack
from tests.end_to_end.conversing import Web
from tests.patience import PATIENCE_SECONDS

BRIEF_SESSION_SECONDS = 3.0
TOKEN_SECONDS = 2.0
LOGIN = {"AUTH_ISSUER": "dev", "FORGE_LLM": "offline"}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stack() -> AsyncIterator[RunningStack]:
    """With the scripted LLM: the message says what is answered."""
    async with running_stack() as stack:
        yield stack


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def operator_stack() -> AsyncIterator[RunningStack]:
    """As `make run` starts it, with the offline operator."""
    async with running_stack({"FORGE_LLM": "offline", "WALLET_RECEIPT_SECONDS": "5"}) as stack:
        yield stack


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def brief_stack() -> AsyncIterator[RunningStack]:
    """Sessions end `BRIEF_SESSION_SECONDS` after their last activity."""
    environment = {
        "SESSION_TIMEOUT_MINUTES": str(BRIEF_SESSION_SECONDS / 60),
        "FORGE_EXPIRY_SECONDS": "0.3",
    }
    async with running_stack(environment) as stack:
        yield stack


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def login_stack() -> AsyncIterator[RunningStack]:
    """People log in, with the development issuer; no token ends within a test."""
    async with running_stack(LOGIN) as stack:
        yield stack


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def brief_login_stack() -> AsyncIterator[RunningStack]:
    """The tokens of those who log in last `TOKEN_SECONDS`."""
    async with running_stack({**LOGIN, "FORGE_DEV_TOKEN_SECONDS": str(TOKEN_SECONDS)}) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="session")
async def web(stack: RunningStack) -> AsyncIterator[Web]:
    async with httpx.AsyncClient(
        base_url=stack.base_url, timeout=PATIENCE_SECONDS, trust_env=False
    ) as client:
        yield Web(client)


@pytest_asyncio.fixture(loop_scope="session")
async def brief_web(brief_stack: RunningStack) -> AsyncIterator[Web]:
    async with httpx.AsyncClient(
        base_url=brief_stack.base_url, timeout=PATIENCE_SECONDS, trust_env=False
    ) as client:
        yield Web(client)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright, launched(playwright) as browser:
        yield browser

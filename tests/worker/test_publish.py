"""A worker that starts before its table exists."""

from __future__ import annotations

import asyncio

from botocore.session import get_session

from forge.settings import Settings
from forge.store import open_store, system_clock
from tests.patience import PATIENCE_SECONDS
from tests.schema import TABLE_NAME, create_table
from worker.agent.tools.toolbox import Toolbox
from worker.blocking_calls import Blocking
from worker.tool_catalog import Publisher


async def test_a_worker_publishes_as_soon_as_its_table_exists(aws: None) -> None:
    store, blocking = open_store(Settings(forge_table=TABLE_NAME)), Blocking(2)
    publisher = Publisher(
        store.commands,
        Toolbox([], []),
        blocking,
        system_clock,
        llm="offline",
        missing_api_key=False,
        notices=[],
    )
    await publisher.publish()
    keeping = asyncio.create_task(publisher.keep_published())
    create_table(get_session().create_client("dynamodb", region_name="us-east-1"))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (catalog := await blocking(store.commands.catalog)) is None:  # noqa: ASYNC110  a table tells nobody
            await asyncio.sleep(0.05)
    keeping.cancel()
    blocking.close()
    assert catalog.llm == "offline"

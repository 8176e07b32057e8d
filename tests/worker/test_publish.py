"""What a worker publishes at its start, also before its table exists."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from botocore.session import get_session

from forge.settings import Settings
from forge.store import Store, open_store, system_clock
from tests.patience import PATIENCE_SECONDS
from tests.schema import TABLE_NAME, create_table
from worker.agent.tools.toolbox import Toolbox
from worker.blocking_calls import Blocking
from worker.tool_catalog import Publisher


def publisher_of(store: Store, blocking: Blocking, **other: Any) -> Publisher:
    terms: dict[str, Any] = {"llm": "offline", "missing_api_key": False, "notices": []}
    return Publisher(store.commands, Toolbox([], []), blocking, system_clock, **(terms | other))


@pytest.mark.slow
async def test_what_an_earlier_start_of_make_run_has_published_is_replaced_by_a_worker_without_a_key(
    aws: None,
) -> None:
    """The table is kept; `make run` said nothing, and nobody was answered, for more than two minutes."""
    create_table(get_session().create_client("dynamodb", region_name="us-east-1"))
    store, blocking = open_store(Settings(forge_table=TABLE_NAME)), Blocking(2)
    await publisher_of(store, blocking).publish()
    keyless = {"llm": "anthropic:x", "missing_api_key": True}
    await publisher_of(store, blocking, **keyless).publish()
    beside = store.commands.catalog()
    later = publisher_of(store, blocking, **keyless, others_since=system_clock() + 1)
    assert not await later.others_can_answer()
    await later.publish()
    alone = store.commands.catalog()
    blocking.close()
    assert beside is not None
    assert alone is not None
    assert (beside.llm, alone.llm, alone.missing_api_key) == ("offline", "anthropic:x", True)


@pytest.mark.slow
async def test_a_worker_publishes_as_soon_as_its_table_exists(aws: None) -> None:
    store, blocking = open_store(Settings(forge_table=TABLE_NAME)), Blocking(2)
    publisher = publisher_of(store, blocking)
    await publisher.publish()
    keeping = asyncio.create_task(publisher.keep_published())
    create_table(get_session().create_client("dynamodb", region_name="us-east-1"))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (catalog := await blocking(store.commands.catalog)) is None:  # noqa: ASYNC110  a table tells nobody
            await asyncio.sleep(0.05)
    keeping.cancel()
    blocking.close()
    assert catalog.llm == "offline"

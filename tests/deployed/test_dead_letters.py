"""The documented command lists runs that workers gave up, and sends them again, with the operator's credentials."""

from __future__ import annotations

import asyncio
import sys

import pytest

from forge.models.run import RunMessage
from local_dev.repository import ROOT
from tests.deployed.conftest import Deployed, key_of
from tests.deployed.installation import STACK
from tests.end_to_end.conversing import contents, new_id, say
from worker.runs.lost_worker_limit import LOST_WORKERS_LIMIT

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


def lose_the_lease(deployed: Deployed, session_id: str) -> None:
    deployed.account.client("dynamodb").update_item(
        **deployed.hot_item(session_id),
        UpdateExpression="SET lease_until = :long_ago",
        ExpressionAttributeValues={":long_ago": {"N": "1"}},
    )


async def dead_letters(deployed: Deployed, *command: str) -> str:
    """`make dead-letters STACK=…` with the operator's credentials."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_dev.dead_letters", "--stack", STACK, *command),
        cwd=ROOT,
        env=deployed.account.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_what_is_given_up_becomes_a_dead_letter_that_the_operator_sends_again(
    deployed: Deployed,
) -> None:
    session_id = new_id()
    state = await deployed.web.chat(say("at last"), session_id)
    run_id = state["queued"][0]["run_id"]
    key = key_of(session_id)
    message = RunMessage(
        owner=key.owner, session_id=session_id, generation=state["generation"], run_id=run_id
    )
    for _ in range(LOST_WORKERS_LIMIT):
        await asyncio.to_thread(deployed.store.runs.claim, message, "a worker that dies")
        await asyncio.to_thread(lose_the_lease, deployed, session_id)
    await deployed.service.update()
    given_up = await deployed.streams.ended(session_id)
    assert given_up["outcomes"][run_id] == "failed"
    assert run_id in await dead_letters(deployed)
    assert "accepted once more" in await dead_letters(deployed, "requeue", run_id)
    again = await deployed.streams.ended(session_id, lambda each: contents(each, "agent") == ["at last"])
    assert again["message_count"] > given_up["message_count"]
    assert run_id not in await dead_letters(deployed)

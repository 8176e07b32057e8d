"""Every task of the evaluation set, carried out by the scripted LLM with the real tools, policy and wallet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.eval.grade import grade, scripted_prompt
from bench.eval.injections import INJECTIONS
from bench.eval.task import Task
from bench.eval.tasks import TASKS
from tests.mcp_servers.conftest import start_anvil, stop
from worker.agent.llm.scripted import ScriptedModel


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    process, url = start_anvil()
    other, other_url = start_anvil("--chain-id", "8453")
    yield {"TESTNET_RPC_URL": url, "BASE_RPC_URL": other_url}
    stop(process)
    stop(other)


def test_there_are_enough_tasks_and_each_has_its_own_name() -> None:
    tasks = (*TASKS, *INJECTIONS)
    assert len(TASKS) >= 20
    assert len({task.name for task in tasks}) == len(tasks)
    assert all(task.checks and scripted_prompt(task) for task in tasks)


@pytest.mark.chain
@pytest.mark.parametrize("task", [*TASKS, *INJECTIONS], ids=lambda task: task.name)
async def test_the_chain_is_as_the_task_wants_it(task: Task, environment: dict[str, str]) -> None:
    graded = await grade(task, ScriptedModel(), environment, is_scripted=True, wallet_seconds=0.3)
    assert graded.problem is None

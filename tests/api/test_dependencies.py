"""What functions share is made once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from forge.api import dependencies
from forge.api.entry.prefer_header import WAIT_LIMIT_SECONDS
from forge.aws import PAUSES_SECONDS, TRIES
from forge.store import Store
from tests.api.conftest import Environment
from tests.patience import PATIENCE_SECONDS
from tests.template import ROOT, folder_of, functions, template

CALLS = 8
HTTP_API_SECONDS = 30
"""An HTTP API of API Gateway waits no longer for a function."""


def functions_that_wait() -> list[str]:
    """Those whose handlers take a client's `Prefer: wait`."""
    sources = {name: ROOT / "functions" / folder_of(name) / "handler.py" for name in functions()}
    return [name for name, source in sources.items() if re.search(r"\bPreferred\b", source.read_text())]


def test_first_calls_at_the_same_time_share_one_store(environment: Environment) -> None:
    dependencies.forget()
    together = Barrier(CALLS)

    def first_call(_number: int) -> Store:
        together.wait(PATIENCE_SECONDS)
        return dependencies.store()

    with ThreadPoolExecutor(CALLS) as threads:
        made = list(threads.map(first_call, range(CALLS)))
    assert len({id(store) for store in made}) == 1


def test_a_function_says_when_to_come_back_before_its_own_time_is_over() -> None:
    seconds = template()["Globals"]["Function"]["Timeout"]
    assert seconds > TRIES * dependencies.READ_SECONDS + PAUSES_SECONDS


@pytest.mark.parametrize("name", functions_that_wait())
def test_a_function_that_waits_for_a_run_has_the_time_to_wait_and_to_answer(name: str) -> None:
    seconds = functions()[name]["Timeout"]
    assert WAIT_LIMIT_SECONDS + 2 * dependencies.READ_SECONDS < seconds < HTTP_API_SECONDS

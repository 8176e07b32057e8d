"""What functions share is made once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from forge.api import dependencies
from forge.aws import PAUSES_SECONDS, TRIES
from forge.store import Store
from tests.api.conftest import Environment
from tests.template import template

CALLS = 8


def test_first_calls_at_the_same_time_share_one_store(environment: Environment) -> None:
    dependencies.forget()
    together = Barrier(CALLS)

    def first_call(_number: int) -> Store:
        together.wait(10)
        return dependencies.store()

    with ThreadPoolExecutor(CALLS) as threads:
        made = list(threads.map(first_call, range(CALLS)))
    assert len({id(store) for store in made}) == 1


def test_a_function_says_when_to_come_back_before_its_own_time_is_over() -> None:
    seconds = template()["Globals"]["Function"]["Timeout"]
    assert seconds > TRIES * dependencies.READ_SECONDS + PAUSES_SECONDS

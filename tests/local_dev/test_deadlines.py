"""Each request of a connection sets and drops its deadline, which cuts off only what is late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from local_dev.http_server.deadline import Deadline
from tests.virtual_loop import run_in_virtual_time

Step = tuple[float, Callable[[Deadline], None]]


class Connection:
    """Notes when it was cut off."""

    def __init__(self) -> None:
        self.cut_off_at: float | None = None

    def abort(self) -> None:
        self.cut_off_at = asyncio.get_running_loop().time()


def cut_off_after(*steps: Step) -> float | None:
    """Seconds; None if it never is. Each step is taken at its second."""

    async def played() -> float | None:
        loop, connection = asyncio.get_running_loop(), Connection()
        deadline, began = Deadline(cast("asyncio.Transport", connection)), loop.time()
        for second, step in steps:
            await asyncio.sleep(began + second - loop.time())
            step(deadline)
        await asyncio.sleep(1_000)
        return None if connection.cut_off_at is None else round(connection.cut_off_at - began)

    return run_in_virtual_time(played)


def set_to(seconds: float) -> Callable[[Deadline], None]:
    return lambda deadline: deadline.set(seconds)


def test_what_is_late_is_cut_off() -> None:
    assert cut_off_after((0, set_to(10))) == 10


def test_a_deadline_that_was_dropped_cuts_nothing_off() -> None:
    assert cut_off_after((0, set_to(10)), (5, Deadline.drop)) is None


def test_a_later_deadline_replaces_an_earlier_one() -> None:
    assert cut_off_after((0, set_to(10)), (5, set_to(60))) == 65


def test_an_earlier_deadline_replaces_a_later_one() -> None:
    assert cut_off_after((0, set_to(60)), (5, set_to(10))) == 15


def test_the_next_request_has_all_of_its_time() -> None:
    assert cut_off_after((0, set_to(10)), (1, Deadline.drop), (9, set_to(10))) == 19
    assert cut_off_after((0, set_to(10)), (1, Deadline.drop), (30, set_to(10))) == 40


def test_a_connection_that_has_closed_is_left_alone() -> None:
    assert cut_off_after((0, set_to(10)), (5, Deadline.close)) is None

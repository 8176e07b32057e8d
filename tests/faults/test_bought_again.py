"""The checker notices a response that is bought again, and a call that is begun again, and nothing else."""

from __future__ import annotations

import pytest

from bench.soak.checker import _journal
from bench.soak.crossings import named
from bench.soak.events import Event

Happened = tuple[str, str, str]
"""What, crossing, detail."""
FIRST: list[Happened] = [("asked", "llm.request", "0"), ("applied", "runs.append", "2")]
SHOWN: Happened = ("applied", "runs.append", "2")
SECOND: Happened = ("asked", "llm.request", "1")
END: Happened = ("applied", "runs.finish", "4")


@pytest.mark.parametrize(
    ("happened", "noticed"),
    [
        ([*FIRST, SHOWN, SECOND, END], []),
        ([FIRST[0], *FIRST, SECOND], []),
        ([*FIRST, ("asked", "llm.request", "0")], ["response 0 was bought again"]),
        ([*FIRST, SHOWN, ("applied", "runs.append", "4"), SECOND], ["response 1 was bought again"]),
        ([*FIRST, END, ("asked", "llm.request", "0")], []),
        ([*FIRST, END, ("applied", "runs.append", "4"), ("asked", "llm.request", "0")], []),
        ([*FIRST, ("applied", "runs.finish", ""), SHOWN, ("asked", "llm.request", "0")], []),
        ([("applied", "journal.begin_call", "c"), ("applied", "journal.begin_call", "c")], []),
        (
            [("applied", "journal.finish_call", "c"), ("applied", "journal.begin_call", "c")],
            ["call c was begun again"],
        ),
    ],
)
def test_what_is_bought_or_begun_again_is_noticed(happened: list[Happened], noticed: list[str]) -> None:
    events = [
        Event(float(at), "worker-1", crossing, what, frozenset(), detail)
        for at, (what, crossing, detail) in enumerate(happened)
    ]
    assert [said for _, said in _journal(events)] == noticed


def test_the_writes_of_a_step_are_told_apart() -> None:
    def of(operation: str, body: str) -> str:
        headers = {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        return named("worker-1", "POST", "/", headers, body.encode()).crossing

    assert of("PutItem", '{"Item": {"sk": {"S": "message#1#2"}}}') == "runs.put_ahead"
    assert of("PutItem", '{"Item": {"sk": {"S": "entry#1#2#0"}}}') == "runs.put_ahead"
    hot = '{"Key": {"sk": {"S": "session"}}, "UpdateExpression": "SET %s, lease_until = :lease_until"}'
    assert of("UpdateItem", hot % "history_count = :history_count") == "runs.append"
    assert of("UpdateItem", hot % "history_count = :history_count, strangers = :strangers") == "runs.hear"
    assert of("UpdateItem", hot % "history_count = :history_count, recent = :recent") == "runs.finish"
    assert of("UpdateItem", hot % "rev = rev + :one") == "runs.renew"

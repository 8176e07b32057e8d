"""The tables of `make bench-cost`."""

from __future__ import annotations

from collections.abc import Mapping

from deploy import answer_cost
from deploy.answer_cost import Counts
from deploy.prices import prices

WORDS = {
    "turn": "A turn",
    "expiry": "Deleting it when its session has expired",
    "reload": "A reload of the page",
}


def report(counted: Mapping[str, Counts]) -> str:
    lines = [f"Dollars of a million, by {prices().origin}"]
    bill = {
        part: {line.what: line.dollars for line in each} for part, each in answer_cost.bill(counted).items()
    }
    sums = {part: sum(each.values()) for part, each in bill.items()}
    for part, words in WORDS.items():
        rows = [_row(what, dollars) for what, dollars in bill[part].items() if dollars]
        lines += ["", words, *rows, _row("in all", sums[part])]
    alone = sums["turn"] + sums["expiry"]
    lines += [
        "",
        _row("The turn alone, with its deletion", alone),
        _row("With a reload", alone + sums["reload"]),
    ]
    return "\n".join([*lines, "", *_counts(counted)])


def _row(what: str, dollars: float) -> str:
    return f"  {what:<60}{dollars:>8.2f}"


def _counts(counted: Mapping[str, Counts]) -> list[str]:
    names = sorted({name for each in counted.values() for name in each})
    head = f"{'Counted':<28}" + "".join(f"{part:>10}" for part in WORDS)
    return [
        head,
        *(
            f"  {name:<26}" + "".join(f"{counted[part].get(name, 0):>10,.1f}" for part in WORDS)
            for name in names
        ),
    ]

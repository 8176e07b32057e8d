"""The tables of `make bench-cost`."""

from __future__ import annotations

from collections.abc import Mapping

from bench.cost.before import BEFORE, COMMIT
from deploy import answer_cost
from deploy.answer_cost import Counts
from deploy.prices import prices

WORDS = {
    "turn": "A turn",
    "expiry": "Deleting it when its session has expired",
    "reload": "A reload of the page",
}


def report(counted: Mapping[str, Counts]) -> str:
    lines = [
        f"Dollars of a million, by {prices().origin}",
        f"before: commit {COMMIT}, counted then; after: counted now",
    ]
    bill = answer_cost.bill(counted)
    after = {part: {line.what: line.dollars for line in each} for part, each in bill.items()}
    for part, words in WORDS.items():
        lines += ["", f"{words:<62}{'before':>8} {'after':>8}", *_rows(BEFORE[part], after[part])]
    sums = [{part: sum(each.values()) for part, each in bills.items()} for bills in (BEFORE, after)]
    alone = [each["turn"] + each["expiry"] for each in sums]
    lines += ["", _row("The turn alone, with its deletion", *alone)]
    lines.append(
        _row("With a reload", *(one + each["reload"] for one, each in zip(alone, sums, strict=True)))
    )
    return "\n".join([*lines, "", *_counts(counted)])


def _rows(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    names = [*before, *(name for name in after if name not in before and after[name])]
    return [
        *(_row(name, before.get(name), after.get(name)) for name in names),
        _row("in all", sum(before.values()), sum(after.values())),
    ]


def _row(what: str, before: float | None, after: float | None) -> str:
    cells = ("" if value is None else f"{value:.2f}" for value in (before, after))
    return f"  {what:<60}" + " ".join(f"{cell:>8}" for cell in cells)


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

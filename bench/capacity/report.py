"""The tables of docs/capacity.md, between two marks; the hand-written text around them stays."""

from __future__ import annotations

from collections.abc import Sequence

from bench.capacity.quotas import QUOTAS, Peak, Quota, own_limits
from bench.capacity.scaling import Rules
from bench.capacity.week import Week
from bench.pages import table

BEGIN, END = "<!-- make bench-capacity writes from here -->", "<!-- to here -->"
ROOM = 0.5
"""A quota should be raised if the burst uses more than this share of it."""


def tables(weeks: Sequence[Week]) -> str:
    return "\n".join([*_week_table(weeks), "", *_quota_table(weeks)]) + "\n"


def rules_line(rules: Rules) -> str:
    return (
        f"With `RunsPerWorker` {rules.target:g}, `WorkerConcurrency` {rules.places}, `WorkerCountMin` {rules.least}, "
        f"cooldowns {rules.out_cooldown} s and {rules.in_cooldown} s, CPU target {rules.cpu_target:g} %:"
    )


def _week_table(weeks: Sequence[Week]) -> list[str]:
    rows: dict[str, list[str]] = {
        "messages a second, busiest usual minute": [f"{week.usual.turns:.3g}" for week in weeks],
        "messages a second, in the burst": [f"{week.burst.turns:.3g}" for week in weeks],
        "runs at once, usual / burst": [f"{week.usual.runs:,} / {week.burst.runs:,}" for week in weeks],
        "`WorkerCountMax`": [f"{week.rules.most}" for week in weeks],
        "workers, least / usual peak / burst": [
            f"{week.workers[0]} / {week.usual.workers} / {week.burst.workers}" for week in weeks
        ],
        "worker CPU at most": [f"{max(m.cpu for m in week.outcome.minutes):.0f} %" for week in weeks],
        "backlog age p99, without the burst": [f"{week.age_usual} s" for week in weeks],
        "backlog age p99, in the hour of the burst": [f"{week.age_burst} s" for week in weeks],
        "oldest message of the week": [f"{week.oldest} s" for week in weeks],
        "dollars a day, beside the LLM": [f"${week.dollars:,.2f}" for week in weeks],
    }
    return [
        rules_line(weeks[0].rules),
        "",
        *table("conversations a day", [f"{w.conversations:,}" for w in weeks], rows),
    ]


def _quota_table(weeks: Sequence[Week]) -> list[str]:
    rows = {
        _named(quota): [_cell(quota, week.usual, week.burst) for week in weeks]
        for quota in (*QUOTAS, *own_limits())
    }
    head = [
        "What the usual peak / the burst asks for. **Bold** is to be raised before: the burst takes more than",
        f"{ROOM:.0%} of what is there, or of the smaller figure in brackets.",
        "",
    ]
    sources = [
        "",
        "Sources, looked at on 2026-11-26, and where figures are to be found that are from memory here:",
        "",
    ]
    for source, is_read in {quota.source: quota.is_read for quota in QUOTAS}.items():
        sources.append(f"- <{source}>" + ("" if is_read else " (from memory)"))
    return [*head, *table("quota", [f"{week.conversations:,}" for week in weeks], rows), *sources]


def _named(quota: Quota) -> str:
    least = f" ({quota.least[0]}: {quota.least[1]:,g})" if quota.least else ""
    return f"{quota.name}: {quota.there:,g}{least}"


def _cell(quota: Quota, usual: Peak, burst: Peak) -> str:
    told = f"{_rounded(quota.needs(usual))} / {_rounded(quota.needs(burst))}"
    there = quota.least[1] if quota.least else quota.there
    return f"**{told}**" if quota.needs(burst) > ROOM * there else told


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"

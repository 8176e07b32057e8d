"""The definition of a scenario, the list of scenarios, and how they are run: one after the other, each in rounds."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench import scenarios
from bench.figures import Figure, over_rounds

MOST_SECONDS = 960.0
"""After this many seconds no further round of a scenario begins, so the longest one ends before the twentieth
minute.
"""
ROUND_SECONDS = 480.0
"""A round that takes longer has failed. The longest one takes half of it."""
T = TypeVar("T")
Measured = Mapping[str, list[Figure]]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    is_quick: bool = False
    """True for a quick run, which gives approximate figures, and shows that the bench itself works."""

    def of(self, whole: T, quick: T) -> T:
        return quick if self.is_quick else whole


@dataclass(frozen=True, slots=True)
class Scenario:
    """A part of the bench with its own table."""

    title: str
    """The words above the table."""
    measure: Callable[[Size], Awaitable[list[Figure]]]
    """Measures one round."""
    rounds: int = 1
    """The rounds of a whole run; a quick run has one round."""
    in_quick: bool = True
    """True if a quick run includes it at all."""


def found() -> dict[str, Scenario]:
    """Return the scenarios by the name of their module."""
    names = [module.name for module in pkgutil.iter_modules(scenarios.__path__)]
    modules = {name: importlib.import_module(f"{scenarios.__name__}.{name}") for name in names}
    return {name: module.SCENARIO for name, module in modules.items()}


def chosen(names: Sequence[str], size: Size) -> list[Scenario]:
    """Return those that are named, or else those of the size."""
    known = found()
    if names:
        return [known[name] for name in names]
    return [each for each in known.values() if each.in_quick or not size.is_quick]


async def measured(asked: Sequence[Scenario], size: Size, most_seconds: float = MOST_SECONDS) -> Measured:
    """Run a round of each scenario, then the next round of each, so that a temporary disturbance affects one round
    only.

    Each has a first round; after `most_seconds` no further one begins. A round that fails is printed and left out; a
    scenario without any round is tried once more at the end, and is missing from the result if that fails too.
    """
    began = time.monotonic()
    rounds: dict[str, list[list[Figure]]] = {scenario.title: [] for scenario in asked}
    for number in range(max(size.of(scenario.rounds, 1) for scenario in asked)):
        for scenario in asked:
            is_late = number and time.monotonic() - began > most_seconds
            if number < size.of(scenario.rounds, 1) and not is_late:
                rounds[scenario.title] += await _round(scenario, size)
    for scenario in asked:
        if not rounds[scenario.title] and time.monotonic() - began < most_seconds:
            rounds[scenario.title] += await _round(scenario, size)
    return {title: over_rounds(each) for title, each in rounds.items() if each}


async def _round(scenario: Scenario, size: Size) -> list[list[Figure]]:
    """Return the figures of one round, or nothing if it failed, because the others' figures must not be lost."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(ROUND_SECONDS):
            figures = [await scenario.measure(size)]
    except Exception:  # noqa: BLE001  a scenario starts programs, and anything may go wrong with them
        traceback.print_exc()
        figures = []
    failed = "" if figures else "  FAILED"
    print(f"{time.monotonic() - began:6.0f} s  {scenario.title}{failed}", file=sys.stderr, flush=True)
    return figures

"""`make bench`: measures this computer's copy against the budgets, prints tables, and (`--json`) one JSON document.

Nothing else should run on the computer meanwhile. `--quick` takes fewer samples. `--before FOLDER` measures another
checkout, in which `make setup` was run, and this one in turns, and prints their ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bench import attacks, compare
from bench.figures import Figure, table
from bench.first_token import many_users, one_user
from bench.growth import growth
from bench.imports import imports
from bench.largest_arguments import loop_held
from bench.mcp_calls import mcp_calls
from bench.page import page_figures
from bench.painted import painted_figures
from bench.people import UNLIMITED
from bench.processes import memory
from local_dev.stack_process import RunningStack, running_stack

START_BUDGET = STOP_BUDGET = 5.0


@dataclass(frozen=True, slots=True)
class Samples:
    conversations: int
    each_of_many: int
    calls: int
    rounds: int
    growth: int
    painted: int
    rounds_of_attacks: int


FULL = Samples(
    conversations=10,
    each_of_many=6,
    calls=200,
    rounds=3,
    growth=9,
    painted=400,
    rounds_of_attacks=attacks.ROUNDS,
)
QUICK = Samples(
    conversations=1, each_of_many=1, calls=20, rounds=1, growth=2, painted=60, rounds_of_attacks=1
)

Measured = dict[str, list[Figure]]


async def measured(samples: Samples) -> Measured:
    alone = await by_itself(samples)
    return alone | await attacks.measured(samples.rounds_of_attacks)


async def by_itself(samples: Samples) -> Measured:
    starting, stopping = await start_and_stop()
    painted = await painted_figures(samples.painted)
    async with running_stack({**UNLIMITED, "FORGE_LLM": "scripted"}) as stack:
        idle = memory(stack, "idle")
        one = await one_user(stack, samples.conversations)
        many = await many_users(stack, samples.each_of_many)
        return {
            "Start and stop": [starting, stopping],
            "Added time to first token, and to the whole answer of 20 tokens": one + many,
            "Memory": idle + memory(stack, "after 50 users"),
            "How a conversation grows": await growth(stack, samples.growth),
            "A tool call inside the worker": await mcp_calls(stack, samples.calls),
            "The largest arguments of each tool, on the worker's event loop": await loop_held(samples.rounds),
            "The page in Chromium": await page_figures(stack, samples.rounds),
            "Text that grows on the page, at 20 tokens a second": painted,
            "Import of each function (processor time)": await asyncio.to_thread(imports, samples.rounds),
        }


async def start_and_stop() -> tuple[Figure, Figure]:
    began = monotonic()
    async with running_stack() as stack:
        ready = monotonic() - began
        began = monotonic()
        await _stopped(stack)
        stopped = monotonic() - began
    return Figure("start", ready, "s", START_BUDGET), Figure("stop", stopped, "s", STOP_BUDGET)


async def _stopped(stack: RunningStack) -> None:
    stack.process.terminate()
    await stack.process.wait()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="compare with this checkout")
    parser.add_argument(
        "--rounds", type=int, default=3, help="runs of each checkout, in turns (with --before)"
    )
    options = parser.parse_args(arguments)
    if options.before:
        quick = ["--quick"] if options.quick else []
        print(compare.table(compare.compare(options.before, options.rounds, quick)))
        return 0
    if not options.json:
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before this began\n", flush=True)
    results = asyncio.run(measured(QUICK if options.quick else FULL))
    if options.json:
        print(json.dumps({title: [figure.as_json() for figure in each] for title, each in results.items()}))
    else:
        print("\n".join(table(title, figures) for title, figures in results.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

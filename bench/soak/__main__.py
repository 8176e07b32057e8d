"""`python -m bench.soak MINUTES=5`: load with random faults. `python -m bench.soak --matrix`: every fault point."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from bench.soak import load
from bench.soak.faults import Kind
from bench.soak.matrix import KINDS, Outcome, cells, play
from bench.soak.rig import running_rig
from bench.soak.table import table_of

HELP = """\
make soak ARGS="MINUTES=5"                 hundreds of sessions under random faults
make soak ARGS="MESSAGES=10000"            the same, until so many messages have been answered
make soak ARGS="--matrix [kill,freeze]"    each fault point × each kind of fault

  MINUTES, MESSAGES, SESSIONS (200), KILL_SECONDS (5), SEED, RESULTS (a file for one JSON line per fault)
"""


async def matrix(wanted: list[str]) -> int:
    kinds: list[Kind] = [kind for kind in KINDS if not wanted or kind in wanted]
    outcomes: list[Outcome] = []
    async with running_rig() as rig:
        for number, cell in enumerate(cells(kinds)):
            began = time.monotonic()
            outcome = await play(rig, cell, number)
            outcomes.append(outcome)
            verdict = "; ".join(map(str, outcome.violations)) or ("kept" if outcome.fired else "never fired")
            print(f"{time.monotonic() - began:5.1f} s  {cell.name}: {outcome.ended}, {verdict}", flush=True)
            _keep(outcome)
    print(table_of(outcomes))
    return int(any(outcome.violations or not outcome.fired for outcome in outcomes))


def _keep(outcome: Outcome) -> None:
    if not (file := os.environ.get("RESULTS")):
        return
    cell = outcome.cell
    line = {
        "point": f"{cell.point.crossing}: {cell.point.says}",
        "kind": cell.kind,
        "moment": cell.moment,
        "fired": outcome.fired,
        "ended": outcome.ended,
        "seconds": outcome.seconds,
        "violations": [str(violation) for violation in outcome.violations],
    }
    with Path(file).open("a") as results:
        results.write(json.dumps(line) + "\n")


def main() -> int:
    arguments = sys.argv[1:]
    if "--help" in arguments:
        print(HELP)
        return 0
    given = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    if "--matrix" in arguments:
        names = [argument for argument in arguments if not argument.startswith("-") and "=" not in argument]
        return asyncio.run(matrix([kind for name in names for kind in name.split(",")]))
    return asyncio.run(load.main({**os.environ, **given}))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.soak MINUTES=5`: load with random faults; `--matrix`: every fault point; `--stops`: every phase."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from types import ModuleType

import uvloop

from bench.soak import damages, deaths, load, stops
from bench.soak.matrix import KINDS, Cell, Outcome, cells, play
from bench.soak.results import keep, kept
from bench.soak.rig import running_rig
from bench.soak.table import table_of

HELP = """\
make soak ARGS="MINUTES=5"                 hundreds of sessions under random faults
make soak ARGS="MESSAGES=10000"            the same, until so many messages have been answered
make soak ARGS="--matrix [kill,freeze]"    each fault point × each kind of fault
make soak ARGS="--table RESULTS=file"      the table of the outcomes that were kept
make soak ARGS="--deaths MINUTES=2"        the local application while its own processes are killed and it starts again
make soak ARGS="--damages"                 each way in which a session's stored items may be damaged in mid-run
make soak ARGS="--stops"                   how soon a stop ends a run, in each of its phases

  of a soak: MINUTES, MESSAGES, SESSIONS (at a time, 24), WORKERS (3), KILL_SECONDS (5), FREEZES (the share of process
  faults that only freeze, 0.25), JUMPS (that only move a wall clock, 0.15), NEWER and DAMAGED (the shares of messages
  after which the session's stored items are so, 0.05 and 0.01), DEPLOY_SECONDS (a deployment of all workers and
  functions begins so long after the one before, 30; 0: none), LASTING (the share of messages that take long, 0.06),
  SEED, TRACE (a file for all that is known of the sessions with violations)
  of the matrix: POINT (a part of a fault point's name), MOMENT (before, during, after), RESULTS (a file for one JSON
  line per cell; the cells that it holds are not played again)
  of the damages: POINT (a part of a damage's name)
  of the deaths: MINUTES, SESSIONS (12), KILL_SECONDS (5), SEED
  of the stops: STOPS (of each phase, 100), SESSIONS (at a time, 4)
"""


PROGRAMS = {"--damages": damages, "--deaths": deaths, "--stops": stops}


def wanted(kinds: Sequence[str], given: Mapping[str, str]) -> list[Cell]:
    return [
        cell
        for cell in cells([kind for kind in KINDS if not kinds or kind in kinds])
        if given.get("POINT", "") in cell.point.name and cell.moment in given.get("MOMENT", cell.moment)
    ]


async def matrix(chosen: Sequence[Cell], file: str) -> int:
    outcomes = kept(file, chosen)
    done = {outcome.cell for outcome in outcomes}
    async with running_rig() as rig:
        for number, cell in enumerate(cell for cell in chosen if cell not in done):
            began = time.monotonic()
            outcome = await play(rig, cell, number)
            outcomes.append(outcome)
            print(f"{time.monotonic() - began:5.1f} s  {cell.name}: {_verdict(outcome)}", flush=True)
            if file:
                keep(file, outcome)
    print(table_of(sorted(outcomes, key=lambda outcome: chosen.index(outcome.cell))))
    return int(any(outcome.violations or not outcome.fired for outcome in outcomes))


def _verdict(outcome: Outcome) -> str:
    kept_or_not = "kept" if outcome.fired else "never fired"
    return f"{outcome.ended}, {'; '.join(map(str, outcome.violations)) or kept_or_not}"


def main() -> int:
    arguments = sys.argv[1:]
    if "--help" in arguments:
        print(HELP)
        return 0
    given = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    file = given.get("RESULTS", os.environ.get("RESULTS", ""))
    if "--table" in arguments:
        print(table_of(kept(file)))
        return 0
    if "--matrix" in arguments:
        names = [argument for argument in arguments if not argument.startswith("-") and "=" not in argument]
        kinds = [kind for name in names for kind in name.split(",")]
        return uvloop.run(matrix(wanted(kinds, given), file))
    return uvloop.run(_program(arguments).main({**os.environ, **given}))


def _program(arguments: Sequence[str]) -> ModuleType:
    return next((program for option, program in PROGRAMS.items() if option in arguments), load)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.capacity`: a simulated week at four sizes; `--replay`: a part of its peak on real workers."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import uvloop

from bench.capacity import report
from bench.capacity.load import Load
from bench.capacity.plot import svg
from bench.capacity.quotas import Turn
from bench.capacity.replay import LEAD_SECONDS, SHARE, Part, predicted, replay, told
from bench.capacity.scaling import Rules, rules
from bench.capacity.week import SIZES, Week, burst_day, most_workers, week
from bench.pages import written
from local_dev.repository import ROOT

HELP = """\
make bench-capacity                          a simulated week at four sizes: tables and picture of docs/capacity.md
make bench-capacity ARGS="--replay"          part of a peak hour at a tenth of its size, on real workers (seven minutes)

  of the replay: CONVERSATIONS a day (100000), SECONDS (300), SEED
"""
DOCUMENT = ROOT / "docs" / "capacity.md"
PICTURE = ROOT / "docs" / "images" / "capacity.svg"
PICTURED = 100_000


def main(arguments: Sequence[str]) -> int:
    if "--help" in arguments:
        print(HELP)
        return 0
    given = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    if "--replay" in arguments:
        return compare(
            int(given.get("CONVERSATIONS") or 100_000),
            int(given.get("SECONDS") or 300),
            int(given.get("SEED") or 15),
        )
    return simulate()


def simulate() -> int:
    load, turn = Load.read(), Turn.read()
    with ProcessPoolExecutor() as processes:
        weeks: list[Week] = list(processes.map(partial(week, load=load, turn=turn), SIZES))
    text = report.tables(weeks)
    print(text)
    DOCUMENT.write_text(written(DOCUMENT.read_text(), text, report.BEGIN, report.END))
    pictured = next(each for each in weeks if each.conversations == PICTURED)
    title = f"The day with the burst, {PICTURED:,} conversations a day"
    PICTURE.write_text(svg(burst_day(pictured, load), title))
    return 0


def tenth(conversations: int, load: Load) -> tuple[Rules, int]:
    """Return the rules with a tenth of the places for each worker, and the workers that run before the burst."""
    chosen = rules(WorkerCountMax=str(most_workers(load, conversations, rules().target)))
    before = load.usual_rate(load.burst_begins - LEAD_SECONDS, conversations)
    return chosen.shrunk(SHARE), math.ceil(before * load.mean_duration / chosen.target)


def compare(conversations: int, seconds: int, seed: int) -> int:
    load, turn = Load.read(), Turn.read()
    chosen, workers = tenth(conversations, load)
    part = Part.of(load, conversations, seconds, seed)
    outcome = predicted(part, chosen, workers, turn, load.mean_duration)
    found = uvloop.run(replay(part, chosen, workers))
    print("\n".join(told(found, outcome)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`make bench`: measures this computer's copy, prints tables, and (`--json`) one JSON document with its facts.

Nothing else should run on the computer at the same time. A name is a module of `bench/scenarios`; without a name all
scenarios are measured (20 minutes at most), or with `--quick` most of them with fewer samples (3 minutes at most).
`--write` stores the result in `bench/performance.json` and writes `docs/performance.md` and its plots from it;
`--render` does only the latter. A scenario that fails is printed; the others' figures are kept, and the exit status
is 1. `--before FOLDER` measures another checkout, in which `make setup` was run,
alternating with this one, and prints ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from bench import compare, performance
from bench.figures import table
from bench.machine import facts
from bench.suite import Measured, Size, chosen, found, measured


def document(results: Measured, machine: dict[str, object], size: Size) -> dict[str, Any]:
    scenarios = {title: [figure.as_json() for figure in each] for title, each in results.items()}
    return {"machine": {**machine, "is quick": size.is_quick}, "scenarios": scenarios}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(found()))
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    parser.add_argument("--quick", action="store_true", help="fewer samples, and not all scenarios")
    parser.add_argument(
        "--write", action="store_true", help="measure all scenarios, keep the result, and write the page"
    )
    parser.add_argument("--render", action="store_true", help="write the page from the kept result")
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="compare with this checkout")
    parser.add_argument(
        "--rounds", type=int, default=3, help="runs of each checkout, in turns (with --before)"
    )
    options = parser.parse_args(arguments)
    names: list[str] = options.scenarios
    if unknown := set(names) - set(found()):
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(found())}")
    if options.write and names:
        parser.error("--write keeps a run of all scenarios: name none")
    if options.render:
        performance.render()
        return 0
    if options.before:
        quick = ["--quick"] if options.quick else []
        print(compare.table(compare.compare(options.before, options.rounds, [*names, *quick])))
        return 0
    size, machine = Size(options.quick), facts()
    if not options.json:
        print(f"{os.cpu_count()} processors, load {machine['load at start']} before this began\n", flush=True)
    asked = list(found().values()) if options.write else chosen(names, size)
    results = uvloop.run(measured(asked, size))
    if options.write:
        performance.keep(document(results, machine, size))
    if options.json:
        print(json.dumps(document(results, machine, size)))
    else:
        print("\n".join(table(title, figures) for title, figures in results.items()))
    missing = [scenario.title for scenario in asked if scenario.title not in results]
    for title in missing:
        print(f"not measured, because it failed: {title}", file=sys.stderr)
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

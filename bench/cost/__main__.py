"""`make bench-cost` prints the cost of a turn, a reload and the expiry, from the requests that leave the processes.

`--write` stores the counts as the budgets that `make check` compares: `deploy/turn.json`, which `make deploy` also
prices, and `bench/turn_budgets.json`, which has the worker's calls by kind, frames and bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from bench.cost.report import report
from deploy.answer_cost import BUDGET
from tests.cost.scene import counted
from tests.cost.turns import counted_turns, write_budgets


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make these counts the budget")
    options = parser.parse_args(arguments)
    counts = counted()
    print(report(counts))
    if options.write:
        BUDGET.write_text(json.dumps(counts, indent=2) + "\n")
        write_budgets(counted_turns())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`make bench-cost`: what a turn, a reload and the expiry cost, from what leaves the processes.

`--write` makes what was counted the budget (`deploy/turn.json`) that `make check` holds and `make deploy` prints.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from bench.cost.report import report
from deploy.turn import BUDGET
from tests.cost.scene import counted


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make these counts the budget")
    options = parser.parse_args(arguments)
    counts = counted()
    print(report(counts))
    if options.write:
        BUDGET.write_text(json.dumps(counts, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

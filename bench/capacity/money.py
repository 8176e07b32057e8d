"""The cost of a day: workers by the hour, everything else by the counted requests and their prices."""

from __future__ import annotations

from bench.capacity.scaling import Rules
from deploy.answer_cost import bill, budget, worker_line
from deploy.prices import Line, prices

PROCESSOR = "Arm"


def worker_hour(rules: Rules) -> float:
    """Dollars of one worker with its public address."""
    price = prices()
    cpu, memory = price.of(f"{PROCESSOR} vCPU hour"), price.of(f"{PROCESSOR} GB hour")
    return rules.vcpu * cpu + rules.memory_gb * memory + price.of("address hour")


def day(rules: Rules, turns: float, conversations: float, worker_hours: float) -> float:
    """Return dollars without the LLM's provider. A conversation loads the page once."""
    parts = bill(budget())
    share = worker_line(prices()).what
    turn = _dollars([line for line in (*parts["turn"], *parts["expiry"]) if line.what != share])
    return turns * turn + conversations * _dollars(parts["reload"]) + worker_hours * worker_hour(rules)


def _dollars(of_a_million: list[Line]) -> float:
    return sum(line.dollars for line in of_a_million) / 1e6

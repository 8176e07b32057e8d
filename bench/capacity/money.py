"""What a day costs: the workers by the hour, everything else by the turn; prices as `make deploy` tells them."""

from __future__ import annotations

from bench.capacity.scaling import Rules
from deploy import costs

ARCHITECTURE = "arm64"


def worker_hour(rules: Rules) -> float:
    """Dollars of one worker, its public address included."""
    cpu, memory = costs.VCPU_HOUR[ARCHITECTURE], costs.GB_HOUR[ARCHITECTURE]
    return rules.vcpu * cpu + rules.memory_gb * memory + costs.ADDRESS_HOUR


def day(rules: Rules, turns: float, worker_hours: float) -> float:
    """Without the LLM's provider. What a turn costs contains a share for its worker, so this is at most."""
    return turns * costs.TURNS_1000 / 1_000 + worker_hours * worker_hour(rules)

"""The template's scaling rules, and what Application Auto Scaling does with them once a minute.

AWS's documentation says that it scales out in proportion to the metric, and scales in more slowly. The alarms that it
creates for a policy wait three minutes above the target, or fifteen minutes below nine tenths of it.
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from local_dev.repository import ROOT
from local_dev.template.aws_variables import REGION
from local_dev.template.intrinsics import Template

OUT_POINTS = 3
IN_POINTS = 15
IN_SHARE = 0.9
"""Share of the target: below it for `IN_POINTS` minutes there are too many workers."""
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Rules:
    """The template's scaling rules."""

    places: int
    """The runs that one worker takes at once."""
    target: float
    """The number of waiting or active runs for which one worker is kept."""
    least: int
    """The smallest number of workers."""
    most: int
    """The largest number of workers."""
    out_cooldown: int
    """The cooldown after adding workers, in seconds."""
    in_cooldown: int
    """The cooldown after removing workers, in seconds."""
    cpu_target: float
    """The processor time that the workers are kept at, in percent."""
    vcpu: float
    """The processors of one worker."""
    memory_gb: float
    """The memory of one worker, in GB."""

    def shrunk(self, share: float) -> Rules:
        """Return the rules for the same number of workers, each with this share of the runs."""
        return replace(self, places=round(self.places * share), target=self.target * share)


def rules(**parameters: str) -> Rules:
    """Return the rules of `template.yaml` with these parameters and the defaults of the others."""
    template = Template.load(ROOT / "template.yaml", region=REGION)
    defaults = {name: str(each["Default"]) for name, each in template.section("Parameters").items()}
    chosen = defaults | parameters
    template.refs.update(chosen)
    resources = template.section("Resources")
    runs, cpu = (_policy(template, resources, name) for name in ("WorkerScaling", "WorkerCpuScaling"))
    limits = resources["WorkerScalableTarget"]["Properties"]
    return Rules(
        places=int(chosen["WorkerConcurrency"]),
        target=float(runs["TargetValue"]),
        least=int(template.resolve(limits["MinCapacity"])),
        most=int(template.resolve(limits["MaxCapacity"])),
        out_cooldown=int(runs["ScaleOutCooldown"]),
        in_cooldown=int(runs["ScaleInCooldown"]),
        cpu_target=float(cpu["TargetValue"]),
        vcpu=int(chosen["WorkerCpu"]) / 1024,
        memory_gb=int(chosen["WorkerMemory"]) / 1024,
    )


def _policy(template: Template, resources: Mapping[str, Any], name: str) -> dict[str, Any]:
    configuration = dict(resources[name]["Properties"]["TargetTrackingScalingPolicyConfiguration"])
    configuration.pop("CustomizedMetricSpecification", None)
    return template.resolve(configuration)


class Point(NamedTuple):
    """One minute's metrics."""

    waiting: int
    """The waiting messages."""
    running: int
    """The active runs."""
    workers: int
    """The workers that reported."""
    cpu: float
    """The workers' processor time, in percent."""

    @property
    def runs(self) -> int:
        return self.waiting + self.running


@dataclass(slots=True)
class Scaler:
    """Decides how many workers run. A minute's metrics reach the alarms one minute later."""

    rules: Rules
    """The template's scaling rules."""
    desired: int
    """The number of workers that should run now."""
    _points: deque[Point] = field(default_factory=lambda: deque[Point](maxlen=IN_POINTS + 1))
    _out_at: float = -math.inf
    _in_at: float = -math.inf

    def minute(self, now: float, point: Point) -> int:
        """Return how many workers should run after the minute that ended at `now` (seconds)."""
        known = list(self._points)
        self._points.append(point)
        if self._is_out(known):
            if (
                now - self._out_at >= self.rules.out_cooldown
                and (wanted := self._wanted(known)) > self.desired
            ):
                self._out_at, self.desired = now, wanted
        elif self._is_in(known) and now - max(self._in_at, self._out_at) >= self.rules.in_cooldown:
            wanted = min(self.desired, self._wanted(known))
            self._in_at, self.desired = (now, wanted) if wanted < self.desired else (self._in_at, wanted)
        return self.desired

    def _is_out(self, known: list[Point]) -> bool:
        last = known[-OUT_POINTS:]
        over_runs = all(each.runs / max(each.workers, 1) > self.rules.target for each in last)
        over_cpu = all(each.cpu > self.rules.cpu_target for each in last)
        from_none = bool(known) and known[-1].workers == 0 and known[-1].runs > 0
        return from_none or (len(last) == OUT_POINTS and (over_runs or over_cpu))

    def _is_in(self, known: list[Point]) -> bool:
        """Scale in only if both policies have too many workers."""
        last = known[-IN_POINTS:]
        return len(last) == IN_POINTS and all(
            each.runs / max(each.workers, 1) < IN_SHARE * self.rules.target
            and each.cpu < IN_SHARE * self.rules.cpu_target
            for each in last
        )

    def _wanted(self, known: list[Point]) -> int:
        """Scale out in proportion to the last known metrics, by the larger of both policies, within the limits."""
        last = known[-1]
        by_runs = math.ceil(last.runs / self.rules.target)
        by_cpu = math.ceil(last.workers * last.cpu / self.rules.cpu_target)
        return max(self.rules.least, min(self.rules.most, max(by_runs, by_cpu)))

"""A week of messages: the curve of a day, the days of a week, and one burst, as after a link on a popular page."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

FILE = Path(__file__).with_name("load.json")
DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
_GAUSSIAN_FROM = 50.0
"""Above this mean a Poisson number is drawn as a rounded Gaussian one, which is close and much faster."""


@dataclass(frozen=True, slots=True)
class Load:
    """The shape of a week; times in seconds."""

    messages_per_conversation: float
    """The mean number of messages."""
    hours: tuple[float, ...]
    """The weights of the hours of a day."""
    days: tuple[float, ...]
    """The weights of the days of the week."""
    burst_begins: int
    """The beginning of the burst, from the beginning of the week."""
    burst_ends: int
    """The end of the burst, from the beginning of the week."""
    burst_times: float
    """The factor by which messages arrive faster during the burst."""
    durations: tuple[tuple[int, float], ...]
    """The durations of a turn, each with its share."""

    @classmethod
    def read(cls) -> Self:
        told: dict[str, Any] = json.loads(FILE.read_text())
        burst = told["burst"]
        begins = burst["day"] * DAY_SECONDS + burst["hour"] * 3_600 + 600
        return cls(
            messages_per_conversation=told["messages_per_conversation"],
            hours=tuple(told["hours"]),
            days=tuple(told["days"]),
            burst_begins=begins,
            burst_ends=begins + burst["minutes"] * 60,
            burst_times=burst["times"],
            durations=tuple((int(seconds), share) for seconds, share in told["durations"].items()),
        )

    @property
    def mean_duration(self) -> float:
        return sum(seconds * share for seconds, share in self.durations)

    def usual_rate(self, second: int, conversations: float) -> float:
        """Return messages a second without the burst, interpolated linearly between the middles of the hours."""
        at = (second % DAY_SECONDS) / 3_600 - 0.5
        hour, part = math.floor(at), at - math.floor(at)
        weight = self.hours[hour % 24] * (1 - part) + self.hours[(hour + 1) % 24] * part
        day = self.days[second // DAY_SECONDS % 7] * 7 / sum(self.days)
        return conversations * self.messages_per_conversation * day * weight / sum(self.hours) / 3_600

    def is_burst(self, second: int) -> bool:
        return self.burst_begins <= second < self.burst_ends

    def rate(self, second: int, conversations: float) -> float:
        return self.usual_rate(second, conversations) * (self.burst_times if self.is_burst(second) else 1)

    def arrivals(
        self, conversations: float, choose: random.Random, seconds: range = range(WEEK_SECONDS)
    ) -> Iterator[int]:
        """Yield the number of messages in each second of the week (of `seconds`)."""
        for second in seconds:
            yield poisson(self.rate(second, conversations), choose)

    def draw(self, count: int, choose: random.Random) -> list[int]:
        """Return the durations of this many turns."""
        seconds, shares = zip(*self.durations, strict=True)
        return choose.choices(seconds, shares, k=count)


def poisson(mean: float, choose: random.Random) -> int:
    if mean > _GAUSSIAN_FROM:
        return max(0, round(choose.gauss(mean, math.sqrt(mean))))
    count, left = 0, choose.random()
    edge = chance = math.exp(-mean)
    while left > edge and chance > 0:
        count += 1
        chance *= mean / count
        edge += chance
    return count

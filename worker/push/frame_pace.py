"""How often text is pushed. The page and the terminal show it evenly whatever comes: this decides about frames only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FramePace = Literal["smooth", "economic"]


@dataclass(frozen=True, slots=True)
class Pace:
    """After a frame, text is gathered for `share` of the time that it has streamed, between two limits; seconds."""

    shortest: float
    longest: float
    share: float

    def pause(self, streamed: float) -> float:
        return min(self.longest, max(self.shortest, streamed * self.share))


PACES: dict[FramePace, Pace] = {
    "smooth": Pace(shortest=0.05, longest=0.5, share=0.05),
    "economic": Pace(shortest=0.15, longest=1.5, share=1.0),
}
"""`smooth` is for computers of one's own. In the cloud frames are paid: `economic` sends 400 tokens of 20 s in 18."""

"""How often text is pushed. The page and the terminal display it evenly in any case, so this decides only about
frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FramePace = Literal["smooth", "economic"]


@dataclass(frozen=True, slots=True)
class Pace:
    """After a frame, text is collected for a part of the time that it has been streaming, up to `steady`. Only slow
    frames are further apart, up to `longest`.
    """

    shortest: float
    """The shortest time between two frames, in seconds."""
    steady: float
    """The longest time between two frames that are sent quickly, in seconds."""
    longest: float
    """The longest time between two frames, however slow they are, in seconds."""
    share: float
    """The collecting time as a part of the streaming time so far."""
    restraint: float
    """The pause is at least so many times as long as the frame took to send."""

    def pause(self, streamed: float, sending: float) -> float:
        """Return the seconds between the beginnings of two frames. `sending` is how long the first one took: slow
        frames are sent less often, which leaves time for the first text of other runs.
        """
        collecting = min(self.steady, streamed * self.share)
        return min(self.longest, max(self.shortest, collecting, sending * self.restraint))


PACES: dict[FramePace, Pace] = {
    "smooth": Pace(shortest=0.05, steady=0.1, longest=0.25, share=0.05, restraint=2.0),
    "economic": Pace(shortest=0.15, steady=1.5, longest=1.5, share=1.0, restraint=4.0),
}
"""`smooth` is for one's own computer. In the cloud frames cost money: `economic` sends 400 tokens of 20 s in 18
frames.
"""

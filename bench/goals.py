"""The goals of the application on a small machine with two cores, by the figures that measure them.

The limits themselves are next to the figures, in `bench/scenarios`.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST = "Added time to first token, and to the whole answer of 20 tokens"
CROWD = "{} people, answers of 200 tokens at 50 a second"
STREAMING = "{} people, one long answer at 20 tokens a second, smooth pace"
PAINTED = "Text that grows on the page, at 20 tokens a second"
TAKEOVER = "Takeover after a kill"
GROWTH = "How a conversation grows"


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal and the figure that measures it."""

    words: str
    """The goal in words."""
    title: str
    """The title of the scenario."""
    figure: str
    """The name of the figure."""


GOALS = (
    *(Goal(f"1 user: first text, p{part}", FIRST, f"1 user: first text, p{part}") for part in (50, 99)),
    *(
        Goal(f"{users} users × 5 turns: {figure}", CROWD.format(users), figure)
        for users in (50, 200)
        for figure in ("first text, p50", "first text, p99", "errors")
    ),
    Goal(
        "200 users: processor time of the servers, 1,000 tokens",
        CROWD.format(200),
        "servers, for 1,000 tokens",
    ),
    Goal("200 users streaming: gap between frames, p99", STREAMING.format(200), "gap between frames, p99"),
    *(
        Goal(f"500 users streaming: {figure}", STREAMING.format(500), figure)
        for figure in ("errors", "first texts after more than 2 s", "memory of all servers, most")
    ),
    *(
        Goal(
            f"in the page, {pace} pace: gap between painted text, longest",
            PAINTED,
            f"{pace}: gap between painted text, longest",
        )
        for pace in ("smooth", "economic")
    ),
    *(
        Goal(f"memory: {figure}", "Memory", figure)
        for figure in (
            "the application with one worker, idle",
            "each further worker",
            "an idle session, in all processes",
            "a streaming session, in all processes",
        )
    ),
    *(
        Goal(f"takeover, p{part}", TAKEOVER, f"kill to the next LLM request of a lost run, p{part}")
        for part in (50, 99)
    ),
    *(
        Goal(figure, GROWTH, figure)
        for figure in (
            "5,000 messages instead of 10 messages: POST, minimal answer, p50",
            "5,000 messages instead of 10 messages: first text, p50",
            "1,000 messages: another's first text beside 8 POSTs, instead of quiet",
        )
    ),
    Goal(
        "import of the dearest function",
        "Import of each function (processor time)",
        "the dearest function, in its libraries",
    ),
)

"""What well-known functions mean to the person who signs, as rows of data: rights given away, calls within calls."""

from __future__ import annotations

import re
from functools import cache

from worker.agent.wallet.meanings.allowances import ALLOWANCES
from worker.agent.wallet.meanings.control import CONTROL
from worker.agent.wallet.meanings.operators import OPERATORS
from worker.agent.wallet.meanings.ordinary import ORDINARY
from worker.agent.wallet.meanings.rows import Calls, Gives, Meaning
from worker.agent.wallet.meanings.wrappers import WRAPPERS

__all__ = ["Calls", "Gives", "Meaning", "giving_selector", "known_meanings"]


@cache
def known_meanings() -> dict[bytes, Meaning]:
    """By selector. A row of a later table wins: what gives something away is more than ordinary."""
    rows = [*ORDINARY, *WRAPPERS, *CONTROL, *OPERATORS, *ALLOWANCES]
    return {row.signature.selector(): row for row in rows}


@cache
def giving_selector() -> re.Pattern[bytes]:
    """Of a function that gives rights away: it is looked for in bytes that nobody can read. Two may overlap."""
    selectors = (re.escape(selector) for selector, row in known_meanings().items() if row.gives)
    return re.compile(b"(?=" + b"|".join(selectors) + b")", re.DOTALL)

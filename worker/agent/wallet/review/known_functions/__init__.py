"""What well-known functions mean to the person who signs, as rows of data: rights that are given, and calls within
calls.
"""

from __future__ import annotations

import re
from functools import cache

from worker.agent.wallet.review.known_functions.allowances import ALLOWANCES
from worker.agent.wallet.review.known_functions.control import CONTROL
from worker.agent.wallet.review.known_functions.operators import OPERATORS
from worker.agent.wallet.review.known_functions.ordinary import ORDINARY
from worker.agent.wallet.review.known_functions.rows import Calls, Gives, Meaning, Pays
from worker.agent.wallet.review.known_functions.wrappers import WRAPPERS

__all__ = ["Calls", "Gives", "Meaning", "Pays", "giving_selector", "known_functions"]


@cache
def known_functions() -> dict[bytes, Meaning]:
    """Rows by selector. A row of a later table replaces an earlier one, because giving something away is more
    important.
    """
    rows = [*ORDINARY, *WRAPPERS, *CONTROL, *OPERATORS, *ALLOWANCES]
    return {row.signature.selector(): row for row in rows}


@cache
def giving_selector() -> re.Pattern[bytes]:
    """Selectors of functions that give rights away. They are searched for in unreadable bytes; two matches may
    overlap.
    """
    selectors = (re.escape(selector) for selector, row in known_functions().items() if row.gives)
    return re.compile(b"(?=" + b"|".join(selectors) + b")", re.DOTALL)

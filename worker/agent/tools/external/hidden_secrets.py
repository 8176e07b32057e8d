"""Finds the values of an entry that look like secrets, so that they appear in no log and no notice."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from forge.redaction import MASK, redact


def secrets_in_arguments(arguments: Sequence[str]) -> set[str]:
    """Arguments that look like a key, in one part (`--key=…`) or in two (`--key …`)."""
    found = {part for argument in arguments for part in secret_parts(argument)}
    pairs = [
        *itertools.pairwise(arguments),
        *(each.split("=", 1) for each in arguments if "=" in each),
    ]
    return found | {value for option, value in pairs if option.startswith("-") and _names_a_secret(option)}


def _names_a_secret(option: str) -> bool:
    return MASK in redact(f"{option}=value")


def secret_parts(text: str) -> set[str]:
    """Return the part of `text` that `redact` removes, or all of it if that cannot be determined, because it may
    be a secret.
    """
    line = " ".join(text.split())
    kept = redact(text, limit=len(text) * len(MASK) + len(MASK)).split(MASK)
    found: set[str] = set()
    start, end = len(kept[0]), len(line) - len(kept[-1])
    if len(kept) == 1 or not (line.startswith(kept[0]) and line.endswith(kept[-1])):
        return set() if kept == [line] else {text}
    for between in kept[1:-1]:
        place = line.find(between, start, end)
        if place < 0:
            return {text}
        found.add(line[start:place])
        start = place + len(between)
    return {part for part in found | {line[start:end]} if part}

"""Joins the pieces of streamed tool calls by their content, not by the number that the server gives them.

Chat Completions numbers the calls of an answer and sends id and name once. Ollama numbers all calls 0 (ollama#15497),
other servers number none, and others repeat the id and name with each piece (SillyTavern#5948).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from worker.json_text import read_json

_PLACEHOLDER = re.compile(r'\s*(?:\{\s*\}|\[\s*\]|null|None|"")\s*')
"""What servers send as the arguments of a call of which the arguments are still to come: vLLM and Bedrock behind
gateways (ogx-ai/ogx#5462 (2026-04-07), openai/openai-agents-js#712 (2025-12-01), unslothai/unsloth#10275). It means
the same as no arguments.
"""
_MARKS = re.compile(r'["\\{}]')


@dataclass
class StreamedCall:
    """A call as far as it has arrived."""

    key: int
    """The call's number among the calls of this answer."""
    index: int | None
    """The number that the server gave the call; None if it gave none."""
    id: str
    """The id that the server gave the call; empty as long as it gave none."""
    name: str
    """The tool's name as far as it has arrived."""
    arguments: str = ""
    """The arguments as JSON text, as far as they have arrived."""
    is_named_again: bool = False
    """Whether a later piece has repeated the name of the complete call."""
    _depth: int = 0
    _is_in_text: bool = False
    _is_escaped: bool = False

    def add(self, arguments: str) -> None:
        """Count the braces of each piece once, so that long arguments are parsed only where they may be complete."""
        self.arguments += arguments
        start = 1 if self._is_escaped and arguments else 0
        self._is_escaped = self._is_escaped and not arguments
        while found := _MARKS.search(arguments, start):
            start, mark = found.end(), found[0]
            if self._is_in_text and mark == "\\":
                self._is_escaped, start = start == len(arguments), start + 1
            elif mark == '"':
                self._is_in_text = not self._is_in_text
            elif not self._is_in_text:
                self._depth += {"{": 1, "}": -1}.get(mark, 0)

    def empty(self) -> None:
        """Forget the arguments, which were a placeholder."""
        self.arguments, self._depth, self._is_in_text, self._is_escaped = "", 0, False, False

    @property
    def is_whole(self) -> bool:
        """Return whether the arguments are a complete object, to which nothing can be added."""
        return self._depth == 0 and not self._is_in_text and is_object(self.arguments)


@dataclass(frozen=True, slots=True)
class Piece:
    """What a piece of the stream adds to a call."""

    key: int
    """The call's number among the calls of this answer."""
    name: str | None
    """The added part of the tool's name; None if nothing is added."""
    arguments: str
    """The added part of the arguments' JSON text."""
    id: str | None = None
    """The id of a new call; None if the piece continues a call."""


@dataclass
class CallJoiner:
    calls: list[StreamedCall] = field(default_factory=list[StreamedCall])
    """The calls of this answer, in the order of their first pieces."""

    def join(self, index: int | None, call_id: str, name: str, arguments: str) -> Piece | None:
        """Return the call that the piece belongs to; None if the piece only repeats what has arrived."""
        known = self._known(index, call_id)
        if known and _replaces_placeholder(known, call_id, name, arguments):
            known.empty()
        if known is None or _begins_another(known, call_id, name, arguments):
            return self._begin(index, call_id, name, arguments)
        known.id = known.id or call_id
        if known.name and known.is_whole and (arguments.strip() or name):
            return self._after_whole(known, index, call_id, name, arguments)
        is_open = not known.name or not known.arguments
        added = name if name and is_open and name != known.name else None
        known.name += added or ""
        known.add(arguments)
        return Piece(known.key, added, _sent(known, arguments))

    def _after_whole(
        self, known: StreamedCall, index: int | None, call_id: str, name: str, arguments: str
    ) -> Piece | None:
        """The name alone does not identify a call: it may repeat the last call, or begin the next one if arguments
        follow.
        """
        if known.is_named_again and _opens(arguments):
            return self._begin(index, call_id or known.id, known.name, arguments)
        known.is_named_again = known.is_named_again or bool(name)
        return None

    def _begin(self, index: int | None, call_id: str, name: str, arguments: str) -> Piece:
        call = StreamedCall(len(self.calls), index, call_id, name)
        call.add(arguments)
        self.calls.append(call)
        return Piece(call.key, name, _sent(call, arguments), call_id)

    def _known(self, index: int | None, call_id: str) -> StreamedCall | None:
        """Return the latest call of this number and id, else of this number, else of this id; without either the
        last call.
        """
        places = [call for call in self.calls if index is None or call.index == index]
        same = [call for call in places if call_id and call.id == call_id]
        return next(reversed(same or places), None)


def _begins_another(known: StreamedCall, call_id: str, name: str, arguments: str) -> bool:
    """Return whether a piece belongs to another call than `known`, which has its number or its id."""
    if not name:
        # A piece without a name continues the known call, even under another id.
        return False
    if not known.name:
        # The name may come after the arguments.
        return (bool(known.id) and call_id not in ("", known.id)) or (known.is_whole and _opens(arguments))
    is_other = (call_id not in ("", known.id)) or name != known.name
    if known.is_whole:
        return not _repeats(known, call_id, name, arguments) and (is_other or _opens(arguments))
    if known.arguments.strip():
        return is_other and (name != known.name or not arguments.strip() or _opens(arguments))
    return call_id not in ("", known.id) and name != known.name


def _repeats(known: StreamedCall, call_id: str, name: str, arguments: str) -> bool:
    """Return whether this repeats a call, as the summary at the end of a server's stream does. Either may lack the id.
    It must not be made twice.
    """
    is_same = name == known.name and (call_id in ("", known.id) or not known.id)
    return is_same and is_object(arguments) and plain_arguments(known.arguments) == plain_arguments(arguments)


def plain_arguments(arguments: str) -> str:
    """Normalise the arguments, so that the same object written in another way compares as equal."""
    return json.dumps(read_json(arguments), sort_keys=True)


def _sent(call: StreamedCall, arguments: str) -> str:
    """A placeholder is held back, because what has been sent on cannot be replaced."""
    return "" if is_placeholder(call.arguments) else arguments


def _replaces_placeholder(known: StreamedCall, call_id: str, name: str, arguments: str) -> bool:
    is_same = not name or (name, call_id) == (known.name, known.id or None)
    return is_same and is_placeholder(known.arguments) and _opens(arguments) and not is_placeholder(arguments)


def is_placeholder(arguments: str) -> bool:
    return _PLACEHOLDER.fullmatch(arguments) is not None


def _opens(arguments: str) -> bool:
    return arguments.lstrip().startswith("{")


def is_object(text: str) -> bool:
    """Most texts end in the middle. Checking the last character first is cheaper than parsing all of the text for
    each piece.
    """
    try:
        return text.rstrip().endswith("}") and isinstance(read_json(text), dict)
    except ValueError:
        return False

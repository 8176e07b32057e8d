"""Joins the pieces of streamed tool calls by what they are, not by the number that their server gives them.

Chat Completions numbers the calls of an answer and sends id and name once. Ollama numbers all calls 0
(ollama#15497), others number none, and others repeat the id and name with each piece (SillyTavern#5948).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from worker.json_text import read_json


@dataclass
class StreamedCall:
    """A call as far as it has arrived. `key` is its number among the calls of this answer."""

    key: int
    index: int | None
    id: str
    name: str
    arguments: str = ""
    is_named_again: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are an object to which nothing can be added."""
        return is_object(self.arguments)


@dataclass(frozen=True, slots=True)
class Piece:
    """What a piece of the stream adds to the call `key`: parts of its name and arguments, and its id when it is new."""

    key: int
    name: str | None
    arguments: str
    id: str | None = None


@dataclass
class CallJoiner:
    calls: list[StreamedCall] = field(default_factory=list[StreamedCall])

    def join(self, index: int | None, call_id: str, name: str, arguments: str) -> Piece | None:
        """The call that the piece belongs to; None when the piece only repeats what has arrived."""
        known = self._known(index, call_id)
        if known is None or _begins_another(known, call_id, name, arguments):
            return self._begin(index, call_id, name, arguments)
        known.id = known.id or call_id
        if known.name and known.is_whole and (arguments.strip() or name):
            return self._after_whole(known, index, call_id, name, arguments)
        is_open = not known.name or not known.arguments
        added = name if name and is_open and name != known.name else None
        known.name += added or ""
        known.arguments += arguments
        return Piece(known.key, added, arguments)

    def _after_whole(
        self, known: StreamedCall, index: int | None, call_id: str, name: str, arguments: str
    ) -> Piece | None:
        """The name alone says little: the last call once more, or the next one, if arguments follow it."""
        if known.is_named_again and _opens(arguments):
            return self._begin(index, call_id or known.id, known.name, arguments)
        known.is_named_again = known.is_named_again or bool(name)
        return None

    def _begin(self, index: int | None, call_id: str, name: str, arguments: str) -> Piece:
        call = StreamedCall(len(self.calls), index, call_id, name, arguments)
        self.calls.append(call)
        return Piece(call.key, name, arguments, call_id)

    def _known(self, index: int | None, call_id: str) -> StreamedCall | None:
        """The latest call of this number and id, else of this number, else of this id; without either the last one."""
        places = [call for call in self.calls if index is None or call.index == index]
        same = [call for call in places if call_id and call.id == call_id]
        return next(reversed(same or places), None)


def _begins_another(known: StreamedCall, call_id: str, name: str, arguments: str) -> bool:
    """Whether a piece is of another call than `known`, which has its number or its id."""
    if not name:
        # What names nothing goes on with what there is, also under another id.
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
    """The same call once more: a server that ends its stream with a summary. It must not be made twice."""
    is_same = bool(call_id) and (known.id, known.name) == (call_id, name)
    return is_same and is_object(arguments) and _plain(known.arguments) == _plain(arguments)


def _plain(arguments: str) -> str:
    """As whoever writes the same object in another way would write it."""
    return json.dumps(read_json(arguments), sort_keys=True)


def _opens(arguments: str) -> bool:
    return arguments.lstrip().startswith("{")


def is_object(text: str) -> bool:
    """Most texts end in the middle, which is cheaper to see than to read all of it for each piece."""
    try:
        return text.rstrip().endswith("}") and isinstance(read_json(text), dict)
    except ValueError:
        return False

"""The events of an SDK's stream as servers really send them: in bytes that are no UTF-8, without names, with texts;
and the base of the streams that change events.
"""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator
from typing import Any, cast

from worker.json_text import read_json

_DONE = re.compile(r"\W*done\W*", re.IGNORECASE)
"""The end of a stream, `[DONE]`, in whatever quotation marks, case or spaces a gateway writes it."""
_UTF8 = getincrementaldecoder("utf-8")
_PADDING = re.compile(r"(?<=[\r\n])[\ufeff\0 \t]+")
"""What stands before the first letter of a line: a byte order mark, or padding that keeps the connection open."""
_FIELD = re.compile(r"(?m)^(data|event):[ ]?(.*)$")
ERROR = "error"


class ChangedStream:
    """An SDK's stream of which the events are changed: a subclass yields what the library gets. Closing it closes the
    connection.

    `owner`: the SDK's stream, if `events` yields its events but does not own the connection.
    """

    def __init__(self, events: Any, owner: Any = None) -> None:
        self._events = events
        self._owner = owner or events

    @property
    def response(self) -> Any:
        return self._owner.response

    async def close(self) -> None:
        await self._owner.close()


class ReadableEvents:
    """An SDK's decoder of events, without events that are no JSON object: gateways send some to keep the connection
    open, and the SDK would end the answer there. The text of an event named `error` becomes an error's object.

    `are_named`: the SDK reads only events with a name, so an event without one is named by its type.
    """

    def __init__(self, decoder: Any, *, are_named: bool = False) -> None:
        self._decoder = decoder
        self._are_named = are_named

    async def aiter_bytes(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[Any]:
        async for received in self._decoder.aiter_bytes(_in_utf8(pieces)):
            event = _unwrapped(received)
            if event.data.lstrip().startswith("{"):
                yield _named(event) if self._are_named and event.event is None else event
            elif _DONE.fullmatch(event.data):
                return
            elif event.event == ERROR:
                yield _with(event, data=json.dumps({"error": {"message": event.data}}))


async def _in_utf8(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """One byte that is no UTF-8 would end the answer, and padding before a line would hide its event."""
    decoder, last = _UTF8("replace"), "\n"
    async for piece in pieces:
        if text := decoder.decode(piece):
            kept = _PADDING.sub("", last + text)
            last = kept[-1]
            if len(kept) > 1:
                yield kept[1:].encode()
    if rest := decoder.decode(b"", final=True):
        yield rest.encode()


def _unwrapped(event: Any) -> Any:
    """Some servers give whole events to a library that makes events of them: `data: data: {…}`."""
    if not event.data.startswith(("data:", "event:")):
        return event
    fields: list[tuple[str, str]] = _FIELD.findall(event.data)
    by_name = {name: "\n".join(text for each, text in fields if each == name) for name, _ in fields}
    return _with(event, data=by_name.get("data", ""), event=by_name.get("event", event.event))


def _named(event: Any) -> Any:
    """The type of an error's document is missing in the form of other providers."""
    try:
        document = cast("dict[str, Any]", read_json(event.data))
    except ValueError:
        return event
    kind = document.get("type") or (ERROR if document.get("error") else None)
    return _with(event, event=kind) if isinstance(kind, str) else event


def _with(event: Any, /, **changed: str | None) -> Any:
    return type(event)(**{"event": event.event, "data": event.data, "id": event.id, **changed})

"""Puts the messages of an HTTP body, or of the events of a stream, into the specification's form."""

from __future__ import annotations

import json
import re
from typing import Any

from mcp_types import JSONRPCMessage, jsonrpc_message_adapter

from worker.agent.tools.external.json_repair import repaired
from worker.agent.tools.external.odd_lines import rescued
from worker.json_text import read_json

_DATA = b"data:"
_ENDS = (b"\n\n", b"\n\r\n")
_END = re.compile(rb"\n\r?\n")


def body_in_usual_form(body: bytes, asked: int | str | None = None) -> bytes:
    """A body contains one message only, so of a list the first answer is passed on.

    `asked`: the id of the request that the body answers; None if it answers none. Of a body without an answer to it
    nothing is left, which cannot be read as an answer. The client would wait for one that cannot come any more.
    """
    body, message = _read(body, asked)
    if message is not None:
        return body if asked is None or _answers(vars(message), asked) else b""
    found = rescued(body)
    own = [each for each in found if asked is None or _answers(each, asked)]
    own.sort(key=lambda each: "method" in each)
    return json.dumps(own[0]).encode() if own else b"" if found else body


def events_in_usual_form(text: bytes, asked: int | str | None = None) -> bytes:
    """`text`: whole events, because the event's data is what all its lines of data contain together.

    `asked`: the id of the request that the stream answers; None if it answers none.
    """
    return b"\n\n".join(_event_in_usual_form(event, asked) for event in _END.split(text))


def end_of_events(text: bytearray, start: int) -> int:
    """Return where the last whole event ends, 0 if none does. What is before `start` has been looked through."""
    since = max(0, start - 2)
    return max((at + len(end) for end in _ENDS if (at := text.rfind(end, since)) >= 0), default=0)


def _event_in_usual_form(event: bytes, asked: int | str | None) -> bytes:
    """Several messages become several events, the answer last, because the client reads no further.

    The client takes any answer in the stream for that to its request. One to another request, which may be another
    conversation's, is left out.
    """
    lines = event.split(b"\n")
    data = b"\n".join(line[len(_DATA) :].strip() for line in lines if line.startswith(_DATA))
    whole, message = _read(data, asked)
    if message is not None:
        messages = [] if _answers_another(vars(message), asked) else [whole]
    else:
        found = sorted(rescued(whole), key=lambda message: "method" not in message)
        own = _without_others(found, asked)
        messages = [json.dumps(message).encode() for message in own] if found else [whole]
    if messages == [data]:
        return event
    others = [line for line in lines if line and not line.startswith(_DATA)]
    return b"\n\n".join(b"\n".join([*others, *_as_data(message)]) for message in messages)


def _without_others(found: list[dict[str, Any]], asked: int | str | None) -> list[dict[str, Any]]:
    return [message for message in found if not _answers_another(message, asked)]


def _answers_another(message: dict[str, Any], asked: int | str | None) -> bool:
    return asked is not None and "method" not in message and not _answers(message, asked)


def _answers(message: dict[str, Any], asked: int | str) -> bool:
    return "method" not in message and str(message.get("id", asked)) == str(asked)


def _as_data(message: bytes) -> list[bytes]:
    return [_DATA + b" " + line for line in message.split(b"\n")]


def _read(text: bytes, asked: int | str | None) -> tuple[bytes, JSONRPCMessage | None]:
    """Return the text repaired, and the message if it is one. An answer without an id gets that of the request."""
    text = repaired(text)
    message = _message(text)
    if asked is None or (message is not None and vars(message).get("id", asked) is not None):
        return text, message
    text = _with_id(text, asked)
    return text, _message(text)


def _with_id(text: bytes, asked: int | str) -> bytes:
    try:
        fields = read_json(text)
    except ValueError:
        return text
    if not isinstance(fields, dict) or "method" in fields or fields.get("id") is not None:
        return text
    return json.dumps({**fields, "jsonrpc": "2.0", "id": asked}).encode()


def _message(text: bytes) -> JSONRPCMessage | None:
    try:
        return jsonrpc_message_adapter.validate_json(text, by_name=False)
    except ValueError:
        return None

"""Parser for the response of an HTTP/1.1 server in the bytes received so far (RFC 9112)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

HEAD_LIMIT = 64_000
BODY_LIMIT = 32_000_000
"""Maximum size in bytes. DynamoDB's largest response has 16 MB of values, so no AWS server sends more."""
_WITHOUT_BODY = frozenset({204, 304})
_END = b"\r\n\r\n"


class BadAnswer(ConnectionError):
    """The received bytes are not an HTTP response, or it is too large."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: int
    """The HTTP status."""
    is_kept: bool
    """True if the connection may be used for another request."""
    body: bytes = b""
    """The whole body, without transfer coding."""
    fields: Mapping[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    """The header fields, with names in lower case."""


def answer_in(data: bytes, *, is_ended: bool = False) -> Answer | None:
    """Return the first final response in `data`; None while it is incomplete. `is_ended`: no more bytes will come.

    Raises `BadAnswer`. If bytes follow the response, no request has asked for them, so the connection must not be
    used again.
    """
    while (end := data.find(_END)) >= 0:
        head, rest = data[:end], data[end + len(_END) :]
        status, is_new = _status(head)
        if not 100 <= status < 200:
            return _whole(status, is_new, _fields(head), rest, is_ended=is_ended)
        data = rest
    if len(data) > HEAD_LIMIT:
        raise BadAnswer("the head of an answer is too long")
    return None


def _status(head: bytes) -> tuple[int, bool]:
    """Return the status, and whether the server speaks HTTP/1.1, in which connections persist unless it says
    otherwise.
    """
    version, _, rest = head.split(b"\r\n", 1)[0].partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/1.") or not code.isdigit() or len(code) != 3 or rest[3:4].strip():
        raise BadAnswer("an answer does not begin as one")
    return int(code), version != b"HTTP/1.0"


def _fields(head: bytes) -> dict[bytes, bytes]:
    """Names are in lower case; the values of repeated fields are joined, as RFC 9112 says."""
    found: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        found[name] = found[name] + b"," + value if name in found else value
    return found


def _whole(
    status: int, is_new: bool, fields: dict[bytes, bytes], rest: bytes, *, is_ended: bool
) -> Answer | None:
    options = {option.strip() for option in fields.get(b"connection", b"").lower().split(b",")}
    is_kept = b"close" not in options and (is_new or b"keep-alive" in options)
    if status in _WITHOUT_BODY:
        return Answer(status, is_kept and not rest, b"", fields)
    if b"transfer-encoding" in fields:
        is_kept = is_kept and fields[b"transfer-encoding"].lower() == b"chunked"
        return _chunked(status, fields, rest, is_kept=is_kept)
    if b"content-length" not in fields:
        _check_size(len(rest))
        return Answer(status, is_kept=False, body=rest, fields=fields) if is_ended else None
    length = _length(fields[b"content-length"])
    _check_size(length)
    if len(rest) < length:
        return None
    return Answer(status, is_kept and len(rest) == length, rest[:length], fields)


def _length(value: bytes) -> int:
    """A repeated Content-Length is valid only if all of its values are equal."""
    values = {each.strip() for each in value.split(b",")}
    if len(values) != 1 or not (only := values.pop()).isdigit():
        raise BadAnswer("an answer has no clear length")
    return int(only)


def _chunked(status: int, fields: dict[bytes, bytes], rest: bytes, *, is_kept: bool) -> Answer | None:
    at, pieces = 0, list[bytes]()
    while (line := rest.find(b"\r\n", at)) >= 0:
        size = _size(rest[at:line])
        _check_size(line + size)
        if size == 0:
            return _after_trailers(Answer(status, is_kept, b"".join(pieces), fields), rest[line:])
        pieces.append(rest[line + 2 : line + 2 + size])
        at = line + 2 + size + 2
    _check_size(len(rest))
    return None


def _after_trailers(answer: Answer, rest: bytes) -> Answer | None:
    """`rest` begins with the end of the line that holds the last chunk's size."""
    end = rest.find(_END)
    return None if end < 0 else replace(answer, is_kept=answer.is_kept and end + len(_END) == len(rest))


def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    try:
        return int(digits, 16) if digits.isalnum() else _refuse()
    except ValueError:
        return _refuse()


def _refuse() -> int:
    raise BadAnswer("a chunk has no clear size")


def _check_size(size: int) -> None:
    if size > BODY_LIMIT:
        raise BadAnswer("an answer is too long")

"""The answers of an HTTP/1.1 server, as far as somebody needs them who looks at the status only (RFC 9112)."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_LIMIT = 64_000
BODY_LIMIT = 1_000_000
"""Bytes. Whoever sends more is no server of ours."""
_WITHOUT_BODY = frozenset({204, 304})
_END = b"\r\n\r\n"


class BadAnswer(ConnectionError):
    """What came is no HTTP answer, or too large."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`is_kept`: whether the connection may take another request."""

    status: int
    is_kept: bool


def answer_in(data: bytes, *, is_ended: bool = False) -> Answer | None:
    """The first final answer in `data`; None while it is not whole. `is_ended`: nothing more will come.

    Raises `BadAnswer`. Bytes after the answer are not kept: nobody asked for them, so the connection is given up.
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
    """The status, and whether the server speaks 1.1, whose connections are kept unless it says otherwise."""
    version, _, rest = head.split(b"\r\n", 1)[0].partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/1.") or not code.isdigit() or len(code) != 3 or rest[3:4].strip():
        raise BadAnswer("an answer does not begin as one")
    return int(code), version != b"HTTP/1.0"


def _fields(head: bytes) -> dict[bytes, bytes]:
    """In lower case; fields of the same name are joined, as the RFC has it."""
    found: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip().lower()
        found[name] = found[name] + b"," + value if name in found else value
    return found


def _whole(
    status: int, is_new: bool, fields: dict[bytes, bytes], rest: bytes, *, is_ended: bool
) -> Answer | None:
    options = {option.strip() for option in fields.get(b"connection", b"").split(b",")}
    is_kept = b"close" not in options and (is_new or b"keep-alive" in options)
    if status in _WITHOUT_BODY:
        return Answer(status, is_kept and not rest)
    if b"transfer-encoding" in fields:
        return _chunked(status, rest, is_kept=is_kept and fields[b"transfer-encoding"] == b"chunked")
    if b"content-length" not in fields:
        _check_size(len(rest))
        return Answer(status, is_kept=False) if is_ended else None
    length = _length(fields[b"content-length"])
    _check_size(length)
    return Answer(status, is_kept and len(rest) == length) if len(rest) >= length else None


def _length(value: bytes) -> int:
    """Repeated, it may only repeat itself."""
    values = {each.strip() for each in value.split(b",")}
    if len(values) != 1 or not (only := values.pop()).isdigit():
        raise BadAnswer("an answer has no clear length")
    return int(only)


def _chunked(status: int, rest: bytes, *, is_kept: bool) -> Answer | None:
    at = 0
    while (line := rest.find(b"\r\n", at)) >= 0:
        size = _size(rest[at:line])
        _check_size(line + size)
        if size == 0:
            return _after_trailers(status, rest[line:], is_kept=is_kept)
        at = line + 2 + size + 2
    _check_size(len(rest))
    return None


def _after_trailers(status: int, rest: bytes, *, is_kept: bool) -> Answer | None:
    """`rest` begins with the end of the line of the last chunk's size."""
    end = rest.find(_END)
    return None if end < 0 else Answer(status, is_kept and end + len(_END) == len(rest))


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

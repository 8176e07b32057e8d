"""Requests that no browser sends, byte by byte: each is answered or cut off, none by a 5xx, and none delays other
requests.
"""

from __future__ import annotations

import asyncio
import gzip
from typing import NamedTuple
from urllib.parse import urlsplit

from local_dev.stack_process import RunningStack
from tests.end_to_end.conversing import Web, new_id, say
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_SECONDS

pytestmark = END_TO_END

CUT_OFF = 0
"""The connection ends without an answer."""
JSON = b'{"session_id": "oddity"}'
HOST = b"Host: @HOST@\r\n"


class Oddity(NamedTuple):
    """`statuses`: one of them is the answer. `@HOST@` stands for the server's own host and port."""

    name: str
    sent: bytes
    statuses: set[int]


def get(name: str, target: bytes, *statuses: int, head: bytes = b"", method: bytes = b"GET") -> Oddity:
    line = method + b" " + target + b" HTTP/1.1\r\n"
    return Oddity(name, line + HOST + b"Connection: close\r\n" + head + b"\r\n", set(statuses))


def post(
    name: str, *statuses: int, head: bytes = b"", body: bytes = JSON, kind: bytes = b"application/json"
) -> Oddity:
    """With no length of its own when the head has one, or is chunked."""
    length = b"" if b"length" in head.lower() or b"transfer" in head.lower() else _length(body)
    start = (
        b"POST /api/interrupt HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Type: " + kind + b"\r\n"
    )
    return Oddity(name, start + length + head + b"\r\n" + body, set(statuses))


def raw(name: str, sent: bytes, *statuses: int) -> Oddity:
    return Oddity(name, sent, set(statuses))


def _length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n" % len(body)


PATHS = [
    get("parent folders", b"/../../template.yaml", 404),
    get("encoded parent folders", b"/%2e%2e/%2e%2e/template.yaml", 404),
    get("encoded slashes", b"/..%2f..%2ftemplate.yaml", 404),
    get("backslashes", b"/..\\..\\template.yaml", 404),
    get("encoded backslashes", b"/api/..%5c..%5ctemplate.yaml", 404),
    get("twice encoded", b"/%252e%252e/template.yaml", 404),
    get("another host in the path", b"//evil.example/health", 404),
    get("a double slash", b"/api//state", 404),
    get("a slash at the end", b"/api/state/", 404),
    get("an encoded letter", b"/api/st%61te", 200, 404),
    get("a semicolon", b"/api/state;v=1", 404),
    get("NUL in the path", b"/api/state%00", 404),
    get("NUL in the query", b"/api/state?session_id=%00", 422),
    get("bytes that are no UTF-8", b"/api/state?session_id=%ff%fe", 422),
    get("a broken escape", b"/%zz", 404),
    get("a broken escape in the query", b"/api/state?session_id=%zz", 422),
    get("twice the same field", b"/api/state?session_id=one&session_id=two", 200, 422),
    get("an empty field", b"/api/state?session_id=", 422),
    get("a line break in the query", b"/api/state?session_id=a%0d%0aX-Evil:%201", 422),
    get("a slash in an id", b"/api/sessions/a%2fb", 404, 422, method=b"DELETE"),
    get("a long path", b"/" + b"a" * 8_000, 404, 414),
    get("a long query", b"/api/state?session_id=" + b"a" * 8_000, 422),
    get("a fragment", b"/health#fragment", 200, 400, 404),
    get("bytes beyond ASCII", "/gesundheit-ü".encode(), 400, 404),
]
METHODS = [
    get("TRACE", b"/health", 404, 405, method=b"TRACE"),
    get("CONNECT", b"evil.example:443", 400, 404, 421, method=b"CONNECT"),
    get("an unknown method", b"/health", 400, 404, method=b"BREW"),
    get("a method in small letters", b"/health", 400, 404, method=b"get"),
    get("HEAD", b"/health", 404, method=b"HEAD"),
    get("all of the server", b"*", 400, 404, method=b"OPTIONS"),
    get("a preflight of nobody", b"/api/chat", 200, 204, 404, method=b"OPTIONS"),
    raw("GET with a body", b"GET /health HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n\r\nbody", 200),
]
HEADS = [
    raw("no host", b"GET /health HTTP/1.1\r\n\r\n", 400, 421),
    raw("an old version without a host", b"GET /health HTTP/1.0\r\n\r\n", 400, 421),
    raw("two hosts", b"GET /health HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n", 400, 421),
    raw("another host", b"GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
    raw(
        "a whole address",
        b"GET http://evil.example/health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
        404,
        200,
        421,
        400,
    ),
    raw("no version", b"GET /health\r\n\r\n", CUT_OFF, 400, 421),
    raw("version 2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", CUT_OFF, 400),
    raw("version 9", b"GET /health HTTP/9.9\r\n" + HOST + b"\r\n", CUT_OFF, 400),
    raw("no request", b"\r\n\r\n\r\n\r\n", CUT_OFF, 400),
    raw("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, CUT_OFF, 400),
    raw("bytes", bytes(range(256)), CUT_OFF, 400),
    get("a space before the colon", b"/health", 400, head=b"X-Odd : 1\r\n"),
    get("a folded header", b"/health", 200, 400, head=b"X-Odd: 1\r\n 2\r\n"),
    get("a header without a colon", b"/health", 400, head=b"X-Odd\r\n"),
    get("a header without a name", b"/health", 400, head=b": 1\r\n"),
    get("NUL in a header", b"/health", 200, 400, head=b"X-Odd: a\x00b\r\n"),
    get("line feeds only", b"/health", 200, 400, head=b"X-Odd: 1\n"),
    get("bytes beyond ASCII in a header", b"/health", 200, 400, head=b"X-Odd: \xff\xfe\r\n"),
    get("a thousand headers", b"/health", 400, 431, head=b"X-Odd: twenty characters.\r\n" * 1_000),
    get("a range", b"/health", 200, head=b"Range: bytes=0-1\r\n"),
    get("an upgrade to HTTP/2", b"/health", 200, head=b"Upgrade: h2c\r\nHTTP2-Settings: AA\r\n"),
    get("a socket that is no socket", b"/api/state", 200, 400, 404, 426, head=b"Upgrade: websocket\r\n"),
    get("a socket without its key", b"/ws?session_id=s", 400, 404, 426),
    get("a method in a header", b"/health", 200, head=b"X-HTTP-Method-Override: DELETE\r\n"),
    get("a way round the edge", b"/health", 200, head=b"X-Forwarded-For: 1.2.3.4\r\nX-Original-URL: /x\r\n"),
]
BODIES = [
    post("two ways to say how long", 400, head=b"Content-Length: 24\r\nTransfer-Encoding: chunked\r\n"),
    post("two lengths", 400, head=b"Content-Length: 24\r\nContent-Length: 5\r\n"),
    post("a list of lengths", 200, 400, head=b"Content-Length: 24, 24\r\n"),
    post("a length with a sign", 400, head=b"Content-Length: +24\r\n"),
    post("a negative length", 400, head=b"Content-Length: -1\r\n"),
    post("a length in letters", 400, head=b"Content-Length: ten\r\n"),
    post("a length of 2 to the 70", CUT_OFF, 400, 413, head=b"Content-Length: 1180591620717411303424\r\n"),
    post("an unknown coding", 400, head=b"Transfer-Encoding: xchunked\r\n"),
    post("chunked and something", 400, head=b"Transfer-Encoding: chunked, identity\r\n"),
    post(
        "a chunk of no length",
        400,
        CUT_OFF,
        head=b"Transfer-Encoding: chunked\r\n",
        body=b"zz\r\nab\r\n0\r\n\r\n",
    ),
    post(
        "a chunk of a negative length",
        400,
        CUT_OFF,
        head=b"Transfer-Encoding: chunked\r\n",
        body=b"-1\r\nab\r\n0\r\n\r\n",
    ),
    post(
        "a chunk too long to be",
        400,
        413,
        CUT_OFF,
        head=b"Transfer-Encoding: chunked\r\n",
        body=b"F" * 16 + b"\r\nab",
    ),
    post(
        "a chunked body",
        200,
        head=b"Transfer-Encoding: chunked\r\n",
        body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(JSON), JSON),
    ),
    post("fewer bytes than said", CUT_OFF, 400, head=b"Content-Length: 400\r\n"),
    post("gzip", 400, head=b"Content-Encoding: gzip\r\n", body=gzip.compress(JSON)),
    post("gzip that is none", 200, 400, 415, head=b"Content-Encoding: gzip\r\n"),
    post("UTF-16", 200, 400, body=JSON.decode().encode("utf-16"), kind=b"application/json; charset=utf-16"),
    post("a charset of nobody", 200, 400, 415, kind=b"application/json; charset=klingon"),
    post("a byte order mark", 200, 400, body=b"\xef\xbb\xbf" + JSON),
    post("a lone surrogate", 400, body=b'{"session_id": "\\ud800"}'),
    post("NUL in the JSON", 400, body=b'{"session_id": "a\x00b"}'),
    post("an escaped NUL", 200, 422, body=b'{"session_id": "a\\u0000b"}'),
    post("fields twice", 200, 422, body=b'{"session_id": "one", "session_id": "two"}'),
    post("a number of 5,000 digits", 422, 400, body=b'{"session_id": ' + b"9" * 5_000 + b"}"),
    post("not a number", 422, 400, body=b'{"session_id": NaN}'),
    post("deep", 400, 422, body=b'{"session_id": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"),
    post("a body of another kind", 415, kind=b"multipart/form-data; boundary=x"),
    post("no kind", 415, 422, kind=b""),
    post("nothing", 422, body=b""),
    post("a wait for leave", 100, head=b"Expect: 100-continue\r\n"),
]


async def status_of(stack: RunningStack, oddity: Oddity) -> int:
    """Who may be cut off closes their own half, so that nobody waits for more."""
    address = urlsplit(stack.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(oddity.sent.replace(b"@HOST@", address.netloc.encode()))
        if CUT_OFF in oddity.statuses:
            writer.write_eof()
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = await reader.readline()
    except ConnectionResetError:
        return CUT_OFF
    finally:
        writer.close()
    return int(line.split()[1]) if line else CUT_OFF


async def test_no_oddity_is_a_5xx_and_none_holds_anything_up(stack: RunningStack, web: Web) -> None:
    oddities = [*PATHS, *METHODS, *HEADS, *BODIES]
    assert len({oddity.name for oddity in oddities}) == len(oddities)
    seen = {oddity.name: await status_of(stack, oddity) for oddity in oddities}
    wrong = {each.name: seen[each.name] for each in oddities if seen[each.name] not in each.statuses}
    assert wrong == {}
    assert not any(status >= 500 for status in seen.values())
    assert (await web.client.get("/health")).text == "OK"
    assert await web.answered(say("still here"), new_id())

"""Responses of HTTP servers are read completely, in whatever pieces they arrive."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge.aws.http_answer import BODY_LIMIT, HEAD_LIMIT, Answer, BadAnswer, answer_in
from tests.unlisted import tried

KEPT, CLOSED = True, False

ROWS = [
    (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Answer(200, KEPT)),
    (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", Answer(200, KEPT, b"{}")),
    (b"HTTP/1.1 410 Gone\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", Answer(410, CLOSED, b"{}")),
    (b"HTTP/1.1 429 \r\nContent-Length: 1, 1\r\nconnection: Keep-Alive\r\n\r\nx", Answer(429, KEPT, b"x")),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", Answer(200, CLOSED)),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", Answer(200, KEPT)),
    (b"HTTP/1.1 204 No Content\r\n\r\n", Answer(204, KEPT)),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 304 \r\n\r\n", Answer(304, KEPT)),
    (b"HTTP/1.1 500 E\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n", Answer(500, KEPT, b"abc")),
    (b"HTTP/1.1 200 E\r\ntransfer-encoding: chunked\r\n\r\n6\r\n0\r\n\r\n4\r\n0\r\nT: x\r\n\r\n",
     Answer(200, KEPT, b"0\r\n\r\n4")),
    (b"HTTP/1.1 200 E\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", Answer(200, CLOSED)),
]  # fmt: skip


def plain(answer: Answer | None) -> Answer | None:
    """Without the fields."""
    return answer and replace(answer, fields={})


def test_fields_are_found_by_names_in_lower_case_and_keep_their_values() -> None:
    answer = answer_in(b"HTTP/1.1 400 Bad\r\nX-Code: A.b;Sender\r\nx-code: C\r\nContent-Length: 0\r\n\r\n")
    assert answer
    assert answer.fields == {b"x-code": b"A.b;Sender,C", b"content-length": b"0"}


@pytest.mark.parametrize(("data", "answer"), ROWS)
def test_an_answer_is_read_at_its_last_byte_and_not_before(data: bytes, answer: Answer) -> None:
    assert [answer_in(data[:end]) for end in range(len(data))] == [None] * len(data)
    assert plain(answer_in(data)) == answer
    assert plain(answer_in(data, is_ended=True)) == answer


def test_a_connection_that_brings_more_than_was_asked_for_is_not_kept() -> None:
    for data, answer in ROWS:
        assert plain(answer_in(data + b"HTTP/1.1 200 OK\r\n")) == Answer(answer.status, CLOSED, answer.body)


def test_without_a_length_an_answer_ends_with_its_connection() -> None:
    data = b"HTTP/1.1 503 Busy\r\n\r\nsorry"
    assert answer_in(data) is None
    assert plain(answer_in(data, is_ended=True)) == Answer(503, CLOSED, b"sorry")


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 twelve\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * HEAD_LIMIT, id="long head"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (BODY_LIMIT + 1), id="long body"),
    ],
)
def test_what_is_no_answer_or_too_large_is_refused(data: bytes) -> None:
    with pytest.raises(BadAnswer):
        answer_in(data)


@given(st.binary(max_size=80) | st.builds(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest, st.binary(max_size=80)))
def test_whatever_comes_is_an_answer_the_beginning_of_one_or_refused(data: bytes) -> None:
    tried("answers of HTTP servers", data)
    try:
        answer = answer_in(data, is_ended=True)
    except BadAnswer:
        return
    assert answer is None or 200 <= answer.status <= 999

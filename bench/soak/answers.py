"""Answers that the proxy gives by itself, and what it reads from the requests that pass through it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from bench.soak.crossings import Call

_REF = re.compile(rb"ref-[a-z0-9]+(?:-[a-z0-9]+)*-end")
_MESSAGE = re.compile(r"-m\d+-end$")
_ENTRIES = re.compile(rb'":history_count": ?\{"N": ?"(\d+)"')
_CALL = re.compile(rb'"(call#[^"]+)"')
_STRIKES = re.compile(rb'":strikes": ?\{"N": ?"(\d+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that the proxy makes."""

    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The header fields."""
    body: bytes
    """The whole body."""


CUT = Answer(0, {}, b"")
"""There is no answer; the connection is cut."""


def detail_of(call: Call) -> str:
    """The length of the LLM history after a step; the key under which a tool call is journalled; a claim's strikes."""
    if call.crossing in {"runs.claim", "runs.take_over"}:
        found = _STRIKES.search(call.body)
        return found[1].decode() if found else ""
    if call.crossing in {"runs.append", "runs.finish"}:
        found = _ENTRIES.search(call.body)
        return found[1].decode() if found else ""
    found = _CALL.search(call.body) if call.crossing.startswith("journal.") else None
    return found[1].decode() if found else ""


def refs_in(body: bytes) -> frozenset[str]:
    """Return the sessions and messages that are named; a message's name contains its session's."""
    found = frozenset(each.decode() for each in _REF.findall(body))
    return found | sessions_of(found)


def sessions_of(refs: frozenset[str]) -> frozenset[str]:
    return frozenset(_MESSAGE.sub("-end", each) for each in refs)


def has_left(request: web.Request) -> bool:
    """Whether the sender has closed the connection."""
    return request.transport is None or request.transport.is_closing()


def response_of(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)


def failure_of(call: Call) -> Answer:
    return _problem(500, "InternalServerError" if call.service == "dynamodb" else "InternalFailure")


def throttle_of(call: Call) -> Answer:
    codes = {"dynamodb": "ProvisionedThroughputExceededException", "sqs": "OverLimit"}
    return _problem(400 if call.service in codes else 429, codes.get(call.service, "LimitExceeded"))


def _problem(status: int, code: str) -> Answer:
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amzn-errortype": code,
        "x-amzn-query-error": f"{code};Sender",
    }
    return Answer(status, headers, json.dumps({"__type": code, "message": code}).encode())

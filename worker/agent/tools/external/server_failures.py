"""What a failure of an external server means: how the call ended, who can correct it, and what the operator is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, cast

from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    URL_ELICITATION_REQUIRED,
    ElicitationRequiredErrorData,
    ErrorData,
)
from pydantic import ValidationError

from worker.agent.tools.external.json_repair import SERVERS_OWN
from worker.agent.tools.external.largest_answer import LARGEST_ANSWER
from worker.agent.tools.external.server_observations import Answer
from worker.agent.tools.external.stdio_transport import CannotStart

Meaning = Literal["refused", "unknown", "session lost", "session perhaps lost"]
"""`session lost`: the request was not processed. `session perhaps lost`: it is unknown whether it was processed."""
LOST: frozenset[Meaning] = frozenset({"session lost", "session perhaps lost"})

STATUSES: tuple[tuple[range, Meaning, str], ...] = (
    # Each row: statuses, what they mean for a call, and the words for it; RFC 9110 and RFC 6585.
    (range(200, 300), "unknown", "it accepted the request and gave no answer"),
    (
        range(401, 402),
        "refused",
        "it requires credentials (HTTP 401), and those in mcp.json are missing or wrong",
    ),
    (
        range(403, 404),
        "refused",
        "it does not allow this (HTTP 403): the credentials in mcp.json are not enough",
    ),
    (range(404, 405), "refused", "there is nothing at its URL (HTTP 404)"),
    (range(407, 408), "refused", "a proxy requires credentials (HTTP 407)"),
    (range(408, 409), "unknown", "it waited too long (HTTP 408)"),
    (range(429, 430), "refused", "it has had too many requests (HTTP 429)"),
    (range(402, 403), "refused", "it requires a payment (HTTP 402)"),
    (range(499, 500), "unknown", "a proxy in front of it closed the request (HTTP 499)"),
    (range(400, 500), "refused", "it did not accept the request"),
    (range(501, 502), "refused", "it does not know how to do this (HTTP 501)"),
    (range(500, 600), "unknown", "it failed"),
)
"""The first row with the status counts. A 5xx may come from a gateway while the server behind it still works on
the call.
"""

LOST_SESSIONS: tuple[tuple[int, int | Literal["any"] | None, Meaning, str], ...] = (
    # Each row: HTTP status, JSON-RPC code (None: no JSON-RPC), what it means for a request with a session, source.
    (
        404,
        "any",
        "session lost",
        "MCP specification 2025-06-18, Transports, Session Management: an ended session MUST be answered so; "
        "python-sdk 2.3.0 and typescript-sdk 1.32.2 do it before they handle the request (read 2026-11-26)",
    ),
    (
        400,
        SERVERS_OWN,
        "session perhaps lost",
        "server-everything 2026.8.31 (read 2026-11-26); also any other error",
    ),
    (400, None, "session perhaps lost", "python-sdk before its PR 1417 (2025-10-01), issue 1004"),
    (400, -32001, "session perhaps lost", "from memory, not looked up"),
    (400, -32600, "session perhaps lost", "aklivity/zilla PR 2528: its answer before the PR, with HTTP 200"),
    (410, "any", "session perhaps lost", "from memory, not looked up"),
)

REFUSALS = frozenset({INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, URL_ELICITATION_REQUIRED})
"""JSON-RPC errors that a server returns before it does anything (JSON-RPC 2.0, section 5.1)."""


def meaning(answers: Sequence[Answer]) -> tuple[Meaning, str] | None:
    """Describe the last answer that was not MCP; None if there was none."""
    if not answers:
        return None
    answer = answers[-1]
    if answer.kind == "redirect":
        return "refused", f"it redirects to {answer.host} (HTTP {answer.status}), which is not followed"
    if answer.kind == "web page":
        return "unknown", "a web page came in the place of an answer, as from a sign-in page or a proxy"
    if answer.kind == "too large":
        return "unknown", f"its answer is larger than {LARGEST_ANSWER >> 20} MiB, so it was not read"
    if answer.had_session and (lost := _lost(answer)):
        return lost, f"it has forgotten the session (HTTP {answer.status})"
    for statuses, means, words in STATUSES:
        if answer.status in statuses:
            more = (
                f"; it may be asked again in {answer.retry_after} s" if answer.retry_after.isdigit() else ""
            )
            named = words if "HTTP" in words else f"{words} (HTTP {answer.status})"
            return means, named + more
    return "unknown", f"HTTP {answer.status}"


def _lost(answer: Answer) -> Meaning | None:
    return next(
        (
            means
            for status, code, means, _ in LOST_SESSIONS
            if answer.status == status and code in ("any", answer.code)
        ),
        None,
    )


def links_of(error: ErrorData) -> list[str]:
    """Return the URLs that a person must open before the call can be made, each with the server's own words."""
    if error.code != URL_ELICITATION_REQUIRED:
        return []
    try:
        data = ElicitationRequiredErrorData.model_validate(error.data, by_name=False)
    except ValidationError:
        return _loose_links(error.data)
    return [f"{each.message}: {each.url}" for each in data.elicitations]


def _loose_links(data: Any) -> list[str]:
    """Accept URLs of a server that does not follow the specification exactly."""
    if isinstance(data, str):
        return [data] if data.startswith(("https://", "http://")) else []
    parts: list[Any] = []
    if isinstance(data, dict):
        parts = list(cast("dict[str, Any]", data).values())
    elif isinstance(data, list):
        parts = cast("list[Any]", data)
    return [link for part in parts for link in _loose_links(part)]


def cause(error: BaseException) -> str:
    """Return the innermost errors with their texts, for the operator."""
    texts = [
        str(each) if isinstance(each, CannotStart) else f"{type(each).__name__}: {each}"
        for each in _leaves(error)
    ]
    return "; ".join(dict.fromkeys(text[:300] for text in texts))[:900]


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _leaves(each)
    elif error.__cause__ is not None:
        yield from _leaves(error.__cause__)
    else:
        yield error

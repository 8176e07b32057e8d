"""Classifies what went wrong between this program and an LLM's provider, by the data in `provider_error_codes.py` and
`provider_error_patterns.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestRejectedError,
    ModelRequestTimeout,
    ModelServerError,
    ModelUnavailableError,
    UnexpectedModelBehavior,
)

from forge.redaction import redact
from worker.agent.llm.provider_error_codes import (
    ANSWER_FIELDS,
    CODE_FIELDS,
    CODES,
    DECISIVE_STATUSES,
    ERROR_FIELDS,
    PHRASES,
    REDIRECTS,
    STATUSES,
    TELLING_STATUSES,
    Fault,
)
from worker.agent.llm.provider_error_patterns import SENTENCES, VAGUE_STATUSES
from worker.json_text import read_json

_BY_LIBRARY: tuple[tuple[type[BaseException], Fault], ...] = (
    (ModelRequestTimeout, "timeout"),
    (ModelQuotaExceededError, "out_of_quota"),
    (ModelRateLimitError, "rate_limited"),
    (ModelUnavailableError, "overloaded"),
    (ModelServerError, "server"),
    (ModelConnectionError, "broken_off"),
    (ModelAuthenticationError, "bad_key"),
    (ModelNotFoundError, "no_such_llm"),
    (ModelContextWindowExceededError, "too_long"),
    (ModelRequestRejectedError, "rejected"),
    (ContentFilterError, "filtered"),
    (UnexpectedModelBehavior, "unusable"),
)
_DEPTH = 6
_CODES: dict[str, Fault] = {code: fault for code, fault, _ in CODES}
_REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "x-goog-request-id", "cf-ray")


class NotAnLlm(ModelAPIError):
    """The address answered 200 with something that is not an LLM's stream, such as a web page or a JSON document, which
    is `body`.
    """


class UnusableStream(ModelAPIError):
    """The form of the stream is not understood."""


def fault_of(error: BaseException) -> Fault | None:
    """Return None for an error that does not come from the provider."""
    if isinstance(error, NotAnLlm):
        return _by_document(error) or "not_an_llm"
    if isinstance(error, UnusableStream):
        return "unusable"
    if isinstance(error, ModelAPIError):
        return _provider_fault(error)
    return next((fault for kind, fault in _BY_LIBRARY if isinstance(error, kind)), None)


def _provider_fault(error: ModelAPIError) -> Fault:
    status = _status(error)
    if status in DECISIVE_STATUSES:
        return STATUSES[status]
    return _by_words(error, status) or _by_kind(error, status)


def _status(error: ModelAPIError) -> int | None:
    """The library keeps the status of a redirect in the SDK's error only."""
    if isinstance(error, ModelHTTPError):
        return error.status_code
    status = getattr(error.__cause__, "status_code", None)
    return status if status in REDIRECTS else None


def _by_words(error: ModelAPIError, status: int | None) -> Fault | None:
    """A server error may quote any text, so its words decide nothing."""
    if status is not None and status >= 500:
        return None
    found = [
        *_strings(error.body),
        ("code", error.provider_error_code or ""),
        ("type", error.provider_error_type or ""),
    ]
    for field, text in found:
        if field in CODE_FIELDS and (fault := _CODES.get(text.strip().lower())):
            return fault
    texts = [text.lower() for _, text in [*found, ("message", str(error))]]
    by_phrase: Iterator[Fault] = (
        fault for phrase, fault, _ in PHRASES if any(phrase in text for text in texts)
    )
    return next(by_phrase, None) or _by_sentence(texts, status)


def _by_sentence(texts: list[str], status: int | None) -> Fault | None:
    if status is not None and status not in VAGUE_STATUSES:
        return None
    return next((fault for sense, fault in SENTENCES if any(map(sense.search, texts))), None)


def is_error_document(body: object) -> bool:
    """Return whether a provider sent this in place of an answer, with status 200 or as an event of a stream."""
    fields = set(cast("dict[Any, Any]", body)) if isinstance(body, dict) else set[Any]()
    return bool(fields & ERROR_FIELDS) and not fields & ANSWER_FIELDS


def _by_document(error: ModelAPIError) -> Fault | None:
    if not is_error_document(error.body):
        return None
    status = next(_statuses(error.body), None)
    if status is None:
        return _by_words(error, 200)
    return _by_words(error, status) or STATUSES.get(status) or ("server" if status >= 500 else "rejected")


def _statuses(value: object, depth: int = _DEPTH) -> Iterator[int]:
    """Yield the HTTP statuses that a body has in its fields for codes. Gateways such as OpenRouter put them there."""
    if depth and isinstance(value, dict):
        for name, item in cast("dict[Any, Any]", value).items():
            if name in CODE_FIELDS and str(item).isdecimal() and 400 <= int(item) < 600:
                yield int(item)
            yield from _statuses(item, depth - 1)


def _by_kind(error: ModelAPIError, status: int | None) -> Fault:
    if status in TELLING_STATUSES:
        return STATUSES[status]
    for kind, fault in _BY_LIBRARY:
        if isinstance(error, kind):
            return fault
    if status is None:
        return "server" if error.in_stream else "unusable"
    return STATUSES.get(status) or ("server" if status >= 500 else "rejected")


def _strings(value: object, field: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, str]]:
    """Yield each text in a body with its field. A gateway may wrap another provider's body in a text of its own."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for name, item in cast("dict[Any, Any]", value).items():
            yield from _strings(item, str(name).lower(), depth - 1)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _strings(item, field, depth - 1)
    elif isinstance(value, str | bytes):
        text = value if isinstance(value, str) else value.decode(errors="replace")
        yield field, text
        yield from _strings(_inner_json(text), field, depth - 1)


def _inner_json(text: str) -> object:
    start, end = text.find("{"), text.rfind("}")
    try:
        return read_json(text[start : end + 1]) if 0 <= start < end else None
    except ValueError:
        return None


def cause_fields(error: BaseException) -> dict[str, str | int]:
    """Return for the operator's log: the provider's words without secrets, with status, code and request id."""
    fault = fault_of(error)
    if fault is None:
        return {}
    fields: dict[str, str | int] = {"fault": fault}
    if isinstance(error, ModelAPIError):
        fields["provider_words"] = redact(_words(error))
        if code := error.provider_error_code or error.provider_error_type:
            fields["provider_code"] = redact(code, 80)
    if isinstance(error, ModelHTTPError):
        fields["provider_status"] = error.status_code
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if request_id := next((headers[name] for name in _REQUEST_IDS if name in headers), None):
            fields["provider_request_id"] = request_id[:80]
    return fields


def _words(error: ModelAPIError) -> str:
    if error.body is None:
        return str(error)
    return (
        error.body if isinstance(error.body, str) else json.dumps(error.body, default=str, ensure_ascii=False)
    )

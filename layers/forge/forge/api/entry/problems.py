"""Errors as RFC 9457 problem documents. They never repeat any part of the request."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from forge.api.entry.statuses import status_of, title_of
from forge.errors import ForgeError, InboxFull, NotAuthenticated, RateLimited, Retryable
from forge.models import patterns
from forge.models.http import Problem
from forge.observability import record

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


def problem_response(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, Any]] | None = None,
) -> Response:
    problem = Problem(title=title_of(status), status=status, detail=detail, errors=errors)
    return Response(
        problem.model_dump_json(exclude_none=True),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return where each of pydantic's errors is and what it says. The value is left out, because it may contain
    anything.
    """
    return [
        {
            "field": ".".join(str(part) for part in error["loc"][:8]),
            "problem": _problem(error),
        }
        for error in errors
    ][:20]


def _problem(error: Mapping[str, Any]) -> str:
    form = error.get("ctx", {}).get("pattern")
    return patterns.WORDS.get(form) or str(error["msg"]).removeprefix("Value error, ")


def install(app: FastAPI) -> None:
    handlers: dict[Any, Any] = {
        ForgeError: _forge_error,
        RequestValidationError: _validation_error,
        HTTPException: _http_error,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def problem_of(error: ForgeError) -> Response:
    status = status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, Retryable):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited | InboxFull):
        record("RateLimited")
    logger.info("request refused", extra={"status": status, "error": type(error).__name__})
    return problem_response(status, error.detail, headers)


async def _forge_error(_request: Request, error: ForgeError) -> Response:
    return problem_of(error)


async def _validation_error(_request: Request, error: RequestValidationError) -> Response:
    errors: list[Any] = list(error.errors())
    if any(each["type"] == "json_invalid" for each in errors):
        return problem_response(400, "The request's body is not valid JSON.")
    details = field_errors({**each, "loc": each["loc"][1:] or each["loc"]} for each in errors)
    named = "; ".join(f"{each['field']}: {each['problem']}" for each in details[:3])
    return problem_response(422, f"The request is not valid. {named}", errors=details)


async def _http_error(_request: Request, error: HTTPException) -> Response:
    details = {
        400: "The request's body cannot be read.",
        404: "There is no such endpoint.",
        405: "This endpoint does not have this method.",
    }
    return problem_response(
        error.status_code, details.get(error.status_code, str(error.detail)), error.headers
    )

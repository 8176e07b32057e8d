"""The errors of this library as types. A problem document (RFC 9457) becomes the error of its status."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

import httpx
from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from forge_client.wallet_requests import Approval


class ForgeClientError(Exception):
    """The base of all errors that this library raises on purpose."""


class Unreachable(ForgeClientError):
    """The server could not be reached; `reason` says why."""

    def __init__(self, base_url: str, reason: str) -> None:
        super().__init__(f"There is no answer from {base_url}: {reason}.")
        self.reason = reason


class ProblemError(ForgeClientError):
    """The server refused the request. `errors` lists the invalid fields; `retry_after`: seconds or None."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = list(errors)
        self.retry_after = retry_after


class InvalidRequest(ProblemError):
    """400, 413, 415, 422: the server will never accept the same request."""


class NotAuthenticated(ProblemError):
    """401: the token is missing, invalid or has expired."""


class Forbidden(ProblemError):
    """403: the caller may not do this."""


class NotFound(ProblemError):
    """404: the resource does not exist, or belongs to another owner."""


class SessionBusy(ProblemError):
    """409: a run is in progress, and `if_busy` was `reject`."""


class ApprovalHeld(ProblemError):
    """409: the wallet request cannot be signed now. The text says why (another client has it, or it may have been
    sent).
    """


class RateLimited(ProblemError):
    """429: too many messages; send again after `retry_after` seconds."""


class ServerError(ProblemError):
    """5xx, also after the safe retries."""


class CommandFailed(ForgeClientError):
    """`/api/mcp-command` answered `success: false`; the text says why."""


class RunEnded(ForgeClientError):
    """The run ended without an answer. `run_id` names it; the text is what the server shows about it."""

    def __init__(self, run_id: str, detail: str) -> None:
        super().__init__(detail)
        self.run_id = run_id


class RunFailed(RunEnded):
    """The run failed."""


class RunInterrupted(RunEnded):
    """The run was interrupted or withdrawn."""


class WaitingForWallet(RunEnded):
    """The run waits for the user's wallet: answer with `approve` or `reject`."""

    def __init__(self, run_id: str, detail: str, approvals: Sequence[Approval]) -> None:
        super().__init__(run_id, detail)
        self.approvals = list(approvals)


class SessionExpired(ForgeClientError):
    """The session expired or was deleted while its answer was awaited."""


class _Problem(BaseModel):
    title: str = ""
    detail: str = ""
    errors: list[dict[str, Any]] | None = None


_CLASSES: dict[int, type[ProblemError]] = {
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: SessionBusy,
    429: RateLimited,
}


def reason_of(error: BaseException) -> str:
    """Describe in a few words why a connection failed. The system's first message (`connection refused`) is the
    most precise.
    """
    if isinstance(error, Unreachable):
        return error.reason
    first = error
    while cause := _cause(first):
        first = cause
    if isinstance(first, socket.gaierror):
        return (first.strerror or str(first)).lower()
    if isinstance(first, OSError) and first.errno:
        return os.strerror(first.errno).lower()
    return str(first) or type(first).__name__


def _cause(error: BaseException) -> BaseException | None:
    if isinstance(error, BaseExceptionGroup):
        return cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error.__cause__ or error.__context__


def problem_error(response: httpx.Response, now: float) -> ProblemError:
    """Return the error for `response` (4xx or 5xx, with its body read). `now`: epoch seconds, for `Retry-After`
    dates.
    """
    try:
        problem = _Problem.model_validate_json(response.content)
    except ValidationError:
        problem = _Problem(detail=response.text[:200])
    kind = _CLASSES.get(response.status_code, InvalidRequest if response.is_client_error else ServerError)
    return kind(
        response.status_code,
        problem.title or response.reason_phrase,
        problem.detail or f"The server answered {response.status_code} {response.reason_phrase}.",
        errors=problem.errors or (),
        retry_after=_retry_after(response.headers.get("retry-after"), now),
    )


def _retry_after(header: str | None, now: float) -> float | None:
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except ValueError:
        return None

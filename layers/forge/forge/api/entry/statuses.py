"""The only table from class of error to HTTP status, for problem documents, handshakes and error frames."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from forge.errors import (
    ApprovalHeld,
    ConnectionGone,
    Contended,
    Forbidden,
    ForgeError,
    IdentityUnavailable,
    InboxFull,
    InvalidRequest,
    KeyReused,
    NotAuthenticated,
    NotFound,
    RateLimited,
    SessionBusy,
    SessionUnreadable,
    StorageUnavailable,
    TooLarge,
    TooManyConnections,
    UnsupportedMediaType,
)

STATUS: Mapping[type[ForgeError], int] = {
    InvalidRequest: 400,
    NotAuthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    SessionBusy: 409,
    ApprovalHeld: 409,
    SessionUnreadable: 409,
    KeyReused: 409,
    ConnectionGone: 410,
    TooLarge: 413,
    UnsupportedMediaType: 415,
    InboxFull: 429,
    RateLimited: 429,
    TooManyConnections: 429,
    Contended: 429,
    StorageUnavailable: 503,
    IdentityUnavailable: 503,
    ForgeError: 500,
}

UNEXPECTED = "The server could not carry out the request. The error has been logged."


def status_of(error: ForgeError) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def title_of(status: int) -> str:
    return HTTPStatus(status).phrase

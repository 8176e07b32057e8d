"""Every error that this program raises on purpose. The docstring is the message; `forge.api.entry.statuses` maps class
to HTTP status.
"""

from __future__ import annotations

from forge.models.spending_caps import CapScope


class ForgeError(Exception):
    """The request could not be carried out."""

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or " ".join((type(self).__doc__ or "").split())
        super().__init__(self.detail)


class InvalidRequest(ForgeError):
    """The request is not valid."""


class TooLarge(InvalidRequest):
    """The request is too large."""


class UnsupportedMediaType(InvalidRequest):
    """The request's body must be JSON, with the content type application/json."""


class NotFound(ForgeError):
    """There is no such resource."""


class NotAuthenticated(ForgeError):
    """Valid credentials are required."""


class Forbidden(ForgeError):
    """The credentials do not allow this."""


class SessionBusy(ForgeError):
    """A run is in progress in this session. Wait for it, interrupt it, or let the message wait in the queue."""


class ApprovalHeld(ForgeError):
    """The wallet request cannot be signed now."""


class SessionUnreadable(ForgeError):
    """This conversation cannot be read: its stored state is damaged, or a newer version of this program wrote it.

    It can be stopped and deleted. A message that is sent after its deletion begins it anew.
    """


class KeyReused(ForgeError):
    """This Idempotency-Key was used for another request; each message needs a key of its own."""


class Retryable(ForgeError):
    """The request is refused for now. It may be sent again after `retry_after` seconds."""

    def __init__(self, detail: str | None = None, *, retry_after: float) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class RateLimited(Retryable):
    """Too many requests in a short time."""


class StillRateLimited(RateLimited):
    """There are still too many requests in a short time."""


class DayUsedUp(RateLimited):
    """This deployment has reached its daily limit. It continues at 00:00 UTC."""


class InboxFull(Retryable):
    """Too many messages are waiting in this session."""


class TooManyConnections(Retryable):
    """This session has the maximum number of open connections. Close one first."""


class TooManyStreams(TooManyConnections):
    """You have the maximum number of open streams, WebSockets and event streams together. Close one first."""


class TooManyWaits(RateLimited):
    """Too many requests are waiting for an answer, yours or those of all callers. Try again in a moment."""


class StorageUnavailable(Retryable):
    """The storage is overloaded or cannot be reached. Nothing was lost; try again shortly."""


class Contended(StorageUnavailable):
    """Too many requests are changing the same data at once. Try again shortly."""


class IdentityUnavailable(Retryable):
    """The identity provider cannot be reached, so no token can be checked."""


class ClaimRefused(ForgeError):
    """The run cannot be claimed."""


class LeaseHeld(ClaimRefused):
    """Another worker holds this run's lease. It ends at `until` (epoch milliseconds) unless it is renewed."""

    def __init__(self, until: int) -> None:
        self.until = until
        super().__init__()


class ClaimContended(ClaimRefused):
    """Other processes changed the session during each of several attempts to claim its run."""


class SuspectHeld(ClaimRefused):
    """This worker holds another run that may have made its workers die. Another worker may take this run at once."""


class RunGone(ClaimRefused):
    """The run has ended, was withdrawn, or belongs to an older generation."""


class SpendingCapReached(ForgeError):
    """The agent may not move more value. `scope` says whose limit is reached."""

    def __init__(self, scope: CapScope) -> None:
        super().__init__()
        self.scope: CapScope = scope


class MissingApiKey(ForgeError):
    """A provider's API key is not configured; `variable` names the environment variable to set."""

    def __init__(self, variable: str) -> None:
        self.variable = variable
        super().__init__(f"The environment variable {variable} is not set.")


class ConnectionGone(ForgeError):
    """The WebSocket connection no longer exists."""


class LeaseLost(BaseException):
    """Fenced off: another attempt owns the run. The worker must stop at once and write nothing more.

    This is a `BaseException`, so that no error handling of a tool or an LLM client can swallow it.
    """

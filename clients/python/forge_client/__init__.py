"""A client of forge-mcp: async, typed, and persistent when the network fails."""

from forge_client.answers import Accepted, CommandResult, Ended, Receipt, SessionSummary
from forge_client.client import DEFAULT_URL, ForgeClient
from forge_client.conversation import Conversation
from forge_client.errors import (
    ApprovalHeld,
    CommandFailed,
    Forbidden,
    ForgeClientError,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    ProblemError,
    RateLimited,
    RunEnded,
    RunFailed,
    RunInterrupted,
    ServerError,
    SessionBusy,
    SessionExpired,
    Unreachable,
    WaitingForWallet,
)
from forge_client.events import ConnectionChanged, Event, Refused, Updated
from forge_client.frames import Message, State
from forge_client.pace import Pace
from forge_client.reduce import apply
from forge_client.version import __version__
from forge_client.wallet_requests import Approval

__all__ = [
    "DEFAULT_URL",
    "Accepted",
    "Approval",
    "ApprovalHeld",
    "CommandFailed",
    "CommandResult",
    "ConnectionChanged",
    "Conversation",
    "Ended",
    "Event",
    "Forbidden",
    "ForgeClient",
    "ForgeClientError",
    "InvalidRequest",
    "Message",
    "NotAuthenticated",
    "NotFound",
    "Pace",
    "ProblemError",
    "RateLimited",
    "Receipt",
    "Refused",
    "RunEnded",
    "RunFailed",
    "RunInterrupted",
    "ServerError",
    "SessionBusy",
    "SessionExpired",
    "SessionSummary",
    "State",
    "Unreachable",
    "Updated",
    "WaitingForWallet",
    "__version__",
    "apply",
]

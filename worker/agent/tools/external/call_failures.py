"""How a call to an external server ended without a result: an error with its kind, and what the person must know."""

from __future__ import annotations

from fastmcp.exceptions import McpError
from mcp_types import CONNECTION_CLOSED, PARSE_ERROR

from worker.agent.tools.external.server_failures import LOST, REFUSALS, links_of, meaning
from worker.agent.tools.external.server_observations import Witness
from worker.tool_outcomes import LOOK_FIRST, CallFailed, OutcomeUnknown, ToolRefused

TEXT_LIMIT = 500
PERHAPS = "the call may or may not have taken effect"
_MOST_QUESTIONS = 5


class ConnectionLost(Exception):
    """The server has gone, or has forgotten the session. `is_certain`: by the specification, the server has done
    nothing.
    """

    def __init__(self, words: str, *, is_certain: bool) -> None:
        super().__init__(words)
        self.is_certain = is_certain


def end_of_call(name: str, witness: Witness, error: Exception) -> Exception:
    """Return what is known of a call that ended with `error`. The HTTP status counts most, because the library
    drops it.
    """
    if known := meaning(witness.answers):
        kind, words = known
        if kind in LOST:
            return ConnectionLost(words, is_certain=kind == "session lost")
        if kind == "refused":
            return ToolRefused(asked(f"{name} refused: {words}.", witness))
        return OutcomeUnknown(f"{name}: {words}; {PERHAPS}", LOOK_FIRST)
    if has_gone(error):
        return ConnectionLost("it broke off", is_certain=False)
    if isinstance(error, McpError) and error.error.code != PARSE_ERROR:
        witness.questions += links_of(error.error)
        said = asked(f"{name} refused: {error.error.message[:TEXT_LIMIT]}", witness)
        return (ToolRefused if error.error.code in REFUSALS else CallFailed)(said)
    if witness.questions:
        return ToolRefused(asked(f"{name} wants an answer first.", witness))
    return OutcomeUnknown(f"{name} failed ({type(error).__name__}): its answer cannot be used")


def has_gone(error: Exception) -> bool:
    return isinstance(error, McpError) and error.error.code == CONNECTION_CLOSED


def asked(text: str, witness: Witness) -> str:
    """Add what the server asked of the person, so that the person sees it."""
    if not witness.questions:
        return text
    questions = "\n".join(f"- {question}" for question in witness.questions[:_MOST_QUESTIONS])
    return f"{text}\nThe server asks the user, who may then try again:\n{questions}"

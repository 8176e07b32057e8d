"""The reason for which a run ended, in words for the person who waits for it: what happened and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic_ai.exceptions import ModelAPIError, UsageLimitExceeded

from forge.errors import ForgeError, MissingApiKey
from forge.models.counted_words import counted
from worker.agent.llm.classify_provider_error import fault_of
from worker.agent.llm.provider_error_codes import Fault
from worker.agent.owner_token_limit import DailyTokensUsedUp

_A_MINUTE = 60.0
_TWO_HOURS = 7_200.0


class TooManyAttempts(ForgeError):
    """This message made the worker fail several times and was given up. Please try it in another way."""


class RunUnreadable(ForgeError):
    """What has been done for this message cannot be read any more, so it was ended.

    Something may have taken effect: please check before you send it again.
    """


_SENTENCES: Mapping[Fault, str] = {
    "bad_call": "The LLM wrote a tool call that its provider could not read. Please send the message again.",
    "bad_key": "The LLM provider refused our API key. Whoever operates this server must set a valid one.",
    "broken_off": "The connection to the LLM provider broke. Please send the message again.",
    "filtered": "The LLM provider's content filter blocked the answer. Please rephrase the message.",
    "no_access": "The LLM provider does not serve us: it refuses the API key, the account, its region or our network. "
    "Whoever operates this server finds the provider's reason in the log.",
    "no_such_llm": "The LLM provider does not know the configured LLM, or there is none at the configured address. "
    "Whoever operates this server must name another one in FORGE_LLM, or correct the address.",
    "not_an_llm": "What answers at the configured address is no LLM provider. Whoever operates this server must "
    "correct the address.",
    "out_of_quota": "The LLM provider's quota is used up. Whoever operates this server must raise it.",
    "overloaded": "The LLM provider is overloaded. Please send the message again in a minute.",
    "rate_limited": "The LLM provider is limiting our requests. Please send the message again {when}.",
    "rejected": "The LLM provider refused the request. Whoever operates this server finds its reason in the log; until "
    "then a new conversation may work.",
    "server": "The LLM provider had an internal error. Please send the message again.",
    "timeout": "The LLM provider took too long to answer. Please send the message again.",
    "too_long": "This conversation is longer than the LLM or its provider takes at once. Please start a new "
    "conversation.",
    "unsupported": "The configured LLM or its server cannot do what this chat needs, such as calling tools. Whoever "
    "operates this server finds the provider's reason in the log and must choose another LLM or set that server up "
    "for it.",
    "unusable": "The LLM provider gave an answer in a form that is not understood. Please send the message again; if "
    "that does not help, whoever operates this server finds the reason in the log.",
}
_TOO_LONG = "This took longer than a run may take and was stopped. Please ask for less at a time."


def describe(error: BaseException) -> str:
    """Return one or two sentences without any of the error's own text, which may contain anything."""
    if isinstance(error, MissingApiKey):
        return f"No LLM can answer: {error.detail} Whoever operates this server must set it and restart the worker."
    if isinstance(error, TooManyAttempts | RunUnreadable | DailyTokensUsedUp):
        return error.detail
    if isinstance(error, UsageLimitExceeded):
        return f"This reached a limit for one message ({_limit(error)}) and was stopped. Please ask for less at a time."
    if fault := fault_of(error):
        return _SENTENCES[fault].format(when=_when(error))
    if isinstance(error, TimeoutError):
        return _TOO_LONG
    return "Something went wrong inside the server. The message was not completed; please send it again."


def _limit(error: UsageLimitExceeded) -> str:
    names = {"request_limit": "LLM requests", "tool_calls_limit": "tool calls", "tokens_limit": "tokens"}
    return next((words for name, words in names.items() if name in error.message), "usage")


def _when(error: BaseException) -> str:
    """Return the wait that the provider asks for, in words for a person."""
    seconds = (error.retry_after if isinstance(error, ModelAPIError) else None) or 0.0
    if seconds <= _A_MINUTE:
        return "in a minute"
    try:
        until = datetime.now(UTC) + timedelta(seconds=seconds + 59)
    except OverflowError:
        return "later"
    if seconds < _TWO_HOURS:
        return f"in {counted(int(seconds // 60) + 1, 'minute')} (after {until:%H:%M} UTC)"
    return f"after {until:%d %B %Y, %H:%M} UTC"

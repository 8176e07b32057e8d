"""One message and one answer, for scripts. Answers go to `out`, everything else to `err`."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TextIO

from forge_client.answers import Accepted, Ended, ended_run
from forge_client.client import ForgeClient
from forge_client.conversation import Conversation
from forge_client.errors import ForgeClientError, NotAuthenticated, ProblemError, SessionExpired, Unreachable
from forge_client.events import Updated
from forge_client.frames import Message
from forge_client.http_requests import Token
from forge_client.wording import approval_words, json_line, tool_line, visible

STOP_SECONDS = 10.0
"""How long Ctrl-C waits for a message that is on its way, so that its run is stopped."""
COMPLETED, NOT_COMPLETED, REFUSED, WAITING = 0, 1, 2, 3
"""Exit statuses: answered; failed, interrupted or out of time; wrong usage or no server; waiting for the wallet."""


@dataclass(frozen=True, slots=True)
class Question:
    """The message and its target."""

    message: str
    """The text that is sent."""
    url: str
    """The server's base URL, without the path of the API."""
    session_id: str | None = None
    """The session that the message continues; None starts a new one."""
    token: Token | None = None
    """The OAuth access token, or a function that returns a fresh one; None on a server without login."""
    as_json: bool = False
    """Print one JSON object instead of the answer's text."""
    timeout: float | None = None
    """The longest time to wait for the answer, in seconds; None means no limit."""


@dataclass(slots=True)
class Printer:
    """A person at a terminal sees the text as it streams; a script gets only the complete answer."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    """Receives the answer."""
    err: TextIO = field(default_factory=lambda: sys.stderr)
    """Receives everything else: tool calls, notices and errors."""
    _printed: dict[int, int] = field(default_factory=dict[int, int])
    _ended: set[int] = field(default_factory=set[int])

    def follow(self, conversation: Conversation, run_id: str) -> None:
        """Print new text in order; text after a gap waits until the gap is filled."""
        place: int | None = None
        for message in conversation.messages:
            if message.seq is None or message.run_id != run_id:
                continue
            if message.seq != place and (place is not None or message.sender == "agent"):
                break
            self._follow_message(message, message.seq)
            if message.seq not in self._ended:
                break
            place = message.seq + 1
        self.out.flush()

    def _follow_message(self, message: Message, seq: int) -> None:
        if seq in self._ended:
            return
        if message.sender == "agent":
            self.out.write(visible(message.content[self._printed.get(seq, 0) :]))
            self._printed[seq] = len(message.content)
        elif message.kind == "tool_call":
            self.err.write(f"{tool_line(message)}\n")
        if not message.is_streaming and message.is_whole:
            self._ended.add(seq)
            if message.sender == "agent":
                self.out.write("\n")


async def ask_once(question: Question, printer: Printer) -> int:
    """Return the exit status."""
    try:
        async with ForgeClient(question.url, question.session_id, question.token) as client:
            return await _ask(client, question, printer)
    except Unreachable as error:
        detail = f"{error} Is `make run` running? Another address: --url or FORGE_URL."
        return _refuse(question, printer, detail, REFUSED)
    except NotAuthenticated as error:
        return _refuse(question, printer, f"{error} Set FORGE_TOKEN to one that is valid.", REFUSED)
    except ProblemError as error:
        hint = f" Try again in {error.retry_after:g} s." if error.retry_after else ""
        return _refuse(question, printer, f"{error}{hint}", REFUSED)
    except TimeoutError:
        return _refuse(question, printer, f"No answer within {question.timeout:g} s.", NOT_COMPLETED)
    except (SessionExpired, ForgeClientError) as error:
        return _refuse(question, printer, str(error), NOT_COMPLETED)


async def _ask(client: ForgeClient, question: Question, printer: Printer) -> int:
    is_live = printer.out.isatty() and not question.as_json
    accepted = await _send(client, question.message)
    try:
        async with asyncio.timeout(question.timeout):
            ended = await _follow(client, accepted.run_id, printer if is_live else None)
    except asyncio.CancelledError:
        # After Ctrl-C nobody reads the answer.
        await client.interrupt(accepted.run_id)
        raise
    if question.as_json:
        printer.out.write(json_line(_as_json(client, ended)) + "\n")
    elif ended.answer and not is_live:
        printer.out.write(ended.answer + "\n")
    return _status(ended, question, printer)


async def _send(client: ForgeClient, message: str) -> Accepted:
    sending = asyncio.create_task(client.send(message), name="send")
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:
        # After Ctrl-C the server may have the message already.
        with suppress(TimeoutError, ForgeClientError):
            async with asyncio.timeout(STOP_SECONDS):
                await client.interrupt((await sending).run_id)
        raise


async def _follow(client: ForgeClient, run_id: str, printer: Printer | None) -> Ended:
    async for event in client.events():
        if not isinstance(event, Updated):
            continue
        if printer:
            printer.follow(event.conversation, run_id)
        if ended := ended_run(event.conversation, run_id):
            return ended
        if event.conversation.expired:
            break
    raise SessionExpired("The session expired or was deleted before the answer came.")


def _status(ended: Ended, question: Question, printer: Printer) -> int:
    if ended.outcome == "completed":
        return COMPLETED
    if ended.outcome == "waiting":
        for approval in ended.approvals:
            _note(question, printer, f"Waiting for your wallet:\n{approval_words(approval)}")
        return WAITING
    _note(question, printer, ended.notice)
    return NOT_COMPLETED


def _note(question: Question, printer: Printer, text: str) -> None:
    if not question.as_json:
        printer.err.write(f"{visible(text)}\n")


def _refuse(question: Question, printer: Printer, detail: str, status: int) -> int:
    if question.as_json:
        printer.out.write(json.dumps({"outcome": "refused", "error": detail}) + "\n")
    else:
        printer.err.write(f"{visible(detail)}\n")
    return status


def _as_json(client: ForgeClient, ended: Ended) -> dict[str, Any]:
    return {
        "session_id": client.session_id,
        "run_id": ended.run_id,
        "outcome": ended.outcome,
        "answer": ended.answer,
        "notice": ended.notice if ended.outcome in {"failed", "interrupted"} else None,
        "messages": [message.model_dump(mode="json") for message in ended.messages],
        "approvals": [approval.model_dump(mode="json") for approval in ended.approvals],
    }

"""`FORGE_LLM=scripted`: the prompt itself is a JSON object that says what to answer, for measurements, fault tests
and evaluation.

Paced text: `{"f": ms before the first token, "t": tokens, "r": tokens per second (0 = unlimited), "tool": true|false,
"tag": text}` is answered with `t0000 t0001 …`, after one read-only tool call if `tool` is true.

A plan: `{"steps": [{"say": text}, {"call": {"name": …, "arguments": {…}}}, {"calls": […]}, …], "tag": text}`. One LLM
request plays the steps up to and including the next one with calls; the results so far tell where it is. A step may
also have `wait` (ms, before its text) and `fail` (an HTTP status that the request ends with). In texts and arguments
`{{0.hash}}` is the field `hash` of the run's first tool result.

`FORGE_SCRIPT_JOURNAL` names a file that gets one JSON line at each LLM request's start and end: `{"event": "start",
"tag", "at"}` and `{"event": "end", "tag", "at", "why": "done"|"cancelled"|"failed", "sent"}`; `at` is in seconds
since the epoch, `sent` counts text deltas.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_ai.exceptions import (
    ModelAuthenticationError,
    ModelHTTPError,
    ModelOverloadedError,
    ModelRateLimitError,
    ModelServerError,
    ModelUnavailableError,
)
from pydantic_ai.tools import ToolDefinition

from worker.agent.llm.local_model import LocalModel, Piece
from worker.agent.llm.local_model_input import Call, RunSoFar
from worker.agent.llm.paced_words import paced
from worker.agent.llm.script_values import fill_in

FAILURES = {
    401: ModelAuthenticationError,
    429: ModelRateLimitError,
    500: ModelServerError,
    503: ModelUnavailableError,
    529: ModelOverloadedError,
}
"""The error that the providers' adapters raise for a status; the tests of the wire formats check the same."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScriptedCall(_Strict):
    name: str
    """The tool's name."""
    arguments: dict[str, Any] = {}
    """The arguments; `{{0.hash}}` in their texts is replaced."""


class ScriptedStep(_Strict):
    say: str = ""
    """The text of the step; may be empty."""
    call: ScriptedCall | None = None
    """A tool call after the text."""
    calls: list[ScriptedCall] = []
    """Further tool calls, which run at the same time."""
    wait: float = Field(default=0, ge=0)
    """The time before the text, in milliseconds."""
    fail: int | None = None
    """The HTTP status with which the request fails; null if it does not."""

    def asked(self) -> list[ScriptedCall]:
        return [self.call, *self.calls] if self.call else self.calls


class ScriptedTokens(_Strict):
    f: float = Field(default=0, ge=0)
    """The time before the first token, in milliseconds."""
    t: int = Field(ge=1)
    """The number of tokens."""
    r: float = Field(default=0, ge=0)
    """Tokens per second; 0 for no limit."""
    tool: bool = False
    """Whether a read-only tool is called before the answer."""
    tag: str = ""
    """A mark that the journal repeats."""


class ScriptedPlan(_Strict):
    steps: list[ScriptedStep] = Field(min_length=1)
    """The steps in their order."""
    tag: str = ""
    """A mark that the journal repeats."""


_SCRIPT = TypeAdapter[ScriptedTokens | ScriptedPlan](ScriptedTokens | ScriptedPlan)


class ScriptedModel(LocalModel):
    """`journal`: path of the file for the start and end lines; no file if it is empty."""

    def __init__(self, journal: str = "") -> None:
        super().__init__("scripted")
        self._journal = journal

    async def play(
        self, so_far: RunSoFar, tools: Sequence[ToolDefinition], instructions: str
    ) -> AsyncGenerator[Piece, None]:
        script = _script(so_far.prompt)
        tag = "" if isinstance(script, str) else script.tag
        self._note(event="start", tag=tag)
        why, sent = "cancelled", 0
        try:
            async for piece in _played(script, so_far, tools):
                sent += isinstance(piece, str)
                yield piece
            why = "done"
        except ModelHTTPError:
            why = "failed"
            raise
        finally:
            self._note(event="end", tag=tag, why=why, sent=sent)

    def _note(self, **fields: str | int) -> None:
        if not self._journal:
            return
        line = json.dumps({"at": time.time(), **fields}) + "\n"
        # One write to a file that is opened for appending is atomic, so several workers may share the file.
        file = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)


def _script(prompt: str) -> ScriptedTokens | ScriptedPlan | str:
    """Return the prompt as a script, or a description of the error in it."""
    try:
        return _SCRIPT.validate_json(prompt)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"This is not a script ({first['msg']}); see worker/agent/llm/scripted.py."


def _played(
    script: ScriptedTokens | ScriptedPlan | str, so_far: RunSoFar, tools: Sequence[ToolDefinition]
) -> AsyncGenerator[Piece, None]:
    match script:
        case ScriptedTokens(tool=True) if not so_far.exchanges and (call := read_only_call(tools)):
            return _one(call)
        case ScriptedTokens():
            return paced(script.f, script.t, script.r)
        case ScriptedPlan():
            return _steps(script, so_far)
        case str():
            return _one(script)


async def _one(piece: Piece) -> AsyncGenerator[Piece, None]:
    yield piece


async def _steps(script: ScriptedPlan, so_far: RunSoFar) -> AsyncGenerator[Piece, None]:
    values = [result.value for results in so_far.exchanges for result in results]
    said = False
    for step in _due(script.steps, len(so_far.exchanges)):
        await asyncio.sleep(step.wait / 1000)
        if step.fail is not None:
            category = FAILURES.get(step.fail)
            raise ModelHTTPError.for_category(category, status_code=step.fail, model_name="scripted")
        if step.say:
            said = True
            yield str(fill_in(step.say, values))
        for call in step.asked():
            said = True
            yield Call(call.name, cast("dict[str, Any]", fill_in(call.arguments, values)))
    if not said:
        yield "done"


def _due(steps: Sequence[ScriptedStep], requests: int) -> list[ScriptedStep]:
    """Return the steps that the request after `requests` earlier ones plays: up to the next step with calls."""
    ends = [i + 1 for i, step in enumerate(steps) if step.asked()] + [len(steps)]
    starts = [0, *ends]
    at = min(requests, len(ends) - 1)
    return list(steps[starts[at] : ends[at]])


def read_only_call(tools: Sequence[ToolDefinition]) -> Call | None:
    """Return `get_current_time`, or else the first tool annotated read-only that needs no arguments."""
    for tool in sorted(tools, key=lambda tool: tool.name != "get_current_time"):
        hints = cast("dict[str, Any]", (tool.metadata or {}).get("annotations") or {})
        needs = tool.parameters_json_schema.get("required")
        if not needs and (tool.name == "get_current_time" or hints.get("readOnlyHint") is True):
            return Call(tool.name, {})
    return None

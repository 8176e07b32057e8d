"""One run of the agent, from its input to what is stored at its end."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from pydantic_ai import (
    Agent,
    AgentRunResult,
    CancellationToken,
    DeferredToolRequests,
    RunContext,
    UsageLimits,
    capture_run_messages,
)
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.exceptions import RunCancelled, RunTimedOut
from pydantic_ai.messages import (
    FunctionToolResultEvent,
    ModelMessage,
)
from pydantic_ai.models import Model

from forge.models.message import INTERRUPTED
from forge.models.run import Ending, Submission
from worker.agent import failure_messages, prompt
from worker.agent.deps import RunDeps
from worker.agent.history import run_history as history
from worker.agent.history.decoded_messages import DecodedMessages
from worker.agent.history.persist_history import show_result
from worker.agent.history.refused_history import HealedModel
from worker.agent.history.response_acceptance import UnfinishedAnswer
from worker.agent.history.whole_history import WholeHistoryModel
from worker.agent.llm.retry_request import FIRST_PAUSE, RetryLlm
from worker.agent.llm.stream_text import ShowingModel
from worker.agent.llm_request_layers import Layers
from worker.agent.messages.message_codec import newly_unreadable
from worker.agent.prompt import prompt_text
from worker.agent.run_endings import complete_run, end_early, end_unfinished
from worker.agent.tools.toolbox import Toolbox
from worker.agent.wallet.answer.settle_answer import open_run
from worker.agent.wallet.answer.verify_answer import NotYet, Stopped
from worker.tool_outcomes import lost


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one run; the counts are those of all its attempts together."""

    seconds: float
    """The longest time of one attempt, in seconds."""
    llm_requests: int
    """The largest number of LLM requests."""
    tool_calls: int
    """The largest number of tool calls."""
    tokens: int
    """The largest number of tokens, sent and received, of all LLM requests."""
    history_tokens: int
    """The estimated size in tokens up to which one request contains the whole history."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    ending: Ending
    """What is stored at the run's end."""
    error: BaseException | None = None
    """The error that ended a failed run, for the log; None for any other end."""


class ForgeAgent:
    """The agent with its tools. The process has one, which all runs use at once."""

    def __init__(
        self,
        llm: Model,
        toolbox: Toolbox,
        limits: Limits,
        first_pause: float = FIRST_PAUSE,
        observing: Sequence[AbstractCapability[Any]] = (),
        decoded: DecodedMessages | None = None,
    ) -> None:
        """`observing`: a capability that observes all work of the LLM and the tools."""
        self._toolbox = toolbox
        self._limits = limits
        self._decoded = decoded or DecodedMessages()
        self._agent = Agent(
            WholeHistoryModel(ShowingModel(HealedModel(llm)), limits.history_tokens, toolbox.limits.media),
            deps_type=RunDeps,
            output_type=[str, DeferredToolRequests],
            instructions=self._instructions,
            capabilities=[
                *observing,
                Layers(RetryLlm(first_pause), lambda: toolbox.offer),
            ],
            retries={"tools": 5, "output": 2},
        )

    async def run(
        self, deps: RunDeps, entries: Sequence[bytes], submission: Submission, token: CancellationToken
    ) -> Ended:
        """Answer `submission`, or continue where an earlier attempt stopped. Raises `NotYet`."""
        stored = history.load(entries, deps.sizes, self._decoded)
        deps.unreadable = newly_unreadable(entries, stored)
        deps.earlier, own = history.split_at_run(stored, deps.run_id)
        del deps.sizes[len(deps.earlier) :]  # the library may merge the run's own messages
        own = deepcopy(own)  # the library changes what it gets, and `stored` may be kept for other runs
        if history.is_answered(own):
            return Ended(Ending(outcome="completed"))
        deps.known = _with_prompt(deps, own, submission)
        with capture_run_messages() as messages:
            try:
                if not own:
                    own = await self._open(deps, submission, token)
                result = await self._run(deps, own, submission, token)
                return Ended(complete_run(deps, result))
            except UnfinishedAnswer as error:
                return Ended(end_unfinished(deps, messages, error), error)
            except RunTimedOut as error:
                return Ended(
                    await end_early(deps, messages, "failed", failure_messages.describe(error)), error
                )
            except NotYet:
                raise
            except (Stopped, RunCancelled):
                return Ended(await end_early(deps, messages, "interrupted", INTERRUPTED))
            except Exception as error:  # noqa: BLE001  every run ends with a visible outcome
                return Ended(
                    await end_early(deps, messages, "failed", failure_messages.describe(error)), error
                )

    async def _instructions(self, ctx: RunContext[RunDeps]) -> str:
        """This is a coroutine, because the library would call a plain function in a thread before each LLM request."""
        wallet = self._toolbox.wallet
        minutes = wallet.terms.approval_ms / 60_000 if wallet else None
        return prompt.instructions(ctx.deps.network, ctx.deps.networks, self._toolbox.policy, minutes)

    async def _open(
        self, deps: RunDeps, submission: Submission, token: CancellationToken
    ) -> list[ModelMessage]:
        return await open_run(deps, self._toolbox.wallet, submission, lambda: token.cancelled)

    async def _run(
        self,
        deps: RunDeps,
        own: list[ModelMessage],
        submission: Submission,
        token: CancellationToken,
    ) -> AgentRunResult[str | DeferredToolRequests]:
        """The library gets the run's own messages only, because it goes through all that it has several times for
        each request. `WholeHistoryModel` puts the earlier ones in front of them.
        """
        before = own if history.goes_on(own) else history.close_calls(own, str(lost()), deps.run_id)
        async with self._agent.iter(
            None if own else prompt_text(submission),
            message_history=before or None,
            deps=deps,
            run_id=deps.attempt_id,
            conversation_id=history.conversation_id(deps.earlier),
            usage=history.usage_of(own),
            usage_limits=UsageLimits(
                request_limit=self._limits.llm_requests,
                tool_calls_limit=self._limits.tool_calls,
                total_tokens_limit=self._limits.tokens,
            ),
            timeout=self._limits.seconds,
            cancellation_token=token,
        ) as run:
            async for node in run:
                if Agent.is_call_tools_node(node):
                    async with node.stream(run.ctx) as events:
                        async for event in events:
                            if isinstance(event, FunctionToolResultEvent):
                                await show_result(deps, event.part)
        return cast("AgentRunResult[str | DeferredToolRequests]", run.result)


async def refuse(
    deps: RunDeps, entries: Sequence[bytes], submission: Submission, error: BaseException
) -> Ended:
    """End a run that cannot be worked on, and store its input, so that the history still says what was asked."""
    _, own = history.split_at_run(history.load(entries), deps.run_id)
    known = _with_prompt(deps, own, submission)
    return Ended(await end_early(deps, known, "failed", failure_messages.describe(error)), error)


def _with_prompt(deps: RunDeps, own: list[ModelMessage], submission: Submission) -> list[ModelMessage]:
    """Return the run's messages so far: what earlier attempts stored, or else its input."""
    return own or [history.user_prompt(prompt_text(submission), deps.attempt_id)]

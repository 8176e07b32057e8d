"""Puts the history before the run in front of the run's own messages, where the LLM is asked.

The library goes through all messages that it has about twenty times for each request, so it gets the run's own ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import ModelMessage, ModelResponse, repair_messages
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from worker.agent.deps import RunDeps, current_run
from worker.agent.history.history_window import window
from worker.agent.history.plain_text_history import healed
from worker.agent.history.provider_neutral_history import normal_history
from worker.agent.history.readable_files import with_readable_files


class WholeHistoryModel(WrapperModel):
    """`wrapped`, which gets the whole history as far as it fits, in the form that every provider accepts."""

    def __init__(self, wrapped: Model, tokens: int, media: frozenset[str]) -> None:
        """`tokens`: the estimated size above which the history is shortened. `media`: the MIME types of the files that
        the LLM can read.
        """
        super().__init__(wrapped)
        self._tokens, self._media = tokens, media

    def prepare_messages(
        self, messages: list[ModelMessage], model_request_parameters: ModelRequestParameters | None = None
    ) -> list[ModelMessage]:
        """The library calls this with the run's own messages; `request` prepares all of them."""
        return messages

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        whole = self._whole(current_run().deps, messages)
        prepared = self._prepared(whole, model_request_parameters)
        return await self.wrapped.request(prepared, model_settings, model_request_parameters)

    def _whole(self, deps: RunDeps, own: Sequence[ModelMessage]) -> list[ModelMessage]:
        shortened = window([*deps.earlier, *own], deps.sizes, self._tokens)
        normal = normal_history(healed(shortened))
        deps.sent = repair_messages(with_readable_files(normal, self._media))
        return list(deps.sent)

    def _prepared(
        self, messages: list[ModelMessage], parameters: ModelRequestParameters
    ) -> list[ModelMessage]:
        """Let the provider's adapter prepare the messages, and merge what it may have parted, as the library does."""
        prepared = self.wrapped.prepare_messages(messages, parameters)
        return prepared if prepared is messages else repair_messages(prepared)

"""The LLM that `FORGE_LLM` names: `offline`, `scripted`, `anthropic:…`, `bedrock:…`, `openai:…`.

Every value comes from the mapping that is passed in; a provider is imported only if it is named. Use the built model
inside `async with llm:`, so that its connections are closed.

What a request of the agent raises (all subclasses of `pydantic_ai.exceptions.AgentRunError`; checked by the tests in
`tests/worker_llm` against servers that speak each provider's wire format):

- `ModelAuthenticationError`: 401 or 403, the key is wrong. It ends the run; the message names the provider.
- `ModelRateLimitError`: 429; `ModelOverloadedError`: 529; `ModelServerError`: other 5xx. Mostly before any text, but an
  `overloaded_error` or a throttling event may also come in the middle of it.
- `ModelQuotaExceededError`, `ModelContextWindowExceededError`, `ModelNotFoundError`, `ModelRequestRejectedError`: the
  account or the request is at fault, so repeating it does not help.
- `ModelConnectionError` (`ModelTimeoutError` within it): there was no connection, or it ended, perhaps within the text.
- `ModelRequestTimeout`: one of our own deadlines (`RequestTimeouts`) has passed.
- `ModelAPIError`: an error event or a malformed event in the stream.
- `UnexpectedModelBehavior`: a stream that ended without content, or that pydantic-ai could not parse.

Except for the last one all are `ModelAPIError`. Text that was streamed before an error has been seen by the user.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_ai.models import Model

from forge.errors import InvalidRequest
from worker.agent.llm.offline.model import WORDS_PER_SECOND, OfflineModel
from worker.agent.llm.providers import PROVIDERS
from worker.agent.llm.request_timeouts import RequestTimeouts
from worker.agent.llm.scripted import ScriptedModel
from worker.setting_numbers import number


def build_llm(name: str, environment: Mapping[str, str]) -> Model[Any]:
    """Raises `MissingApiKey`, and `InvalidRequest` for a name that is none of the above."""
    if name in ("", "offline"):
        return OfflineModel(number(environment, "FORGE_OFFLINE_PACE", WORDS_PER_SECOND))
    if name == "scripted":
        return ScriptedModel(environment.get("FORGE_SCRIPT_JOURNAL", ""))
    provider, _, model = name.partition(":")
    build = PROVIDERS.get(provider)
    if build is None or not model:
        known = ", ".join(("offline", "scripted", *(f"{known}:<model>" for known in PROVIDERS)))
        raise InvalidRequest(f"FORGE_LLM is “{name}”, which is not known. Use one of: {known}.")
    return build(model, environment, RequestTimeouts.of(environment))

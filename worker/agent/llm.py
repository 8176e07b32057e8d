"""The LLM that `FORGE_LLM` names: `offline`, `scripted`, `anthropic:…`, `bedrock:…`, `openai:…`.

Every value comes from the mapping that is handed in; providers are imported only when they are named. Enter the built
model (`async with llm:`) for as long as it is used, so that its connections are closed.

What a request of the agent raises (all subclasses of `pydantic_ai.exceptions.AgentRunError`; checked by the tests in
`tests/worker_llm` against servers that speak each provider's wire format):

- `ModelAuthenticationError`: 401 or 403, the key is wrong. Ends the run; say which provider.
- `ModelRateLimitError`: 429; `ModelOverloadedError`: 529 or 503 "overloaded"; `ModelServerError`: other 5xx. Mostly before
  any text, but an `overloaded_error` or a throttling event may also come in the middle of it.
- `ModelQuotaExceededError`, `ModelContextWindowExceededError`, `ModelNotFoundError`, `ModelRequestRejectedError`: the
  account or the request is at fault; repeating it does not help.
- `ModelConnectionError` (`ModelTimeoutError` within it): no connection, or it broke, also in the middle of the text.
- `ModelRequestTimeout`: one of our own deadlines (`Patience`) has passed.
- `ModelAPIError`: an error event or a malformed event in the stream.
- `UnexpectedModelBehavior`: a stream that ended without content, or that pydantic-ai could not make sense of.

Except for the last one all are `ModelAPIError`. Text that was streamed before an error has been seen by the user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from forge.errors import InvalidRequest, MissingApiKey
from worker.agent.offline.model import WORDS_PER_SECOND, OfflineModel
from worker.agent.scripted_llm import ScriptedModel

ANTHROPIC_URL = "https://api.anthropic.com"
OPENAI_URL = "https://api.openai.com/v1"
CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Patience:
    """How long a request may take, in seconds.

    `first`: until the first text or tool call. `silence`: between two events. `whole`: in all. `retries`: of the
    provider's SDK; none, because the agent itself repeats requests that have not brought any text.
    """

    first: float = 90
    silence: float = 60
    whole: float = 600
    retries: int = 0

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        return cls(
            first=float(environment.get("FORGE_LLM_FIRST_SECONDS") or cls.first),
            silence=float(environment.get("FORGE_LLM_SILENCE_SECONDS") or cls.silence),
            whole=float(environment.get("FORGE_LLM_SECONDS") or cls.whole),
            retries=int(environment.get("FORGE_LLM_RETRIES") or cls.retries),
        )

    def deadlines(self) -> ModelSettings:
        """What pydantic-ai itself enforces; and prompt caching, which it turns on where the LLM has it."""
        return ModelSettings(first_event_timeout=self.first, request_timeout=self.whole, cache=True)

    def settings(self) -> ModelSettings:
        """For SDKs that take their time-out and retries by request."""
        return {**self.deadlines(), "timeout": self.silence, "max_retries": self.retries}


def build_llm(name: str, environment: Mapping[str, str]) -> Model[Any]:
    """Raises `MissingApiKey`, and `InvalidRequest` for a name that is none of the above."""
    if name in ("", "offline"):
        return OfflineModel(float(environment.get("FORGE_OFFLINE_PACE") or WORDS_PER_SECOND))
    if name == "scripted":
        return ScriptedModel(environment.get("FORGE_SCRIPT_JOURNAL", ""))
    provider, _, model = name.partition(":")
    build = PROVIDERS.get(provider)
    if build is None or not model:
        known = ", ".join(("offline", "scripted", *(f"{known}:<model>" for known in PROVIDERS)))
        raise InvalidRequest(f"FORGE_LLM is “{name}”, which is not known. Use one of: {known}.")
    return build(model, environment, Patience.of(environment))


def _key(environment: Mapping[str, str], variable: str) -> str:
    if not (key := environment.get(variable, "").strip()):
        raise MissingApiKey(variable)
    return key


def _anthropic(model: str, environment: Mapping[str, str], patience: Patience) -> Model[Any]:
    """`ANTHROPIC_API_KEY`; `ANTHROPIC_BASE_URL` for a gateway."""
    key = _key(environment, "ANTHROPIC_API_KEY")
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    url = environment.get("ANTHROPIC_BASE_URL") or ANTHROPIC_URL
    return AnthropicModel(
        model, provider=AnthropicProvider(api_key=key, base_url=url), settings=patience.settings()
    )


def _openai(model: str, environment: Mapping[str, str], patience: Patience) -> Model[Any]:
    """OpenAI itself by its Responses API; with `OPENAI_BASE_URL` any compatible server by Chat Completions."""
    url = environment.get("OPENAI_BASE_URL")
    if not url:
        return _openai_responses(model, environment, patience)
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    # Servers on one's own machine want no key, but the SDK does.
    key = environment.get("OPENAI_API_KEY") or "none"
    provider = OpenAICompatibleProvider("openai-compatible", base_url=url, api_key=key)
    return OpenAIChatModel(model, provider=provider, settings=patience.settings())


def _openai_responses(model: str, environment: Mapping[str, str], patience: Patience) -> Model[Any]:
    """The Responses API also behind `OPENAI_BASE_URL`: a proxy to OpenAI."""
    key = _key(environment, "OPENAI_API_KEY")
    from pydantic_ai.models.openai import OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    url = environment.get("OPENAI_BASE_URL") or OPENAI_URL
    return OpenAIResponsesModel(
        model, provider=OpenAIProvider(base_url=url, api_key=key), settings=patience.settings()
    )


def _bedrock(model: str, environment: Mapping[str, str], patience: Patience) -> Model[Any]:
    """`AWS_BEARER_TOKEN_BEDROCK`, or the role of the container.

    With `AWS_ENDPOINT_URL` set the AWS credentials are an emulator's, so there the token is the only key. Retries are
    botocore's own (`AWS_MAX_ATTEMPTS` of the process).
    """
    token = environment.get("AWS_BEARER_TOKEN_BEDROCK", "").strip()
    if not token and environment.get("AWS_ENDPOINT_URL"):
        raise MissingApiKey("AWS_BEARER_TOKEN_BEDROCK")
    from pydantic_ai.models.bedrock import BedrockConverseModel
    from pydantic_ai.providers.bedrock import BedrockProvider

    region = environment.get("BEDROCK_REGION") or environment.get("AWS_REGION") or "us-east-1"
    url = (
        environment.get("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")
        or f"https://bedrock-runtime.{region}.amazonaws.com"
    )
    common: dict[str, Any] = {
        "base_url": url,
        "region_name": region,
        "aws_read_timeout": patience.silence,
        "aws_connect_timeout": CONNECT_SECONDS,
    }
    provider = BedrockProvider(api_key=token, **common) if token else BedrockProvider(**common)
    return BedrockConverseModel(model, provider=provider, settings=patience.deadlines())


PROVIDERS: dict[str, Callable[[str, Mapping[str, str], Patience], Model[Any]]] = {
    "anthropic": _anthropic,
    "openai": _openai,
    "openai-responses": _openai_responses,
    "bedrock": _bedrock,
}

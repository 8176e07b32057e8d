"""The providers behind `build_llm`. Their libraries are imported only when they are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_ai.models import Model

from forge.errors import InvalidRequest, MissingApiKey
from worker.agent.llm.request_timeouts import RequestTimeouts
from worker.setting_texts import http_url, key

ANTHROPIC_URL = "https://api.anthropic.com"
OPENAI_URL = "https://api.openai.com/v1"
CONNECT_SECONDS = 10.0
ROLE_VARIABLES = (
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
"""One of these is set if the container has an IAM role; botocore reads and renews its credentials."""

_REGION = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def _key(environment: Mapping[str, str], variable: str) -> str:
    if not (found := key(environment, variable)):
        raise MissingApiKey(variable)
    return found


def _anthropic(model: str, environment: Mapping[str, str], timeouts: RequestTimeouts) -> Model[Any]:
    """`ANTHROPIC_API_KEY`; `ANTHROPIC_BASE_URL` for a gateway."""
    api_key = _key(environment, "ANTHROPIC_API_KEY")
    from pydantic_ai.providers.anthropic import AnthropicProvider

    from worker.agent.llm.claude import ClaudeModel

    url = http_url(environment, "ANTHROPIC_BASE_URL", ANTHROPIC_URL)
    return ClaudeModel(
        model, provider=AnthropicProvider(api_key=api_key, base_url=url), settings=timeouts.settings()
    )


def _openai(model: str, environment: Mapping[str, str], timeouts: RequestTimeouts) -> Model[Any]:
    """OpenAI itself is called by its Responses API; a compatible server at `OPENAI_BASE_URL` is called by Chat
    Completions.
    """
    url = http_url(environment, "OPENAI_BASE_URL")
    if not url:
        return _openai_responses(model, environment, timeouts)
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    from worker.agent.llm.chat_completions import ChatModel

    # A server on one's own machine needs no key, but the SDK requires one.
    api_key = key(environment, "OPENAI_API_KEY") or "none"
    provider = OpenAICompatibleProvider("openai-compatible", base_url=url, api_key=api_key)
    return ChatModel(model, provider=provider, settings=timeouts.settings())


def _openai_responses(model: str, environment: Mapping[str, str], timeouts: RequestTimeouts) -> Model[Any]:
    """Return the Responses API at `OPENAI_BASE_URL`, for a proxy to OpenAI."""
    api_key = _key(environment, "OPENAI_API_KEY")
    from pydantic_ai.providers.openai import OpenAIProvider

    from worker.agent.llm.openai_responses import ResponsesModel

    url = http_url(environment, "OPENAI_BASE_URL", OPENAI_URL)
    return ResponsesModel(
        model, provider=OpenAIProvider(base_url=url, api_key=api_key), settings=timeouts.settings()
    )


def _bedrock(model: str, environment: Mapping[str, str], timeouts: RequestTimeouts) -> Model[Any]:
    """`AWS_BEARER_TOKEN_BEDROCK`, or AWS credentials."""
    credentials = _bedrock_credentials(environment)
    from pydantic_ai.providers.bedrock import BedrockProvider

    from worker.agent.llm.bedrock import BedrockModel

    region = _bedrock_region(environment)
    usual = f"https://bedrock-runtime.{region}.amazonaws.com"
    url = http_url(environment, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", usual)
    provider = BedrockProvider(
        **credentials,
        base_url=url,
        region_name=region,
        aws_read_timeout=timeouts.silence,
        aws_connect_timeout=CONNECT_SECONDS,
    )
    _repeat_nothing(provider.client)
    return BedrockModel(model, provider=provider, settings=timeouts.deadlines())


def _bedrock_region(environment: Mapping[str, str]) -> str:
    """A name that is no host label would be refused by botocore, and is a part of the endpoint's name here."""
    region = environment.get("BEDROCK_REGION") or environment.get("AWS_REGION") or "us-east-1"
    if not _REGION.fullmatch(region):
        raise InvalidRequest(
            f"BEDROCK_REGION (else AWS_REGION) is “{region[:40]}”; it must be a region's name, such as eu-west-1."
        )
    return region


def _repeat_nothing(client: Any) -> None:
    """botocore would repeat a failed request without a look at the run's lease. The agent repeats it instead.

    The library builds the client without a setting for this, so the handler that decides about it is removed.
    """
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.unregister(f"needs-retry.{service}", unique_id=f"retry-config-{service}")


def _bedrock_credentials(environment: Mapping[str, str]) -> dict[str, Any]:
    """If `AWS_ENDPOINT_URL` is set, the plain AWS keys belong to an emulator, so they do not count."""
    if token := key(environment, "AWS_BEARER_TOKEN_BEDROCK"):
        return {"api_key": token}
    if profile := environment.get("AWS_PROFILE"):
        return {"profile_name": profile}
    if environment.get("AWS_ENDPOINT_URL"):
        raise MissingApiKey("AWS_BEARER_TOKEN_BEDROCK")
    if key_id := environment.get("AWS_ACCESS_KEY_ID"):
        return {
            "aws_access_key_id": key_id,
            "aws_secret_access_key": environment.get("AWS_SECRET_ACCESS_KEY"),
            "aws_session_token": environment.get("AWS_SESSION_TOKEN"),
        }
    if any(environment.get(variable) for variable in ROLE_VARIABLES):
        return {}
    raise MissingApiKey("AWS_BEARER_TOKEN_BEDROCK")


PROVIDERS: dict[str, Callable[[str, Mapping[str, str], RequestTimeouts], Model[Any]]] = {
    "anthropic": _anthropic,
    "openai": _openai,
    "openai-responses": _openai_responses,
    "bedrock": _bedrock,
}

"""The LLM that `FORGE_LLM` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_ai.models import Model

from worker.agent.offline.model import WORDS_PER_SECOND, OfflineModel
from worker.agent.scripted_llm import ScriptedModel


def build_llm(name: str, environment: Mapping[str, str]) -> Model[Any]:
    if name in ("", "offline"):
        return OfflineModel(float(environment.get("FORGE_OFFLINE_PACE") or WORDS_PER_SECOND))
    if name == "scripted":
        return ScriptedModel(environment.get("FORGE_SCRIPT_JOURNAL", ""))
    raise ValueError(name)

"""Recognises a tool call that an LLM wrote as text, which its server should have read.

A server without the LLM's own parser for tool calls passes them on as the answer. They are never made: what is written
in an answer may come from anywhere. The person is told, because the answer looks as if nothing had been asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_FORMS: tuple[tuple[str, str], ...] = (
    (r"<(?:\w+:)?tool_calls?>", "Qwen, Hermes, GLM, MiniMax"),
    (r"<function(?:_calls?|=)", "Llama 3.1, Anthropic's older form"),
    (r"<\|python_tag\|>", "Llama 3"),
    (r"\[TOOL_CALLS\]", "Mistral"),
    (r"<\|tool_calls?(?:_section_begin)?\|>", "Kimi K2, Granite, Phi"),
    (r"<｜tool▁calls▁begin｜>", "DeepSeek"),
    (r"<\|channel\|>commentary to=", "gpt-oss's harmony format"),
    (r'\{\s*"(?:name|function|tool)"\s*:\s*"', "small LLMs without any template for tools"),
)
"""How such texts begin. From memory of these LLMs' templates, not looked up."""
_BEGINS = re.compile(rf"\s*(?:```\w*\s*)?(?:{'|'.join(form for form, _ in _FORMS)})")
_LOOKED_AT = 2_000
"""Only the beginning of an answer is searched for the name of a tool."""


def is_written_call(text: str, offered: Collection[str]) -> bool:
    """Return whether `text` begins as a tool call and names an offered tool."""
    beginning = text[:_LOOKED_AT]
    return _BEGINS.match(beginning) is not None and not set(re.findall(r"\w+", beginning)).isdisjoint(offered)

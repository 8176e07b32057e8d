"""What real providers refuse of a request, as public reports and their API references say (as of 2026-11-26).

Each validator returns the provider's words, or None for a request that it takes. Sources: OpenAI: openai-openapi and
camel-ai/camel#2215 (ids of at most 40 characters), CopilotKit#7277 and OpenManus#744 (pairs); Anthropic:
experientiallabs/experiential#804 and anthropics/claude-code#3512, #64383 (pairs), Messages API reference (patterns);
Bedrock: Converse API reference (patterns, blank texts).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

Refuses = Callable[[dict[str, Any]], str | None]

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
_CLAUDE_ID = re.compile(r"[a-zA-Z0-9_-]+\Z")
_BEDROCK_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")


def chat(body: dict[str, Any]) -> str | None:
    """OpenAI Chat Completions, and servers that parse the arguments (vLLM, llama.cpp, Ollama)."""
    open_ids: list[str] = []
    for number, message in enumerate(body["messages"]):
        role = message["role"]
        if role == "tool" and message["tool_call_id"] in open_ids:
            open_ids.remove(message["tool_call_id"])
            continue
        if role == "tool":
            return f"messages.[{number}]: role 'tool' must be a response to a preceding message with 'tool_calls'"
        if open_ids:
            return f"An assistant message with 'tool_calls' must be followed by tool messages: {open_ids}"
        if not (message.get("content") or message.get("tool_calls")):
            return f"messages.[{number}]: content or tool_calls must be set"
        calls = message.get("tool_calls") or []
        if problem := _chat_calls(calls):
            return f"messages.[{number}].tool_calls: {problem}"
        open_ids = [call["id"] for call in calls]
    return f"tool calls without messages: {open_ids}" if open_ids else None


def _chat_calls(calls: list[dict[str, Any]]) -> str | None:
    ids = [call["id"] for call in calls]
    if len(set(ids)) != len(ids):
        return f"duplicate ids {ids}"
    return next((problem for call in calls if (problem := _chat_call(call))), None)


def _chat_call(call: dict[str, Any]) -> str | None:
    if not 1 <= len(call["id"]) <= 40:
        return f"id: string too long or empty: {call['id']!r}"
    return _call(call["function"]["name"], call["function"]["arguments"])


def _call(name: str, arguments: str) -> str | None:
    if not _NAME.match(name):
        return f"name does not match the pattern: {name!r}"
    return None if _is_object(arguments) else f"arguments are no JSON object: {arguments!r}"


def _is_object(text: str) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return isinstance(json.loads(text, parse_constant=refuse), dict)
    except ValueError:
        return False


def responses(body: dict[str, Any]) -> str | None:
    calls: dict[str, int] = {}
    outputs: dict[str, int] = {}
    for number, item in enumerate(body["input"]):
        kind = item.get("type", "message")
        if kind == "function_call":
            if item["call_id"] in calls or not 1 <= len(item["call_id"]) <= 64:
                return f"input[{number}].call_id: duplicate, empty or too long: {item['call_id']!r}"
            calls[item["call_id"]] = number
            if problem := _call(item["name"], item["arguments"]):
                return f"input[{number}]: {problem}"
        elif kind == "function_call_output":
            if item["call_id"] not in calls:
                return f"No tool call found for function call output with call_id {item['call_id']}"
            outputs[item["call_id"]] = number
        elif not item.get("content") and kind == "message":
            return f"input[{number}].content is empty"
    missing = calls.keys() - outputs.keys()
    return f"No tool output found for function call {sorted(missing)}" if missing else None


def anthropic(body: dict[str, Any]) -> str | None:
    messages = body["messages"]
    if messages[0]["role"] != "user":
        return "messages: first message must use the user role"
    return _turns(messages, _claude_block, lambda block: block.get("type") == "tool_use", _claude_result)


def bedrock(body: dict[str, Any]) -> str | None:
    messages = body["messages"]
    if messages[0]["role"] != "user":
        return "A conversation must start with a user message"
    if any(a["role"] == b["role"] for a, b in pairwise(messages)):
        return "A conversation must alternate between user and assistant roles"
    return _turns(messages, _bedrock_block, lambda block: "toolUse" in block, _bedrock_result)


def _turns(
    messages: list[dict[str, Any]],
    refuses_block: Callable[[dict[str, Any]], str | None],
    is_call: Callable[[dict[str, Any]], bool],
    result_of: Callable[[dict[str, Any]], str | None],
) -> str | None:
    """Blocks, and the results of an answer's calls in exactly the next message; ids are never used again."""
    seen: set[str] = set()
    expected: list[str] = []
    for number, message in enumerate(messages):
        blocks = _blocks(message["content"])
        if not blocks:
            return f"messages.{number}: content must not be empty"
        if problem := next((words for block in blocks if (words := refuses_block(block))), None):
            return f"messages.{number}: {problem}"
        results = [found for block in blocks if (found := result_of(block)) is not None]
        if sorted(results) != sorted(expected):
            return f"messages.{number}: results {results} for the calls {expected}"
        calls = [_id(block) for block in blocks if is_call(block)]
        if len(set(calls)) != len(calls) or seen & set(calls):
            return f"messages.{number}: `tool_use` ids must be unique: {calls}"
        seen |= set(calls)
        expected = calls
    return f"`tool_use` ids were found without `tool_result` blocks: {expected}" if expected else None


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _id(block: dict[str, Any]) -> str:
    return block["toolUse"]["toolUseId"] if "toolUse" in block else block["id"]


def _claude_result(block: dict[str, Any]) -> str | None:
    return block["tool_use_id"] if block.get("type") == "tool_result" else None


def _claude_block(block: dict[str, Any]) -> str | None:
    if block["type"] == "text":
        return None if block["text"].strip() else "text content blocks must contain non-whitespace text"
    if block["type"] == "thinking":
        return None if block.get("signature") else "thinking.signature: Field required"
    if block["type"] != "tool_use":
        return None
    if not _CLAUDE_ID.match(block["id"]):
        return f"tool_use.id: String should match pattern: {block['id']!r}"
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", block["name"]):
        return f"tool_use.name: String should match pattern: {block['name']!r}"
    return None if isinstance(block["input"], dict) else "tool_use.input: Input should be an object"


def _bedrock_result(block: dict[str, Any]) -> str | None:
    return block["toolResult"]["toolUseId"] if "toolResult" in block else None


def _bedrock_block(block: dict[str, Any]) -> str | None:
    if "text" in block and not block["text"].strip():
        return "The text field in the ContentBlock object is blank"
    if result := block.get("toolResult"):
        texts = [part["text"] for part in result["content"] if "text" in part]
        return (
            "The text field in the ToolResult is blank" if any(not text.strip() for text in texts) else None
        )
    if (call := block.get("toolUse")) is None:
        return None
    if not _BEDROCK_ID.match(call["toolUseId"]) or not _NAME.match(call["name"]):
        return f"toolUse does not match the pattern: {call['toolUseId']!r}, {call['name']!r}"
    return None if isinstance(call["input"], dict) else "toolUse.input must be an object"


PATHS: tuple[tuple[str, Refuses], ...] = (
    ("/chat/completions", chat),
    ("/responses", responses),
    ("/messages", anthropic),
    ("/converse-stream", bedrock),
)


def refusal(path: str, body: dict[str, Any]) -> str | None:
    return next((refuses(body) for end, refuses in PATHS if path.endswith(end)), None)

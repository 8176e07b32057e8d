"""A chunk that is read quickly is exactly what the SDK would have made of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai._models import construct_type
from openai.types.chat import ChatCompletionChunk
from pydantic import BaseModel

from worker.agent.llm.chunk_reading import QuickChunk

CHUNKS: dict[str, dict[str, Any]] = {
    "text": {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1764190000,
        "model": "m",
        "system_fingerprint": "fp",
        "choices": [
            {
                "index": 0,
                "delta": {"role": "assistant", "content": "words"},
                "logprobs": None,
                "finish_reason": None,
            }
        ],
    },
    "call": {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1764190000,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "delta": {
                    "tool_calls": [
                        {
                            "index": 0,
                            "id": "c",
                            "type": "function",
                            "function": {"name": "f", "arguments": "{"},
                        }
                    ],
                    "reasoning_content": "a field of its own",
                },
                "finish_reason": "tool_calls",
            }
        ],
    },
    "values that a lenient validator would convert": {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": "1764190000",
        "model": "m",
        "choices": [{"index": "0", "delta": {"content": "words"}, "finish_reason": None}],
    },
    "usage": {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1764190000,
        "model": "m",
        "choices": [],
        "usage": {
            "prompt_tokens": 1,
            "completion_tokens": 2,
            "total_tokens": 3,
            "completion_tokens_details": {"reasoning_tokens": 1},
            "cost": {"USD": 0.1},
        },
        "x_server": [{"any": None}],
    },
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.sampled_from(["", "1", "stop", "no such reason", "\ud800", "NaN"]),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.just({"content": 1}),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all members."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    found = [path] if path else []
    for name, member in members:
        found += places(member, (*path, name))
    return found


def shape(value: Any) -> Any:
    """Everything that can be read of a chunk: types, values, and which fields were there. Only the validator counts
    unknown fields among the latter.
    """
    if isinstance(value, BaseModel):
        known = type(value).model_fields
        fields = {name: shape(getattr(value, name)) for name in known if hasattr(value, name)}
        return type(value), fields, value.model_fields_set & set(known), shape(value.model_extra)
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    return type(value), value


def both(data: dict[str, Any]) -> tuple[Any, Any]:
    ours = QuickChunk.build(response=None, data=copy.deepcopy(data))
    theirs = construct_type(type_=ChatCompletionChunk, value=copy.deepcopy(data))
    return shape(ours), shape(theirs)


@pytest.mark.parametrize("kind", CHUNKS)
def test_a_usual_chunk_is_what_the_sdk_makes_of_it(kind: str):
    ours, theirs = both(CHUNKS[kind])
    assert ours == theirs


@given(st.sampled_from(sorted(CHUNKS)), st.data())
def test_an_odd_chunk_is_what_the_sdk_makes_of_it(kind: str, drawn: st.DataObject):
    data = copy.deepcopy(CHUNKS[kind])
    for _ in range(drawn.draw(st.integers(1, 2))):
        path = drawn.draw(st.sampled_from(places(data)))
        holder: Any = data
        for name in path[:-1]:
            holder = holder[name]
        if drawn.draw(st.booleans()):
            holder[path[-1]] = copy.deepcopy(drawn.draw(ODD))
        else:
            del holder[path[-1]]
        if not places(data):
            break
    ours, theirs = both(data)
    assert ours == theirs

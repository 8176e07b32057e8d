"""A tool call that the LLM wrote as text is not made, and the person is told; an answer about it is an answer."""

from __future__ import annotations

import pytest

from tests.worker_llm import wires
from tests.worker_llm.conversation import conversation
from worker.agent.llm.calls_written_as_text import is_written_call

WRITTEN = (
    '<tool_call>\n{"name": "send", "arguments": {"to": "Bob"}}\n</tool_call>',
    "<tool_call>send\n<arg_key>to</arg_key>\n<arg_value>Bob</arg_value>\n</tool_call>",
    '<minimax:tool_call>\n<invoke name="send"></invoke>\n</minimax:tool_call>',
    '<|python_tag|>{"name": "send", "parameters": {"to": "Bob"}}',
    '[TOOL_CALLS][{"name": "send", "arguments": {"to": "Bob"}}]',
    '[TOOL_CALLS]send{"to": "Bob"}',
    '{"name": "send", "parameters": {"to": "Bob"}}',
    '```json\n{"name": "send", "arguments": {"to": "Bob"}}\n```',
    '<function=send>{"to": "Bob"}</function>',
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>send\n```json\n{"to": "Bob"}\n```',
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.send:0<|tool_call_argument_begin|>{"to": "Bob"}',
    '<|channel|>commentary to=functions.send <|constrain|>json<|message|>{"to": "Bob"}<|call|>',
)
ANSWERS = (
    "I would send it with `<tool_call>`.",
    '{"name": "Alice", "balance": "5"}',
    'As JSON:\n{"name": "send"}',
    "send",
    "<b>send</b>",
)


@pytest.mark.parametrize("text", WRITTEN)
async def test_a_call_that_was_written_as_text_is_told_and_not_made(text: str) -> None:
    async with conversation() as talk:
        ended = await talk.say("chat", wires.text("chat", text[:9], text[9:]))
        assert (ended.ending.outcome, talk.bank.calls) == ("completed", [])
        assert "wrote a tool call as text" in talk.notices[-1].content
        await talk.say("chat", wires.text("chat", "Five."))
        assert (talk.answer, talk.notices) == ("Five.", [])


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_no_call(text: str) -> None:
    assert not is_written_call(text, {"send", "balance_of"})

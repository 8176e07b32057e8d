"""JSON from outside that cannot be read, such as endlessly nested lists: each reader handles it in its own way."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import CallToolResult, TextContent
from pydantic_ai.exceptions import ModelHTTPError

from tests.properties import examples
from tests.unlisted import tried
from worker.agent.llm.classify_provider_error import fault_of
from worker.agent.llm.offline.lookups import any_tool
from worker.agent.llm.offline.refusal import Refusal
from worker.agent.llm.offline.tool_calls import ToolCalls
from worker.agent.llm.script_values import fill_in
from worker.agent.llm.streamed_tool_calls import is_object
from worker.agent.tools.external.both_result_forms import combined
from worker.ethereum.abi_values import to_abi
from worker.ethereum.function_signatures import parse_types
from worker.ethereum.node.envelope import read_envelope
from worker.json_text import read_json
from worker.tool_outcomes import ToolRefused


def raises(kind: type[Exception], call: Callable[[], object]) -> bool:
    try:
        call()
    except kind:
        return True
    return False


def both_are_told(text: str) -> bool:
    """A tool's text that is not its structured content is told beside it."""
    content = [TextContent(type="text", text=text)]
    result = combined(CallToolResult(content=list(content), structured_content={"a": 1}))
    return len(result.content) == 2


READERS: dict[str, Callable[[str], bool]] = {
    "an answer of a node": lambda text: read_envelope(text.encode()) is None,
    "a result of an external tool": both_are_told,
    "a provider's error": lambda text: fault_of(ModelHTTPError(418, "an LLM", text)) == "rejected",
    "streamed arguments": lambda text: not is_object(text),
    "arguments in a command": lambda text: raises(Refusal, lambda: any_tool(ToolCalls([]), "look", text)),
    "a list for a contract": lambda text: raises(
        ToolRefused, lambda: to_abi(parse_types("uint256[]")[0], text, "arguments[0]", str)
    ),
    "a reference in a script": lambda text: fill_in("{{0.name}}", [text]) is None,
}
DEEP, LONG = 100_000, 5_000
ROWS = {
    "lists": "[" * DEEP + "]" * DEEP,
    "objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "lists that do not end": "[" * DEEP,
    "a number": '{"a": ' + "9" * LONG + "}",
}


@pytest.mark.parametrize("text", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_what_cannot_be_read_is_told_as_no_json(reader: Callable[[str], bool], text: str) -> None:
    assert reader(text)


LEVELS = st.sampled_from(["[", '{"a":', '[1,{"":', '{"a":[],"b":', "[[],"])
UNREADABLE = st.one_of(
    st.builds(lambda level, depth: level * depth, LEVELS, st.integers(1_000, 20_000)),
    st.builds(lambda digits: '{"n":' + "7" * digits + "}", st.integers(4_301, 20_000)),
    st.builds(
        lambda value, cut: json.dumps({"a": value})[:-cut],
        st.recursive(st.none() | st.text() | st.floats(), st.lists, max_leaves=5),
        st.integers(1, 3),
    ),
)


@examples(60)
@given(text=UNREADABLE)
def test_no_reader_fails_by_what_it_reads(text: str) -> None:
    tried("JSON that cannot be read", text)
    assert raises(ValueError, lambda: read_json(text))
    assert {name: reader(text) for name, reader in READERS.items()} == dict.fromkeys(READERS, True)

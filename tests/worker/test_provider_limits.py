"""One tool that a provider refuses must not make every message of every user fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from fastmcp import FastMCP
from fastmcp.tools import Tool
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from forge.models.counted_words import counted
from tests.unlisted import tried
from tests.worker.tools import Bank
from worker.agent.llm.provider_limits import DEEPEST, NONE, ROWS, limits_of
from worker.agent.tools.toolbox import Toolbox

OBJECT = {"type": "object"}


class Foreign:
    """Servers of others without the connections behind them."""

    def __init__(self, servers: Sequence[tuple[str, FastMCP[Any]]]) -> None:
        self._servers = servers

    async def refresh(self) -> None: ...

    def mounted(self) -> list[tuple[str, FastMCP[Any]]]:
        return list(self._servers)

    def notices(self) -> list[str]:
        return []

    async def close(self) -> None: ...


def server(name: str, schemas: dict[str, dict[str, Any]]) -> tuple[str, FastMCP[Any]]:
    made: FastMCP[Any] = FastMCP(name)
    for tool, schema in schemas.items():
        made.add_tool(Tool(name=tool, parameters=schema))
    return name, made


@pytest.mark.parametrize("llm", ["openai:gpt", "openai-responses:gpt"])
async def test_all_tools_of_all_servers_are_no_more_than_the_provider_takes_and_ours_are_there(
    llm: str,
) -> None:
    limits = limits_of(llm, {})
    many = [server(name, {f"{name}_{i}": OBJECT for i in range(100)}) for name in ("a", "b")]
    toolbox = Toolbox([("bank", Bank().server())], foreign=Foreign(many), limits=limits)
    try:
        await toolbox.refresh()
        names = [tool.name for tool in toolbox.tools]
        assert limits.tools is not None
        assert len(names) + 2 == limits.tools  # `set_network` and the wallet's tool are no server's
        assert {"balance", "a_99"} <= set(names)
        [notice] = toolbox.notices
        assert notice.startswith(
            f"Not offered: {200 - sum(name[1] == '_' for name in names)} tools of external servers"
        )
    finally:
        await toolbox.close()


async def test_a_tool_with_the_name_of_another_is_left_out_and_the_operator_reads_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A server called `send` can offer a tool `transaction_to_wallet`, and servers `a` and `a_b` the same name."""
    names = ["send_transaction_to_wallet", "set_network", "balance", "transfer", "a_b_c"]
    foreign = Foreign(
        [server("a", {"a_b_c": OBJECT}), server("a_b", dict.fromkeys([*names, "a_b_d"], OBJECT))]
    )
    toolbox = Toolbox([("bank", Bank().server())], foreign=foreign)
    try:
        for _ in range(2):
            await toolbox.refresh()
            offered = [(tool.server, tool.name) for tool in toolbox.tools]
            assert [name for whose, name in offered if whose == "a_b"] == ["a_b_d"]
            assert {("bank", "balance"), ("a", "a_b_c")} <= set(offered)
            assert len({name for _, name in offered}) == len(offered)
        told = [str(getattr(record, "cause", "")) for record in caplog.records]
        assert [f"External tool {name} is left out: another tool has its name." for name in names] == told
        [notice] = toolbox.notices
        assert notice.startswith("Not offered: " + counted(len(names), "tool"))
    finally:
        await toolbox.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "providers"),
    [
        ({"type": "object", "properties": {"x": {"type": "array"}}}, {"openai"}),
        ({"type": "object", "properties": {"x": {"type": ["array", "null"]}}}, {"openai"}),
        ({"type": "object", "properties": {"x": {"anyOf": [{"type": "array"}]}}}, {"openai"}),
        ({"type": "object", "properties": {"x y": {}}}, {"anthropic", "bedrock"}),
        ({"type": "object", "properties": {"x" * 65: {}}}, {"anthropic", "bedrock"}),
        ({"type": "object", "oneOf": [{"required": ["a"]}]}, {"openai", "anthropic", "bedrock"}),
        ({"type": "object", "properties": {"x": {"enum": []}}}, {"openai", "anthropic", "bedrock"}),
        (
            {"type": "object", "properties": {"x": {"$ref": "#/$defs/gone"}}},
            {"openai", "anthropic", "offline"},
        ),
        ({"type": "object", "properties": {"x": {"type": "array", "items": {}}}}, set()),
        ({"type": "object", "properties": {"x": {"$ref": "#/$defs/A"}}, "$defs": {"A": OBJECT}}, set()),
    ],
)
async def test_a_tool_that_the_provider_does_not_take_costs_itself(
    schema: dict[str, Any], providers: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    for llm in ("openai", "anthropic", "bedrock", "offline"):
        foreign = Foreign([server("a", {"a_bad": schema, "a_good": OBJECT})])
        toolbox = Toolbox([("bank", Bank().server())], foreign=foreign, limits=limits_of(f"{llm}:x", {}))
        try:
            await toolbox.refresh()
            names = {tool.name for tool in toolbox.tools}
            assert {"balance", "a_good"} <= names
            if llm in providers:
                assert "a_bad" not in names
                assert "a_bad is left out" in str(getattr(caplog.records[-1], "cause", ""))
            elif not providers:
                assert "a_bad" in names
        finally:
            await toolbox.close()


kinds = st.sampled_from(["object", "array", "string", "integer", "null", ["array", "null"]])
schemas = st.recursive(
    st.fixed_dictionaries(
        {}, optional={"type": kinds, "enum": st.lists(st.integers(), max_size=2), "$ref": st.text(max_size=9)}
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": kinds,
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "properties": st.dictionaries(st.text(max_size=5), inner, max_size=2),
            "$defs": st.dictionaries(st.text(max_size=5), inner, max_size=2),
        },
    ),
    max_leaves=8,
)


@given(schemas, st.sampled_from([*ROWS, NONE]))
def test_what_passes_has_none_of_what_providers_refuse(schema: dict[str, Any], row: Any) -> None:
    whole = {"type": "object", **schema}
    tried("mcp: schemas of tools", (whole, row.name))
    if row.fault(whole):
        return
    assert whole["type"] == "object"
    text = repr(whole)
    assert "https:" not in text
    if row.name.startswith("openai"):
        assert not _bare_arrays(whole)
    Draft202012Validator.check_schema(whole)


def test_no_schema_is_too_deep_to_be_judged() -> None:
    deep: dict[str, Any] = {"type": "object"}
    for _ in range(5000):
        deep = {"type": "object", "properties": {"x": deep}}
    assert NONE.fault(deep) == f"its input schema is deeper than {DEEPEST} levels"


def _bare_arrays(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(map(_bare_arrays, schema))
    if not isinstance(schema, dict):
        return False
    is_array = schema.get("type") in ("array", ["array", "null"])
    return (is_array and "items" not in schema) or any(
        _bare_arrays(value) for key, value in schema.items() if key not in ("enum", "type")
    )

"""Generated documents: whatever a file contains, it is read, or its server is left out with a reason."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unlisted import tried
from worker.agent.tools.external.config import ServerConfig, read_config
from worker.agent.tools.external.config_dialect_data import HARMLESS, SOURCES
from worker.agent.tools.external.config_dialects import FIELDS, plain
from worker.agent.tools.external.placeholders import FOREIGN_FORMS

SECRET = "s3cret-0f-the-deployment"
KNOWN = {name for name, *_ in FIELDS} | HARMLESS
OPENERS = ("${", "$", "%", "{{", "{", "<", "$(", "#{", "%{", "@@", "`", "${{", "%(", "__")
CLOSERS = {"${": "}", "%": "%", "{{": "}}", "{": "}", "<": ">", "$(": ")", "#{": "}", "%{": "}"} | {
    "@@": "@@",
    "`": "`",
    "${{": "}}",
    "%(": ")s",
    "__": "__",
    "$": "",
}
name = st.from_regex(r"[A-Z][A-Z0-9_]{2,12}", fullmatch=True)


@st.composite
def placeholder(draw: st.DrawFn) -> str:
    """A form that somebody could use for "fill this in"; prefixes such as `env:` may come before the name."""
    opener = draw(st.sampled_from(OPENERS))
    prefix = draw(st.sampled_from(["", "env:", "secret:", "input:"])) if opener in ("${", "{", "<") else ""
    return opener + prefix + draw(name) + CLOSERS[opener]


def read(document: Any) -> tuple[dict[str, ServerConfig], list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mcp.json"
        path.write_text(json.dumps(document))
        return read_config(path, {"SECRET": SECRET})


@given(
    placeholder().filter(lambda text: text != "${SECRET}"),
    st.sampled_from(["", "Bearer ", "token=", "Basic x:"]),
    st.sampled_from(["headers", "env", "args", "url", "cwd", "command"]),
)
def test_a_placeholder_of_any_form_leaves_its_server_out(text: str, before: str, where: str) -> None:
    tried("mcp.json: placeholders", (text, before, where))
    value = before + text
    entry: dict[str, Any] = {
        "headers": {"url": "https://a.example", "headers": {"K": value}},
        "env": {"command": "x", "env": {"K": value}},
        "args": {"command": "x", "args": [value]},
        "url": {"url": f"https://a.example/{value}"},
        "cwd": {"command": "x", "cwd": value},
        "command": {"command": text},
    }[where]
    configs, notices = read({"mcpServers": {"x": entry, "good": {"command": "c"}}})
    assert set(configs) == {"good"}
    assert len(notices) == 1


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12),
    st.sampled_from([True, False, None, 0, "no", [], {"a": 1}]),
)
def test_a_field_of_any_unknown_name_leaves_its_server_out(field: str, value: Any) -> None:
    if plain(field) in KNOWN:
        return
    tried("mcp.json: unknown fields", (field, value))
    configs, [notice] = read({"mcpServers": {"x": {"command": "c", field: value}, "good": {"command": "c"}}})
    assert set(configs) == {"good"}
    assert "is not known here" in notice or "comment" in notice


json_value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.integers(200, 5000).map("server -k ".ljust)
    | st.just("${SECRET}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
field_name = st.sampled_from(sorted({name for name, *_ in FIELDS})) | st.text(max_size=8)


@given(
    st.dictionaries(
        st.text(max_size=10), st.dictionaries(field_name, json_value, max_size=5) | json_value, max_size=3
    )
)
def test_any_document_is_read_and_no_secret_is_named(entries: dict[str, Any]) -> None:
    tried("mcp.json: documents", json.dumps(entries, sort_keys=True))
    configs, notices = read({"mcpServers": {**entries, "good server": {"command": "c"}}})
    assert "good_server" in configs or "good_server_" in " ".join(notices)
    assert SECRET not in repr(configs) + " ".join(notices)


NAMED: list[dict[str, Any]] = [
    {"command": "${SECRET}"},
    {"command": "x", "cwd": "${SECRET}"},
    {"command": "x", "env": {"${SECRET}": [1]}},
    {"url": "https://a.example", "headers": {"${SECRET}": {}}},
    {"command": "x", "type": "${SECRET}"},
    {"command": "x", "type": "aaaaaaaaaaaaaaaaaaaaaaaa${SECRET}"},
    {"command": "x", "allowedTools": ["${SECRET}"], "disabledTools": ["${SECRET}"]},
]


@pytest.mark.parametrize("entry", NAMED, ids=str)
def test_no_notice_names_what_came_from_the_environment(entry: dict[str, Any]) -> None:
    configs, notices = read({"mcpServers": {"x": entry}})
    assert len(configs) + len(notices) == 1
    assert SECRET[:8] not in repr(configs) + " ".join(notices)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_file_is_read_or_its_fault_is_named(content: bytes) -> None:
    tried("mcp.json: files", content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mcp.json"
        path.write_bytes(content)
        configs, notices = read_config(path, {})
    assert configs == {}
    assert all(notice.startswith("mcp.json") for notice in notices)
    assert notices or content.strip()


def test_each_row_of_foreign_forms_finds_its_own_example() -> None:
    for example, _, _ in FOREIGN_FORMS:
        configs, _ = read({"mcpServers": {"x": {"url": "https://a.example", "headers": {"K": example}}}})
        assert configs == {}, example


@pytest.mark.parametrize("programs", sorted({row[3] for row in FIELDS} - {"all", "ours"}))
def test_a_program_whose_field_is_read_has_a_source_or_is_marked_as_from_memory(programs: str) -> None:
    named = [part.strip() for half in programs.split(";") for part in half.rpartition(":")[2].split(",")]
    assert all(name in SOURCES or name.endswith("?") for name in named)

"""`mcp.json` as people write it: an entry is read or named, and nothing that is not understood is passed on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.mcp_servers.conftest import ROOT
from worker.agent.tools.external.config import ServerConfig, read_config

SECRETS = {"TOKEN": "s3cret-value", "PORT": "8080"}


def read(folder: Path, servers: dict[str, Any]) -> tuple[dict[str, ServerConfig], list[str]]:
    return read_text(folder, json.dumps({"mcpServers": servers}))


def read_text(folder: Path, text: str | bytes) -> tuple[dict[str, ServerConfig], list[str]]:
    path = folder / "mcp.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config(path, SECRETS)


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ({"httpUrl": "https://a.example/mcp"}, {"url": "https://a.example/mcp", "transport": "http"}),
        ({"serverUrl": "https://a.example/mcp"}, {"url": "https://a.example/mcp"}),
        ({"type": "sse", "url": "https://a.example/x"}, {"transport": "sse"}),
        ({"url": "https://a.example/sse"}, {"transport": "sse"}),
        ({"type": "http", "url": "https://a.example/sse"}, {"transport": "http"}),
        ({"type": "streamable-http", "url": "https://a.example"}, {"transport": "http"}),
        ({"type": "remote", "url": "https://a.example"}, {"transport": "http"}),
        ({"type": "local", "command": ["npx", "-y", "x"]}, {"command": "npx", "args": ["-y", "x"]}),
        ({"command": "npx -y 'a b'"}, {"command": "npx", "args": ["-y", "a b"]}),
        ({"command": f"npx {'k' * 300}"}, {"command": "npx", "args": ["k" * 300]}),
        ({"cmd": "npx", "args": ["x"], "envs": {"A": "1"}}, {"command": "npx", "env": {"A": "1"}}),
        ({"command": "x", "environment": {"PORT": 8080}}, {"env": {"PORT": "8080"}}),
        ({"command": "x", "timeout": 60}, {"timeout": 60_000}),
        ({"command": "x", "timeout": 60_000}, {"timeout": 60_000}),
        ({"command": "x", "tool_timeout_sec": 90}, {"timeout": 90_000}),
        ({"command": "x", "startup_timeout_sec": 40}, {"start_timeout": 40_000}),
        ({"command": "x", "startTimeout": 45_000}, {"start_timeout": 45_000}),
        ({"command": "x", "includeTools": ["a"]}, {"allowed_tools": frozenset({"a"})}),
        ({"command": "x", "tools": ["*"]}, {"allowed_tools": None}),
        ({"command": "x", "excludeTools": ["a"]}, {"disabled_tools": frozenset({"a"})}),
        ({"command": "x", "description": "d", "icon": "i", "alwaysAllow": ["a"]}, {"command": "x"}),
        ({"command": "x", "env": {"A": "${env:TOKEN}"}}, {"env": {"A": "s3cret-value"}}),
        ({"command": "x", "env": {"A": "${GONE:-d}"}}, {"env": {"A": "d"}}),
        ({"command": "sh", "args": ["-c", "exec server --key $KEY"]}, {"command": "sh"}),
    ],
)
def test_what_other_programs_write_is_read(
    tmp_path: Path, entry: dict[str, Any], wanted: dict[str, Any]
) -> None:
    configs, notices = read(tmp_path, {"x": entry})
    assert notices == []
    assert {name: getattr(configs["x"], name) for name in wanted} == wanted


@pytest.mark.parametrize(
    "placeholder",
    [
        *("${env:GONE}", "${input:token}", "${GONE}", "$TOKEN", "%TOKEN%", "{{token}}", "{env:TOKEN}"),
        *("${{ secrets.TOKEN }}", "$(cat token)", "`cat token`", "<your-token>", "{TOKEN}", "#{TOKEN}#"),
        *(
            "@@token@@",
            "__TOKEN__",
            "%(ENV_TOKEN)s",
            "op://vault/item/token",
            "ref+vault://a#/b",
            "!secret t",
        ),
        *(
            "process.env.TOKEN",
            "env:TOKEN",
            "$env:TOKEN",
            "@Microsoft.KeyVault(x)",
            "${GONE:-$TOKEN}",
            "%env(T)%",
        ),
        *(
            "!TOKEN!",
            "YOUR_API_KEY",
            "your-github-token-here",
            "<YOUR KEY>",
            "insert_password",
            "CHANGEME",
            "xxxxxxxx",
        ),
        *(
            "...",
            "…",
            "***",
            "@env:TOKEN",
            "@secret:a/b",
            "vault:secret/data#k",
            "secretref:name",
            "ssm:/a/b",
        ),
    ],
)
@pytest.mark.parametrize("form", ["headers", "env", "url", "args", "key"])
def test_no_placeholder_is_ever_passed_on(tmp_path: Path, placeholder: str, form: str) -> None:
    entry: dict[str, Any] = {
        "headers": {"url": "https://a.example", "headers": {"Authorization": placeholder}},
        "env": {"command": "x", "env": {"A": placeholder}},
        "url": {"url": f"https://a.example/?k= {placeholder}"},
        "args": {"command": "x", "args": [placeholder]},
        "key": {"url": "https://a.example", "headers": {placeholder: "v"}},
    }[form]
    configs, [notice] = read(tmp_path, {"x": entry, "good": {"command": "c"}})
    assert set(configs) == {"good"}
    assert "mcp.json:1:17: External server 'x' is left out: " in notice
    assert "s3cret" not in notice


@pytest.mark.parametrize(
    "entry",
    [
        *({"disabled": on} for on in (True, "true", 1, "yes")),
        *({name: False} for name in ("enabled", "Enabled", "isActive", "active", "is_enabled", "enable")),
        {"enabled": "no"},
        {"enabled": 0},
        {"disable": True},
    ],
)
def test_a_server_that_is_switched_off_is_left_out_without_a_word(
    tmp_path: Path, entry: dict[str, Any]
) -> None:
    assert read(tmp_path, {"x": {"url": "https://${GONE}", **entry}}) == ({}, [])


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"command": "a", "url": "http://b"}, "either `command` or `url`"),
        ({}, "either `command` or `url`"),
        ({"url": "ftp://b"}, "url"),
        ({"command": "a", "args": "b"}, "args"),
        (5, "entry"),
        ({"command": "a", "timeout": "soon"}, "timeout: a time must be a number"),
        ({"command": "a", "timeout": "1e400"}, "timeout: a time must be a number"),
        ({"command": "a", "timeout": float("inf")}, "timeout: a time must be a number"),
        ({"command": "a", "startTimeout": float("nan")}, "startTimeout: a time must be a number"),
        ({"command": "a", "tool_timeout_sec": 10**400}, "tool_timeout_sec: a time must be a number"),
        ({"command": "a", "startup_timeout_sec": 1e308}, "startup_timeout_sec: a time must be a number"),
        ({"command": "a", "timeout": -1e308}, "timeout: a time must be a number"),
        ({"command": ["a"], "args": "bc"}, "args: the arguments must be a list"),
        ({"command": ["a"], "args": {"b": 1}}, "args: the arguments must be a list"),
        ({"command": "a b", "args": 5}, "args: the arguments must be a list"),
        ({"command": "a", "timeout": 0}, "timeout"),
        ({"command": "a", "enabled": "perhaps"}, "cannot be told"),
        ({"command": "a", "enabled": None}, "cannot be told"),
        ({"command": "a", "enabled": True, "disabled": True}, "contradicts"),
        ({"command": "a", "sandbox": {"network": False}}, "'sandbox' is not known"),
        ({"command": "a", "envFile": ".env"}, "'envFile' is not known"),
        ({"url": "http://b", "auth": "oauth"}, "'auth' is not known"),
        ({"command": "a", "_disabled": True}, "may be meant as a comment or not"),
        ({"command": "a", "//enabled": False}, "may be meant as a comment or not"),
        ({"command": "a", "tools": {"write": False}}, "list of names"),
        ({"type": "websocket", "url": "http://b"}, "'websocket' is not spoken here"),
        ({"type": "stdio", "url": "http://b"}, "does not fit"),
        ({"type": "sse", "command": "a"}, "does not fit"),
        ({"command": "a 'b"}, "quotes do not match"),
        ({"command": []}, "command"),
    ],
)
def test_an_entry_that_is_not_understood_is_left_out_with_the_reason(
    tmp_path: Path, entry: Any, reason: str
) -> None:
    configs, [notice] = read(tmp_path, {"x": entry, "good": {"command": "c"}})
    assert set(configs) == {"good"}
    assert reason in notice
    assert "mcp.json:1:17" in notice


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("My server", "My_server"),
        ("@scope/pkg", "scope_pkg"),
        ("a.b", "a_b"),
        ("x" * 60, "x" * 32),
        ("žába", "ba"),
    ],
)
def test_any_name_is_taken(tmp_path: Path, name: str, offered: str) -> None:
    assert set(read(tmp_path, {name: {"command": "c"}})[0]) == {offered}


def test_two_names_that_come_to_the_same_are_not_mixed_up(tmp_path: Path) -> None:
    configs, [notice, nameless] = read(
        tmp_path, {"a b": {"command": "first"}, "a.b": {"command": "second"}, "…": {"command": "c"}}
    )
    assert configs["a_b"].command == "first"
    assert "offered as a_b_… already" in notice
    assert "needs a letter or a digit" in nameless


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "mcp.json:1:1 "),
        ('{\n "mcpServers": {\n  "a": 5 "b"\n}}', "mcp.json:3:10 "),
        ("{\n \"mcpServers\": {'a': 5}}", "mcp.json:2:17 "),
        (b'{"a": "\xff"}', "mcp.json:1 is not utf-8 text"),
        ('{"mcpServers": {"a": {}, "a": {}}}', "has 'a' twice"),
        ('{"mcpServers": 5}', "it has `mcpServers`"),
        ('{"servers": {}}', "it has `servers`"),
        ("[]", "is not a JSON object"),
        ("[" * 5000, "nested deeper"),
        ('{"mcpServers": ' + "9" * 5000 + "}", "not valid JSON"),
    ],
)
def test_a_file_that_is_no_configuration_says_where(tmp_path: Path, text: str | bytes, place: str) -> None:
    configs, [notice] = read_text(tmp_path, text)
    assert configs == {}
    assert place in notice


def test_a_key_that_stands_twice_leaves_its_server_out(tmp_path: Path) -> None:
    text = '{"mcpServers": {"a": {"command": "x", "enabled": false, "enabled": true}, "b": {"command": "c"}}}'
    configs, [notice] = read_text(tmp_path, text)
    assert set(configs) == {"b"}
    assert "'enabled' twice" in notice


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_comments_and_trailing_commas_are_read(tmp_path: Path, encoding: str) -> None:
    text = '{ // all\n"mcpServers": {"a": {"url": "https://b.example/x", /* one */ "headers": {"K": "a//b,}"},},}}'
    configs, notices = read_text(tmp_path, text.encode(encoding))
    assert notices == []
    assert configs["a"].headers == {"K": "a//b,}"}


def test_the_place_of_an_entry_is_named(tmp_path: Path) -> None:
    text = '{\n  "mcpServers": {\n    "a": {"command": "c"},\n    "b": {}\n  }\n}'
    _, [notice] = read_text(tmp_path, text)
    assert notice.startswith("mcp.json:4:5: External server 'b'")


def test_no_file_is_no_external_servers(tmp_path: Path) -> None:
    assert read_config(tmp_path / "mcp.json", {}) == ({}, [])


def test_the_file_that_ships_names_no_external_server() -> None:
    assert read_config(ROOT / "mcp.json", {}) == ({}, [])


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"url": "file:///etc/passwd"}, "url: it must begin with http:// or https://"),
        ({"url": "https:///mcp"}, "url: it must begin with http:// or https:// and name a host"),
        ({"command": "x", "timeout": 0.5}, "timeout: it must be from 1 second to 1 hour"),
        ({"command": "x", "timeout": 4_000_000}, "timeout: it must be from 1 second to 1 hour"),
        (
            {"command": "x", "startup_timeout_sec": 601},
            "startTimeout: it must be from 1 second to 10 minutes",
        ),
        ({"type": "stdio", "url": "https://a.example"}, "its type does not fit"),
    ],
)
def test_what_is_wrong_is_said_without_patterns_and_with_units(
    tmp_path: Path, entry: dict[str, Any], words: str
) -> None:
    configs, [notice] = read(tmp_path, {"x": entry})
    assert configs == {}
    assert words in notice
    assert "^" not in notice


@pytest.mark.parametrize(
    "value",
    [
        *(
            "@scope/package",
            "user@env.example",
            "--token-file=/run/secrets/token",
            "key",
            "https://a.example/vault:1",
        ),
        *("monkey-password-manager", "your name", "../x", "xxx", "a...", "--replace", "secret", "!important"),
    ],
)
def test_words_that_only_look_like_placeholders_are_passed_on(tmp_path: Path, value: str) -> None:
    configs, notices = read(tmp_path, {"x": {"command": "c", "args": [value]}})
    assert notices == []
    assert configs["x"].args == [value]

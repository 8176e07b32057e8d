"""Values that `mcp.json` takes from the environment appear nowhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mcp_servers.external.test_servers import opened
from tests.unlisted import tried
from worker.agent.tools.external.config import read_config
from worker.agent.tools.external.hidden_secrets import secrets_in_arguments

ENTRIES = {
    "program": {"command": "x", "args": ["--key=${SECRET}"], "env": {"KEY": "${SECRET}"}},
    "web": {"url": "https://a.example/${SECRET}", "headers": {"Authorization": "Bearer ${SECRET}"}},
    "bad": {"url": "ftp://${SECRET}"},
    "worse": {"command": "x", "args": "${SECRET}"},
    "twice": {"command": "${NESTED}"},
}


def test_a_secret_is_in_no_notice_and_no_repr_and_is_not_substituted_again(tmp_path: Path) -> None:
    path = tmp_path / "mcp.json"
    path.write_text(json.dumps({"mcpServers": ENTRIES}))
    configs, notices = read_config(path, {"SECRET": "s3cret", "NESTED": "${SECRET}"})
    assert set(configs) == {"program", "web", "twice"}
    assert len(notices) == 2
    assert "s3cret" not in repr(configs) + " ".join(notices)
    assert configs["web"].headers == {"Authorization": "Bearer s3cret"}
    assert configs["twice"].command == "${SECRET}"


LITERALS = [
    # arguments, and what of them is shown nowhere
    (["--api-key=abcd1234"], "abcd1234"),
    (["--api-key", "abcd1234"], "abcd1234"),
    (["--db-password", "correct horse"], "correct horse"),
    (["-y", "pkg", "--header", "Authorization: Bearer abcd.1234"], "abcd.1234"),
    (["postgres://me:hunter22@db.example/x"], "me:hunter22"),
    (["ghp_0123456789abcdefghij"], "ghp_0123456789abcdefghij"),
    (["run", "0x" + "ab" * 32], "0x" + "ab" * 32),
]


@pytest.mark.processes
@pytest.mark.parametrize(("arguments", "secret"), LITERALS)
async def test_a_literal_secret_among_the_arguments_is_in_no_log_and_no_notice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, arguments: list[str], secret: str
) -> None:
    """The program says its arguments, without what stands around them, and dies."""
    says = "import sys; sys.exit(' '.join(a.split('=')[-1].split('Bearer ')[-1] for a in sys.argv[1:]))"
    entry = {"command": sys.executable, "args": ["-c", says, *arguments]}
    async with opened(tmp_path, {"odd": entry}) as external:
        [fault] = external.faults()
    assert "stderr" in fault
    assert secret not in fault + " ".join(external.notices()) + caplog.text
    assert secret not in " ".join(str(vars(record)) for record in caplog.records)


@given(
    option=st.sampled_from(
        ["--api-key", "--token", "--client_secret", "--password", "-Dcredential", "--private-key"]
    ),
    value=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=4, max_size=40),
    others=st.lists(st.sampled_from(["-y", "--verbose", "/data", "pkg@1.2.3", "--port", "8080"]), max_size=3),
    is_one=st.booleans(),
)
def test_the_value_of_an_option_for_a_secret_is_hidden(
    option: str, value: str, others: list[str], *, is_one: bool
) -> None:
    arguments = [*others, f"{option}={value}"] if is_one else [*others, option, value]
    tried("mcp: secrets among arguments", arguments)
    found = secrets_in_arguments(arguments)
    assert value in found
    assert not found & set(others)

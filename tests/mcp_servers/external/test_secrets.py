"""What `mcp.json` takes from the environment shows up nowhere."""

from __future__ import annotations

import json
from pathlib import Path

from worker.mcp_servers.external.config import read_config

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

"""The client describes what it reads in the server's words. It imports nothing of the server, so both have the text."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from local_dev.repository import ROOT

CLIENT = ROOT / "clients/python/forge_client"
MODELS = ROOT / "layers/forge/forge/models"
NAMED = {
    "ActiveRun": "PublicRun",
    "Message": "PublicMessage",
    "Receipt": "WalletReceipt",
    "Tool": "ToolDisplay",
}
"""The server's name of a class that has another name in the client. `Public…` is found without a row."""
OWN_WORDS = {
    ("Approval", "truncated"),
    ("PongFrame", "rev"),
    ("QueuedMessage", "run_id"),
    ("Review", "outcome"),
    ("ReviewWarning", "severity"),
    ("State", "first_seq"),
}
"""Fields that the client describes by its own functions, or by the values that a newer server may add to."""


def sentences(file: Path) -> dict[str, dict[str, str]]:
    """Return the text below each field, by class."""
    return {
        node.name: {
            field.target.id: " ".join(text.value.value.split())
            for field, text in zip(node.body, node.body[1:], strict=False)
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        }
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef)
    }


@pytest.fixture(scope="module")
def server() -> dict[str, dict[str, str]]:
    return {name: fields for file in MODELS.glob("*.py") for name, fields in sentences(file).items()}


def counterpart(server: Mapping[str, Mapping[str, str]], name: str) -> Mapping[str, str]:
    named = NAMED.get(name, f"Public{name}")
    return server[named if named in server else name]


@pytest.mark.parametrize("file", ["frames.py", "wallet_requests.py"])
def test_the_client_describes_its_fields_in_the_servers_words(
    server: dict[str, dict[str, str]], file: str
) -> None:
    client = {name: fields for name, fields in sentences(CLIENT / file).items() if fields}
    pairs = {
        (name, field): (text, counterpart(server, name).get(field))
        for name, fields in client.items()
        for field, text in fields.items()
    }
    assert len(pairs) > 40
    differing = {which for which, (ours, theirs) in pairs.items() if ours != theirs}
    assert differing == OWN_WORDS & pairs.keys()

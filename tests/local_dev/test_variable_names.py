"""A misspelt environment variable is named at the start, and none that has an effect is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from local_dev.options import HELP
from local_dev.repository import ROOT
from local_dev.template.resource_names import local_wiring
from local_dev.variable_names import OURS, known_names, misspelt
from tests.syntax_trees import product_trees

KNOWN = known_names(local_wiring({}, "http://127.0.0.1:1").variable_names())
READERS = ("clients/python", "layers", "local_dev", "worker")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("FORGE_LMM", "FORGE_LLM"),
        ("FORGE_KEEPSTATE", "FORGE_KEEP_STATE"),
        ("BACKEND_PROT", "BACKEND_PORT"),
        ("SESION_TIMEOUT_MINUTES", "SESSION_TIMEOUT_MINUTES"),
        ("MAINET_RPC_URL", "MAINNET_RPC_URL"),
        ("ANTHROPIC_APIKEY", "ANTHROPIC_API_KEY"),
        ("OPENAI_BASEURL", "OPENAI_BASE_URL"),
    ],
)
def test_a_misspelt_name_is_told_with_the_one_that_is_meant(name: str, meant: str) -> None:
    assert list(misspelt([name], KNOWN)) == [f"{name} has no effect; {meant} has"]


def test_an_unknown_name_of_ours_is_told() -> None:
    (told,) = misspelt(["FORGE_MODEL_OF_THE_DAY"], KNOWN)
    assert told == "FORGE_MODEL_OF_THE_DAY has no effect: there is no such variable"


def test_what_has_an_effect_and_what_others_read_is_not_told() -> None:
    others = ["AWS_ENDPOINT_URL_S3", "HOME", "HTTP_PROXY", "LC_ALL", "NODE_OPTIONS", "OPENAI_ORGANIZATION"]
    others += ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "PATH", "SSL_CERT_FILE", "UV_DEFAULT_INDEX"]
    assert list(misspelt([*KNOWN, *others], KNOWN)) == []


@pytest.mark.slow
def test_every_variable_of_ours_in_code_and_documents_is_known() -> None:
    ours = re.compile(rf"(?:{'|'.join(OURS)})[A-Z0-9_]*[A-Z0-9]")
    read = {
        node.value
        for path, tree in product_trees().items()
        if path.startswith(READERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ours.fullmatch(node.value)
    }
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    told = {name for text in (HELP, *map(Path.read_text, documents)) for name in ours.findall(text)}
    assert read
    lacking = (read | told) - KNOWN
    assert not lacking, f"add {lacking} to READ_WITHOUT_THE_TEMPLATE in local_dev/variable_names.py"

"""Everything that the documents name exists, and they contain what a deployer or a developer must know."""

from __future__ import annotations

import ast
import importlib.util
import re
from typing import get_args

import pytest

from local_dev.repository import ROOT
from tests.syntax_trees import product_trees
from tests.template import resources, template
from worker.agent.llm.provider_error_codes import Fault

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
DEPLOYED = ("functions", "layers", "worker")


def named(pattern: str) -> list[tuple[str, str]]:
    """(document, match) for each different match in all documents."""
    found = {
        (str(path.relative_to(ROOT)), match)
        for path in DOCUMENTS
        for match in re.findall(pattern, path.read_text())
    }
    return sorted(found)


@pytest.mark.parametrize(("document", "target"), named(r"(?:`|^|\| |; )make ([a-z][a-z-]*)"))
def test_a_make_target_that_is_named_exists(document: str, target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), document


@pytest.mark.parametrize(("document", "link"), named(r"\]\((?!https?:)([^)#\s]+)"))
def test_a_link_leads_somewhere(document: str, link: str) -> None:
    assert (ROOT / document).parent.joinpath(link).exists()


@pytest.mark.parametrize(("document", "module"), named(r"python -m ([a-z_.]+[a-z])"))
def test_a_program_that_is_named_exists(document: str, module: str) -> None:
    specification = importlib.util.find_spec(module)
    assert specification, document
    if specification.submodule_search_locations:
        assert importlib.util.find_spec(f"{module}.__main__"), document


@pytest.mark.parametrize(
    ("document", "path"),
    named(r"`((?:layers|functions|worker|local_dev|frontend|clients|bench|tests|docs|scripts)/[\w./-]+)`"),
)
def test_a_file_that_is_named_exists(document: str, path: str) -> None:
    assert (ROOT / path).exists()


def test_every_target_says_in_the_makefile_what_it_does_or_belongs_to_another() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    explained = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    parts = {target for target in targets if target.startswith("check-")}
    assert targets - explained == parts


def test_every_parameter_is_explained_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([^`|]*?)`? \| ", OPERATIONS, re.MULTILINE))
    defaults = {name: str(each["Default"]) or "empty" for name, each in template()["Parameters"].items()}
    assert {name: rows.get(name) for name in defaults} == defaults


def test_every_alarm_is_explained() -> None:
    rows = re.findall(r"^\| ((?:`\w+Alarm`(?:, )?)+) \|", OPERATIONS, re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"\w+", row)}
    assert explained == set(resources("AWS::CloudWatch::Alarm"))


def test_log_lines_and_metrics_that_operators_look_for_are_written() -> None:
    section = OPERATIONS.partition("## What may happen to a run")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")][2:]
    code = "".join(
        path.read_text() for part in ("worker", "layers", "functions") for path in (ROOT / part).rglob("*.py")
    )
    lines = {line for row in rows for line in re.findall(r"`([a-z]+(?: [a-z]+)+)`", row[2])}
    metrics = {metric for row in rows for metric in re.findall(r"`(\w+)`", row[3])}
    assert {name for name in lines | metrics if f'"{name}"' not in code} == set()
    assert len(lines) > len(rows)
    assert metrics


def test_outputs_that_the_deployment_uses_exist() -> None:
    code = "".join(path.read_text() for path in (ROOT / "deploy").glob("*.py"))
    used = set(re.findall(r"\bfound\[['\"](\w+)", code)) - {"Stacks", "Parameter", "repositories"}
    used |= {
        name
        for each in re.findall(r"outputs? (`\w+`(?: and `\w+`)?)", OPERATIONS)
        for name in re.findall(r"\w+", each)
    }
    used -= {"and"}
    assert {"PageUrl", "ClusterName", "DistributionDomain"} <= used
    assert used <= set(template()["Outputs"])


def test_the_readme_names_the_commands_of_continuous_integration() -> None:
    commands = re.findall(r"^(make .*)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    block = README.partition("## Work on it")[2].partition("```sh")[2].partition("```")[0]
    assert [line.partition("#")[0].strip() for line in block.strip().splitlines()] == commands


def test_the_readme_is_a_screen_and_a_half() -> None:
    assert len(README.splitlines()) <= 100


SECURITY = (ROOT / "docs" / "security.md").read_text()


@pytest.mark.parametrize("number", range(1, 11))
@pytest.mark.parametrize("kind", ["LLM", "ASI"])
def test_each_item_of_owasps_lists_is_spoken_of(kind: str, number: int) -> None:
    section = SECURITY.partition("## Each item of OWASP's lists")[2].partition("\n## ")[0]
    assert f"{kind}{number:02}" in section


def test_each_row_of_the_threat_model_names_a_test_that_exists() -> None:
    rows = [line for line in SECURITY.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    heads = ("| threat ", "| item ", "| what held ")
    named = {row: re.findall(r"`(tests/[\w./-]+)(?:::(\w+))?`|`(make check)`", row) for row in rows}
    bare = [row for row, found in named.items() if not found and not row.startswith(heads)]
    assert bare == []
    lacking = [
        f"{path}::{name}"
        for found in named.values()
        for path, name, _ in found
        if path and (not (ROOT / path).exists() or (name and f"def {name}(" not in (ROOT / path).read_text()))
    ]
    assert lacking == []
    assert len(rows) > 35


@pytest.mark.parametrize("fault", get_args(Fault))
def test_the_operator_reads_what_to_do_about_each_fault_of_a_provider(fault: str) -> None:
    rows = OPERATIONS.partition("| `fault` |")[2].partition("\n\n")[0].splitlines()
    (action,) = [row.split("|")[2].strip() for row in rows if f"`{fault}`" in row.split("|")[1]]
    assert action


def warnings_of_the_code() -> list[str]:
    """The constant texts of all log lines of functions, layer and worker that are no mere information."""
    trees = [tree for path, tree in product_trees().items() if path.startswith(DEPLOYED)]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    texts = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value).startswith(("logger", "logging."))
        and call.func.attr in {"critical", "error", "exception", "warning"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    return sorted(text for text in texts if isinstance(text, str))


@pytest.mark.slow
def test_the_operator_reads_what_each_warning_in_the_log_means() -> None:
    lines = warnings_of_the_code()
    assert lines
    assert [line for line in lines if f"`{line}`" not in OPERATIONS] == []

"""Only the roots of processes read their environment; everything else is given what it needs.

Each exemption says why. A mapping that a root passes on, usually named `environment`, is no reading.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.syntax_trees import product_trees

READERS = {
    "bench/": "programs of developers",
    "clients/python/forge_client/__main__.py": "root of the program",
    "clients/python/forge_client/terminal/app.py": "root of the terminal's application",
    "deploy/__main__.py": "root of the program",
    "deploy/advisories.py": "what a child process inherits",
    "deploy/base_images.py": "root of the program",
    "layers/forge/forge/api/dependencies.py": "root of the functions",
    "layers/forge/forge/aws/endpoints.py": "reads what botocore would read",
    "layers/forge/forge/aws/from_environment.py": "reads what botocore would read",
    "layers/forge/forge/observability.py": "reads what Powertools reads, before there are settings",
    "local_dev/application.py": "root of the program",
    "local_dev/aws/lambda_runtime.py": "gives a function's process its variables",
    "local_dev/gateway_process.py": "root of the process",
    "local_dev/operator_tool.py": "root of the programs",
    "local_dev/processes/chain.py": "what a child process inherits",
    "local_dev/processes/dynamodb_emulator.py": "what a child process inherits",
    "local_dev/stack.py": "what a child process inherits",
    "local_dev/stack_process.py": "what a child process inherits",
    "worker/__main__.py": "root of the worker",
    "worker/mcp_servers/run_alone.py": "root of an MCP server that runs alone",
}


def readings(tree: ast.Module) -> Iterator[int]:
    """The lines on which the process's own environment is read."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "getenv" | "environb"):
                yield node.lineno
            case ast.ImportFrom(module="os", names=names) if {each.name for each in names} & {
                "environ",
                "getenv",
            }:
                yield node.lineno
            case _:
                pass


@pytest.mark.slow
def test_only_roots_read_the_environment() -> None:
    found = {path for path, tree in product_trees().items() if any(readings(tree))}
    assert [path for path in found if not any(map(path.startswith, READERS))] == []
    assert [place for place in READERS if not any(path.startswith(place) for path in found)] == []


@pytest.mark.parametrize(
    "code",
    [
        "x = os.environ.get('A')",
        "x = os.getenv('A')",
        "def f(e=os.environ): ...",
        "from os import environ, path",
    ],
)
def test_a_reading_is_found(code: str) -> None:
    assert list(readings(ast.parse(code)))


def test_a_mapping_that_was_passed_is_none() -> None:
    assert not list(readings(ast.parse("import os\nx = environment.get('A') or os.path")))

"""Both clients installed into other projects, with the commands and examples of docs/clients.md."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_dev.repository import ROOT
from local_dev.stack_process import RunningStack
from tests.end_to_end.marks import END_TO_END
from tests.forge_client.installed import PACKAGE, install

pytestmark = END_TO_END

DOCUMENT = (ROOT / "docs" / "clients.md").read_text()
DEFAULT_URL = "http://127.0.0.1:8080"
TSC = ROOT / "node_modules" / ".bin" / "tsc"

USES = {
    "right": ("const is: boolean = await new ChatManager({ backendUrl: 'http://h' }).sendMessage('x');", ""),
    "a number for a URL": ("new ChatManager({ backendUrl: 5 });", "TS2322"),
    "no such method": ("new ChatManager({ backendUrl: 'http://h' }).sendMesage('x');", "TS2551"),
    "no such module": ("import 'forge-mcp-client/none.js';", "TS2882"),
}
"""Lines of TypeScript and the compiler's complaint about them."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def console() -> Iterator[tuple[str, str]]:
    """(command, what the document shows below it)."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield command, shown


async def shell(command: str, folder: Path, **variables: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_shell(
        f"set -o pipefail; {command}",
        cwd=folder,
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        executable="/bin/bash",
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("python") / "environment", str(PACKAGE))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder beside a checkout, as the document has them."""
    folder = tmp_path_factory.mktemp("javascript")
    (folder / "forge-mcp").symlink_to(ROOT)
    (folder / "project").mkdir()
    (folder / "project" / "package.json").write_text('{ "private": true, "type": "module" }')
    [command] = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("npm ")]
    options = "--offline --no-audit --no-fund"
    subprocess.run(["bash", "-c", f"{command} {options}"], cwd=folder / "project", check=True)
    return folder / "project"


@pytest.mark.parametrize(("command", "shown"), list(console()))
async def test_a_command_of_the_document_does_what_is_shown(
    command: str, shown: str, operator_stack: RunningStack, programs: Path, tmp_path: Path
) -> None:
    path = f"{programs}:{os.environ['PATH']}"
    code, out, err = await shell(command, tmp_path, PATH=path, FORGE_URL=operator_stack.base_url)
    assert (code, err) == (0, "")
    # The accounts are shared with other tests, so the amounts may differ.
    assert not shown or without_digits(out) == without_digits(shown)
    assert "--json" not in command or json.loads(out)["outcome"] == "completed"


def without_digits(text: str) -> str:
    return re.sub(r"[\d,.]+", "0", text)


@pytest.mark.parametrize("option", ["", "--experimental-websocket"])
async def test_the_node_example_installs_answers_and_ends(
    option: str, operator_stack: RunningStack, project: Path
) -> None:
    """A Node with a WebSocket of its own no longer needs the option, and takes it still."""
    [example] = blocks("js runnable")
    assert DEFAULT_URL in example
    (project / "example.js").write_text(example.replace(DEFAULT_URL, operator_stack.base_url))
    code, out, err = await shell(f"node --no-warnings {option} example.js", project)
    assert (code, err) == (0, "")
    assert without_digits(out) == without_digits("Alice has 10,000 ETH.\n")


async def test_typescript_knows_the_types_of_the_package(project: Path) -> None:
    """The compiler complains of each use once, and of nothing else."""
    for name, (line, _) in USES.items():
        use = f"import {{ ChatManager }} from 'forge-mcp-client';\n{line}\n"
        (project / file_of(name)).write_text(use)
    options = "--noEmit --strict --target es2022 --module nodenext --lib es2022,dom --types '' --pretty false"
    _, out, _ = await shell(f"{TSC} {options} {' '.join(map(file_of, USES))}", project)
    complaints = re.findall(r"^([\w-]+\.ts)\(.*?error (TS\d+)", out, re.MULTILINE)
    assert sorted(complaints) == sorted((file_of(name), code) for name, (_, code) in USES.items() if code), (
        out
    )


def file_of(name: str) -> str:
    return name.replace(" ", "-") + ".ts"

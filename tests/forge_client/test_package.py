"""The client is a package: it installs by its folder and from git, and needs nothing of the checkout after that."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from forge_client.version import CHECKOUT, installed_version
from tests.fake_server.server import FakeServer
from tests.forge_client.installed import PACKAGE, install

pytestmark = pytest.mark.processes

PROJECT: dict[str, Any] = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
COMMANDS = (["forge-chat"], ["python", "-m", "forge_client"])
"""Two ways to start the installed program."""


def by_folder(_: Path) -> str:
    return str(PACKAGE)


def by_git(folder: Path) -> str:
    """A repository with what stands in the working folder now, committed or not."""
    repository = folder / "repository"
    shutil.copytree(
        PACKAGE, repository / "clients" / "python", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    author = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    for step in (["init", "--quiet"], ["add", "."], [*author, "commit", "--quiet", "--message", "All"]):
        subprocess.run(["git", *step], cwd=repository, check=True)
    return f"forge-mcp-client @ git+file://{repository}#subdirectory=clients/python"


@pytest.mark.parametrize("source", [by_folder, by_git])
async def test_an_installed_client_answers_from_any_folder(
    source: Callable[[Path], str], server: FakeServer, tmp_path: Path
) -> None:
    programs = install(tmp_path / "environment", source(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    by_name, by_module = ([str(programs / program), *rest] for program, *rest in COMMANDS)
    assert await said([*by_name, "--version"], elsewhere) == f"forge-mcp-client {PROJECT['version']}\n"
    assert await said([*by_module, "--url", server.base_url, "hello"], elsewhere) == "You said: hello\n"
    where = "import forge_client as f, pathlib as p; from forge_client.terminal.app import ChatApp; print(f.__file__)"
    found = await said([str(programs / "python"), "-W", "error", "-c", where], elsewhere)
    assert Path(found.strip()).is_relative_to(tmp_path)
    assert (Path(found.strip()).parent / "terminal" / "chat.tcss").exists()
    assert (Path(found.strip()).parent / "py.typed").exists()


async def said(command: list[str], folder: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


def test_the_version_stands_in_one_place() -> None:
    places = [path for path in PACKAGE.rglob("*.py") if f'"{PROJECT["version"]}"' in path.read_text()]
    assert places == []
    assert installed_version() in {PROJECT["version"], CHECKOUT}

"""While `make run` runs, an edit takes effect within seconds, or the terminal shows its error."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from forge.models.session import Catalog
from local_dev.cloud import is_news
from local_dev.reload import FUNCTIONS, RESTART, WORKERS, Reloader, effects_of
from local_dev.repository import ROOT
from tests.patience import PATIENCE_SECONDS

PARTS = ("functions", "layers", "worker", "local_dev", "frontend", "template.yaml", "mcp.json")
SHARED = (".tools", "node_modules")


@dataclass
class Run:
    """`make run` in a copy of this tree: what it said, and where it answers."""

    tree: Path
    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list[str])
    url: str = ""

    async def says(self, *words: str) -> str:
        """The next line that holds all `words`."""
        stderr = self.process.stderr or asyncio.StreamReader()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := (await stderr.readline()).decode():
                self.lines.append(line)
                if all(word in line for word in words):
                    return line
        raise AssertionError("".join(self.lines))

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.tree / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@asynccontextmanager
async def running(tree: Path) -> AsyncGenerator[Run]:
    paths = os.pathsep.join(map(str, (tree, tree / "layers/forge", tree / "clients/python")))
    ours = ("AWS_", "BACKEND_", "FORGE_", "TESTNET_RPC_URL", "PYTHONPATH")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "local_dev",
        cwd=tree,
        env=inherited | {"PYTHONPATH": paths, "BACKEND_PORT": "0", "FORGE_WORKERS": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    run = Run(tree, process)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            ready = await (process.stdout or asyncio.StreamReader()).readline()
        run.url = ready.decode().removeprefix("ready ").strip()
        assert run.url, (await process.stderr.read()).decode() if process.stderr else ""
        yield run
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    for part in SHARED:
        if (ROOT / part).exists():
            (tmp_path / part).symlink_to(ROOT / part)
    return tmp_path


async def answer(http: httpx.AsyncClient, text: str) -> str:
    """The agent's last message once it has answered `text`."""
    session = uuid.uuid4().hex
    (await http.post("/api/chat", json={"message": text, "session_id": session})).raise_for_status()
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with http.stream("GET", "/api/chat/stream", params={"session_id": session}) as stream:
            async for line in stream.aiter_lines():
                if '"is_processing":false' in line:
                    return line
    raise AssertionError("the stream ended before the answer")


@pytest.mark.end_to_end
async def test_an_edit_is_in_effect_and_a_fault_is_named_where_make_run_was_typed(tree: Path) -> None:
    health, words = "functions/health/handler.py", "worker/agent/llm/offline/reading.py"
    tool = "worker/mcp_servers/evm/account_tools.py"
    async with running(tree) as run, httpx.AsyncClient(base_url=run.url, timeout=PATIENCE_SECONDS) as http:
        run.edit(health, 'PlainTextResponse("OK")', 'PlainTextResponse("edited")')
        await run.says(health, "imported again")
        assert (await http.get("/health")).text == "edited"

        run.edit(health, "return PlainTextResponse", "return return PlainTextResponse")
        await run.says("the old ones go on", "SyntaxError", f"{health}:")
        assert (await http.get("/health")).text == "edited"

        run.edit(health, "return return PlainTextResponse", "return PlainTextResponse")
        await run.says(health, "imported again")

        run.edit(health, "return PlainTextResponse", 'raise ValueError("on purpose")  #')
        await run.says(health, "imported again")
        assert (await http.get("/health")).status_code == 500
        await run.says("functions: GET /health", "ValueError: on purpose", "handler.py:")

        run.edit(tool, "        chain = chains.get(network)\n", '        raise KeyError("in a tool")\n')
        await run.says(tool, "the workers are ready")
        await answer(http, "balance of Alice")
        await run.says("worker-1", "KeyError: 'in a tool'", "account_tools.py:")

        run.edit(words, "I could not read", "Edited: I could not read")
        await run.says(words, "the workers are ready")
        assert "Edited: I could not read" in await answer(http, "balance of Nobody")


@pytest.mark.parametrize(
    ("path", "effects"),
    [
        ("worker/agent/prompt.py", {WORKERS}),
        ("worker/mcp_servers/uniswap_docs/pages/v3.md", {WORKERS}),
        ("mcp.json", {WORKERS}),
        ("functions/chat/handler.py", {FUNCTIONS}),
        ("layers/forge/forge/models/run.py", {FUNCTIONS, WORKERS}),
        ("template.yaml", {RESTART}),
        ("local_dev/stack.py", {RESTART}),
        ("frontend/page/main.js", set()),
        ("tests/conftest.py", set()),
    ],
)
def test_each_part_of_the_tree_concerns_what_imports_it(path: str, effects: set[str]) -> None:
    assert effects_of([str(ROOT / path)]) == effects


def test_a_worker_of_the_edit_before_does_not_make_the_next_edit_ready() -> None:
    published = Catalog(started_at=1_000, published_at=9_000)
    assert is_news(published, 5_000, by_new_workers=False)
    assert not is_news(published, 5_000, by_new_workers=True)
    assert is_news(published, 1_000, by_new_workers=True)


async def test_hundreds_of_changed_files_are_told_in_a_line() -> None:
    """As after `git pull` or a change of branch."""
    said: list[str] = []

    async def restart_workers() -> None:
        said.append("restarted")

    reloader = Reloader(restart_workers, lambda: None, said.append)
    await reloader.take_over({str(ROOT / f"layers/forge/forge/file_{number}.py") for number in range(300)})
    layer = "layers/forge/forge/file_"
    names = f"{layer}0.py, {layer}1.py, {layer}10.py and 297 more changed"
    assert said[0] == "restarted"
    assert [line.partition(":")[0] for line in said[1:]] == [names, names]

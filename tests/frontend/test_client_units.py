"""Runs the client's own tests under node, so that pytest reports them."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from forge.models.text_cleaning import fit
from tests.patience import PATIENCE_SECONDS
from tests.unlisted import tried

pytestmark = pytest.mark.processes

HERE = Path(__file__).parent
NODE = shutil.which("node")


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.js")), ids=lambda file: file.name)
def test_node_test(file: Path) -> None:
    assert NODE, "Node.js is needed for the tests of the page"
    done = subprocess.run([NODE, str(file)], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_client_and_server_replace_the_same_characters() -> None:
    """Else a message that is confirmed would stand there twice: as the server has it, and as it was sent."""
    draw = random.Random(55)
    every = "".join(
        map(chr, [*range(0x300), *range(0x2000, 0x2070), *range(0xD7F0, 0xE010), *range(0xFFF0, 0x10010)])
    )
    made = ["".join(draw.choices(every, k=draw.randrange(1, 40))) for _ in range(300)]
    texts: list[str] = json.loads(json.dumps([*every, *made]))  # where two halves meet they are one character
    for text in texts:
        tried("texts with unfit characters", text)
    assert NODE
    module = (HERE.parents[1] / "frontend/client/code_points.js").as_uri()
    script = f"""
      import {{ fitText }} from {json.dumps(module)};
      let sent = '';
      for await (const piece of process.stdin.setEncoding('utf8')) sent += piece;
      process.stdout.write(JSON.stringify(JSON.parse(sent).map(fitText)));
    """
    command = [NODE, "--input-type=module", "--eval", script]
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert json.loads(done.stdout) == [fit(text) for text in texts], done.stderr


def test_types_are_checked_without_a_complaint() -> None:
    root = HERE.parents[1]
    compiler = root / "node_modules/.bin/tsc"
    done = subprocess.run(
        [compiler, "--project", root / "frontend/jsconfig.json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_types_of_the_package_are_those_of_its_code(tmp_path: Path) -> None:
    """They are committed so that the folder works as it is, wherever it is copied or linked, without a compiler."""
    client = HERE.parents[1] / "frontend" / "client"
    compiler = client.parents[1] / "node_modules/.bin/tsc"
    done = subprocess.run(
        [compiler, "--project", client / "tsconfig.json", "--outDir", tmp_path],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text() for path in (client / "types").iterdir()}
    assert {name for name in written | kept if written.get(name) != kept.get(name)} == set(), (
        "run `make types`"
    )

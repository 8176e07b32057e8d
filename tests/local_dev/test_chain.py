from __future__ import annotations

from pathlib import Path

import pytest

from local_dev.chain import start_chain
from local_dev.processes import Processes


async def test_a_preset_network_is_used_instead_of_anvil(tmp_path: Path):
    processes = Processes(tmp_path)
    url, says = await start_chain(processes, {"TESTNET_RPC_URL": "http://127.0.0.1:1"})
    assert url == "http://127.0.0.1:1"
    assert "TESTNET_RPC_URL" in says
    assert processes.running == {}


async def test_without_anvil_the_rest_goes_on_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("local_dev.chain.ROOT", tmp_path)
    url, says = await start_chain(Processes(tmp_path), {})
    assert url is None
    assert says.startswith("no local chain: install Node.js")


async def test_an_anvil_that_does_not_start_is_said_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "node_modules" / ".bin" / "anvil"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("local_dev.chain.ROOT", tmp_path)
    processes = Processes(tmp_path)
    url, says = await start_chain(processes, {})
    await processes.close()
    assert url is None
    assert says == "no local chain: anvil did not start (anvil did not start)"

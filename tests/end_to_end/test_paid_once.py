"""One `Idempotency-Key` is one payment, whatever happens between two requests with it; payments are counted on the
chain.

Everything is real and runs in processes of its own, whose clock the test sets.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bench.soak.wall_clock import WallClocks
from local_dev.repository import ROOT
from local_dev.stack_process import RunningStack, running_stack
from tests.end_to_end.chain import rpc
from tests.end_to_end.conversing import Web, contents, new_id
from tests.end_to_end.marks import END_TO_END
from tests.patience import PATIENCE_SECONDS

pytestmark = [*END_TO_END, pytest.mark.timeout(400)]

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
HOUR = 3_600
KEY = {"Idempotency-Key": "the one payment"}
PAYMENT = "send 0.1 ETH from Alice to Grace"
CHAT, SYSTEM = "/api/chat", "/api/system"
FOLLOW = "from bench.soak.wall_clock import follow\nfollow({file!r})\n"


@dataclass(frozen=True, slots=True)
class Clock:
    """Of all Python processes of a stack that has its `environment`."""

    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """Python imports `sitecustomize` before anything else."""
        self.folder.mkdir(exist_ok=True)
        file = str(WallClocks(self.folder).file("stack"))
        (self.folder / "sitecustomize.py").write_text(FOLLOW.format(file=file))
        return {"PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}"}

    def advance_to(self, hours: float) -> None:
        """So many hours after the test's beginning."""
        WallClocks(self.folder).set("stack", round(hours * HOUR))


@dataclass(frozen=True, slots=True)
class Payer:
    web: Web
    stack: RunningStack
    session_id: str

    async def pay(self) -> str:
        """The run's id."""
        answer = await self._ask(CHAT, PAYMENT)
        assert answer.status_code == 200, answer.text
        state = await self.web.state(self.session_id)
        if state["messages"]:
            await self.web.ended(self.session_id)
        return answer.headers["x-run-id"]

    async def payments(self) -> int:
        """How many transactions of Alice the chain has."""
        url = self.stack.environment["TESTNET_RPC_URL"]
        return int(await rpc(url, "eth_getTransactionCount", ALICE, "latest"), 16)

    async def is_paid_once(self, run_id: str) -> None:
        """The same request is answered by its run, another one of the key is refused, and nothing moves."""
        before = await self.payments()
        assert await self.pay() == run_id
        for path, message in [(CHAT, "send 0.2 ETH from Alice to Grace"), (SYSTEM, PAYMENT)]:
            refused = await self._ask(path, message)
            assert refused.status_code == 409, refused.text
        assert await self.payments() == before == 1

    async def _ask(self, path: str, message: str) -> httpx.Response:
        body = {"message": message, "session_id": self.session_id}
        return await self.web.client.post(path, json=body, headers=KEY)


@asynccontextmanager
async def paying(folder: Path, clock: Clock, session_id: str) -> AsyncGenerator[Payer]:
    """A start of everything in `folder`, which keeps its state."""
    hurried = {"FORGE_OFFLINE_PACE": "0", "RATE_LIMIT_PER_MINUTE": "6000", "RATE_LIMIT_BURST": "100"}
    async with (
        running_stack({"FORGE_LLM": "offline", **hurried, **clock.environment}, folder) as stack,
        httpx.AsyncClient(base_url=stack.base_url, timeout=PATIENCE_SECONDS, trust_env=False) as client,
    ):
        yield Payer(Web(client), stack, session_id)


async def test_a_key_pays_once_after_other_messages_a_restart_and_23_hours(tmp_path: Path) -> None:
    clock, session_id = Clock(tmp_path / "clock"), new_id()
    folder = tmp_path / "kept"
    folder.mkdir()
    async with paying(folder, clock, session_id) as payer:
        run_id = await payer.pay()
        await payer.is_paid_once(run_id)
        for number in range(21):
            await payer.web.answered(f"convert {number} ether to wei", session_id)
        await payer.is_paid_once(run_id)
    async with paying(folder, clock, session_id) as payer:
        assert len(contents(await payer.web.state(session_id), "user")) == 22
        await payer.is_paid_once(run_id)
        clock.advance_to(23)
        await payer.is_paid_once(run_id)
        clock.advance_to(25)
        assert await payer.pay() != run_id
        assert await payer.payments() == 2

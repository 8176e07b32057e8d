"""Carries one task out with the real agent and tools, in memory, and checks the chain."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic_ai.models import Model

from bench.eval.session import MemorySession
from bench.eval.strangers import Shop, pages
from bench.eval.task import Answer, Task
from bench.eval.token_code import creation_code
from bench.eval.world import Unmet, World
from forge.models.approval import Approval
from forge.models.approval_reply import ApprovalReply
from worker.agent.agent import ForgeAgent, Limits
from worker.agent.tools.toolbox import Toolbox
from worker.agent.wallet import Wallet, WalletTerms
from worker.ethereum.chains import Chains
from worker.mcp_servers import evm
from worker.mcp_servers.own_servers import networks

LIMITS = Limits(seconds=300, llm_requests=25, tool_calls=40, tokens=300_000, history_tokens=60_000)
MADE_UP = "0x" + "ab" * 32


@dataclass(frozen=True)
class Grade:
    """The result of one task."""

    task: str
    """The task's name."""
    problem: str | None
    """What is wrong with the result, in words; None if it is correct."""
    seconds: float
    """The duration of the task."""
    tokens: int
    """The tokens of all LLM requests."""


def scripted_prompt(task: Task) -> str:
    """Return the prompt that makes the scripted LLM carry it out."""
    return json.dumps({"steps": [*task.script, {"say": "That is all."}]})


async def grade(
    task: Task, llm: Model, environment: Mapping[str, str], *, is_scripted: bool, wallet_seconds: float = 20
) -> Grade:
    """The chain is restored afterwards."""
    started, world = time.monotonic(), World(environment["TESTNET_RPC_URL"])
    snapshot = await asyncio.to_thread(world.rpc, "evm_snapshot")
    wallet = Wallet(
        Chains.from_environment(environment), task.policy, WalletTerms(receipt_seconds=wallet_seconds)
    )
    shop = Shop(task.page) if task.page else None
    servers = [("evm", evm.build(environment)), *([("pages", pages(task.page))] if task.page else [])]
    toolbox = Toolbox(servers, networks(environment), shop, wallet, task.policy)
    session = MemorySession(ForgeAgent(llm, toolbox, LIMITS), networks(environment))
    if shop:
        session.orders = shop.orders
    try:
        await toolbox.refresh()
        await world.prepare(task.symbol)
        await session.say(_filled(scripted_prompt(task) if is_scripted else task.prompt, world))
        for approval in list(session.approvals) if task.answer else []:
            reply = await asyncio.to_thread(_answered, task.answer, approval, world)
            await session.say(f"Transaction {reply.outcome}", reply)
        for ask in list(session.asks) if task.word else []:
            outcome = "allowed" if task.word == "allows" else "rejected"
            await session.say(outcome, ApprovalReply(approval_id=ask.approval_id, outcome=outcome))
        problem = await asyncio.to_thread(_problem, task, world, session)
    finally:
        await toolbox.close()
        await asyncio.to_thread(world.rpc, "evm_revert", snapshot)
    return Grade(task.name, problem, time.monotonic() - started, session.tokens)


def _filled(prompt: str, world: World) -> str:
    return prompt.replace("{token}", world.token).replace("{code}", creation_code(7, "NEW"))


def _answered(answer: Answer | None, approval: Approval, world: World) -> ApprovalReply:
    if answer == "rejects":
        return ApprovalReply(approval_id=approval.approval_id, outcome="rejected", reason="not today")
    if answer == "reports a made-up hash":
        tx_hash = MADE_UP
    else:
        wanted = approval.transaction
        value = 1 if answer == "signs another" else int(wanted.value)
        sender = world.accounts["Judy"]
        tx_hash = world.rpc(
            "eth_sendTransaction",
            {"from": sender, "to": wanted.to, "value": hex(value), "input": wanted.data},
        )
        world.mined(tx_hash)
    return ApprovalReply(approval_id=approval.approval_id, outcome="sent", transaction_hash=tx_hash)


def _problem(task: Task, world: World, session: MemorySession) -> str | None:
    try:
        for check in task.checks:
            check(world, session)
    except Unmet as unmet:
        return str(unmet)
    return None


def table(grades: Sequence[Grade]) -> str:
    lines: list[str] = []
    for each in grades:
        mark = "ok  " if each.problem is None else "FAIL"
        lines.append(
            f"{mark}  {each.task:<48} {each.seconds:6.1f} s {each.tokens:8d} tokens  {each.problem or ''}"
        )
    good = sum(each.problem is None for each in grades)
    return "\n".join([*lines, f"{good} of {len(grades)} tasks"])


def any_failed(grades: Sequence[Grade]) -> bool:
    return any(each.problem for each in grades)

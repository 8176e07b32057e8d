"""A network per session: two real chains, two sessions that take turns, and never the wrong chain."""

from __future__ import annotations

import asyncio

from bench.eval.session import MemorySession
from tests.mcp_servers.conftest import rpc
from tests.worker.stage import KEY
from tests.worker.wallet.conftest import Payer
from tests.worker.wallet.talk import calling

ROUNDS, CALLS = 20, 5
"""Of runs, and of calls in each of them: the two sessions take turns with every call."""
MARKED = "0x00000000000000000000000000000000000c4a1d"


async def test_two_sessions_on_two_chains_take_turns_a_hundred_times_and_never_mix(
    payer: Payer, anvil: str, other_anvil: str
) -> None:
    """An account holds another amount on each chain, so that an answer tells which chain was asked.

    The stored session gives the network; the worker's own agent and toolbox are asked at the same time for both.
    """
    rpc(anvil, "anvil_setBalance", MARKED, hex(31337))
    rpc(other_anvil, "anvil_setBalance", MARKED, hex(8453))
    parts, sessions = payer.stage.parts(), payer.stage.store.sessions
    await parts.toolbox.refresh()
    assert parts.agent is not None
    keys = {"testnet": KEY._replace(session_id="t"), "base": KEY._replace(session_id="b")}
    for name, key in keys.items():
        await asyncio.to_thread(sessions.set_network, key, name)

    async def ask(name: str) -> list[str]:
        stored = await asyncio.to_thread(sessions.get, keys[name])
        assert stored is not None
        assert parts.agent is not None
        session = MemorySession(parts.agent, payer.stage.networks, stored.network)
        await session.say(calling(*[("balance", {"who": MARKED})] * CALLS))
        return [draft.content for draft in session.log if draft.kind == "tool_result"]

    told = [await asyncio.gather(ask("testnet"), ask("base")) for _ in range(ROUNDS)]
    of_testnet, of_base = ([text for both in told for text in both[side]] for side in (0, 1))
    assert len(of_testnet) == len(of_base) == ROUNDS * CALLS == 100
    assert all('"network":"testnet"' in text and '"wei":"31337"' in text for text in of_testnet)
    assert all('"network":"base"' in text and '"wei":"8453"' in text for text in of_base)
    await parts.toolbox.close()


async def test_a_switch_in_the_middle_of_a_run_moves_this_session_only(payer: Payer) -> None:
    other = KEY._replace(session_id="other")
    page = await payer.stage.open_page("other=", other)
    looks = ("balance", {"who": MARKED})
    await payer.say(calling(looks, ("set_network", {"network": "base"}), looks))
    await page.ended(await payer.stage.say(calling(looks), other))
    own = [text for sender, text in await payer.stage.log() if sender == "system" and '"network":' in text]
    assert [('"network":"base"' in text) for text in own if text.startswith("{")] == [False, True]
    assert all(
        '"network":"testnet"' in text for _, text in await payer.stage.log(other) if text.startswith("{")
    )
    assert (await payer.stage.session()).network == "base"
    assert (await payer.stage.session(other)).network == "testnet"


async def test_a_network_that_the_wallet_was_found_on_is_told_and_changed_by_the_agent_only(
    payer: Payer,
) -> None:
    """By `/api/system`. A page's word alone never moves a conversation to another network's money."""
    await payer.say("Wallet network changed to base (chain id 8453)", sender="system")
    assert "[system] Wallet network changed to base" in payer.talk.said_to
    assert (await payer.stage.session()).network == "testnet"
    seen = await payer.say(calling(("set_network", {"network": "base"})))
    assert seen.hot is not None
    assert seen.hot.network == "base"


async def test_an_unknown_network_is_refused_with_the_list(payer: Payer) -> None:
    await payer.say(calling(("set_network", {"network": "moonbase"})))
    assert "Available: testnet, base" in payer.talk.said_to
    assert (await payer.stage.session()).network == "testnet"

"""What an attacker would try in order to have another transaction signed, sent or believed than the user's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from forge.models.approval import Approval, WalletTransaction
from forge.models.run import ChainWait
from forge.models.session_key import SessionKey
from tests.mcp_servers.conftest import FakeApi, api
from tests.worker.stage import KEY
from tests.worker.wallet.conftest import Payer, last_notice
from tests.worker.wallet.talk import asking
from worker.agent.operator_limits import Policy
from worker.agent.wallet.answer.verify_answer import verify
from worker.ethereum.chains import Chains

__all__ = ["api"]

TARGET = "0x00000000000000000000000000000000000000aa"
HASH = "0x" + "cd" * 32


async def asked(payer: Payer) -> Approval:
    await payer.say(asking("Bob", "1"))
    return (await payer.approvals())[-1]


async def test_an_answer_under_another_owner_finds_no_request(payer: Payer) -> None:
    approval = await asked(payer)
    tx_hash = await payer.sign(approval)
    key = SessionKey("mallory", KEY.session_id)
    other = Payer(payer.stage, payer.talk, await payer.stage.open_page("c9=", key), payer.url, key)
    assert "no such request is open" in last_notice(
        await other.answer("sent", tx_hash, to=approval.approval_id)
    )
    assert await payer.approvals() == [approval]


async def test_an_answer_to_a_conversation_that_was_deleted_finds_no_request(payer: Payer) -> None:
    approval = await asked(payer)
    tx_hash = await payer.sign(approval)
    await asyncio.to_thread(payer.stage.store.sessions.delete, KEY)
    seen = await payer.answer("sent", tx_hash, to=approval.approval_id)
    assert "no such request is open" in last_notice(seen)
    assert "look it up before anything is sent again" in last_notice(seen)
    assert (await payer.stage.session()).used_hashes == []


async def test_requests_that_have_expired_leave_room_for_new_ones_at_once(payer: Payer) -> None:
    for value in range(1, 6):
        await payer.say(asking("Bob", str(value)))
    payer.stage.clock.ahead += 15 * 60_000
    await payer.say(asking("Bob", "6"))
    assert [each.transaction.value for each in await payer.approvals()] == ["6"]


@pytest.mark.parametrize("data", ["0x00000000", "0x00000000" + "11" * 32, "0x12", "0x000000"])
def test_a_call_never_passes_for_a_plain_transfer(data: str) -> None:
    plain = Policy.of(denied_tools="", send_limit="", session_send_limit="", wallet_targets="*.0x00000000")
    assert plain.allows_target(TARGET, "0x")
    assert not plain.allows_target(TARGET, data)
    anything = Policy.of(denied_tools="", send_limit="", session_send_limit="", wallet_targets=TARGET)
    assert anything.allows_target(TARGET, data)


def approval_of(**other: str) -> Approval:
    wanted = WalletTransaction.of_call(31337, TARGET, value="1", **other)
    return Approval(
        approval_id="a" * 32,
        run_id="r" * 32,
        call_id="c",
        network="testnet",
        transaction=wanted,
        digest=wanted.digest(),
        description="",
        after_block=1,
        created_at=0,
        expires_at=2**41,
    )


async def verdict(
    api: FakeApi,
    chain_ids: tuple[str, ...],
    approval: Approval | None = None,
    codes: Sequence[str] = (),
    succeeds: bool = True,
    **other: object,
) -> str:
    """What a node that answers `chain_ids` in turn, and with the right transaction but for `other`, leads to."""
    found = {"to": TARGET, "from": TARGET, "value": "0x1", "input": "0x", "blockNumber": "0x2", **other}
    receipt = {"blockNumber": "0x2", "status": hex(succeeds), "gasUsed": "0x1"}
    first, *later = ({"jsonrpc": "2.0", "id": 1, "result": each} for each in chain_ids)
    read = ({"result": code} for code in codes)
    for answer in (first, {"result": found}, *later, {"result": receipt}, *read):
        api.will_answer(answer)
    chains = Chains.from_environment({"TESTNET_RPC_URL": api.url})
    try:
        asked = approval or approval_of()
        wait = ChainWait(since=0, again_at=0)
        return (await verify(chains, asked, HASH, seconds=1, now=1_000, wait=wait)).text
    finally:
        await chains.close()


async def test_the_plain_right_transaction_succeeds(api: FakeApi) -> None:
    assert (await verdict(api, ("0x7a69",), chainId="0x7a69")).startswith("Done: ")


async def test_a_request_that_does_not_fit_its_digest_any_more_is_settled_by_nothing(api: FakeApi) -> None:
    drifted = approval_of().model_copy(update={"digest": "0" * 64})
    assert "not what it was when it was made" in await verdict(api, ("0x7a69",), drifted, chainId="0x7a69")


async def test_that_a_transaction_also_hands_the_account_over_is_told(api: FakeApi) -> None:
    text = await verdict(api, ("0x7a69",), chainId="0x7a69", authorizationList=[{"address": TARGET}])
    assert text.startswith("Done: ")
    assert "it also hands 1 account over to other code (EIP-7702)" in text


@pytest.mark.parametrize("succeeds", [True, False])
@pytest.mark.parametrize("before", ["0x", "0xef0100" + "11" * 20])
async def test_that_the_account_runs_other_code_from_now_on_is_nothing_to_overlook(
    api: FakeApi, before: str, succeeds: bool
) -> None:
    handing = {"chainId": "0x7a69", "authorizationList": [{"address": TARGET}]}
    other = "0xef0100" + "22" * 20
    text = await verdict(api, ("0x7a69",), codes=(before, other), succeeds=succeeds, **handing)
    assert "ATTENTION" in text
    assert f"runs the code of {'0x' + '22' * 20} from now on" in text
    assert "ATTENTION" not in await verdict(api, ("0x7a69",), codes=(other, other), **handing)


async def test_a_transaction_without_a_chain_id_is_judged_by_what_the_node_serves_now(api: FakeApi) -> None:
    assert "the chain is 1337, not 31337" in await verdict(api, ("0x7a69", "0x539"))

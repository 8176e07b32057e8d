"""The server tells every client of an address that was made to be taken for another one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from forge.models.wallet_review import Allowance, ReviewChange
from forge_client.wording import approval_words
from tests.mcp_servers.conftest import rpc
from tests.properties import examples
from tests.unlisted import tried
from tests.worker.wallet.conftest import Payer
from tests.worker.wallet.giving_calls import LATER, THIEF, TOKEN, called
from tests.worker.wallet.reviews import Reviews
from tests.worker.wallet.talk import asking
from tests.worker.wallet.test_binding import bound
from worker.agent.wallet.review.decode_calls import decode_calls
from worker.agent.wallet.review.shown_call_tree import all_nodes
from worker.agent.wallet.review.warnings.look_alikes import addresses_in, look_alike_warnings, parties_of
from worker.ethereum.chains import Chains
from worker.ethereum.known_tokens import KNOWN_TOKENS, known_addresses

ROWS = json.loads((Path(__file__).parents[2] / "frontend/look_alikes.json").read_text())
KNOWN = "0x8ba1f109551bD432803012645Ac136ddd64DBA72"


def fraud(address: str) -> str:
    return f"{address[:6]}{'e' * 32}{address[-4:]}".lower()


@pytest.mark.parametrize(("known", "other", "is_alike"), ROWS["alike"])
def test_two_addresses_look_alike_if_three_digits_are_the_same_at_both_ends(
    known: str, other: str, *, is_alike: bool
) -> None:
    assert [each.code for each in look_alike_warnings([other], [known])] == ["look_alike"] * is_alike
    assert [each.code for each in look_alike_warnings([known], [other])] == ["look_alike"] * is_alike


@pytest.mark.parametrize(("text", "found"), ROWS["texts"])
def test_every_address_of_a_text_is_found_and_no_part_of_a_hash(text: str, found: list[str]) -> None:
    assert addresses_in([text]) == found


async def test_a_request_is_compared_with_what_was_said_and_stays_so_when_it_is_bound(payer: Payer) -> None:
    await payer.say(f"My friend has {KNOWN}")
    await payer.say(asking(fraud(KNOWN), "0.5 ether"))
    seen = await payer.page.until(lambda known: bool(known.hot and known.hot.approvals))
    assert seen.hot is not None
    (first, *_) = approval_words(seen.hot.approvals[0]).splitlines()
    assert first.startswith("DANGER: ")
    assert f"only looks like {KNOWN}" in first
    assert "\nAmount: 0.5 ETH\n" in approval_words(seen.hot.approvals[0])
    (before,) = await payer.approvals()
    assert (await bound(payer, before.approval_id, payer.account(4))).success
    (after,) = await payer.approvals()
    alike = [each for each in after.review.warnings if each.code == "look_alike"]
    assert [each.text for each in alike] == [each.text for each in before.review.warnings if each in alike]
    assert alike
    await payer.say("and now?")
    assert f"only looks like {KNOWN}" in payer.talk.said_to


def wide() -> dict[str, bytes]:
    other = fraud(KNOWN)
    batch = called("transferFrom((address,address,uint160,address)[])", [(THIEF, other, 5, TOKEN)])
    call = (TOKEN, False, called("transfer(address,uint256)", THIEF, 1))
    last = (TOKEN, False, called("transfer(address,uint256)", other, 1))
    path = [f"0x{n:040x}" for n in range(9_000, 9_009)]
    swap = "swapExactETHForTokens(uint256,address[],address,uint256)"
    return {
        "a tuple": batch,
        "behind those that are shown": called("aggregate3((address,bool,bytes)[])", [*[call] * 45, last]),
        "a called contract behind those that are shown": called(
            "aggregate3((address,bool,bytes)[])", [*[call] * 45, (other, False, b"")]
        ),
        "a long list": called(swap, 1, [*path, other], THIEF, LATER),
    }


@pytest.mark.parametrize("where", wide())
def test_every_address_of_the_calls_is_compared(where: str) -> None:
    nodes = decode_calls([(TOKEN, 0, wide()[where])]).calls
    (warning,) = look_alike_warnings(parties_of(all_nodes(nodes), [], [], []), [KNOWN])
    assert warning.text.startswith(f"{to_checksum_address(fraud(KNOWN))} only looks like {KNOWN}.")


@examples(100)
@given(
    st.sampled_from([(chain, each) for chain in KNOWN_TOKENS for each in sorted(known_addresses(chain))]),
    st.binary(min_size=16, max_size=16).map(bytes.hex),
    st.integers(3, 6),
    st.sampled_from(["arrives", "leaves", "may be taken", "is called", "is named"]),
)
def test_a_token_that_looks_like_one_that_people_know_is_told(
    token: tuple[int, str], middle: str, ends: int, how: str
) -> None:
    """Without a symbol, or with another one, only its address could tell them apart."""
    chain, real = token
    made = f"{real[: 2 + ends]}{middle * 2}"[: 42 - ends] + real[-ends:]
    tried("tokens made to be taken for known ones", (made, how))
    change = ReviewChange(direction="in", standard="erc20", asset=made, sender=THIEF, to=TOKEN)
    taken = Allowance(kind="erc20", token=made, spender=THIEF, text="It could be taken.")
    parties = {
        "arrives": parties_of([], [change], [], []),
        "leaves": parties_of([], [change.model_copy(update={"direction": "out"})], [], []),
        "may be taken": parties_of([], [], [taken], []),
        "is called": parties_of(all_nodes(decode_calls([(made, 0, b"")]).calls), [], [], []),
        "is named": parties_of(all_nodes(decode_calls([(TOKEN, 0, named(made))]).calls), [], [], []),
    }[how]
    (warning,) = look_alike_warnings(parties, known_addresses(chain))
    assert warning.text.lower().startswith(f"{made} only looks like {real}.")
    assert look_alike_warnings([real], known_addresses(chain)) == []


def named(token: str) -> bytes:
    return called("sweepToken(address,uint256,address)", token, 5, THIEF)


async def test_a_review_compares_with_the_known_tokens_of_its_network(other_anvil: str) -> None:
    made = fraud("0x4200000000000000000000000000000000000006")
    chains = Chains.from_environment({"BASE_RPC_URL": other_anvil})
    there = Reviews(other_anvil, chains, rpc(other_anvil, "eth_accounts")[8], "base")
    review = await there.review(b"", value=5, to=made)
    await chains.close()
    assert "look_alike" in {each.code for each in review.warnings}


async def test_a_request_is_compared_with_the_account_that_shall_sign(payer: Payer) -> None:
    account = "0x" + payer.account(4)[2:]
    await payer.say(asking(KNOWN, "0.5 ether"))
    await payer.say(f"Is it {fraud(KNOWN)}?")
    (before,) = await payer.approvals()
    assert not [each for each in before.review.warnings if each.code == "look_alike"]
    assert (await bound(payer, before.approval_id, account)).success
    (after,) = await payer.approvals()
    (alike,) = [each for each in after.review.warnings if each.code == "look_alike"]
    assert alike.text.startswith(f"{KNOWN} only looks like {fraud(KNOWN)}.")


async def test_the_test_accounts_are_known_without_a_word(payer: Payer) -> None:
    await payer.say(asking(fraud(payer.account(0)), "0.5 ether"))
    (approval,) = await payer.approvals()
    (alike, *_) = approval.review.warnings
    assert alike.code == "look_alike"
    assert to_checksum_address(payer.account(0)) in alike.text

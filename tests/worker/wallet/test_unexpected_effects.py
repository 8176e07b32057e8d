"""A contract that recognises the simulation does something else when the transaction is real: the receipt says what."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from forge.models.wallet_review import Review, ReviewChange
from tests.mcp_servers.bytecode import RETURN, STOP, dispatch, push, words
from tests.mcp_servers.conftest import rpc
from tests.worker.wallet.giving_calls import THIEF, called
from tests.worker.wallet.payments import Payments
from tests.worker.wallet.reviews import CONTRACT, SECOND, Reviews, number
from tests.worker.wallet.test_effects import NOBODY, SENDER, THE_THIEF, log, who
from tests.worker.wallet.test_left_out import TRANSFER
from worker.agent.wallet.answer.asset_sums import MOST_TOLD
from worker.agent.wallet.answer.coin_differences import coin_differences
from worker.agent.wallet.answer.differences import differences
from worker.agent.wallet.answer.verdict import Verdict
from worker.ethereum.node import Log, Receipt, Transaction

CLAIM = called("claim()")
MOVED_SINGLE = "TransferSingle(address,address,address,uint256,uint256)"
FOR_ALL = "ApprovalForAll(address,address,bool)"
VOTES = "DelegateChanged(address,address,address)"
CREDIT = "BorrowAllowanceDelegated(address,address,address,uint256)"
APPROVAL = "Approval(address,address,uint256)"


def transfer(amount: int) -> bytes:
    return log(TRANSFER, SENDER, THE_THIEF, data=number(amount))


def if_real(code: bytes, otherwise: bytes = b"", at: int = 0) -> bytes:
    """GASPRICE is zero in a simulation. `at`: where in the contract this code is."""
    begin = at + len(b"\x3a" + push(0, 2) + b"\x57" + otherwise + STOP)
    return b"\x3a" + push(begin, 2) + b"\x57" + otherwise + STOP + b"\x5b" + code


async def signed(payments: Payments, code: bytes, data: bytes = CLAIM, value: int = 0) -> Verdict:
    """The verdict about a request that was reviewed, and then signed as it is."""
    payments.code(CONTRACT, code + STOP)
    reviews = Reviews(payments.url, payments.chains, payments.payer)
    request = payments.request(CONTRACT, value, "0x" + data.hex(), sender=payments.payer)
    request = request.model_copy(update={"review": await reviews.review(data, value=value)})
    found = await payments.verdict(request, payments.send(CONTRACT, value, "0x" + data.hex(), gas=hex(10**6)))
    payments.code(CONTRACT, b"")
    assert (found.receipt.outcome, found.closes) == ("succeeded", True)
    return found


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (transfer(10**18), "1,000,000,000,000,000,000 base units of the token 0x"),
        (log(TRANSFER, SENDER, THE_THIEF, push(7, 1)), "The token 7 of 0x"),
        (log(FOR_ALL, SENDER, THE_THIEF, data=number(1)), "could take or move everything of yours in 0x"),
        (log(APPROVAL, SENDER, THE_THIEF, data=number(2**200)), "could take all of your token 0x"),
        (log(VOTES, SENDER, NOBODY, THE_THIEF), "The votes of 0x"),
        (log(CREDIT, SENDER, THE_THIEF, who(SECOND), data=number(9)), "may borrow up to 9 base units"),
    ],
    ids=["tokens", "a single token", "an operator", "an allowance", "votes", "credit"],
)
async def test_what_was_not_shown_is_told_as_soon_as_the_chain_shows_it(
    payments: Payments, code: bytes, told: str
) -> None:
    found = await signed(payments, if_real(code))
    (unexpected,) = found.receipt.unexpected
    assert told in unexpected
    assert THIEF in unexpected.lower()
    assert found.text.endswith(
        f"ATTENTION, it did not do exactly what was shown before it was signed: {unexpected}"
    )
    assert (await signed(payments, code)).receipt.unexpected == []


async def test_what_the_account_gives_to_itself_is_nothing_unexpected(payments: Payments) -> None:
    own = log(VOTES, SENDER, NOBODY, SENDER)
    assert (await signed(payments, own)).receipt.unexpected == []


@pytest.mark.parametrize(("amount", "is_told"), [(9, False), (11, True)])
async def test_a_price_that_moves_a_little_is_nothing_unexpected(
    payments: Payments, amount: int, is_told: bool
) -> None:
    found = await signed(payments, if_real(transfer(amount), transfer(5)))
    assert bool(found.receipt.unexpected) == is_told


def new_token(token_id: int) -> bytes:
    return log(TRANSFER, NOBODY, SENDER, push(token_id, 1))


def units(amount: int, token_id: int) -> bytes:
    return log(MOVED_SINGLE, NOBODY, NOBODY, SENDER, data=number(token_id) + number(amount))


GIVES = log(TRANSFER, THE_THIEF, SENDER, data=number(1_000))
PAYS = log(TRANSFER, SENDER, THE_THIEF, data=number(1_000))
OF_TWO_DIGITS = words(number(2), RETURN)


def a_token(real: bytes, simulated: bytes) -> bytes:
    """It moves its tokens by `claim`, and has two decimals."""
    at = len(dispatch({"claim()": b""})) - len(dispatch({})) - len(b"\x5b")
    return dispatch({"claim()": if_real(real + STOP, simulated, at), "decimals()": OF_TWO_DIGITS})


@pytest.mark.parametrize(
    ("real", "simulated", "told"),
    [
        (b"", GIVES, "was shown to arrive, and nothing of it has."),
        (
            log(TRANSFER, THE_THIEF, SENDER, data=number(499)),
            GIVES,
            "to arrive, and less than half of it has.",
        ),
        (b"", PAYS, f"was shown to go to {to_checksum_address(THIEF)}, and nothing of it has."),
        (log(TRANSFER, THE_THIEF, SENDER, data=number(500)), GIVES, ""),
        (log(TRANSFER, NOBODY, SENDER, push(8, 1)), log(TRANSFER, NOBODY, SENDER, push(7, 1)), ""),
        (b"", log(TRANSFER, NOBODY, SENDER, push(7, 1)), "The token 7 of 0x"),
        (
            log(TRANSFER, NOBODY, SENDER, push(8, 1)),
            log(TRANSFER, THE_THIEF, SENDER, push(7, 1)),
            "The token 7 of 0x",
        ),
        (new_token(8), new_token(8) + new_token(9), "2 tokens of 0x"),
        (units(5, 8), units(5, 7), "5 units of the token 7 of 0x"),
    ],
    ids=[
        "nothing",
        "little",
        "no payment",
        "half",
        "the next token",
        "no token",
        "another's token",
        "one of two",
        "another kind",
    ],
)
async def test_what_was_shown_and_did_not_happen_is_told(
    payments: Payments, real: bytes, simulated: bytes, told: str
) -> None:
    found = await signed(payments, a_token(real, simulated))
    assert [told in each for each in found.receipt.unexpected] == [True] * bool(told)
    assert (await signed(payments, a_token(simulated, simulated))).receipt.unexpected == []


async def test_of_what_was_not_simulated_only_a_right_is_unexpected(payments: Payments) -> None:
    for code, is_told in ((transfer(5), False), (log(FOR_ALL, SENDER, THE_THIEF, data=number(1)), True)):
        payments.code(CONTRACT, code + STOP)
        request = payments.request(CONTRACT, 0, "0x" + CLAIM.hex())
        found = await payments.verdict(request, payments.send(CONTRACT, 0, "0x" + CLAIM.hex()))
        assert bool(found.receipt.unexpected) == is_told
    payments.code(CONTRACT, b"")


async def test_what_comes_back_has_not_left(payments: Payments) -> None:
    back = log(TRANSFER, THE_THIEF, SENDER, data=number(10))
    assert (await signed(payments, if_real(transfer(10) + back))).receipt.unexpected == []


CALL_SECOND = push(0, 1) * 5 + who(SECOND) + b"\x5a\xf1\x50"


async def test_what_is_left_of_an_allowance_is_no_new_one(payments: Payments) -> None:
    """Many tokens log it each time that some of it is taken."""
    payments.code(SECOND, log(APPROVAL, b"\x32", THE_THIEF, data=number(5)) + words(number(5), RETURN))
    found = await signed(payments, if_real(CALL_SECOND))
    payments.code(SECOND, b"")
    assert found.receipt.unexpected == []


async def test_a_new_right_is_told_behind_any_number_that_are_not_new(payments: Payments) -> None:
    spent = [log(APPROVAL, b"\x32", push(1_000 + each, 2), data=number(5)) for each in range(MOST_TOLD + 1)]
    new = log(FOR_ALL, b"\x32", THE_THIEF, data=number(1))
    payments.code(SECOND, b"".join([*spent, new]) + words(number(5), RETURN))
    found = await signed(payments, if_real(CALL_SECOND))
    payments.code(SECOND, b"")
    (unexpected,) = found.receipt.unexpected
    assert "could take or move everything of yours" in unexpected


async def test_what_is_too_much_to_be_told_is_counted(payments: Payments) -> None:
    many = range(MOST_TOLD + 2)
    left = b"".join(log(TRANSFER, SENDER, THE_THIEF, push(each, 1)) for each in many)
    given = b"".join(log(FOR_ALL, SENDER, push(1_000 + each, 2), data=number(1)) for each in many)
    told = (await signed(payments, if_real(left + given))).receipt.unexpected
    assert [each for each in told if each.startswith("Not told here")] == [
        "Not told here: 2 more assets that left the account.",
        "Not told here: 2 more rights that somebody has got.",
    ]
    assert len(told) == 2 * MOST_TOLD + 2
    arrive = b"".join(log(TRANSFER, THE_THIEF, SENDER, push(each, 1)) for each in many)
    told = (await signed(payments, a_token(b"", arrive))).receipt.unexpected
    assert told[MOST_TOLD:] == ["Not told here: 2 more movements that did not happen as shown."]


async def test_new_control_of_the_called_contract_is_told(payments: Payments) -> None:
    """One event names no owner, the other names the owner before; each is about the contract that logs it."""
    found = await signed(payments, if_real(log("EnabledModule(address)", THE_THIEF)))
    (unexpected,) = found.receipt.unexpected
    assert "may do anything with the account" in unexpected
    found = await signed(payments, if_real(log("OwnershipTransferred(address,address)", NOBODY, THE_THIEF)))
    assert len(found.receipt.unexpected) == 1


@pytest.mark.parametrize("logs", [None, [Log()]], ids=["no logs", "a log without values"])
async def test_it_is_told_that_not_all_logs_could_be_read(payments: Payments, logs: list[Log] | None) -> None:
    chain, approval, found = payments.chains.get("testnet"), payments.request(), Transaction()
    told = await differences(chain, approval, payments.payer, found, Receipt(logs=logs))
    assert (told.told, told.are_all) == ([], False)
    assert (await differences(chain, approval, payments.payer, found, Receipt(logs=[]))).are_all


def pays(wei: int) -> bytes:
    """Pay the caller."""
    return push(0, 1) * 4 + push(wei, 32) + b"\x33\x5a\xf1\x50"


@pytest.mark.parametrize(
    ("real", "simulated", "value", "told"),
    [
        (b"", pays(10**17), 0, ["0.1 ETH was shown to arrive, and nothing of it has."]),
        (pays(4 * 10**16), pays(10**17), 0, ["0.1 ETH was shown to arrive, and only 0.04 ETH has."]),
        (pays(6 * 10**16), pays(10**17), 0, []),
        (b"", pays(10**17), 10**17, ["0.1 ETH left {account}, and 0 ETH was shown."]),
        (b"", pays(5 * 10**16), 10**17, []),
        (pays(10**17), b"", 10**17, ["0.1 ETH was shown to leave, and nothing of it has."]),
        (pays(7 * 10**16), b"", 10**17, ["0.1 ETH was shown to leave, and only 0.03 ETH has."]),
        (pays(10**16), b"", 10**17, []),
    ],
    ids=[
        "nothing",
        "little",
        "more than half",
        "no change",
        "less change",
        "all comes back",
        "most comes back",
        "a little comes back",
    ],
)
async def test_the_coin_that_was_shown_is_compared_with_what_the_account_has_afterwards(
    payments: Payments, real: bytes, simulated: bytes, value: int, told: list[str]
) -> None:
    rpc(payments.url, "anvil_setBalance", CONTRACT, hex(10**18))
    found = await signed(payments, if_real(real, simulated), value=value)
    rpc(payments.url, "anvil_setBalance", CONTRACT, "0x0")
    account = to_checksum_address(payments.payer)
    assert found.receipt.unexpected == [each.format(account=account) for each in told]


@pytest.mark.parametrize(
    ("sender", "shown", "authorizations", "told"),
    [
        (SECOND, "in", None, None),
        (SECOND, "out", None, []),
        (None, "in", None, None),
        (None, "out", None, []),
        (None, "out", [{}], None),
    ],
    ids=["another's, in", "another's, out", "no block, in", "no block, out", "new code"],
)
async def test_coin_that_cannot_be_compared_is_not_guessed(
    payments: Payments, sender: str | None, shown: str, authorizations: Any, told: list[str] | None
) -> None:
    """A smart account's owner or bundler sends its calls, and has a balance of its own."""
    fields = {"direction": shown, "standard": "native", "amount": "5", "sender": SECOND, "to": CONTRACT}
    change = ReviewChange.model_validate(fields)
    review = Review(outcome="moves", changes=[change])
    found = Transaction(sender=sender or payments.payer, authorization_list=authorizations)
    chain = payments.chains.get("testnet")
    assert await coin_differences(chain, review, payments.payer, found, Receipt(logs=[])) == told

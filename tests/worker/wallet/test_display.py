"""What a person reads before they sign: no contract, token or call can make it say something else."""

from __future__ import annotations

from typing import Any

import pytest

from forge.models.wallet_review import Review, ReviewChange, ReviewedCall, ReviewFee, ReviewWarning
from tests.worker.wallet.giving_calls import OWNER, THIEF, TOKEN, called
from worker.agent.wallet.request_in_words import decoded_text, simulation_text
from worker.agent.wallet.review.call_nodes import Right
from worker.agent.wallet.review.token_facts import Facts, TokenFacts
from worker.agent.wallet.review.warnings.rights import judged, right_warning
from worker.ethereum.tokens import Token

FEE = ReviewFee(gas="21000", wei="1", formatted="0.00002", currency="ETH")


def moved(**other: Any) -> ReviewChange:
    usual = {"direction": "out", "standard": "erc20", "asset": TOKEN, "symbol": "GOLD", "sender": OWNER}
    return ReviewChange.model_validate({**usual, "to": THIEF, "amount": "5000", "formatted": "50", **other})


def simulated(*changes: ReviewChange, more: int = 0, **other: Any) -> str:
    review = {"outcome": "moves", "changes": changes, "more_changes": more, "fee": FEE}
    return simulation_text(Review.model_validate({**review, **other}))


def test_a_token_is_shown_by_its_address_beside_its_own_word() -> None:
    assert f"50 “GOLD” (token {TOKEN}) from {OWNER} to {THIEF}" in simulated(moved())


@pytest.mark.parametrize(
    "symbol",
    [f"GOLD from {THIEF[:12]}", "GOLD; no more", "USD\u0421", "\u202eDLOG", "GOLD”", ""],
    ids=["sentence", "end", "cyrillic", "direction", "quote", "empty"],
)
def test_a_symbol_that_is_no_plain_word_is_not_repeated(symbol: str) -> None:
    about = TokenFacts(Token(TOKEN, symbol, 2), supply=10**9, balance=10**6)
    facts = Facts({(TOKEN, OWNER): about})
    text = judged(Right("erc20", TOKEN, THIEF, 5), facts, OWNER).text
    assert "up to 5 base units of your token 0x" in text
    assert not symbol or symbol not in text


def test_a_movement_without_a_symbol_is_shown_in_base_units() -> None:
    assert f"5,000 base units of the token {TOKEN} from {OWNER} to {THIEF}" in simulated(moved(symbol=None))


def test_an_nft_is_shown_by_its_number_and_its_collection() -> None:
    assert f"the token 7 of {TOKEN} from" in simulated(moved(standard="erc721", amount="7", formatted=None))


def test_movements_that_are_not_shown_are_counted() -> None:
    text = simulated(moved(), *(moved(sender=THIEF, amount=str(n)) for n in range(19)), more=40)
    assert f"from {OWNER}" in text
    assert "and 48 more movements" in text
    assert len(text) <= 4_000


def test_nothing_and_unknown_are_not_said_like_success() -> None:
    assert simulated(outcome="nothing").startswith("Simulated for your account: nothing moves")
    text = simulated(outcome="unknown", reason="The node cannot tell.")
    assert text.startswith("WHAT IT MOVES IS NOT KNOWN. The node cannot tell.")


def test_a_danger_is_said_before_the_call() -> None:
    call = ReviewedCall(to=TOKEN, function="approve", understood=True)
    warning = ReviewWarning(code="unlimited_allowance", severity="danger", text=f"{THIEF} could take all.")
    text = decoded_text(Review(calls=[call], warnings=[warning]), called("deposit()"))
    assert text == f"UNLIMITED ALLOWANCE: {THIEF} could take all. approve()"


SUPPLY, BALANCE = 10**12, 10**9


@pytest.mark.parametrize(
    ("amount", "known", "unlimited", "severity"),
    [
        (5, {"supply": SUPPLY, "balance": BALANCE}, False, "caution"),
        (BALANCE - 1, {"supply": SUPPLY, "balance": BALANCE}, False, "caution"),
        (BALANCE, {"supply": SUPPLY, "balance": BALANCE}, True, "danger"),
        (SUPPLY - 1, {"supply": SUPPLY, "balance": 0}, False, "caution"),
        (SUPPLY, {"supply": SUPPLY, "balance": 0}, True, "danger"),
        (2**128, {"supply": 2**250, "balance": 0}, True, "danger"),
        (10**18 - 1, {}, False, "danger"),
        (10**18, {}, True, "danger"),
        (5, None, False, "danger"),
        (10**27, None, True, "danger"),
    ],
)
def test_an_allowance_is_compared_with_what_there_is_and_not_with_one_number(
    amount: int, known: dict[str, Any] | None, unlimited: bool, severity: str
) -> None:
    about = {} if known is None else {(TOKEN, OWNER): TokenFacts(Token(TOKEN, "USDC", 6), **known)}
    right, facts = Right("erc20", TOKEN, THIEF, amount), Facts(about)
    allowance = judged(right, facts, OWNER)
    assert allowance.unlimited is unlimited
    assert right_warning(right, allowance, facts, OWNER).severity == severity


def test_a_small_allowance_is_told_in_the_tokens_own_units() -> None:
    facts = Facts({(TOKEN, OWNER): TokenFacts(Token(TOKEN, "USDC", 6), 10**15, 10**9)})
    text = judged(Right("erc20", TOKEN, THIEF, 40_500_000), facts, OWNER).text
    assert "could take up to 40.5 of your “USDC” (token 0x" in text


def test_one_token_of_a_collection_is_no_number_of_tokens() -> None:
    about = TokenFacts(Token(TOKEN, "APES", None), supply=10_000, balance=2, is_nft=True)
    allowance = judged(Right("erc20", TOKEN, THIEF, 7_000), Facts({(TOKEN, OWNER): about}), OWNER)
    assert (allowance.kind, allowance.unlimited, allowance.revokes) == ("erc721", False, False)
    assert "could take the token 7000 of 0x" in allowance.text


def test_an_account_without_code_is_told_apart_from_a_contract() -> None:
    facts = Facts(accounts=frozenset({THIEF}))
    assert (
        "(an account, no contract) could take" in judged(Right("erc20", TOKEN, THIEF, 5), facts, OWNER).text
    )


def test_what_belongs_to_somebody_else_is_not_called_the_signers() -> None:
    text = judged(Right("permit", TOKEN, THIEF, None, owner=TOKEN), Facts(), OWNER).text
    assert "all of the token 0x" in text
    assert " of 0x00000000000000000000000000000000000000C0 at any time" in text

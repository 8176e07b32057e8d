"""Rights by their meaning: what somebody could take, compared with what exists, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from forge.models.counted_words import counted
from forge.models.wallet_review import Allowance, AllowanceKind, AllowanceSource, ReviewWarning, WarningCode
from worker.agent.wallet.review.call_nodes import Right
from worker.agent.wallet.review.token_facts import Facts, TokenFacts
from worker.ethereum.addresses import checksummed

ASTRONOMIC = 10**27
"""Base units above which an amount counts as unlimited if the token's supply is unknown: a billion tokens with 18
decimals.
"""
WHOLE_DIGITS = 12
"""The same in digits of whole tokens, if the token's decimals are known but not its supply: a million million
tokens.
"""
NOBODY_HAS = 2**128
"""Base units that count as unlimited whatever a contract states as its supply, because no token in use has as many."""
_WHOLE = frozenset({"operator", "control"})
_COUNTED = frozenset({"erc20", "permit2"})
_CODES: dict[str, WarningCode] = {
    "operator": "operator",
    "control": "control",
    "permit": "signature_allowance",
}


@dataclass(frozen=True, slots=True)
class _Judging:
    """One right with the facts about it."""

    right: Right
    about: TokenFacts | None
    facts: Facts
    sender: str | None

    @property
    def is_single(self) -> bool:
        is_nft = self.about is not None and self.about.is_nft
        return self.right.single or (is_nft and self.right.amount is not None and self.right.kind == "erc20")

    @property
    def kind(self) -> AllowanceKind:
        return "erc721" if self.is_single else self.right.kind

    @property
    def revokes(self) -> bool:
        if self.right.at_once:
            return False
        to_nobody = self.kind != "control" and bool(self.right.spender) and not int(self.right.spender, 16)
        is_none = self.right.amount == 0 and not self.is_single and not self.right.adds
        return self.right.revokes or to_nobody or is_none

    @property
    def only_lessens(self) -> bool:
        """True if a part of an allowance is taken away, and it is not known whether anything is left of it."""
        return self.right.revokes and bool(self.right.amount) and self.kind in _COUNTED

    @property
    def unlimited(self) -> bool:
        return not self.revokes and not self.is_single and _is_everything(self.right, self.about)

    @property
    def formatted(self) -> str | None:
        if self.about is None or self.right.amount is None or self.is_single:
            return None
        return self.about.token.format(self.right.amount)


def judged(right: Right, facts: Facts, sender: str | None) -> Allowance:
    """`sender` null: the signer is not known yet."""
    judging = _Judging(right, facts.of(right, sender), facts, sender)
    usual: AllowanceSource = "inner call" if right.is_inner else "call"
    return Allowance(
        kind=judging.kind,
        token=checksummed(right.token) if right.token else None,
        spender=checksummed(right.spender),
        owner=checksummed(right.owner) if right.owner else None,
        amount=None if right.amount is None else str(right.amount),
        formatted=judging.formatted,
        unlimited=judging.unlimited,
        revokes=judging.revokes,
        source="simulation" if right.is_simulated else usual,
        text=_sentence(judging),
    )


def right_warning(right: Right, allowance: Allowance, facts: Facts, sender: str | None) -> ReviewWarning:
    """An amount that is known to be less than the owner's balance is only a caution if a contract may take it; every
    other right is a danger. Programs that need an allowance are contracts; a person who needs one can be paid instead.
    """
    usual: WarningCode = "unlimited_allowance" if allowance.unlimited else "allowance"
    about = facts.of(right, sender)
    is_compared = about is not None and about.balance is not None
    is_person = right.spender.lower() in facts.accounts
    is_part = allowance.kind in _COUNTED and not allowance.unlimited and is_compared and not is_person
    return ReviewWarning(
        code=_CODES.get(allowance.kind, usual),
        severity="caution" if is_part else "danger",
        text=allowance.text,
    )


def _is_everything(right: Right, about: TokenFacts | None) -> bool:
    """Compare the amount with the balance, with the supply, and with an amount that nobody could own."""
    amount = right.amount
    if right.kind in _WHOLE or amount is None or amount >= NOBODY_HAS:
        return True
    if about and about.balance and amount >= about.balance:
        return True
    if about and about.supply:
        return amount >= about.supply
    decimals = about.token.decimals if about else None
    return amount >= (ASTRONOMIC if decimals is None else 10 ** (decimals + WHOLE_DIGITS))


def _sentence(judging: _Judging) -> str:
    right, kind = judging.right, judging.kind
    who, what = _who(judging), _what(judging)
    if judging.only_lessens:
        return f"{who} may take less of {_whose(judging)} than before, by {_amount(judging)}; something may be left."
    if judging.revokes and kind in _COUNTED and not right.amount:
        return f"{who} may no longer take any of {_whose(judging)}."
    if judging.revokes:
        return f"{who} may no longer take or control {what}."
    if right.words:
        text = right.words.format(who=who, what=what)
        return f"{text[:1].upper()}{text[1:]}."
    if kind == "control":
        return f"{who} gets control of {what}."
    verb = "take or move" if kind == "operator" else "take"
    return f"{who} could {verb} {what} at any time."


def _who(judging: _Judging) -> str:
    spender = judging.right.spender
    if not spender:
        return "Somebody"
    is_person = spender.lower() in judging.facts.accounts
    return checksummed(spender) + (" (an account, no contract)" if is_person else "")


def _what(judging: _Judging) -> str:
    right = judging.right
    token = checksummed(right.token) if right.token else "a contract that cannot be named"
    owner = _other_owner(right, judging.sender)
    if right.kind == "control":
        return token
    if right.kind == "operator":
        return f"everything of {owner or 'yours'} in {token}"
    if judging.is_single:
        return f"the token {right.amount} of {token}"
    if judging.unlimited:
        return f"all of {_whose(judging)}"
    return f"up to {_amount(judging)}{' more' if right.adds else ''} of {_whose(judging)}"


def _whose(judging: _Judging) -> str:
    owner, symbol = _other_owner(judging.right, judging.sender), _symbol(judging)
    token = checksummed(judging.right.token) if judging.right.token else "a contract that cannot be named"
    name = f"“{symbol}” (token {token})" if symbol else f"token {token}"
    return f"the {name} of {owner}" if owner else f"your {name}"


def _amount(judging: _Judging) -> str:
    named = judging.formatted if _symbol(judging) else None
    return named or counted(judging.right.amount or 0, "base unit")


def _symbol(judging: _Judging) -> str | None:
    token = judging.about.token if judging.about else None
    return judging.facts.symbol_of(token.address, token.symbol) if token else None


def _other_owner(right: Right, sender: str | None) -> str | None:
    """Return null for the account that signs."""
    is_own = right.owner is None or (sender is not None and right.owner.lower() == sender.lower())
    return None if is_own else checksummed(right.owner or "")

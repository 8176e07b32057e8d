"""Every warning of a review, in the order in which a person is shown them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from forge.models.wallet_review import Allowance, ReviewChange, ReviewWarning, SimulationOutcome, WarningCode
from worker.agent.wallet.review.findings import Found
from worker.agent.wallet.review.shown_call_tree import all_nodes
from worker.agent.wallet.review.warnings.acted_for import account_warnings
from worker.agent.wallet.review.warnings.false_token_names import false_name_warnings
from worker.agent.wallet.review.warnings.fees import fee_warnings
from worker.agent.wallet.review.warnings.left_out import left_out_warnings
from worker.agent.wallet.review.warnings.look_alikes import look_alike_warnings, parties_of
from worker.agent.wallet.review.warnings.lost_payments import loss_warnings
from worker.agent.wallet.review.warnings.payees import payee_warnings
from worker.agent.wallet.review.warnings.rights import right_warning
from worker.agent.wallet.review.warnings.swap_limits import least_warnings, most_warnings
from worker.agent.wallet.review.warnings.unconfirmed_payees import unconfirmed_warnings
from worker.ethereum.known_tokens import wrapped_coins


def all_warnings(
    found: Found,
    allowances: Sequence[Allowance],
    changes: Sequence[ReviewChange],
    outcome: SimulationOutcome,
    reason: str | None,
) -> list[ReviewWarning]:
    """Return the dangers, then the cautions. `allowances`: one for each of the rights that were found."""
    nodes, facts = found.reading.calls, found.facts
    given = zip(found.rights, allowances, strict=True)
    parties = parties_of(all_nodes(nodes), changes, allowances, [found.recipient])
    named = [] if found.is_void else payee_warnings(all_nodes(nodes), found.sender)
    return _ordered(
        [
            *look_alike_warnings(parties, found.known),
            *[right_warning(right, each, facts, found.sender) for right, each in given if not each.revokes],
            *left_out_warnings(found, changes),
            *least_warnings(all_nodes(nodes), changes, wrapped_coins(facts.chain_id, facts.coin)),
            *most_warnings(all_nodes(nodes), changes),
            *found.reading.warnings,
            *_false_answer(found),
            *false_name_warnings(found),
            *unconfirmed_warnings(found, named),
            *named,
            *account_warnings(found),
            *fee_warnings(found),
            *loss_warnings(found, outcome, reason),
        ]
    )


def _ordered(warnings: list[ReviewWarning]) -> list[ReviewWarning]:
    """Put dangers first, each once. If there are too many, at least the first of each kind is kept."""
    once = {(each.code, each.text): each for each in warnings}
    told = Counter[WarningCode]()
    ranks: list[tuple[bool, int]] = []
    for each in once.values():
        told[each.code] += 1
        ranks.append((each.severity != "danger", told[each.code]))
    ranked = sorted(zip(ranks, once.values(), strict=True), key=lambda pair: pair[0])
    return [each for _, each in ranked]


def _false_answer(found: Found) -> list[ReviewWarning]:
    meaning = found.reading.calls[0].meaning
    is_false = found.answer is not None and len(found.answer) >= 32 and not any(found.answer[:32])
    if not (meaning and meaning.answers and is_false):
        return []
    text = f"{meaning.signature.name} would NOT work: the contract answers false, though the transaction does not fail."
    return [ReviewWarning(code="returns_false", severity="danger", text=text)]

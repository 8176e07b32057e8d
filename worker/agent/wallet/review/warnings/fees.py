"""Fees that a person would not expect: more than what is sent, or as high as the gas limit of the request allows."""

from __future__ import annotations

from forge.models.wallet_review import ReviewWarning, Severity
from worker.agent.wallet.review.findings import Found
from worker.ethereum.amounts import readable_amount

USUAL_FACTOR = 10
"""A gas limit may be this many times the estimate. Wallets and libraries add a half at most."""


def fee_warnings(found: Found) -> list[ReviewWarning]:
    """A contract can recognise the simulation, and use up the whole gas limit when the transaction is real.

    A tiny payment costs more in fees by its nature, so only a fee that a person minds is compared with it.
    """
    request, simulation = found.request, found.simulation
    if simulation is None or not (simulation.fee_estimate_wei and simulation.gas_estimate):
        return []
    fee, gas = int(simulation.fee_estimate_wei), int(simulation.gas_estimate)
    warnings: list[ReviewWarning] = []
    notable = request.chain.notable_fee
    if not request.data and fee > request.value > 0 and notable is not None and fee >= notable:
        amounts = f"{_coin(found, fee)} for {_coin(found, request.value)}"
        warnings.append(_warning("caution", f"The fee is higher than what is sent: {amounts}."))
    if request.gas is not None and request.gas > USUAL_FACTOR * gas:
        most = _coin(found, fee * request.gas // gas)
        text = (
            f"The request sets a limit of {request.gas:,} gas, and {gas:,} are enough: "
            f"the contract may use all of it, for a fee of {most}."
        )
        warnings.append(_warning("danger", text))
    return warnings


def _warning(severity: Severity, text: str) -> ReviewWarning:
    return ReviewWarning(code="high_fee", severity=severity, text=text)


def _coin(found: Found, wei: int) -> str:
    return readable_amount(wei, found.request.chain.currency)

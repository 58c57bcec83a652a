"""The arithmetic of each line, from quantities and rates, for a made and a checked bill alike."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from models.tariffs.bill.amounts import cut, cut_to_coin, exact, half_up
from models.tariffs.kepco_tables import ExcessRule


def charge_krw(quantity: Fraction, rate: Fraction) -> int:
    """Return quantity x rate, cut to 1 won: demand charge, energy, climate, fuel, discount."""
    return cut(quantity * rate)


def excess_multiple(excess_share: Fraction, rule: ExcessRule) -> Fraction:
    """Return the step of the ladder for an excess, given as a share of the contract power.

    Source: KEPCO terms of supply, 기본공급약관 제67조의3③.
    """
    step = next(
        step
        for step in rule.ladder
        if step.below_share is None or excess_share < exact(step.below_share)
    )
    return exact(step.basic_multiple)


def excess_krw(
    excess_kw: Fraction, contract_power_kw: Fraction, basic_krw_per_kw: Fraction, rule: ExcessRule
) -> int:
    """Return the surcharge 초과사용부가금 for kW above the contract power."""
    multiple = excess_multiple(excess_kw / contract_power_kw, rule)
    return cut(excess_kw * basic_krw_per_kw * multiple)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The foot of the bill, won."""

    subtotal: int
    vat: int
    fund: int
    raw_total: int
    """Before the cut to 10 won."""
    total: int


def totals(
    charges_krw: int, *, vat_share: Fraction, fund_share: Fraction, beside_krw: int = 0
) -> Totals:
    """Add VAT (half-up to 1 won) and fund (cut to 10 won), and cut the sum to 10 won.

    ``beside_krw`` is what is collected with the bill but bears neither VAT nor fund.
    """
    vat = half_up(charges_krw * vat_share)
    fund = cut_to_coin(charges_krw * fund_share)
    raw_total = charges_krw + vat + fund + beside_krw
    return Totals(
        subtotal=charges_krw,
        vat=vat,
        fund=fund,
        raw_total=raw_total,
        total=cut_to_coin(Fraction(raw_total)),
    )

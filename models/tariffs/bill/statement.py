"""A made bill: its lines and everything that they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from types import MappingProxyType

from feature_store.entities.firm import Contract
from models.tariffs.bill.errors import ImpossiblePeakError
from models.tariffs.bill.line import Line, LineKind
from models.tariffs.bill.missing import MissingReadings
from models.tariffs.bill.ratchet import BilledDemand
from models.tariffs.billing_month import BillingMonth
from models.tariffs.switches import Switches


@dataclass(frozen=True, kw_only=True)
class PastMonths:
    """What is known of other months than from the readings: printed bills, or another meter."""

    peaks_kw: Mapping[BillingMonth, float] = field(default_factory=lambda: MappingProxyType({}))
    """Counted peak of each month, from KEPCO's statements; one of the billed month replaces what
    its readings say."""
    excess_noticed: bool = False
    """Whether an earlier month exceeded the contract power: only the first is spared."""

    def __post_init__(self) -> None:
        """Refuse peaks that no statement can print."""
        for month, peak_kw in self.peaks_kw.items():
            if not (isfinite(peak_kw) and peak_kw >= 0):
                raise ImpossiblePeakError(
                    f"the peak of {month} cannot be {peak_kw:g} kW; write what KEPCO's statement "
                    "prints, or leave the month out"
                )


NOTHING_PAST = PastMonths()


def told_peaks(written: Iterable[str]) -> PastMonths:
    """Read peaks of statements, each written as ``2026-01=640``.

    What names no month is an :class:`UnknownMonthError`, what is no peak an
    :class:`ImpossiblePeakError`.

    Example:
        >>> told_peaks(["2026-01=640"]).peaks_kw
        {BillingMonth(year=2026, month=1): 640.0}
    """
    peaks_kw: dict[BillingMonth, float] = {}
    for text in written:
        month, _, peak_kw = text.partition("=")
        try:
            peaks_kw[BillingMonth.parse(month)] = float(peak_kw)
        except ValueError:
            raise ImpossiblePeakError(
                f"the peak {text!r} cannot be read; write month and kW like 2026-01=640"
            ) from None
    return PastMonths(peaks_kw=peaks_kw)


@dataclass(frozen=True, kw_only=True)
class Formula:
    """What the formulas that price a plan say of the same month, not rounded, before VAT."""

    energy_krw: float
    """Energy, weekend discount, climate and fuel."""
    demand_krw: float


@dataclass(frozen=True, kw_only=True)
class Bill:
    """The bill of one billing month."""

    contract: Contract
    month: BillingMonth
    first_day: date
    last_day: date
    lines: tuple[Line, ...]
    """In the order of the paper, from the demand charge to the total."""
    demand: BilledDemand
    missing: MissingReadings
    switches: Switches
    less_certain: tuple[str, ...]
    """Figures used that fewer than two sources agree on, days after the newest table, a contract
    power that its class is not for: a sentence each."""
    formula: Formula

    def krw(self, kind: LineKind) -> int:
        """Return the sum of all lines of a kind, 0 if there is none."""
        return sum(line.amount_krw for line in self.lines if line.kind is kind)

    @property
    def subtotal_krw(self) -> int:
        """The sum of the charges 전기요금계, before VAT and fund."""
        return self.krw(LineKind.SUBTOTAL)

    @property
    def total_krw(self) -> int:
        """What is to be paid 청구금액."""
        return self.krw(LineKind.TOTAL)

    @property
    def kwh(self) -> int:
        """Billed energy."""
        return sum(int(line.quantity or 0) for line in self.lines if line.kind is LineKind.ENERGY)

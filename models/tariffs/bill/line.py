"""A line of the bill, with its names in Korean and English."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from models.tariffs.band import Band
from models.tariffs.bill.power_factor import PowerFactor


class LineKind(StrEnum):
    """What a line is about, in the order of the paper."""

    BASIC = "basic"
    ENERGY = "energy"
    WEEKEND_DISCOUNT = "weekend_discount"
    CLIMATE = "climate"
    FUEL = "fuel"
    POWER_FACTOR = "power_factor"
    EXCESS = "excess"
    SUBTOTAL = "subtotal"
    VAT = "vat"
    FUND = "fund"
    CUT = "cut"
    TOTAL = "total"

    @property
    def charge(self) -> bool:
        """Whether the line is one of those that the subtotal 전기요금계 adds up."""
        return self in CHARGES


CHARGES = frozenset(list(LineKind)[: list(LineKind).index(LineKind.SUBTOTAL)])


class Note(StrEnum):
    """What a reader must know to understand a line's amount."""

    NOTICE_ONLY = "notice_only"
    DEEMED_STANDARD = "deemed_standard"
    PARTLY_DEEMED = "partly_deemed"
    PARTLY_READ = "partly_read"


@dataclass(frozen=True)
class Name:
    """A name in the two languages that operators read."""

    ko: str
    en: str


_KINDS = {
    LineKind.BASIC: Name("기본요금", "Demand charge"),
    LineKind.ENERGY: Name("전력량요금", "Energy charge"),
    LineKind.WEEKEND_DISCOUNT: Name("주말할인", "Weekend discount"),
    LineKind.CLIMATE: Name("기후환경요금", "Climate charge"),
    LineKind.FUEL: Name("연료비조정요금", "Fuel adjustment"),
    LineKind.POWER_FACTOR: Name("역률요금", "Power factor"),
    LineKind.EXCESS: Name("초과사용부가금", "Excess over contract power"),
    LineKind.SUBTOTAL: Name("전기요금계", "Electricity charges"),
    LineKind.VAT: Name("부가가치세", "VAT"),
    LineKind.FUND: Name("전력산업기반기금", "Electricity fund"),
    LineKind.CUT: Name("원단위절사", "Cut to 10 won"),
    LineKind.TOTAL: Name("청구금액", "Total due"),
}
_BANDS = {
    Band.OFF_PEAK: Name("경부하", "off-peak"),
    Band.MID: Name("중간부하", "mid"),
    Band.PEAK: Name("최대부하", "peak"),
}
_NOTES = {
    Note.NOTICE_ONLY: Name("첫 달은 안내만", "first month: notice only"),
    Note.DEEMED_STANDARD: Name(
        "무효전력 검침 없음 또는 부족: 기준역률", "no or too few reactive readings: standard"
    ),
    Note.PARTLY_DEEMED: Name("일부 기준역률 적용", "one of the two taken as standard"),
    Note.PARTLY_READ: Name("일부 무효전력 검침 누락: 제외", "reactive readings missing: left out"),
}
_UNITS = {
    LineKind.BASIC: "kW",
    LineKind.ENERGY: "kWh",
    LineKind.WEEKEND_DISCOUNT: "kWh",
    LineKind.CLIMATE: "kWh",
    LineKind.FUEL: "kWh",
    LineKind.POWER_FACTOR: "%",
    LineKind.EXCESS: "kW",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One printed line: quantity x rate, rounded to whole won."""

    kind: LineKind
    amount_krw: int
    quantity: Decimal | None = None
    """In :attr:`unit`; for the power factor the percentage points that are charged or credited."""
    rate: Decimal | None = None
    """Won per unit; a share of the demand charge per point for the power factor, and of the
    subtotal for VAT and fund."""
    band: Band | None = None
    """None where the price does not depend on the hour."""
    days: tuple[date, date] | None = None
    """First and last day, where the line is about a part of the month."""
    note: Note | None = None
    power_factor: PowerFactor | None = None
    """What the month's power factors were, on their line."""

    @property
    def unit(self) -> str:
        """Unit of the quantity; empty where there is none."""
        return _UNITS.get(self.kind, "")

    @property
    def name(self) -> Name:
        """Name with band, days and note, in Korean and English."""
        kind, ko, en = _KINDS[self.kind], [], []
        if self.band is not None:
            ko.append(_BANDS[self.band].ko)
            en.append(_BANDS[self.band].en)
        if self.power_factor is not None:
            lagging, leading = self.power_factor.lagging_percent, self.power_factor.leading_percent
            ko.append(f"지상 {lagging} % 진상 {leading} %")
            en.append(f"lagging {lagging} % leading {leading} %")
        if self.days is not None:
            days = f"{self.days[0]:%m-%d}~{self.days[1]:%m-%d}"
            ko.append(days)
            en.append(days)
        if self.note is not None:
            ko.append(f"({_NOTES[self.note].ko})")
            en.append(f"({_NOTES[self.note].en})")
        return Name(" ".join([kind.ko, *ko]), " ".join([kind.en, *en]))

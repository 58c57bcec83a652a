"""Compute every worked bill of a file again, and say which lines differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np

from feature_store.entities.firm import Contract
from feature_store.time_grid import utc_instant
from models.tariffs.band import Band
from models.tariffs.bands import interval_bands
from models.tariffs.bill.amounts import exact, half_up
from models.tariffs.bill.bill_cases import (
    BandCase,
    BillCase,
    BillCases,
    EnergyRow,
    ExcessCase,
    Inputs,
    PowerFactorCase,
    RatchetCase,
    StatedExcess,
    StatedPowerFactor,
)
from models.tariffs.bill.charges import charge_krw, excess_krw, totals
from models.tariffs.bill.power_factor import PowerFactor
from models.tariffs.bill.ratchet import billed_demand
from models.tariffs.dated import version_of
from models.tariffs.kepco_tables import kepco_tables

SEOUL = ZoneInfo("Asia/Seoul")
"""Wall time of the hour tables."""

Value = int | str | None
"""Won or kW, a band or months by name; None is what cannot be computed from the inputs."""


@dataclass(frozen=True, kw_only=True)
class CheckedLine:
    """One line of one case: what the file says and what the rules give."""

    case: str
    line: str
    expected: Value
    computed: Value

    @property
    def differs(self) -> bool:
        """Whether they disagree."""
        return self.expected != self.computed


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What became of a file of worked bills."""

    lines: tuple[CheckedLine, ...]
    not_checked: tuple[str, ...]
    """Cases that state round figures only."""

    @property
    def cases(self) -> int:
        """How many cases were computed."""
        return len({line.case for line in self.lines})

    @property
    def differing(self) -> tuple[CheckedLine, ...]:
        """Every line in which file and rules disagree."""
        return tuple(line for line in self.lines if line.differs)


def verify(cases: BillCases) -> Verification:
    """Compute every case again by the arithmetic that makes bills."""
    lines = [
        *(line for case in cases.bills for line in _bill(case)),
        *(line for case in cases.ratchet_cases for line in _ratchet(case)),
        *(line for case in cases.excess_cases for line in _excess(case)),
        *(line for case in cases.power_factor_cases for line in _power_factor(case)),
        *(line for case in cases.band_cases for line in _band(case)),
    ]
    return Verification(
        lines=tuple(lines),
        not_checked=tuple(str(case.get("id", "?")) for case in cases.approximate_bills),
    )


def _bill(case: BillCase) -> Iterator[CheckedLine]:
    computed = _computed(case.inputs)
    expected: dict[str, int | None] = {
        name: getattr(case.expected, name) for name in type(case.expected).model_fields
    }
    del expected["energy"]
    expected |= {f"energy.{name}": krw for name, krw in case.expected.energy.items()}
    for name, row in _rows(case.inputs):
        expected |= {f"energy.{name}.gross": row.gross, f"energy.{name}.discount": row.discount}
    if case.complete and case.inputs.total_kwh is not None:
        expected["total_kwh"] = half_up(exact(case.inputs.total_kwh))
    for name, figure in expected.items():
        if figure is not None:
            yield CheckedLine(case=case.id, line=name, expected=figure, computed=computed.get(name))


def _computed(inputs: Inputs) -> dict[str, int]:
    """Every line that the inputs allow, by its name in the file."""
    lines = _charges(inputs)
    if "basic" in lines and inputs.energy and inputs.fund_rate is not None:
        lines |= _foot(inputs, lines)
    return lines


def _charges(inputs: Inputs) -> dict[str, int]:
    lines: dict[str, int] = {}
    basic_rate = exact(inputs.basic_won_per_kw or 0)
    if inputs.billed_demand_kw is not None and inputs.basic_won_per_kw is not None:
        lines["basic"] = charge_krw(exact(inputs.billed_demand_kw), basic_rate)
    for name, row in _rows(inputs):
        gross = charge_krw(exact(row.kwh), exact(row.rate))
        discount = charge_krw(exact(row.discount_kwh), exact(row.discount_rate))
        lines |= {f"energy.{name}.gross": gross, f"energy.{name}.discount": discount}
        lines[f"energy.{name}"] = lines.get(f"energy.{name}", 0) + gross - discount
    lines["energy_total"] = sum(lines[f"energy.{name}"] for name in inputs.energy)
    lines["total_kwh"] = half_up(sum((exact(row.kwh) for _, row in _rows(inputs)), Fraction(0)))
    total_kwh = lines["total_kwh"] if inputs.total_kwh is None else inputs.total_kwh
    for name, rate in (("climate", inputs.climate_rate), ("fuel", inputs.fuel_rate)):
        if isinstance(rate, tuple):
            lines[name] = sum(charge_krw(exact(one.kwh), exact(one.rate)) for one in rate)
        elif rate is not None:
            lines[name] = charge_krw(exact(total_kwh), exact(rate))
    if inputs.power_factor is not None and "basic" in lines:
        lines["power_factor"] = _power_factor_krw(Fraction(lines["basic"]), inputs.power_factor)
    if inputs.excess is not None and basic_rate:
        lines["excess"] = _excess_krw(inputs.excess, basic_rate)
    return lines


def _foot(inputs: Inputs, lines: dict[str, int]) -> dict[str, int]:
    charges = ("basic", "energy_total", "climate", "fuel", "power_factor", "excess")
    foot = totals(
        sum(lines.get(name, 0) for name in charges) + sum(inputs.other.values()),
        vat_share=exact(inputs.vat_rate),
        fund_share=_fund_share(inputs),
        beside_krw=sum(inputs.beside.values()),
    )
    return asdict(foot)


def _rows(inputs: Inputs) -> Iterator[tuple[str, EnergyRow]]:
    for name, rows in inputs.energy.items():
        for row in rows:
            yield name, row


def _fund_share(inputs: Inputs) -> Fraction:
    """The rate, weighted by days where it changed."""
    rate = inputs.fund_rate
    if isinstance(rate, tuple):
        return sum((exact(one.rate) * one.days for one in rate), Fraction(0)) / sum(
            one.days for one in rate
        )
    return exact(rate or 0)


def _ratchet(case: RatchetCase) -> Iterator[CheckedLine]:
    contract = Contract(power_kw=float(case.contract_kw))
    peaks_kw = {month: float(kw) for month, kw in case.monthly_max_kw.items()}
    demand = billed_demand(contract, case.current, peaks_kw)
    yield CheckedLine(
        case=case.id, line="billed_kw", expected=case.expected_billed_kw, computed=demand.kw
    )
    if case.counted is not None:
        yield CheckedLine(
            case=case.id,
            line="counted",
            expected=", ".join(map(str, sorted(case.counted))),
            computed=", ".join(map(str, sorted(demand.looked_at_kw))),
        )


def _excess(case: ExcessCase) -> Iterator[CheckedLine]:
    stated = StatedExcess(contract_kw=case.contract_kw, max_kw=case.max_kw)
    yield CheckedLine(
        case=case.id,
        line="charge",
        expected=case.expected_charge,
        computed=_excess_krw(stated, exact(case.basic)),
    )


def _excess_krw(stated: StatedExcess, basic_krw_per_kw: Fraction) -> int:
    """By the newest ladder: there has been one only."""
    contract_kw = exact(stated.contract_kw)
    above_kw = max(exact(stated.max_kw) - contract_kw, Fraction(0))
    return excess_krw(above_kw, contract_kw, basic_krw_per_kw, kepco_tables().excess[-1])


def _power_factor(case: PowerFactorCase) -> Iterator[CheckedLine]:
    stated = StatedPowerFactor(
        standard_lagging=case.std,
        cap=case.cap,
        lagging=case.lag,
        leading=case.lead,
        floor=case.floor,
        standard_leading=case.std_lead,
    )
    yield CheckedLine(
        case=case.id,
        line="charge",
        expected=case.expected,
        computed=_power_factor_krw(exact(case.basic_charge), stated),
    )


def _power_factor_krw(basic_krw: Fraction, stated: StatedPowerFactor) -> int:
    """Standards as stated; the share per percent has never changed."""
    factor = PowerFactor(
        lagging_percent=stated.lagging,
        leading_percent=stated.leading,
        lagging_standard_percent=stated.standard_lagging,
        lagging_floor_percent=stated.floor,
        lagging_cap_percent=stated.cap,
        leading_standard_percent=stated.standard_leading,
    )
    return factor.charge_krw(
        basic_krw, exact(kepco_tables().power_factor[-1].basic_share_per_percent)
    )


def _band(case: BandCase) -> Iterator[CheckedLine]:
    start = case.start if case.start.tzinfo else case.start.replace(tzinfo=SEOUL)
    contract = Contract(tariff_class=case.tariff_class, power_kw=1)
    bands = interval_bands(contract, np.array([utc_instant(start)]), SEOUL)
    name = f"{start:%Y-%m-%dT%H:%M}"
    yield CheckedLine(
        case=name, line="band", expected=case.band, computed=Band(bands.band[0]).name.lower()
    )
    if case.version is not None:
        hours = kepco_tables().classes[case.tariff_class].hours
        at = int(version_of(bands.clock.date, hours, f"hours of {case.tariff_class}")[0])
        yield CheckedLine(
            case=name, line="version", expected=case.version, computed=hours[at].table
        )

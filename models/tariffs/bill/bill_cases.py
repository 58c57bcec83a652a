"""Worked bills as a file states them: what went in, and what was printed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from feature_store.entities.firm import TariffClass
from models.tariffs.bill.errors import BillCasesError
from models.tariffs.billing_month import BillingMonth
from models.tariffs.errors import UnknownMonthError


def _as_written(figure: object) -> object:
    """A number as the decimal that was written, a day or month as text: YAML guesses types."""
    if isinstance(figure, float):
        return Decimal(str(figure))
    return figure


def _of_this_century(start: datetime) -> datetime:
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise ValueError(f"write a time of the years {FIRST_YEAR} to {LAST_YEAR}")
    return start


def _month(text: object) -> object:
    try:
        return BillingMonth.parse(str(text))
    except UnknownMonthError as unreadable:
        raise ValueError(str(unreadable)) from unreadable


MOST_DIGITS = 15
"""A thousand times what any bill holds, and quick to compute with, which 1e999999999 is not."""
Figure = Annotated[
    Decimal, BeforeValidator(_as_written), Field(max_digits=2 * MOST_DIGITS, decimal_places=15)
]
Won = Annotated[int, Field(gt=-(10**MOST_DIGITS), lt=10**MOST_DIGITS)]
Percent = Annotated[int, Field(ge=0, le=100)]
Kilowatt = Annotated[int, Field(ge=0, lt=10**MOST_DIGITS)]
MOST_DAYS = 366
"""A year: no billing period is longer."""
FIRST_YEAR, LAST_YEAR = 2000, 2099
"""Hours by 15-minute meters are no older, and no holiday is known so far ahead."""
Text = Annotated[
    str, BeforeValidator(lambda value: str(value) if isinstance(value, date) else value)
]
Month = Annotated[BillingMonth, BeforeValidator(_month)]


class _Stated(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class EnergyRow(_Stated):
    """One row of energy: kWh at a rate, and what of it is discounted."""

    kwh: Figure = Field(ge=0)
    rate: Figure
    discount_kwh: Figure = Field(default=Decimal(0), ge=0)
    discount_rate: Figure = Decimal(0)
    gross: Won | None = None
    """The amount before the discount, won, checked where it is stated."""
    discount: Won | None = None
    """The amount of the discount, won, checked where it is stated."""


Rows = Annotated[
    tuple[EnergyRow, ...],
    BeforeValidator(lambda rows: (rows,) if isinstance(rows, dict) else rows),
    Field(min_length=1),
]
"""One row, or several of them."""


class RatedDays(_Stated):
    """A share that held for some of the days."""

    days: int = Field(gt=0, le=MOST_DAYS)
    rate: Figure


class RatedEnergy(_Stated):
    """A price that held for some of the energy."""

    kwh: Figure = Field(ge=0)
    rate: Figure


Part = TypeVar("Part", RatedDays, RatedEnergy)
Parts = Annotated[tuple[Part, ...], Field(min_length=1)]


class StatedPowerFactor(_Stated):
    """Power factors of the month, percent."""

    standard_lagging: Percent
    cap: Percent
    lagging: Percent
    leading: Percent = 100
    floor: Percent = 60
    standard_leading: Percent = 95


class StatedExcess(_Stated):
    """Demand above the contract power, in a second or later month."""

    contract_kw: Figure = Field(gt=0)
    max_kw: Figure = Field(ge=0)


class Inputs(_Stated):
    """What a bill is computed from. What is absent is not computed."""

    billed_demand_kw: Figure | None = Field(default=None, ge=0)
    basic_won_per_kw: Figure | None = Field(default=None, ge=0)
    energy: Mapping[str, Rows] = {}
    """By band or any other name; several rows where a rate changed."""
    total_kwh: Figure | None = Field(default=None, ge=0)
    """Energy of climate and fuel; the sum of all rows where it is absent."""
    climate_rate: Figure | Parts[RatedEnergy] | None = None
    fuel_rate: Figure | Parts[RatedEnergy] | None = None
    power_factor: StatedPowerFactor | None = None
    excess: StatedExcess | None = None
    other: Mapping[str, Won] = {}
    """Further lines inside the subtotal 전기요금계, won, negative for a discount."""
    beside: Mapping[str, Won] = {}
    """Lines collected with the bill that bear neither VAT nor fund, won."""
    vat_rate: Figure = Decimal("0.1")
    fund_rate: Figure | Parts[RatedDays] | None = None


class Expected(_Stated):
    """What was printed, won; any line may be absent."""

    basic: Won | None = None
    energy: Mapping[str, Won] = {}
    energy_total: Won | None = None
    climate: Won | None = None
    fuel: Won | None = None
    power_factor: Won | None = None
    excess: Won | None = None
    subtotal: Won | None = None
    vat: Won | None = None
    fund: Won | None = None
    raw_total: Won | None = None
    total: Won | None = None


class BillCase(_Stated):
    """One bill."""

    id: Text
    kind: str = ""
    title: str = ""
    tariff: str = Field(default="", validation_alias=AliasChoices("class", "tariff"))
    """Class, voltage and option in any words: the rates are given."""
    tariff_version: Text = ""
    season: str | tuple[str, ...] = ""
    complete: bool = False
    source: str = ""
    note: str = ""
    inputs: Inputs
    expected: Expected

    @model_validator(mode="after")
    def _something_to_compare(self) -> Self:
        rows = [row for rows in self.inputs.energy.values() for row in rows]
        stated = any(row.gross is not None or row.discount is not None for row in rows)
        if not (self.expected.model_fields_set or stated):
            raise ValueError("nothing to compare; write at least one printed line")
        return self


class RatchetCase(_Stated):
    """The billed demand of one month."""

    id: Text
    source: str = ""
    note: str = ""
    contract_kw: Figure = Field(gt=0)
    current: Month
    monthly_max_kw: Mapping[Month, Figure]
    counted: tuple[Month, ...] | None = None
    """The months that the rule looks at."""
    expected_billed_kw: Kilowatt


class ExcessCase(_Stated):
    """The surcharge of one month, the second or a later one."""

    id: Text
    note: str = ""
    contract_kw: Figure = Field(gt=0)
    max_kw: Figure = Field(ge=0)
    basic: Figure
    expected_charge: Won


class PowerFactorCase(_Stated):
    """What power factors add to a demand charge."""

    id: Text
    note: str = ""
    basic_charge: Figure
    std: Percent
    cap: Percent
    lag: Percent
    lead: Percent
    floor: Percent = 60
    std_lead: Percent = 95
    expected: Won


class BandCase(_Stated):
    """The band of one interval, by the clock of the mainland."""

    start: Annotated[datetime, AfterValidator(_of_this_century)]
    """Wall time in Korea, with or without its offset."""
    version: str | None = None
    """Table of hours that holds."""
    band: Literal["off_peak", "mid", "peak"]
    tariff_class: TariffClass = Field(
        default="industrial_eul", validation_alias=AliasChoices("class", "tariff_class")
    )
    why: str = ""


class BillCases(_Stated):
    """The whole file."""

    retrieved: Text = ""
    bills: tuple[BillCase, ...] = ()
    approximate_bills: tuple[Mapping[str, Any], ...] = ()
    """Bills known in round figures: kept beside the others, not comparable to the won."""
    ratchet_cases: tuple[RatchetCase, ...] = ()
    excess_cases: tuple[ExcessCase, ...] = ()
    power_factor_cases: tuple[PowerFactorCase, ...] = ()
    band_cases: tuple[BandCase, ...] = ()


def read_bill_cases(text: str, *, what: str) -> BillCases:
    """Read the YAML or JSON text of a file that errors call ``what``.

    Anything that does not follow the schema, an unknown key among it, is a
    :class:`BillCasesError` that names the place.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as broken:
        raise BillCasesError(f"{what} is neither YAML nor JSON ({broken}); mend it") from broken
    if not isinstance(document, dict) or not document:
        known = ", ".join(BillCases.model_fields)
        raise BillCasesError(f"{what} states no bill; write a mapping with some of {known}")
    return checked_bill_cases(document, what=what)


def checked_bill_cases(document: Mapping[str, Any], *, what: str) -> BillCases:
    """Check what was read of a file that errors call ``what``, as :func:`read_bill_cases` does."""
    try:
        return BillCases.model_validate(document)
    except ValidationError as wrong:
        places = "; ".join(
            _place(fault["loc"], document) + fault["msg"] for fault in wrong.errors()[:5]
        )
        raise BillCasesError(
            f"{what} does not follow the schema of worked bills in {wrong.error_count()} places, "
            f"{places}; mend them (docs/bills.md lists every key)"
        ) from wrong


def _place(location: tuple[int | str, ...], document: Mapping[str, Any]) -> str:
    """Say where a fault is, a case by its id."""
    steps = [str(step) for step in location]
    cases = document.get(steps[0], ())
    if len(location) > 1 and isinstance(location[1], int) and isinstance(cases, list):
        case = cases[location[1]]
        steps[1] = str(case.get("id", steps[1])) if isinstance(case, dict) else steps[1]
    return f"{'.'.join(steps)}: "

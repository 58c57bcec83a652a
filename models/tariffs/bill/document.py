"""A bill in the form that programs read."""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict

from feature_store.entities.firm import Contract
from models.tariffs.bill.line import Line, LineKind
from models.tariffs.bill.ratchet import Origin
from models.tariffs.bill.statement import Bill


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class LineDocument(_Told):
    """One line of the paper."""

    kind: LineKind
    """What the line is about: basic, energy, weekend_discount, climate, fuel, power_factor, excess,
    subtotal, vat, fund, cut or total."""
    name_ko: str
    """Name as the paper prints it, with band, days and note."""
    name_en: str
    """The same in English."""
    quantity: float | None
    """What is charged for, in `unit`; null where there is none."""
    unit: str
    """Unit of the quantity, kW, kWh or %; empty where there is none."""
    rate: float | None
    """Won per unit; a share for power factor, VAT and fund; null where there is none."""
    amount_krw: int
    """Whole won; negative for a discount."""
    lagging_percent: int | None
    """Lagging power factor 지상역률 of the month, on its line; null on others, or if not read."""
    leading_percent: int | None
    """Leading power factor 진상역률 of the month, on its line; null on others, or if not read."""
    unread_half_hours: int | None
    """Half hours left out of the power factors for want of a reading; null on other lines."""


class DemandDocument(_Told):
    """The billed demand 요금적용전력 and where it came from."""

    kw: int
    """Half-up to 1 kW."""
    origin: Origin
    """What decided it: this_month, earlier_month, floor or contract_power."""
    month: str | None
    """Billing month `YYYY-MM` whose peak it is; null for floor and contract power."""
    looked_at_kw: dict[str, int]
    """Counted peaks by billing month that the rule looked at, kW."""
    unknown_months: list[str]
    """Months that the rule looks at and of which no peak is known: the real bill may be higher."""
    partly_read_months: list[str]
    """Months looked at whose counted hours were not all read: their peak may have been higher."""


class GapDocument(_Told):
    """A run of missing readings, half-open."""

    start: AwareDatetime
    """Start of the first missing interval, in the firm's zone."""
    end: AwareDatetime
    """End of the last one."""
    filled_kwh: float
    """What was taken in their place, kWh."""


class MissingDocument(_Told):
    """What was missing and how it was treated."""

    count: int
    """Intervals without a reading."""
    of: int
    """Intervals of the month."""
    filled_kwh: float
    """What was taken in their place, kWh; never counted as demand."""
    rule: str
    """How it was found."""
    gaps: list[GapDocument]
    """Each run of missing readings, in order."""


class SwitchDocument(_Told):
    """How an uncertain rule was read."""

    name: str
    """Name, as a question may set it."""
    value: str
    """How it stands; `table` takes the table's figure."""
    usual: bool
    """Whether it stands as it does by default."""
    why: str
    """Why it is a switch, and why the default is the default."""


class BillDocument(_Told):
    """The bill of one billing month."""

    month: str
    """Billing month `YYYY-MM`, named by its last day."""
    first_day: date
    """First day of the period."""
    last_day: date
    """Last day of the period."""
    contract: Contract
    """The terms that are billed, a what-if's changes among them."""
    lines: list[LineDocument]
    """In the order of the paper, from the demand charge to the total."""
    subtotal_krw: int
    """전기요금계, won before VAT and fund."""
    total_krw: int
    """청구금액, won with VAT and fund, cut to 10 won."""
    demand: DemandDocument
    """The billed demand."""
    missing: MissingDocument
    """Readings that never came."""
    switches: list[SwitchDocument]
    """Every uncertain rule, and how this bill reads it."""
    less_certain: list[str]
    """Figures used that fewer than two sources agree on."""
    unrounded_energy_krw: float
    """Energy, discount, climate and fuel as a plan's formula has them, won before VAT and fund."""
    unrounded_demand_krw: float
    """The demand charge as a plan's formula has it, won before VAT and fund."""


def bill_document(bill: Bill) -> BillDocument:
    """Return the bill as a document."""
    demand, missing = bill.demand, bill.missing
    return BillDocument(
        month=str(bill.month),
        first_day=bill.first_day,
        last_day=bill.last_day,
        contract=bill.contract,
        lines=[_line(line) for line in bill.lines],
        subtotal_krw=bill.subtotal_krw,
        total_krw=bill.total_krw,
        demand=DemandDocument(
            kw=demand.kw,
            origin=demand.origin,
            month=None if demand.month is None else str(demand.month),
            looked_at_kw={str(month): kw for month, kw in demand.looked_at_kw.items()},
            unknown_months=[str(month) for month in demand.unknown],
            partly_read_months=[str(month) for month in demand.partly_read],
        ),
        missing=MissingDocument(
            count=missing.count,
            of=missing.of,
            filled_kwh=missing.filled_kwh,
            rule=missing.rule,
            gaps=[
                GapDocument(start=gap.start, end=gap.end, filled_kwh=gap.filled_kwh)
                for gap in missing.gaps
            ],
        ),
        switches=[
            SwitchDocument(name=choice.name, value=choice.value, usual=choice.usual, why=choice.why)
            for choice in bill.switches.choices()
        ],
        less_certain=list(bill.less_certain),
        unrounded_energy_krw=bill.formula.energy_krw,
        unrounded_demand_krw=bill.formula.demand_krw,
    )


def _line(line: Line) -> LineDocument:
    factor = line.power_factor
    return LineDocument(
        kind=line.kind,
        name_ko=line.name.ko,
        name_en=line.name.en,
        quantity=None if line.quantity is None else float(line.quantity),
        unit=line.unit,
        rate=None if line.rate is None else float(line.rate),
        amount_krw=line.amount_krw,
        lagging_percent=None if factor is None else factor.lagging_percent,
        leading_percent=None if factor is None else factor.leading_percent,
        unread_half_hours=None if factor is None else factor.unread,
    )

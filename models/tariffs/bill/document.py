"""A bill in the form that programs read."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from feature_store.entities.firm import Contract
from models.tariffs.bill.line import Line
from models.tariffs.bill.statement import Bill


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class LineDocument(_Told):
    """One line of the paper."""

    kind: str
    name_ko: str
    name_en: str
    quantity: float | None
    unit: str = Field(description="Unit of the quantity; empty where there is none.")
    rate: float | None = Field(description="Won per unit; a share for power factor, VAT and fund.")
    amount_krw: int


class DemandDocument(_Told):
    """The billed demand 요금적용전력 and where it came from."""

    kw: int
    origin: str = Field(description="this_month, earlier_month, floor or contract_power.")
    month: str | None = Field(description="Billing month whose peak it is.")
    looked_at_kw: dict[str, int] = Field(description="Counted peaks by billing month.")
    unknown_months: list[str] = Field(
        description="Months that the rule looks at and of which no peak is known."
    )


class GapDocument(_Told):
    """A run of missing readings, half-open."""

    start: datetime
    end: datetime
    filled_kwh: float


class MissingDocument(_Told):
    """What was missing and how it was treated."""

    count: int
    of: int = Field(description="Intervals of the month.")
    filled_kwh: float
    rule: str
    gaps: list[GapDocument]


class SwitchDocument(_Told):
    """How an uncertain rule was read."""

    name: str
    value: str
    usual: bool = Field(description="Whether it stands as it does by default.")
    why: str


class BillDocument(_Told):
    """The bill of one billing month."""

    month: str
    first_day: date
    last_day: date
    contract: Contract
    lines: list[LineDocument]
    subtotal_krw: int = Field(description="전기요금계, before VAT and fund.")
    total_krw: int
    demand: DemandDocument
    missing: MissingDocument
    switches: list[SwitchDocument]
    less_certain: list[str] = Field(
        description="Figures used that fewer than two sources agree on."
    )
    unrounded_energy_krw: float = Field(description="What a plan's formula says of the energy.")
    unrounded_demand_krw: float


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
    return LineDocument(
        kind=line.kind,
        name_ko=line.name.ko,
        name_en=line.name.en,
        quantity=None if line.quantity is None else float(line.quantity),
        unit=line.unit,
        rate=None if line.rate is None else float(line.rate),
        amount_krw=line.amount_krw,
    )

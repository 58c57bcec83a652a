"""What a controller tells of the running quarter hour, and what it is answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from feature_store.entities.firm import LARGEST_CONTRACT_KW
from feature_store.time_grid import INTERVAL
from models.dispatch.set_point_terms import Because, DecidedBy
from models.forecasting.load_forecast import Quality, QualityReason
from serving.api.issue_time import FIRST_YEAR, LAST_YEAR, IssueTime
from serving.set_points import LookedUp, Measured
from serving.suggestions.expectations import Document

if TYPE_CHECKING:  # numba takes a second to import
    from models.dispatch.set_point import SetPoint
    from models.dispatch.set_point_table import SetPointTable

MOST_BATTERIES = 50
"""As many as no site of one meter has."""
MOST_AGE_MINUTES = 60.0
DIGITS = 3
"""Of powers and energies: to the watt."""
_KW = Field(ge=-LARGEST_CONTRACT_KW, le=LARGEST_CONTRACT_KW, allow_inf_nan=False)
Kilowatts = Annotated[float, _KW]
AT = Field(
    default=None,
    description="RFC 3339 time with offset in the interval asked about, not in the future, of the "
    f"years {FIRST_YEAR} to {LAST_YEAR}. Only what was known then is used. Left out: now.",
    examples=["2026-11-19T14:02:00+09:00"],
)
PEAK = Field(
    default=None,
    ge=0,
    le=LARGEST_CONTRACT_KW,
    allow_inf_nan=False,
    description="Highest counted demand that the billing meter has shown this month, kW. Left out: "
    "that of the readings, which is too high where they hold the load without the batteries.",
    examples=[412.5],
)


class _Asked(BaseModel):
    """Unknown keys are refused, so that a typing error is not passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class BatteryMeasured(_Asked):
    """A battery as it is now."""

    name: str = Field(description="As declared.", examples=["ESS"])
    charge_kwh: float = Field(
        ge=0, allow_inf_nan=False, description="Energy in it, kWh.", examples=[310.0]
    )
    measured_at: IssueTime | None = Field(
        default=None,
        description="When that was measured, RFC 3339 with offset. Left out: at the moment asked "
        "about.",
    )
    power_kw: Kilowatts | None = Field(
        default=None,
        description="What it draws now, kW; negative while it discharges. Needed with import_kw.",
    )
    discharged_today_kwh: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="Energy that it discharged since midnight, kWh. Needed where the firm declares "
        "max_discharge_kwh_per_day.",
    )


class SetPointRequest(_Asked):
    """The running quarter hour as a controller sees it."""

    at: IssueTime | None = AT
    load_kw: Kilowatts | None = Field(
        default=None,
        description="Load of the interval without the batteries, kW: its mean so far, or what is "
        "expected of it. Tell this or import_kw.",
        examples=[455.0],
    )
    import_kw: Kilowatts | None = Field(
        default=None,
        description="What the meter shows, kW, with the power_kw of every battery beside it.",
    )
    batteries: list[BatteryMeasured] = Field(
        min_length=1, max_length=MOST_BATTERIES, description="Every battery of the firm."
    )
    peak_so_far_kw: float | None = PEAK
    max_age_minutes: float = Field(
        default=INTERVAL / timedelta(minutes=1),
        gt=0,
        le=MOST_AGE_MINUTES,
        description="Oldest charge that is taken, minutes.",
    )

    @model_validator(mode="after")
    def _tells_the_load_once(self) -> Self:
        if (self.load_kw is None) == (self.import_kw is None):
            raise ValueError(
                "tell load_kw, or import_kw with the power_kw of every battery, and not both"
            )
        return self

    def measured(self, moment: AwareDatetime) -> Measured:
        """Return what is told, charges without a time as of ``moment``."""
        from models.dispatch.battery_state import BatteryState

        return Measured(
            batteries=tuple(
                BatteryState(
                    name=one.name,
                    charge_kwh=one.charge_kwh,
                    measured_at=one.measured_at or moment,
                    power_kw=one.power_kw,
                    discharged_today_kwh=one.discharged_today_kwh,
                )
                for one in self.batteries
            ),
            load_kw=self.load_kw,
            import_kw=self.import_kw,
            peak_so_far_kw=self.peak_so_far_kw,
            max_age=timedelta(minutes=self.max_age_minutes),
        )


class DecidedOn(Document):
    """What a set-point was decided on."""

    issue_time: AwareDatetime
    """When its forecast was made: every two hours of the firm's day, or that of the plan that is
    followed."""
    next_forecast: AwareDatetime
    """When the next one is made, and the day valued anew."""
    days_valued_at: AwareDatetime | None
    """The midnight as of which the days left of the month were valued; null where a plan is
    followed."""
    plan_id: str | None
    """The accepted suggestion that is followed; null where price and value decide."""
    readings_until: AwareDatetime | None
    """End of the newest reading that was known; null if none was."""
    model_version: str
    """What made the forecast."""
    quality: Quality
    """How much the forecast may be trusted."""
    reasons: list[QualityReason]
    """Why it is not `full`."""


class BatterySetPoint(Document):
    """What one battery does."""

    name: str
    """As declared."""
    power_kw: float = Field(description="Set-point, kW; positive charges, negative discharges.")
    charge_kwh: float = Field(description="Energy in it as told, kWh.")
    after_kwh: float = Field(description="Energy in it if the power is kept for an interval, kWh.")


class SetPointAnswer(Document):
    """What a firm's batteries do in the running quarter hour."""

    firm_id: str
    """Id of the firm."""
    timezone: str = Field(description="IANA zone of the firm's days and bills.")
    interval_start: AwareDatetime
    """Start of the interval that is run."""
    holds_until: AwareDatetime
    """Its end: ask again then, and earlier if the load changes."""
    power_kw: float = Field(description="Of all batteries, kW; positive charges.")
    batteries: list[BatterySetPoint]
    """What each does, within its own limits."""
    load_kw: float = Field(description="Load that was seen, without the batteries, kW.")
    import_kw: float = Field(description="What the billing meter will show, kW.")
    peak_so_far_kw: float = Field(description="The month's counted peak so far, kW.")
    held_kw: float = Field(
        description="The peak that is held, kW: that so far or what is billed anyway, or the new "
        "peak that the interval makes."
    )
    counted: bool
    """Whether the interval's demand can set the billed peak."""
    krw_per_kwh: float = Field(description="Energy price of the interval, won per kWh.")
    because: Because
    """Why: `holds_peak` and `lowers_peak` give charge for the peak, `lets_peak_pass` keeps it for a
    higher one, `empty` has none left, `charges` fills for what is to come, `discharges` gives where
    it saves more than it will later, `rests` waits, `follows_plan` does what the accepted plan
    has, as the firm declares."""
    decided_by: DecidedBy
    """`look_up` by price and value, `plan` by the accepted plan, as the firm declares;
    `look_up_without_plan` by price and value because it follows its plan and no accepted one of its
    equipment covers the interval."""
    decided_on: DecidedOn
    """What is known of the day."""


class BatteryShare(Document):
    """A battery of the table, by which a controller gives the power out."""

    name: str
    """As declared."""
    least_kwh: float = Field(description="Charge below which it gives nothing, kWh.")
    most_kwh: float = Field(description="Its full charge, kWh.")
    charge_kw: float = Field(description="Highest power of charging, kW.")
    discharge_kw: float = Field(description="Highest power of discharging, kW.")
    charge_efficiency: float = Field(description="Share of what it draws that is stored.")
    discharge_efficiency: float = Field(description="Share of what is taken out that it gives.")


class TableInterval(Document):
    """One interval of the table."""

    start: AwareDatetime
    """Its start."""
    counted: bool
    """Whether its demand can set the billed peak."""
    krw_per_kwh: float = Field(description="Energy price, won per kWh.")
    power_kw: list[list[float]] = Field(
        description="Power of all batteries, kW, positive charges: a list for each load, "
        "in it a value for each charge of charge_kwh."
    )
    planned_kw: list[float] | None = Field(
        description="Where a plan is followed: what it has for each of the batteries, kW, positive "
        "charges. Else null."
    )


class SetPointsAnswer(Document):
    """Set-points by load and charge until the next forecast.

    Between two loads and two charges a power is read off straight lines; outside of them the
    nearest holds. It is then held back to what the batteries reach, and given out to them in
    proportion to what each can reach in the interval. Where a plan is followed each does what it
    has for it, and only the difference of the power to their sum is given out.
    """

    firm_id: str
    """Id of the firm."""
    timezone: str = Field(description="IANA zone of the firm's days and bills.")
    interval: str = Field(default="PT15M", description="Length of an interval.")
    peak_so_far_kw: float = Field(
        description="The month's counted peak so far that the table supposes, kW: ask again when "
        "the meter has shown more."
    )
    load_kw: list[float] = Field(description="Loads without the batteries, rising, kW.")
    charge_kwh: list[float] = Field(description="Charges of all batteries together, rising, kWh.")
    intervals: list[TableInterval]
    """From the running one to the next forecast, or to the end of the plan that is followed if it
    is earlier."""
    batteries: list[BatteryShare]
    """Those that the power is of."""
    decided_by: DecidedBy
    """As in a single set-point."""
    decided_on: DecidedOn
    """What is known of the day."""


def set_point_answer(looked_up: LookedUp[SetPoint]) -> SetPointAnswer:
    """Write a set-point."""
    set_point = looked_up.found
    seen = set_point.seen
    return SetPointAnswer(
        firm_id=looked_up.firm.firm_id,
        timezone=looked_up.firm.timezone,
        interval_start=seen.start,
        holds_until=set_point.holds_until,
        power_kw=_told(set_point.power_kw),
        batteries=[
            BatterySetPoint(
                name=one.battery.name,
                power_kw=_told(one.power_kw),
                charge_kwh=_told(one.battery.charge_kwh),
                after_kwh=_told(one.after_kwh),
            )
            for one in set_point.powers
        ],
        load_kw=_told(seen.load_kw),
        import_kw=_told(set_point.import_kw),
        peak_so_far_kw=_told(seen.peak_kw),
        held_kw=_told(set_point.held_kw),
        counted=set_point.counted,
        krw_per_kwh=_told(set_point.krw_per_kwh),
        because=set_point.because,
        decided_by=looked_up.decided_by,
        decided_on=_decided_on(looked_up, seen.start),
    )


def set_points_answer(looked_up: LookedUp[SetPointTable]) -> SetPointsAnswer:
    """Write a table of set-points."""
    table = looked_up.found
    return SetPointsAnswer(
        firm_id=looked_up.firm.firm_id,
        timezone=looked_up.firm.timezone,
        peak_so_far_kw=_told(table.peak_kw),
        load_kw=[_told(load_kw) for load_kw in table.load_kw.tolist()],
        charge_kwh=[_told(charge_kwh) for charge_kwh in table.charge_kwh.tolist()],
        intervals=[
            TableInterval(
                start=start,
                counted=table.bill.counted(start),
                krw_per_kwh=_told(table.bill.krw_per_kwh(start)),
                power_kw=[[_told(power_kw) for power_kw in of_load] for of_load in by_load],
                planned_kw=None
                if table.planned_kw is None
                else [_told(power_kw) for power_kw in table.planned_kw[step].tolist()],
            )
            for step, (start, by_load) in enumerate(
                zip(table.starts, table.power_kw.tolist(), strict=True)
            )
        ],
        batteries=[
            BatteryShare(
                name=name,
                least_kwh=_told(store.least_kwh),
                most_kwh=_told(store.most_kwh),
                charge_kw=store.charge_kw,
                discharge_kw=store.discharge_kw,
                charge_efficiency=store.charge_efficiency,
                discharge_efficiency=store.discharge_efficiency,
            )
            for name, store in table.stores.items()
        ],
        decided_by=looked_up.decided_by,
        decided_on=_decided_on(looked_up, table.starts[0]),
    )


def _decided_on(
    looked_up: LookedUp[SetPoint] | LookedUp[SetPointTable], start: datetime
) -> DecidedOn:
    from models.dispatch.valued_day import ValuedDay, next_issue_time

    by = looked_up.found.by
    forecast = by.forecast
    return DecidedOn(
        issue_time=forecast.issue_time,
        next_forecast=next_issue_time(start, looked_up.firm.zone),
        days_valued_at=by.days_valued_at if isinstance(by, ValuedDay) else None,
        plan_id=None if isinstance(by, ValuedDay) else by.plan_id,
        readings_until=looked_up.readings_until,
        model_version=forecast.model_version,
        quality=forecast.quality,
        reasons=list(forecast.reasons),
    )


def _told(value: float) -> float:
    """Round to the watt, and never to a negative nothing."""
    return round(value, DIGITS) + 0.0

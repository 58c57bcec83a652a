"""A site's problem as JSON: what may stand in it, with units and limits."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from feature_store.entities.firm import (
    LARGEST_CONTRACT_KW,
    Option,
    TariffClass,
    Voltage,
)
from feature_store.entities.job_relation import JobRelation
from models.optimizer.problem_file.limits import (
    LONGEST_TIME_LIMIT_S,
    MOST_EQUIPMENT,
    MOST_EVENTS,
)

STATE_AGE_MINUTES = 30.0
"""Two intervals: a battery at full power empties a good part of a small store in more."""

LARGEST_AMOUNT = 1e9
"""Won, kW or minutes; solvers work with some fifteen digits, and every sum of prices must fit in
them."""

Amount = Annotated[float, Field(ge=0, le=LARGEST_AMOUNT, allow_inf_nan=False)]
Told = float | None
"""A value of an interval; null or NaN, where there is none, is found and told with its time."""


Parameter = bool | float | int | str | list[float] | list[int] | list[str]
"""A value that a kind of equipment declares, as in a firm's file."""


class Part(BaseModel):
    """A part of a problem; unknown keys are refused, so that a typing error is not passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ExportPart(Part):
    """Power fed back into the grid."""

    krw_per_kwh: Amount | list[Amount]
    """What a kWh fed back earns, won: one price, or one for each interval."""
    most_kw: Amount | None = None
    """Limit of the connection, kW; left out: none."""


class SitePart(Part):
    """The site and its connection."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", examples=["works"])
    """Id, as of a firm."""
    timezone: str = "Asia/Seoul"
    """IANA zone whose days and hours the tariff and the equipment keep."""
    latitude_deg: float = Field(default=35.23, ge=-90, le=90)
    """For solar equipment."""
    longitude_deg: float = Field(default=126.85, ge=-180, le=180)
    """For solar equipment."""
    holiday_country: str | None = "KR"
    """Country whose public holidays the site keeps; null for none."""
    closure_days: list[date] = Field(default=[], max_length=1000)
    """Further days on which jobs do not run."""
    contract_power_kw: float | None = Field(
        default=None, gt=0, le=LARGEST_CONTRACT_KW, allow_inf_nan=False
    )
    """Contract power 계약전력, kW. A tariff of KEPCO's needs it."""
    contract_limit: Literal["surcharge", "hard"] = "surcharge"
    """Whether demand above it is charged, or no plan may reach above it."""
    export: ExportPart | None = None
    """Left out or null: nothing may be fed back."""


class GridPart(Part):
    """The intervals planned for, 15 minutes each."""

    start: str = Field(examples=["2026-07-15T00:00:00+09:00"])
    """Start of the first interval: RFC 3339 with offset, on a quarter hour."""
    steps: int = Field(ge=1)
    """Number of intervals, up to 1,344: two weeks."""


class KepcoTariff(Part):
    """A tariff by the dated tables of KEPCO's industrial contracts."""

    kind: Literal["kepco"]
    """Which form of tariff it is."""
    tariff_class: TariffClass = Field(default="industrial_eul", alias="class")
    """Class of industrial tariff: 산업용(갑)Ⅰ, 산업용(갑)Ⅱ or 산업용(을)."""
    voltage: Voltage = "high_a"
    """Supply voltage: 저압, 고압A, 고압B or 고압C."""
    option: Option = "II"
    """Rate option 선택요금."""
    meter_reading_day: int = Field(default=1, ge=1, le=28)
    """Day of the month on which a billing month starts 검침일."""
    reform_deferred: bool = False
    """Whether hours and rates from before 2026-04-16 are kept until 2026-09-30."""
    tariff_date: date | None = None
    """Bill every day by the tables in force on this one."""


class PeakPart(Part):
    """A price on the largest demand of some intervals."""

    name: str = Field(min_length=1, max_length=120)
    """What it is called in the answer."""
    krw_per_kw: Amount
    """What each kW costs, won."""
    steps: list[int] | None = None
    """Numbers of the intervals that count, from 0; left out: all."""
    floor_kw: Amount = 0.0
    """Billed whatever happens: the peak so far, kW."""


class StatedTariff(Part):
    """Prices told interval by interval."""

    kind: Literal["stated"]
    """Which form of tariff it is."""
    krw_per_kwh: Amount | list[Amount]
    """What a kWh costs, won: one price, or one for each interval."""
    peaks: list[PeakPart] = []
    """Prices on peaks, as many as there are."""
    excess_krw_per_kw: Amount = 0.0
    """What each kW above the contract power costs, won."""


class _Load(Part):
    of: Literal["base", "metered"] = "base"
    """Load without the equipment, or as the meter would show it with the equipment's usual
    operation in it."""


class PathLoad(_Load):
    """The load as one path."""

    kind: Literal["path"]
    """Which form of load it is."""
    kw: list[Told]
    """Mean load of each interval, kW."""


class QuantileLoad(_Load):
    """The load as quantiles: energy is paid on the median, peaks are judged on the 0.8 quantile."""

    kind: Literal["quantiles"]
    """Which form of load it is."""
    kw: dict[str, list[Told]] = Field(examples=[{"q0.5": [100.0], "q0.8": [120.0]}])
    """Load of each interval by probability level, kW; levels between are interpolated."""


class ScenarioPath(Part):
    """One course of the load."""

    probability: float = Field(ge=0, le=1)
    """How likely it is; all add up to 1."""
    kw: list[Told]
    """Mean load of each interval, kW."""


class ScenarioLoad(_Load):
    """The load as paths: one plan for all of them."""

    kind: Literal["scenarios"]
    """Which form of load it is."""
    paths: list[ScenarioPath] = Field(min_length=1)
    """The courses that it may take."""
    risk_share: float = Field(default=0.0, ge=0, le=1)
    """Weight of the mean of the worst tail of the demand cost against its mean."""
    tail_share: float = Field(default=0.1, gt=0, le=1)
    """Probability of that tail."""


class StatePart(Part):
    """What was measured of one piece of equipment."""

    equipment: str
    """Its name."""
    measured_at: AwareDatetime
    """When."""
    soc_kwh: float | None = Field(default=None, allow_inf_nan=False)
    """State of charge of a store that declares `capacity_kwh` and `initial_soc_share`, kWh."""
    soc_share: float | None = Field(default=None, allow_inf_nan=False)
    """The same as a share of its capacity."""
    parameters: dict[str, Parameter] = {}
    """Any of its declared parameters, as they are now."""


class RunningPart(Part):
    """The first interval, where it is under way."""

    drawn_kwh: float = Field(allow_inf_nan=False)
    """Energy that the meter has counted in it so far, kWh."""
    elapsed_share: float = Field(ge=0, lt=1)
    """Part of it that is over."""


class EventPart(Part):
    """A demand-response event."""

    name: str = Field(min_length=1, max_length=120)
    """What it is called in the answer."""
    start: AwareDatetime
    """Start of the window, on a quarter hour."""
    end: AwareDatetime
    """The instant just after it."""
    baseline_kw: Amount | list[Amount]
    """Load had nothing been done 고객기준부하, kW: one, or one for each interval of the window."""
    reduction_kw: float = Field(gt=0, allow_inf_nan=False)
    """How far below the draw should stay, kW."""
    paid_krw_per_kwh: Amount
    """For each kWh reduced, won."""
    paid_krw: Amount = 0.0
    """For taking part, won."""
    penalty_krw_per_kwh: Amount = 0.0
    """For each kWh asked for and not reduced, won."""
    optional: bool = True
    """Whether the site may decline."""


class PreviousPart(Part):
    """The plan made before."""

    start: AwareDatetime
    """Start of its first interval, on a quarter hour, not after the grid's."""
    equipment_kw: dict[str, list[Annotated[float, Field(allow_inf_nan=False)]]]
    """Draw from the site bus of every piece of equipment, kW, by name."""
    keep_unless_saves_krw: Amount
    """A new plan must save more than this, won."""


class EquipmentPart(Part):
    """One piece of equipment, as a firm's file declares it."""

    name: str = Field(min_length=1, max_length=120)
    """What it is called; each has a name of its own."""
    kind: str = Field(examples=["battery"])
    """Kind of equipment, one of those that docs/data-formats.md lists."""
    parameters: dict[str, Parameter] = {}
    """What its kind declares; units are in the names."""


class SiteNowPart(Part):
    """What is measured of a site and agreed about its next hours, beside its forecast."""

    states: list[StatePart] = Field(
        default=[],
        max_length=MOST_EQUIPMENT,
        examples=[
            [{"equipment": "ESS", "measured_at": "2026-07-01T13:55:00+09:00", "soc_kwh": 46.0}]
        ],
    )
    """What was measured of the equipment; else it is as declared."""
    max_state_age_minutes: float = Field(default=STATE_AGE_MINUTES, gt=0, le=LARGEST_AMOUNT)
    """Oldest state that is believed, minutes before the grid's start."""
    running: RunningPart | None = Field(
        default=None, examples=[{"drawn_kwh": 12.5, "elapsed_share": 0.4}]
    )
    """Left out: the first interval begins now."""
    events: list[EventPart] = Field(
        default=[],
        max_length=MOST_EVENTS,
        examples=[
            [
                {
                    "name": "DR",
                    "start": "2026-07-01T18:00:00+09:00",
                    "end": "2026-07-01T19:00:00+09:00",
                    "baseline_kw": 410.0,
                    "reduction_kw": 80.0,
                    "paid_krw_per_kwh": 500.0,
                }
            ]
        ],
    )
    """Demand-response events, up to 20."""


class _StatedSite(Part):
    format: Literal["sandan-problem/1"]
    """Name and version of this form; a field that changes its meaning makes another version."""
    site: SitePart
    """Where it is, and what its connection allows."""
    grid: GridPart
    """The intervals planned for."""
    tariff: Annotated[KepcoTariff | StatedTariff, Field(discriminator="kind")]
    """What energy and peaks cost: by KEPCO's tables, or told one by one."""
    base_load: Annotated[PathLoad | QuantileLoad | ScenarioLoad, Field(discriminator="kind")]
    """Load that cannot be scheduled."""
    equipment: list[EquipmentPart] = []
    """As a firm's file declares it, up to 200 pieces."""
    job_relations: list[JobRelation] = Field(default=[], max_length=MOST_EQUIPMENT)
    """What holds between jobs: order, exclusion, crew; as a firm's file declares it."""


class ProblemDocument(SiteNowPart, _StatedSite):
    """A site's problem."""

    past_peaks_kw: dict[str, Amount | None] = Field(
        default={}, max_length=36, examples=[{"2026-01": 640.0, "2026-02": None}]
    )
    """Counted peak of each billing month `YYYY-MM` before the grid and of the running one so far,
    kW; null: not known. A tariff of KEPCO's needs those that its ratchet looks at."""
    previous: PreviousPart | None = None
    """The plan made before; left out: none is to be kept."""
    time_limit_s: float = Field(default=10.0, gt=0, le=LONGEST_TIME_LIMIT_S)
    """Longest time for the solver, seconds."""

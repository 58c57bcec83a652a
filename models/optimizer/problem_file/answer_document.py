"""What is answered to a problem as JSON: its parts, with units."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from models.assets.action import Action
from models.optimizer.alternatives import Name
from models.optimizer.limits_worth import Kind
from models.optimizer.schedule import Binding, Reason


class Answered(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class AnsweredCost(Answered):
    """What the grid's intervals cost, before VAT and fund."""

    energy_krw: float
    """Energy drawn, won; the mean over scenarios."""
    demand_krw: float
    """All peaks, with later_demand_krw and the surcharge above the contract power, won."""
    later_demand_krw: float
    """Of demand_krw, what the ratchet will charge in later months, won."""
    wear_krw: float
    """Wear of batteries and cost of curtailing, won."""
    export_earned_krw: float
    """Earned by feeding back, won."""
    events_earned_krw: float
    """Paid for demand-response events less penalties, won."""
    total_krw: float
    """Costs less what is earned, won."""


class AnsweredBlock(Answered):
    """A stretch of steady action."""

    action: Action
    """What the equipment does."""
    start: AwareDatetime
    """The instant the block begins."""
    end: AwareDatetime
    """The instant just after it."""
    power_kw: float
    """Mean draw from the site bus, kW; negative feeds or reduces."""


class AnsweredLimit(Answered):
    """A limit that a move lies at."""

    limit: Binding
    """Which one: of its equipment, between jobs, or of the connection."""
    others: list[str]
    """The jobs that hold it back, where it is a relation between jobs; else empty."""


class AnsweredMove(Answered):
    """What one piece of equipment does otherwise than usual."""

    equipment: str
    """Its name."""
    kind: str
    """Its kind."""
    usual: list[AnsweredBlock]
    """What it would do."""
    planned: list[AnsweredBlock]
    """What it does by the plan."""
    saved_krw: float
    """Its share of the saving, won; the shares add up to the whole."""
    reason: Reason
    """Why the move pays."""
    limits: list[AnsweredLimit]
    """What it lies at, so that no more of it is done; empty if nothing holds it."""


class AnsweredEquipment(Answered):
    """One piece of equipment."""

    name: str
    """Its name."""
    usual_kw: list[float]
    """Draw from the site bus if nothing is changed, kW."""
    planned_kw: list[float]
    """The same by the plan, kW."""
    soc_kwh: list[float] | None
    """Energy stored at the start of each interval and at the end, kWh; null if it stores none."""


class AnsweredRisk(Answered):
    """How likely the demand passes what is billed anyway."""

    usual: float
    """If nothing is changed, 0 to 1."""
    planned: float
    """By the plan, its powers kept whatever the load does, 0 to 1."""


class AnsweredPeak(Answered):
    """One peak that is charged."""

    name: str
    """Its billing month, or as it was stated."""
    krw_per_kw: float
    """What each kW costs, won."""
    floor_kw: float
    """Billed whatever happens, kW."""
    usual_kw: float
    """Largest demand that counts if nothing is changed, kW."""
    planned_kw: float
    """The same by the plan, kW."""
    passing_risk: AnsweredRisk | None
    """Probabilities that floor_kw is passed, on the scenarios or quantiles of the load; null where
    one path is told, or a kW costs nothing."""


class AnsweredEvent(Answered):
    """One demand-response event."""

    name: str
    """As it was told."""
    start: AwareDatetime
    """Start of its window."""
    takes_part: bool
    """Whether the plan earns more, or loses less, by reducing than by leaving it alone."""
    credited_kwh: float
    """Reduction that counts, kWh."""
    earned_krw: float
    """Pay less penalty, won."""


class AnsweredDraw(Answered):
    """What one piece of equipment draws at one time."""

    name: str
    """Its name."""
    power_kw: float
    """Draw from the site bus, kW; negative takes off the peak."""


class AnsweredPeakHour(Answered):
    """The interval that sets the peak."""

    at: AwareDatetime
    """Its start."""
    demand_kw: float
    """Mean demand in it, on the course that peaks are judged on, kW."""
    base_kw: float
    """Of it, what cannot be scheduled, kW."""
    equipment: list[AnsweredDraw]
    """Of it, what each piece of equipment draws, largest first; what is at rest is left out."""


class AnsweredWorth(Answered):
    """What more of one limit is worth."""

    equipment: str | None
    """Whose limit it is; null for the site's own."""
    limit: Kind
    """Which one, with its unit; a window is widened by one step."""
    added: float
    """How much was added to find out."""
    saved_krw_per_unit: float
    """What the plan then saves more, won per unit; 0 where the limit does not bind."""


class AnsweredDrawn(Answered):
    """What one piece of equipment draws by an alternative."""

    name: str
    """Its name."""
    planned_kw: list[float]
    """Draw from the site bus, kW."""


class AnsweredAlternative(Answered):
    """One plan to choose from."""

    name: Name
    """The cheapest; the one that moves least equipment and keeps four fifths of the saving; the one
    with the lowest peak if the load comes higher than expected."""
    total_krw: float
    """What it costs, won."""
    saved_krw: float
    """What it saves against the usual operation, won."""
    moved: list[str]
    """The equipment that runs otherwise than usual."""
    peak_kw: float
    """Largest demand that counts, kW."""
    safe_peak_kw: float
    """The same if the load comes higher than expected, kW."""
    equipment: list[AnsweredDrawn]
    """What it has each piece of equipment do."""


class AnsweredExplanation(Answered):
    """What limits the plan."""

    usual_peak: AnsweredPeakHour | None
    """What sets the peak if nothing is changed; null where no interval counts."""
    planned_peak: AnsweredPeakHour | None
    """The same by the plan."""
    limits_worth: list[AnsweredWorth]
    """What more of each limit is worth over the grid, the most first; left out is what was not
    found in time."""
    alternatives: list[AnsweredAlternative]
    """The plan and, where they are others, the simplest and the safest."""


class PlannedSite(Answered):
    """The plan, beside what would happen without it."""

    valid_times: list[AwareDatetime]
    """Start of each interval."""
    interval: Literal["PT15M"] = "PT15M"
    """Length of each."""
    equipment: list[AnsweredEquipment]
    """What each piece of equipment does."""
    usual_import_kw: list[float]
    """Draw from the grid if nothing is changed, kW."""
    planned_import_kw: list[float]
    """The same by the plan, kW."""
    planned_export_kw: list[float]
    """Power fed back by the plan, kW."""
    usual_cost: AnsweredCost
    """Cost if nothing is changed, won."""
    planned_cost: AnsweredCost
    """Cost by the plan, won."""
    saved_krw: float
    """What the plan saves, won; below 0 only where doing nothing breaks a limit of the grid."""
    usual_peak_kw: float
    """Largest demand that counts for a price if nothing is changed, kW."""
    planned_peak_kw: float
    """The same by the plan, kW."""
    peaks: list[AnsweredPeak]
    """Every peak charged."""
    events: list[AnsweredEvent]
    """Every demand-response event."""
    moves: list[AnsweredMove]
    """What is done otherwise than usual, the largest saving first."""
    kept_previous: bool
    """Whether it is the plan made before, carried on."""
    bound_krw: float | None
    """No plan costs less than this from now on, as proved by the solver, won; but for preferences
    among equally cheap plans that weigh a few won. It is true beside a plan that was kept too; null
    where nothing was proved."""
    gap_krw: float | None
    """Most that another plan could be cheaper, won: total less bound."""
    solve_seconds: float
    """Time the solver took, seconds."""
    explanation: AnsweredExplanation | None = None
    """What limits the plan, where that was asked for."""


class AnswerDocument(Answered):
    """What became of a problem."""

    format: Literal["sandan-answer/1"] = "sandan-answer/1"
    """Name and version of this form."""
    site_id: str
    """Id of the site."""
    timezone: str
    """IANA zone of every time."""
    outcome: Literal["solved", "infeasible", "timed_out"]
    """Whether there is a plan that was proved cheapest."""
    reason: str | None = None
    """Why there is none."""
    plan: PlannedSite | None = None
    """The plan; null where there is none. Where the time ended, the best one found by then, whose
    gap is not proved small; another run may find another."""

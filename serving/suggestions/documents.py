"""Forecasts and schedules as JSON: the one form that is stored, answered and read again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import AwareDatetime, Field

from feature_store.time_grid import KilowattArray, TimeGrid
from models.forecasting.load_forecast import (
    QUANTILES,
    LoadForecast,
    Quality,
    QualityReason,
    quantile_key,
)
from models.optimizer.schedule import ByBillBecause, PlanCost, Schedule
from serving.suggestions.expectations import (
    Document,
    EventDocument,
    ExpectedDemandDocument,
    PassingRiskDocument,
    event_document,
    event_of,
    expected_document,
    expected_of,
    risk_document,
    risk_of,
)
from serving.suggestions.moves import DECIMALS, MoveDocument, move_document, move_of

QUALITY_WORDS = (
    "How much the forecast may be trusted. `full`: by a model that knew all it should; `reduced`: "
    "by a model that lacked something; `fallback`: without a model, of the firm's own days of the "
    "same kind; `cold_start`: under two weeks of readings are known, so other firms and the "
    "contract power stand in."
)
REASON_WORDS = "Why the quality is not `full`; empty if it is."


class ForecastDocument(Document):
    """Quantiles of a firm's demand, interval by interval."""

    firm_id: str
    """Id of the firm."""
    issue_time: AwareDatetime = Field(
        description="When the forecast was made, in the firm's zone. Nothing known later was used."
    )
    model_version: str = Field(description="Name and version of the model that made it.")
    timezone: str = Field(description="IANA zone of every time in this answer.")
    interval: Literal["PT15M"] = Field(default="PT15M", description="Length of each interval.")
    unit: Literal["kW"] = Field(default="kW", description="Unit of every quantile.")
    valid_times: list[AwareDatetime] = Field(description="Start of each interval.")
    quantiles: dict[str, list[float]] = Field(
        description="Mean demand of each interval in kW by probability level, q0.05 to q0.95, "
        "in the order of valid_times. They never cross."
    )
    quality: Quality = Field(default="full", description=QUALITY_WORDS)
    reasons: list[QualityReason] = Field(default=[], description=REASON_WORDS)


class CostDocument(Document):
    """What the horizon costs under the firm's tariff, in won before VAT and fund."""

    energy_krw: float = Field(description="Energy charge with the per-kWh additions, won.")
    demand_krw: float = Field(
        description="Demand charge of every billing month that the horizon touches, and "
        "later_demand_krw, won."
    )
    wear_krw: float = Field(description="Wear of batteries and cost of curtailing, won.")
    total_krw: float = Field(
        description="Sum of energy, demand and wear less events_earned_krw, won."
    )
    later_demand_krw: float = Field(
        default=0.0,
        description="Of demand_krw, what the ratchet will charge in later months for the "
        "horizon's peak, beyond what they are expected to be charged anyway, won.",
    )
    events_earned_krw: float = Field(
        default=0.0, description="Paid for demand-response events less penalties, won."
    )


class EquipmentDocument(Document):
    """The planned draw of one piece of equipment."""

    name: str
    """Name the operators know it by."""
    planned_kw: list[float] = Field(description="Draw from the site bus of each interval, kW.")
    soc_kwh: list[float] | None = Field(
        default=None,
        description="State of charge of a battery at the start of each interval and at the end, "
        "kWh; null for other equipment.",
    )


class ScheduleDocument(Document):
    """A site's plan beside what would happen without it."""

    firm_id: str
    """Id of the firm."""
    issue_time: AwareDatetime
    """When its forecast was made, in the firm's zone."""
    model_version: str = Field(description="Name and version of the model behind the plan.")
    forecast_quality: Quality = Field(default="full", description=QUALITY_WORDS)
    forecast_reasons: list[QualityReason] = Field(default=[], description=REASON_WORDS)
    timezone: str = Field(description="IANA zone of every time in this answer.")
    interval: Literal["PT15M"] = Field(default="PT15M", description="Length of each interval.")
    unit: Literal["kW"] = Field(default="kW", description="Unit of every import and draw.")
    valid_times: list[AwareDatetime] = Field(description="Start of each interval.")
    equipment: list[EquipmentDocument]
    """What each piece of equipment draws by the plan."""
    usual_import_kw: list[float] = Field(description="Draw from KEPCO if nothing is changed, kW.")
    planned_import_kw: list[float] = Field(description="Draw from KEPCO with the plan, kW.")
    usual_cost: CostDocument
    """Cost if nothing is changed, won."""
    planned_cost: CostDocument
    """Cost with the plan, won."""
    saved_krw: float = Field(description="What the plan saves over the horizon, won.")
    usual_peak_kw: float = Field(
        description="Largest demand in billed bands without the plan, on peak_quantile, kW."
    )
    planned_peak_kw: float = Field(
        description="Largest demand in billed bands with the plan, on peak_quantile, kW."
    )
    peak_quantile: float = Field(
        description="Probability level of the forecast path that peaks and demand charges are "
        "judged on."
    )
    undrawn_kwh: float = Field(
        description="Energy of usual runs that the median forecast does not show, kWh; above 0 "
        "the declared runs or the forecast are off."
    )
    demand_floor_kw: float = Field(
        description="Demand already billed in the first billing month, whatever happens, kW."
    )
    contract_power_kw: float = Field(description="Contract power 계약전력, kW.")
    peak_krw_per_kw: float = Field(
        default=0.0,
        description="What one more kW than planned_peak_kw costs in the first billing month and "
        "in the later months that the ratchet binds, won.",
    )
    peak_months: int = Field(default=0, description="Number of these months.")
    passing_risk: PassingRiskDocument | None = Field(
        default=None,
        description="Probabilities that demand_floor_kw is passed; null where no forecast tells.",
    )
    expected_demand: ExpectedDemandDocument | None = Field(
        default=None,
        description="Null where the plan was chosen by its bill alone.",
    )
    by_bill_because: ByBillBecause | None = Field(
        default=None,
        description="Why a firm that declares peak_pricing month_value got a plan chosen by its "
        "bill: few_days known, month_ends with the plan, demand not_metered, value_failed, or "
        "bill_would_rise above that of doing nothing. Else null.",
    )
    moves: list[MoveDocument] = Field(description="Sorted by saving, largest first.")
    events: list[EventDocument] = Field(default=[], description="Every event that was told.")
    kept_previous: bool = Field(
        default=False,
        description="Whether it is the accepted plan, carried on: another saves too little.",
    )
    solve_seconds: float = Field(description="Time the solver took, seconds.")


def forecast_document(forecast: LoadForecast, zone: ZoneInfo) -> ForecastDocument:
    """Write a forecast with its times in ``zone``."""
    rounded = np.round(forecast.demand_kw, DECIMALS)
    return ForecastDocument(
        firm_id=forecast.firm_id,
        issue_time=forecast.issue_time.astimezone(zone),
        model_version=forecast.model_version,
        timezone=zone.key,
        valid_times=_valid_times(forecast.grid, zone),
        quantiles={
            quantile_key(level): rounded[:, column].tolist()
            for column, level in enumerate(QUANTILES)
        },
        quality=forecast.quality,
        reasons=list(forecast.reasons),
    )


def forecast_of(document: ForecastDocument) -> LoadForecast:
    """Read a forecast again, to the watt."""
    zone = ZoneInfo(document.timezone)
    columns = [document.quantiles[quantile_key(level)] for level in QUANTILES]
    return LoadForecast(
        firm_id=document.firm_id,
        issue_time=document.issue_time.astimezone(zone),
        grid=_grid(document.valid_times, zone),
        demand_kw=np.array(columns, dtype=np.float64).T,
        model_version=document.model_version,
        quality=document.quality,
        reasons=tuple(document.reasons),
    )


def schedule_document(
    schedule: Schedule, forecast: LoadForecast, zone: ZoneInfo
) -> ScheduleDocument:
    """Write a schedule, and how good the forecast behind it is, with its times in ``zone``."""
    return ScheduleDocument(
        firm_id=schedule.firm_id,
        issue_time=schedule.issue_time.astimezone(zone),
        model_version=forecast.model_version,
        forecast_quality=forecast.quality,
        forecast_reasons=list(forecast.reasons),
        timezone=zone.key,
        valid_times=_valid_times(schedule.grid, zone),
        equipment=[
            EquipmentDocument(
                name=name,
                planned_kw=_floats(draw_kw),
                soc_kwh=_floats(schedule.soc_kwh[name]) if name in schedule.soc_kwh else None,
            )
            for name, draw_kw in schedule.equipment_kw.items()
        ],
        usual_import_kw=_floats(schedule.usual_import_kw),
        planned_import_kw=_floats(schedule.planned_import_kw),
        usual_cost=_cost_document(schedule.usual_cost),
        planned_cost=_cost_document(schedule.planned_cost),
        saved_krw=schedule.saved_krw,
        usual_peak_kw=schedule.usual_peak_kw,
        planned_peak_kw=schedule.planned_peak_kw,
        peak_quantile=schedule.peak_quantile,
        undrawn_kwh=schedule.undrawn_kwh,
        demand_floor_kw=schedule.demand_floor_kw,
        contract_power_kw=schedule.contract_power_kw,
        peak_krw_per_kw=schedule.peak_krw_per_kw,
        peak_months=schedule.peak_months,
        passing_risk=risk_document(schedule.passing_risk),
        expected_demand=expected_document(schedule.expected_demand),
        by_bill_because=schedule.by_bill_because,
        moves=[move_document(move, zone) for move in schedule.moves],
        events=[event_document(event, zone) for event in schedule.events],
        kept_previous=schedule.kept_previous,
        solve_seconds=schedule.solve_seconds,
    )


def schedule_of(document: ScheduleDocument) -> Schedule:
    """Read a schedule again."""
    zone = ZoneInfo(document.timezone)
    return Schedule(
        firm_id=document.firm_id,
        issue_time=document.issue_time.astimezone(zone),
        grid=_grid(document.valid_times, zone),
        equipment_kw={item.name: np.array(item.planned_kw) for item in document.equipment},
        soc_kwh={
            item.name: np.array(item.soc_kwh)
            for item in document.equipment
            if item.soc_kwh is not None
        },
        usual_import_kw=np.array(document.usual_import_kw),
        planned_import_kw=np.array(document.planned_import_kw),
        usual_cost=_cost(document.usual_cost),
        planned_cost=_cost(document.planned_cost),
        usual_peak_kw=document.usual_peak_kw,
        planned_peak_kw=document.planned_peak_kw,
        peak_quantile=document.peak_quantile,
        undrawn_kwh=document.undrawn_kwh,
        demand_floor_kw=document.demand_floor_kw,
        contract_power_kw=document.contract_power_kw,
        peak_krw_per_kw=document.peak_krw_per_kw,
        peak_months=document.peak_months,
        passing_risk=risk_of(document.passing_risk),
        expected_demand=expected_of(document.expected_demand),
        by_bill_because=document.by_bill_because,
        moves=tuple(move_of(move, zone) for move in document.moves),
        events=tuple(event_of(event, zone) for event in document.events),
        kept_previous=document.kept_previous,
        solve_seconds=document.solve_seconds,
    )


def _valid_times(grid: TimeGrid, zone: ZoneInfo) -> list[datetime]:
    return [grid.at(step).astimezone(zone) for step in range(grid.steps)]


def _grid(valid_times: list[AwareDatetime], zone: ZoneInfo) -> TimeGrid:
    return TimeGrid(valid_times[0].astimezone(zone), steps=len(valid_times))


def _floats(values: KilowattArray) -> list[float]:
    return np.round(values, DECIMALS).tolist()


def _cost_document(cost: PlanCost) -> CostDocument:
    return CostDocument(
        energy_krw=cost.energy_krw,
        demand_krw=cost.demand_krw,
        wear_krw=cost.wear_krw,
        total_krw=cost.total_krw,
        later_demand_krw=cost.later_demand_krw,
        events_earned_krw=cost.events_earned_krw,
    )


def _cost(document: CostDocument) -> PlanCost:
    return PlanCost(
        energy_krw=document.energy_krw,
        demand_krw=document.demand_krw,
        wear_krw=document.wear_krw,
        later_demand_krw=document.later_demand_krw,
        events_earned_krw=document.events_earned_krw,
    )

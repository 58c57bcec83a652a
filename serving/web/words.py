"""The words for kinds of things that a plan speaks of; the templates translate them."""

from __future__ import annotations

from feature_store.quality.finding import Severity
from feature_store.quality.freshness import FreshnessState
from models.assets.action import Action
from models.dispatch.set_point_terms import Because
from models.forecasting.explained_forecast import Reason as ForecastPart
from models.forecasting.load_forecast import Quality, QualityReason
from models.optimizer.alternatives import Name as AlternativeName
from models.optimizer.limits_worth import Kind as LimitKind
from models.optimizer.schedule import Binding, Reason
from models.tariffs.bill.ratchet import Origin
from serving.suggestions.suggestion import (
    Accepted,
    Expired,
    NothingToChange,
    Proposed,
    Rejected,
    State,
)
from serving.web.battery_panel import ChargeFrom
from serving.web.forecast_parts import Unexplained
from serving.web.texts import marked

ACTIONS: dict[Action, str] = {
    "run": marked("run"),
    "charge": marked("charge"),
    "discharge": marked("discharge"),
    "reduce": marked("reduce"),
    "generate": marked("generate"),
}

EQUIPMENT_KINDS = {
    "battery": marked("battery"),
    "shiftable_job": marked("shiftable job"),
    "interruptible_job": marked("interruptible job"),
    "curtailable_load": marked("curtailable load"),
    "thermal_store": marked("thermal store"),
    "charger": marked("charger"),
    "generator": marked("generator"),
    "solar": marked("solar"),
}

REASONS: dict[Reason, str] = {
    "cheaper_hours": marked("Uses electricity in cheaper hours."),
    "lower_peak": marked("Lowers the peak that is billed, for up to a year."),
    "cheaper_hours_and_lower_peak": marked(
        "Uses electricity in cheaper hours and lowers the billed peak."
    ),
}

BINDING_LIMITS: dict[Binding, str] = {
    "full": marked("full"),
    "empty": marked("empty"),
    "reserve": marked("reserve"),
    "charging_power": marked("charging power"),
    "discharging_power": marked("discharging power"),
    "days_discharge": marked("discharge of a day"),
    "machine_power": marked("machine power"),
    "largest_output": marked("largest output"),
    "least_output": marked("least output"),
    "largest_reduction": marked("largest reduction"),
    "least_reduction": marked("least reduction"),
    "days_reduction": marked("energy given up in a day"),
    "window_start": marked("start of its window"),
    "window_end": marked("end of its window"),
    "departure": marked("departure"),
    "notice": marked("time of notice"),
    "shortest_time": marked("shortest time at once"),
    "longest_time": marked("longest time at once"),
    "shortest_pause": marked("shortest pause"),
    "days_starts": marked("starts in a day"),
    "precedence": marked("order of jobs"),
    "exclusion": marked("never at the same time"),
    "crew": marked("crew"),
    "contract_power": marked("contract power"),
    "no_feeding_back": marked("nothing may be fed back"),
    "feeding_back": marked("limit of feeding back"),
}
"""What a move lies at."""

LIMITS: dict[LimitKind, str] = {
    "contract_power_kw": marked("1 kW more contract power"),
    "battery_kwh": marked("1 kWh more capacity"),
    "battery_kw": marked("1 kW more power"),
    "battery_reserve_kwh": marked("1 kWh less kept in reserve"),
    "battery_day_kwh": marked("1 kWh more discharged in a day"),
    "thermal_kwh": marked("1 kWh more to store"),
    "thermal_kw": marked("1 kW more machine power"),
    "charger_kw": marked("1 kW more charging power"),
    "generator_kw": marked("1 kW more output"),
    "reduction_kw": marked("1 kW more to reduce"),
    "earliest_start_step": marked("a quarter hour earlier"),
    "latest_end_step": marked("a quarter hour later"),
    "arrival_step": marked("arrival a quarter hour earlier"),
    "departure_step": marked("departure a quarter hour later"),
    "crew_jobs": marked("a crew for one job more"),
}

ALTERNATIVES: dict[AlternativeName, str] = {
    "cheapest": marked("Cheapest"),
    "fewest_moves": marked("Fewest moves"),
    "safest": marked("Safest for the peak"),
}

TARIFF_CLASSES = {
    "industrial_gab_1": marked("Industrial A I"),
    "industrial_gab_2": marked("Industrial A II"),
    "industrial_eul": marked("Industrial B"),
}

VOLTAGES = {
    "low": marked("low voltage"),
    "high_a": marked("high voltage A"),
    "high_b": marked("high voltage B"),
    "high_c": marked("high voltage C"),
}

BANDS = {
    "off-peak": marked("off-peak"),
    "mid": marked("mid-peak"),
    "peak": marked("on-peak"),
}

STATES = {
    "new": marked("Awaiting decision"),
    "unchanged": marked("Nothing to change"),
    "accepted": marked("Accepted"),
    "rejected": marked("Rejected"),
    "expired": marked("Expired"),
    "none": marked("No suggestion"),
}

FRESHNESS: dict[FreshnessState, str] = {
    "green": marked("Reporting"),
    "amber": marked("Late"),
    "red": marked("Silent"),
}
"""How fresh a meter's readings are."""

FORECAST_QUALITIES: dict[Quality, str] = {
    "full": marked("Full forecast"),
    "reduced": marked("Forecast with gaps"),
    "fallback": marked("Forecast without a model"),
    "cold_start": marked("First forecast"),
}
"""How much a forecast may be trusted, as a flag beside it."""

FORECAST_REASONS: dict[QualityReason, str] = {
    "no_model": marked("No model has been trained yet; past days of the same kind stand in."),
    "model_of_other_features": marked(
        "The trained model does not fit this version, or its files are damaged; past days of the "
        "same kind stand in."
    ),
    "model_failed": marked("The model failed; past days of the same kind stand in."),
    "no_history": marked("No readings are known yet; the contract power and other firms stand in."),
    "short_history": marked("Less than four weeks of readings are known."),
    "readings_missing": marked("Readings of the last 24 hours are missing."),
    "stuck_meter": marked(
        "The meter repeats one value; those readings were left out. Check the meter."
    ),
    "level_shift": marked(
        "The load of the last day is many times above or below that of days of the same kind."
    ),
    "weather_missing": marked("The weather forecast is missing."),
    "planned_outage": marked(
        "The supply is off for some hours, as planned; standby is expected for them."
    ),
}
"""Why it is not full."""

FORECAST_PARTS: dict[ForecastPart, str] = {
    "weekday_profile": marked("Usual load of such a day"),
    "closure": marked("Firm closed"),
    "days_alike": marked("Similar past days"),
    "present_level": marked("Load of the last hours"),
    "same_time_earlier": marked("Yesterday and a week ago"),
    "calendar": marked("Hour, weekday, lead time"),
    "weather": marked("Weather"),
    "past_errors": marked("Learnt from past errors"),
}
"""What a forecast's median is made of."""

UNEXPLAINED: dict[Unexplained, str] = {
    "without_model": marked(
        "This forecast was made without the model, so what it is made of cannot be told."
    ),
    "changed": marked(
        "The model or what is known has changed since this forecast was made, so what it is made "
        "of cannot be told. A new suggestion can be explained."
    ),
}
"""Why a forecast is not explained."""

BATTERY_NOW: dict[Because, str] = {
    "holds_peak": marked("Discharge {power}. The meter stays at {meter} and no bill rises."),
    "lowers_peak": marked(
        "Discharge {power}. The peak rises to {held} all the same, but by less than without."
    ),
    "lets_peak_pass": marked("Keep the charge. This peak may pass; it is worth more later."),
    "empty": marked("Nothing is left to give. The peak rises to {held}."),
    "charges": marked("Charge {power} for what is to come."),
    "discharges": marked("Discharge {power}. It saves more now than it will later."),
    "rests": marked("Rest."),
    "follows_plan": marked("Follow the accepted plan. {doing}"),
}
"""What a battery does now, and why."""

BATTERY_CHARGES: dict[ChargeFrom, str] = {
    "told": marked("The charge is that which its controller told at {moment}."),
    "plan": marked(
        "The charge is not known: this is what it would do at the charge that the accepted plan "
        "has at {moment}."
    ),
    "declared": marked(
        "The charge is not known, and no plan is accepted: this is what it would do at {moment} "
        "with the charge that the battery was declared with."
    ),
}
"""Where the charge comes from."""

MODEL_NOTICES: dict[QualityReason, str] = {
    "no_model": marked(
        "No model has been trained yet, so forecasts are made without one. Run 'sandan train', "
        "then restart the service."
    ),
    "model_of_other_features": marked(
        "The trained model does not fit this version, or its files are damaged, so forecasts are "
        "made without one. Run 'sandan train', then restart the service."
    ),
    "model_failed": marked(
        "The model could not be loaded, so forecasts are made without one. The server's log says "
        "why."
    ),
}
"""Why no model serves, and what to do."""

SEVERITIES: dict[Severity, str] = {
    "notice": marked("notice"),
    "warning": marked("warning"),
    "fault": marked("fault"),
}

DEMAND_ORIGINS: dict[Origin, str] = {
    Origin.THIS_MONTH: marked("this month's own peak"),
    Origin.EARLIER_MONTH: marked("the peak of {month}"),
    Origin.FLOOR: marked("the least share of the contract power"),
    Origin.CONTRACT_POWER: marked("the contract power: there is no demand meter"),
}
"""What decides the demand that a month is billed for."""

PROBLEM_TITLES = {
    "unknown-firm": marked("No such firm"),
    "unknown-suggestion": marked("No such suggestion"),
    "already-decided": marked("This suggestion is decided already"),
    "suggestion-expired": marked("This suggestion's time is over"),
    "nothing-to-decide": marked("This suggestion changes nothing"),
    "not-enough-readings": marked("Too few readings are known"),
    "incomplete-decision": marked("The decision is incomplete"),
    "infeasible": marked("No schedule satisfies every limit"),
    "solver-timed-out": marked("No schedule was found in time"),
    "not-found": marked("This page does not exist"),
    "method-not-allowed": marked("This page cannot be opened like that"),
    "unexpected": marked("Something went wrong"),
}
"""Titles of the pages that tell of a problem, by the kind's name."""
OTHER_PROBLEM = marked("The request cannot be used")


def state_key(state: State | None) -> str:
    """Name a state as ``STATES`` and the style sheet do."""
    match state:
        case None:
            return "none"
        case Proposed():
            return "new"
        case NothingToChange():
            return "unchanged"
        case Accepted():
            return "accepted"
        case Rejected():
            return "rejected"
        case Expired():
            return "expired"

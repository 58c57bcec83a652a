"""A made firm with one battery, and forecasts of its load, for what lives months again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np

from feature_store.entities.firm import Contract, Equipment, Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import LoadTable
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, STEPS_PER_WEEK, KilowattArray
from models.dispatch.known_load import Forecasts
from models.forecasting.load_forecast import QUANTILES
from tests.builders import SEOUL, a_firm
from tests.fakes.made_load import a_made_load
from training.replay.kept_parts import KeptParts
from training.replay.plan import ReplayPlan
from training.replay.site import ReplaySite, replay_site

APRIL = datetime(2026, 4, 20, tzinfo=SEOUL)
"""A Monday: May and June lie whole in the 72 days from it."""
DAYS = 72
BATTERY = {
    "capacity_kwh": 250,
    "max_charge_kw": 60,
    "max_discharge_kw": 60,
    "charge_efficiency": 0.95,
    "discharge_efficiency": 0.95,
    "min_soc_share": 0.1,
    "max_soc_share": 0.9,
    "initial_soc_share": 0.5,
    "wear_krw_per_kwh": 0,
}
MAY = ReplayPlan(
    first=date(2026, 5, 1), end=date(2026, 6, 1), policies=("threshold",), months_alone=True
)
TWO_MONTHS = replace(MAY, end=date(2026, 7, 1))


def a_firm_with_battery(firm_id: str = "kiln_works", **battery: float) -> Firm:
    """A firm whose only equipment is a battery that holds a fifth of its peak for three hours."""
    return a_firm(
        firm_id,
        holiday_country=None,
        contract=Contract(power_kw=500),
        equipment=(Equipment(name="Battery", kind="battery", parameters=BATTERY | battery),),
    )


def a_firm_with_two_batteries(**large: float) -> Firm:
    """The same firm with a second battery of less energy, more power and more losses."""
    small = {"capacity_kwh": 100, "max_discharge_kw": 90, "charge_efficiency": 0.9}
    firm = a_firm_with_battery(**large)
    (one,) = firm.equipment
    other = Equipment(name="Small", kind="battery", parameters=BATTERY | small)
    return firm.model_copy(update={"equipment": (one, other)})


def a_load(firm_id: str = "kiln_works", seed: int = 0) -> LoadHistory:
    """72 days from April on."""
    return a_made_load(DAYS, firm_id=firm_id, start=APRIL, seed=seed)


def a_site(firm_id: str = "kiln_works", seed: int = 0, **battery: float) -> ReplaySite:
    """A firm, its battery and its load."""
    return replay_site(a_firm_with_battery(firm_id, **battery), a_load(firm_id, seed))


def forecasts_by_last_week(demand_kw: KilowattArray) -> Forecasts:
    """A day ahead every two hours, from the load a week before; nothing later is looked at."""
    issue = np.arange(STEPS_PER_WEEK, len(demand_kw) - STEPS_PER_DAY, 2 * STEPS_PER_HOUR)
    ahead = issue[:, None] + np.arange(STEPS_PER_DAY) - STEPS_PER_WEEK
    spread = 1 + 0.4 * (np.array(QUANTILES) - 0.5)
    return Forecasts(issue=issue, quantiles_kw=demand_kw[ahead][..., None] * spread)


def known_forecasts(folder, plan: ReplayPlan, *sites: ReplaySite) -> None:
    """Leave forecasts in a folder as a run that was stopped after them would have."""
    for site in sites:
        KeptParts(folder=folder, plan=plan, sites=sites).keep_forecasts(
            site, forecasts_by_last_week(site.history.demand_kw)
        )


def with_load(table: LoadTable, demand_kw: KilowattArray) -> LoadTable:
    """The same calendar with another load; every clock step is told once a day here."""
    padded_kw = np.concatenate([demand_kw, np.full(len(table.demand_kw) - len(demand_kw), np.nan)])
    return replace(
        table,
        demand_kw=padded_kw,
        by_day_kw=padded_kw[: table.by_day_kw.size].reshape(table.by_day_kw.shape),
    )

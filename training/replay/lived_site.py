"""One site lived with one policy, month by month, as it is done in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from feature_store.features.load_table import load_table
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.known_load import Forecasts, KnownLoad
from models.dispatch.live import live
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from models.dispatch.perfect_foresight import foreseen, foreseen_stretch, perfect_foresight
from models.dispatch.policy import LivedMonth, Month
from training.replay.months import Calendar
from training.replay.plan import ReplayPlan, policies_named
from training.replay.site import ReplaySite


@dataclass(frozen=True, kw_only=True)
class MonthFigures:
    """What a month cost under a policy, before VAT and fund."""

    month: str
    energy_krw: float
    demand_krw: float
    """Demand charge: of the month's peak, or of what is billed anyway."""
    wear_krw: float
    peak_kw: float
    """Highest counted demand."""
    peak_step: int
    """Interval of the month that set it."""
    billed_kw: float
    cycles: float
    """Energy discharged over the window of the batteries."""
    runs: int = 0
    """Of jobs, each whole and in its window."""
    moved_kwh: float = 0.0
    """Of these runs what was drawn at other times than usual."""
    given_up_kwh: float = 0.0
    """By which the load was reduced."""
    given_up_krw: float = 0.0
    """What that cost the firm in work or comfort."""

    @property
    def bill_krw(self) -> float:
        """All of it."""
        return self.energy_krw + self.demand_krw + self.wear_krw + self.given_up_krw


@dataclass(frozen=True, kw_only=True)
class LivedSite:
    """What became of a site under a policy."""

    site: str
    policy: str
    months: tuple[MonthFigures, ...]
    power_kw: KilowattArray
    """Of all batteries over all months, shape (steps,)."""
    beside_kw: KilowattArray | None = None
    """What is drawn beyond readings and battery: runs in other places, load given up; shape
    (steps,). None for batteries alone."""
    batteries_kw: KilowattArray | None = None
    """Of each battery, shape (batteries, steps); None where the store is the one battery."""

    @property
    def bill_krw(self) -> float:
        """Over all months."""
        return sum(month.bill_krw for month in self.months)


@dataclass(frozen=True, kw_only=True)
class SiteTask:
    """A site to be lived with a policy."""

    site: ReplaySite
    plan: ReplayPlan
    policy: str
    """One of the named, or perfect foresight."""
    forecasts: Forecasts | None


def live_site(task: SiteTask) -> LivedSite:
    """Live every month of the plan, carrying what was drawn into what later months remember."""
    site, plan = task.site, task.plan
    calendar = Calendar.of(site, plan.first, plan.end)
    known = _known_base(site, task.forecasts)
    drawn_kw = site.history.demand_kw.copy()
    foresight = None
    if task.policy == PERFECT_FORESIGHT and not plan.months_alone:
        foresight = foreseen_stretch(calendar.ratchet_months(), known)
    figures, powers, beside, by_battery = [], [], [], []
    for number, billed in enumerate(calendar.months):
        before = calendar.known_before(billed, drawn_kw)
        month = calendar.month(billed, before, alone=plan.months_alone)
        if foresight is not None:
            lived = foreseen(month, known, foresight[number])
        elif task.policy == PERFECT_FORESIGHT:
            lived = perfect_foresight(month, known)
        else:
            (policy,) = (one for one in policies_named((task.policy,)) if one.name == task.policy)
            lived = live(policy, month, known)
        drawn_kw[billed.steps] = lived.import_kw
        anyway_kw = 0.0 if plan.months_alone else calendar.billed_anyway_kw(billed, before)
        billed_kw = max(anyway_kw, lived.peak_kw)
        figures.append(_figures(lived, month, billed_kw, billed.basic_krw_per_kw))
        powers.append(lived.power_kw)
        by_battery.append(lived.operation.by_battery_kw)
        beside.append(lived.import_kw - lived.power_kw - site.history.demand_kw[billed.steps])
    return LivedSite(
        site=site.name,
        policy=task.policy,
        months=tuple(figures),
        power_kw=np.concatenate(powers),
        beside_kw=np.concatenate(beside) if site.beside else None,
        batteries_kw=np.concatenate(by_battery, axis=1) if site.batteries else None,
    )


def _known_base(site: ReplaySite, forecasts: Forecasts | None) -> KnownLoad:
    """What is known of the load without the jobs' usual runs: readings and forecasts hold them."""
    table = load_table(site.firm, site.base_history(), 0)
    if forecasts is None or not site.jobs:
        return KnownLoad(table=table, forecasts=forecasts)
    ahead = forecasts.quantiles_kw.shape[1]
    usual_kw = site.usual_kw(ahead)[forecasts.issue[:, None] + np.arange(ahead)]
    base_kw = np.maximum(forecasts.quantiles_kw - usual_kw[..., None], 0.0)
    return KnownLoad(table=table, forecasts=replace(forecasts, quantiles_kw=base_kw))


def _figures(
    lived: LivedMonth, month: Month, billed_kw: float, basic_krw_per_kw: float
) -> MonthFigures:
    store, operation, flexible = month.store, lived.operation, month.flexible
    moved_kw = operation.runs_kw - flexible.usual_kw() if flexible else np.zeros(1)
    counted_kw = np.where(month.prices.counted, lived.import_kw, -np.inf)
    return MonthFigures(
        month=lived.month,
        energy_krw=lived.energy_krw,
        demand_krw=basic_krw_per_kw * billed_kw,
        wear_krw=lived.wear_krw,
        peak_kw=lived.peak_kw,
        peak_step=int(counted_kw.argmax()),
        billed_kw=billed_kw,
        cycles=_kwh(-operation.by_battery_kw) / (store.most_kwh - store.least_kwh),
        runs=flexible.runs() if flexible else 0,
        moved_kwh=_kwh(moved_kw),
        given_up_kwh=_kwh(operation.given_up_kw),
        given_up_krw=lived.given_up_krw,
    )


def _kwh(power_kw: KilowattArray) -> float:
    """Energy of the positive powers, any shape."""
    return float(np.maximum(power_kw, 0.0).sum()) * HOURS_PER_STEP

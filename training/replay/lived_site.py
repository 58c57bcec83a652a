"""One site lived with one policy, month by month, as it is done in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feature_store.features.load_table import load_table
from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.dispatch.known_load import Forecasts, KnownLoad
from models.dispatch.live import live
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from models.dispatch.perfect_foresight import foreseen, foreseen_stretch_kw, perfect_foresight
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
    """Energy discharged over the window of the battery."""

    @property
    def bill_krw(self) -> float:
        """All of it."""
        return self.energy_krw + self.demand_krw + self.wear_krw


@dataclass(frozen=True, kw_only=True)
class LivedSite:
    """What became of a site under a policy."""

    site: str
    policy: str
    months: tuple[MonthFigures, ...]
    power_kw: KilowattArray
    """Of the battery over all months, shape (steps,)."""

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
    known = KnownLoad(table=load_table(site.firm, site.history, 0), forecasts=task.forecasts)
    drawn_kw = site.history.demand_kw.copy()
    foreseen_kw = None
    if task.policy == PERFECT_FORESIGHT and not plan.months_alone:
        foreseen_kw = foreseen_stretch_kw(calendar.ratchet_months(), known)
    figures, powers = [], []
    for number, billed in enumerate(calendar.months):
        before = calendar.known_before(billed, drawn_kw)
        month = calendar.month(billed, before, alone=plan.months_alone)
        if foreseen_kw is not None:
            lived = foreseen(month, known, foreseen_kw[number])
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
    return LivedSite(
        site=site.name,
        policy=task.policy,
        months=tuple(figures),
        power_kw=np.concatenate(powers),
    )


def _figures(
    lived: LivedMonth, month: Month, billed_kw: float, basic_krw_per_kw: float
) -> MonthFigures:
    store = month.store
    counted_kw = np.where(month.prices.counted, lived.import_kw, -np.inf)
    discharged_kwh = float(np.maximum(-lived.power_kw, 0.0).sum()) * HOURS_PER_STEP
    return MonthFigures(
        month=lived.month,
        energy_krw=lived.energy_krw,
        demand_krw=basic_krw_per_kw * billed_kw,
        wear_krw=lived.wear_krw,
        peak_kw=lived.peak_kw,
        peak_step=int(counted_kw.argmax()),
        billed_kw=billed_kw,
        cycles=discharged_kwh / (store.most_kwh - store.least_kwh),
    )

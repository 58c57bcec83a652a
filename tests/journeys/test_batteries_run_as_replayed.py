"""Days whose set-points are asked for over HTTP are billed as the replay bills its own policy."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
import pytest

from feature_store.features.load_table import load_table
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.storage.recent_window import WindowedStore
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY
from models.dispatch.do_nothing import DoNothing
from models.dispatch.known_load import KnownLoad
from models.dispatch.live import base_load_kw, billed, live
from models.dispatch.policy import Month, Morning, Move, Now, Operation
from models.dispatch.stochastic import REFIT_DAYS, Stochastic, StochasticDispatcher
from serving.bootstrap import Application, connect, create_app
from serving.health import Readiness
from serving.planner import Planner
from serving.suggestions.suggestion_store import SuggestionStore
from tests.builders import SEOUL, a_batch_of
from tests.fakes.forecaster import LastWeekForecaster
from tests.fakes.scheduler import OneJobScheduler
from tests.made_replay import APRIL, a_firm_with_battery, a_load
from tests.serving.app_client import AppClient
from training.replay.forecasts import FittedFrom, ForecastTask, forecasts_of
from training.replay.months import Calendar
from training.replay.plan import ReplayPlan
from training.replay.site import replay_site

FIRM, LOAD = a_firm_with_battery(), a_load()
JUNE = datetime(2026, 6, 1, tzinfo=SEOUL)
END = datetime(2026, 7, 1, tzinfo=SEOUL)
FIRST_DAY = 28
"""Of the month from 0: a Monday, on which the days left are valued anew, and the last day."""
FIRST = FIRST_DAY * STEPS_PER_DAY
PLAN = ReplayPlan(first=date(2026, 6, 1), end=date(2026, 7, 1), policies=("stochastic",))


@dataclass(frozen=True, kw_only=True)
class FromDay:
    """The product's own policy from a day of the month on; before it the battery rests."""

    name: str = "stochastic at last"
    reads_forecasts: bool = True

    def start(self, month: Month, known: KnownLoad) -> FromDayDispatcher:
        """Begin a month."""
        return FromDayDispatcher(inner=Stochastic().start(month, known))


@dataclass(kw_only=True)
class FromDayDispatcher:
    """Which wakes up on its day."""

    inner: StochasticDispatcher
    day: int = field(default=-1)

    def place(self, morning: Morning):
        """Begin a day."""
        self.day += 1
        if self.day < FIRST_DAY:
            return self.inner.left.month.usual_runs_kw(morning)
        if self.day == FIRST_DAY:
            self.inner.left.value(FIRST_DAY - FIRST_DAY % REFIT_DAYS)
            self.inner.day = FIRST_DAY - 1
        return self.inner.place(morning)

    def move(self, now: Now) -> Move:
        """Rest, or move as the policy does."""
        return Move(power_kw=0.0) if self.day < FIRST_DAY else self.inner.move(now)


@pytest.fixture(scope="module")
def replayed():
    """June as a replay begins it, with the forecasts of its last days."""
    site = replay_site(FIRM, LOAD)
    calendar = Calendar.of(site, PLAN.first, PLAN.end)
    (one,) = calendar.months
    month = calendar.month(one, calendar.known_before(one, LOAD.demand_kw), alone=False)
    plan = replace(PLAN, first=date(2026, 6, 1 + FIRST_DAY))
    fitted = FittedFrom(first=plan.first, forecaster=LastWeekForecaster())
    _, forecasts = forecasts_of(ForecastTask(site=site, fitted=(fitted,), plan=plan))
    return month, KnownLoad(table=load_table(FIRM, site.history, 0), forecasts=forecasts)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("home"), replay_time=END)
    ledger = open_store(settings)
    ledger.declare(FIRM, known_at=APRIL)
    ledger.append(a_batch_of(LOAD), recorded_at=END)
    windows = WindowedStore(ledger)
    planner = Planner(
        store=windows,
        forecaster=LastWeekForecaster(),
        scheduler=OneJobScheduler(),
        suggestions=SuggestionStore(engine=ledger.engine),
        settings=settings,
    )
    application = Application(
        planner=planner, readiness=Readiness(planner=planner), ledger=ledger, windows=windows
    )
    app = create_app()
    connect(app, application)
    yield AppClient(app)
    application.close()


def powers_asked_for(client, month: Month, load_kw) -> np.ndarray:
    """Ask for each quarter hour as a controller does, which follows battery and meter itself."""
    store = month.store
    powers_kw = np.zeros(month.steps)
    soc_kwh = store.start_kwh
    peak_kw = float(load_kw[:FIRST][month.prices.counted[:FIRST]].max())
    for step in range(FIRST, month.steps):
        moment = (JUNE + step * INTERVAL).isoformat()
        battery = {"name": "Battery", "charge_kwh": soc_kwh, "measured_at": moment}
        answer = client.post(
            f"/v1/firms/{FIRM.firm_id}/set-point",
            json={
                "at": moment,
                "load_kw": float(load_kw[step]),
                "batteries": [battery],
                "peak_so_far_kw": peak_kw,
            },
        )
        assert answer.status_code == 200, answer.text
        told = answer.json()
        powers_kw[step] = told["power_kw"]
        soc_kwh = store.after_kwh(soc_kwh, powers_kw[step])
        if told["counted"]:
            peak_kw = max(peak_kw, told["import_kw"])
    return powers_kw


def test_the_bill_is_that_of_the_replay_to_the_rounding_of_powers(replayed, client):
    month, known = replayed
    load_kw = base_load_kw(month, known)
    powers_kw = powers_asked_for(client, month, load_kw)
    by_http = billed("http", month, load_kw, Operation.of_battery(powers_kw))
    by_replay = live(FromDay(), month, known)
    nothing = live(DoNothing(name="nothing"), month, known)
    saved_krw = nothing.bill_krw - by_replay.bill_krw
    assert saved_krw > 1000
    assert by_http.bill_krw == pytest.approx(by_replay.bill_krw, abs=0.002 * saved_krw)
    assert by_http.peak_kw == pytest.approx(by_replay.peak_kw, abs=0.01)
    np.testing.assert_allclose(powers_kw, by_replay.power_kw, atol=0.01)

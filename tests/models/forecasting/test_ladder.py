"""Whatever a meter told, the ladder answers: finite, not crossing, and with a reason for less."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.work_calendar import WorkPeriod
from feature_store.time_grid import (
    DAYS_PER_WEEK,
    INTERVAL,
    STEPS_PER_DAY,
    STEPS_PER_HOUR,
    STEPS_PER_WEEK,
)
from models.forecasting.daily_maximum import maximum_quantiles_kw, sampled_maxima
from models.forecasting.ladder import ForecastLadder
from models.forecasting.load_forecast import QUANTILES, LoadForecast
from models.forecasting.outlook_paths import outlook_paths_kw
from models.forecasting.totals import aligned_paths_kw, total_quantiles_kw
from models.forecasting.typical_firm import LearntInTraining, TypicalFirms
from tests.builders import MONDAY, a_firm, a_history
from tests.fakes.fitted_model import VERSION, a_fitted_model
from tests.fakes.made_load import a_made_load

FIRM = a_firm(holiday_country=None)
TYPICAL = LearntInTraining(firms=TypicalFirms())
MODEL = ForecastLadder(model=a_fitted_model(), typical=TYPICAL)
NO_MODEL = ForecastLadder(model=None, typical=TYPICAL)

stretches = st.lists(
    st.tuples(
        st.sampled_from(["unknown", "constant", "noise", "usual"]),
        st.integers(1, 3 * STEPS_PER_DAY),
        st.floats(-1e6, 1e6),
    ),
    max_size=12,
)


def a_torn_history(told):
    """Stretches of nothing, of one value, of noise about it, and of usual load, one by one."""
    usual_kw = a_made_load(36).demand_kw
    random = np.random.default_rng(len(told))
    parts = [np.array([np.nan])]
    for kind, steps, level_kw in told:
        begun = sum(map(len, parts))
        match kind:
            case "unknown":
                parts.append(np.full(steps, np.nan))
            case "constant":
                parts.append(np.full(steps, level_kw))
            case "noise":
                parts.append(level_kw * random.standard_normal(steps))
            case _:
                parts.append(np.resize(usual_kw[begun % STEPS_PER_DAY :], steps))
    return a_history(np.concatenate(parts).tolist())


@settings(deadline=None, max_examples=40)
@given(
    stretches,
    st.integers(-STEPS_PER_DAY, 2 * STEPS_PER_WEEK),
    st.sampled_from([1, 7, STEPS_PER_DAY]),
    st.sampled_from([MODEL, NO_MODEL]),
)
def test_whatever_was_told_there_is_a_sound_forecast(told, later_steps, steps, ladder):
    history = a_torn_history(told)
    issue = max(history.grid.end + later_steps * INTERVAL, MONDAY)
    forecast = ladder.predict(FIRM, history, issue, steps)
    assert forecast.demand_kw.shape == (steps, len(QUANTILES))
    assert np.isfinite(forecast.demand_kw).all()
    assert (np.diff(forecast.demand_kw, axis=1) >= 0).all()
    assert (forecast.quality == "full") == (not forecast.reasons)
    if not (history.demand_kw < 0).any():
        assert (forecast.demand_kw >= 0).all()


@dataclass(frozen=True)
class Lacking:
    """The fitted model, on a day without weather."""

    version: str = VERSION

    def predict_many(self, firm, history, issue_times, steps):
        """Say what the model says."""
        return a_fitted_model().predict_many(firm, history, issue_times, steps)

    def predict(self, firm, history, issue_time, steps):
        """Say what the model says, and what it lacked."""
        made = a_fitted_model().predict(firm, history, issue_time, steps)
        return LoadForecast(
            firm_id=made.firm_id,
            issue_time=made.issue_time,
            grid=made.grid,
            demand_kw=made.demand_kw,
            model_version=made.model_version,
            quality="reduced",
            reasons=("weather_missing",),
        )


def test_what_the_model_itself_lacked_is_told_beside_what_the_readings_lack():
    ladder = ForecastLadder(model=Lacking(), typical=TYPICAL)
    history = a_made_load(60)
    whole = ladder.predict(FIRM, history, history.end, 8)
    late = ladder.predict(FIRM, history, history.end + timedelta(hours=2), 8)
    young = ladder.predict(FIRM, a_made_load(10), a_made_load(10).end, 8)
    assert (whole.quality, whole.reasons) == ("reduced", ("weather_missing",))
    assert (late.quality, late.reasons) == ("reduced", ("readings_missing", "weather_missing"))
    assert (young.quality, young.reasons) == ("cold_start", ("short_history", "weather_missing"))
    assert young.model_version == VERSION


@pytest.mark.parametrize("days", [6.9, 7])
def test_the_model_is_asked_from_a_whole_week_on(days):
    history = a_history(a_made_load(7).demand_kw[-round(days * STEPS_PER_DAY) :].tolist())
    forecast = MODEL.predict(FIRM, history, history.end, 8)
    assert (forecast.model_version == VERSION) == (days == 7)


@pytest.mark.parametrize("steps_late", [STEPS_PER_WEEK, STEPS_PER_WEEK + 1])
def test_the_model_bridges_a_week_of_silence_and_no_more(steps_late):
    history = a_made_load(60)
    issue = history.end + steps_late * INTERVAL
    forecast = MODEL.predict(FIRM, history, issue, 8)
    assert (forecast.model_version == VERSION) == (steps_late == STEPS_PER_WEEK)
    assert forecast.reasons == ("readings_missing",)


def lived_through(hours_off, *, ended_hours_ago=0, still_hours=0):
    """A firm with a planned outage that its meter told of, and its load, at the issue time."""
    history = a_made_load(60)
    begins = history.end - timedelta(hours=hours_off + ended_hours_ago)
    ends = history.end + timedelta(hours=still_hours - ended_hours_ago)
    demand_kw = history.demand_kw.copy()
    after = len(demand_kw) - ended_hours_ago * STEPS_PER_HOUR
    demand_kw[after - hours_off * STEPS_PER_HOUR : after] = 3.0
    return firm_off(begins, ends), a_history(demand_kw.tolist())


def firm_off(begins, ends):
    """A firm whose supply is off between two moments; of a day each a period of its own."""
    periods = []
    while begins < ends:
        midnight = datetime.combine(begins.date() + timedelta(days=1), time(), begins.tzinfo)
        till = "24:00" if midnight <= ends else f"{ends:%H:%M}"
        day = begins.date()
        periods.append(
            WorkPeriod(kind="outage", first_day=day, last_day=day, hours=f"{begins:%H:%M}-{till}")
        )
        begins = midnight
    return a_firm(holiday_country=None, work_calendar=tuple(periods))


@pytest.mark.parametrize(("ended_hours_ago", "still_hours"), [(0, 0), (30, 0), (0, 12)])
@pytest.mark.parametrize("days", [0.25, 1, 3, 6.75, 7, 7.25, 8, 14, 20])
@pytest.mark.parametrize("ladder", [MODEL, NO_MODEL], ids=["model", "no model"])
def test_however_long_an_outage_lasted_there_is_a_forecast(
    ladder, days, still_hours, ended_hours_ago
):
    hours = round(24 * days)
    firm, history = lived_through(hours, ended_hours_ago=ended_hours_ago, still_hours=still_hours)
    forecast = ladder.predict(firm, history, history.end, STEPS_PER_DAY)
    assert (forecast.quality == "full") == (not forecast.reasons)
    assert ("planned_outage" in forecast.reasons) == bool(still_hours)
    too_long = days > DAYS_PER_WEEK and not ended_hours_ago
    assert (forecast.model_version == VERSION) == (ladder is MODEL and not too_long)
    if ladder is MODEL:
        assert ("readings_missing" in forecast.reasons) == too_long


def test_days_that_had_supply_do_not_raise_the_peak_of_one_that_has_none():
    history = a_made_load(59)
    friday = history.end + timedelta(days=1)  # a Thursday with supply comes before it
    firm = firm_off(friday + timedelta(hours=8), friday + timedelta(hours=18))
    steps = 2 * STEPS_PER_DAY
    usual, outlook = (MODEL.outlook(one, history, history.end, steps) for one in (FIRM, firm))
    off = np.zeros(steps, dtype=bool)
    off[STEPS_PER_DAY:] = np.repeat([False, True, False], np.array([8, 10, 6]) * STEPS_PER_HOUR)
    np.testing.assert_array_equal(
        outlook.analogues.demand_kw[~off], usual.analogues.demand_kw[~off]
    )
    paths_kw = outlook_paths_kw(firm, history, outlook)
    assert paths_kw[:, off].max() < 70  # its standby is 50 kW
    last_day = np.arange(steps) >= STEPS_PER_DAY
    largest_kw = maximum_quantiles_kw(sampled_maxima(last_day, outlook.analogues, paths_kw, seed=1))
    with_supply_kw = maximum_quantiles_kw(
        sampled_maxima(last_day, usual.analogues, outlook_paths_kw(FIRM, history, usual), seed=1)
    )
    assert with_supply_kw[0] > 150
    assert largest_kw[-1] < 100
    both_kw = aligned_paths_kw(np.stack([paths_kw, paths_kw]), np.zeros((2, 40)), seed=1)
    assert total_quantiles_kw(both_kw)[off].max() < 2 * 70

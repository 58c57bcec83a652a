"""Whatever a meter told, the ladder answers: finite, not crossing, and with a reason for less."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.time_grid import INTERVAL, STEPS_PER_DAY, STEPS_PER_WEEK
from models.forecasting.ladder import ForecastLadder
from models.forecasting.load_forecast import QUANTILES, LoadForecast
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

"""A declared firm always gets a forecast: each rung of the ladder, forced in the running service.

The planner, the ledger on SQLite and the model are the real ones; only what was stored differs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from feature_store.entities.firm import Contract, Equipment
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.work_calendar import WorkPeriod
from feature_store.errors import UnknownFirmError
from feature_store.settings import Settings
from feature_store.storage.ledger_store import LedgerStore, open_store
from feature_store.storage.recent_window import WindowedStore
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, STEPS_PER_WEEK
from models.forecasting.forecaster import Forecaster
from models.forecasting.ladder import ALIKE_DAYS, TYPICAL_FIRM, ForecastLadder
from models.forecasting.load_forecast import LoadForecast
from models.forecasting.typical_of_store import TypicalOfStore
from models.optimizer.plan import plan
from models.optimizer.schedule import Solved
from serving.planner import HORIZON_STEPS, MAX_HORIZON_STEPS, IssueTimeError, Planner
from serving.suggestions.suggestion_store import SuggestionStore
from tests.builders import MONDAY, a_batch_of, a_firm, a_history
from tests.fakes.fitted_model import VERSION, a_fitted_model
from tests.fakes.forecaster import FailingForecaster
from tests.fakes.made_load import a_made_load
from tests.fakes.scheduler import OneJobScheduler
from tests.made_ledgers import lay_ledger
from tests.made_weather import PLACE, a_weather

DAYS = 91
NOW = MONDAY + timedelta(days=DAYS)
"""A Monday midnight, thirteen weeks after the first reading."""
FIRM = "kiln_works"


@pytest.fixture
def ledger(tmp_path: Path):
    lay_ledger(tmp_path)
    opened = open_store(Settings(home=tmp_path))
    yield opened
    opened.close()


def planner_on(
    ledger: LedgerStore, model: Forecaster | None, now: datetime = NOW, scheduler=None
) -> Planner:
    """The use cases as the service wires them."""
    windows = WindowedStore(ledger)
    typical = TypicalOfStore(store=windows, state=ledger.last_import_id)
    return Planner(
        store=windows,
        forecaster=ForecastLadder(model=model, typical=typical),
        scheduler=scheduler or OneJobScheduler(),
        suggestions=SuggestionStore(engine=ledger.engine),
        settings=Settings(replay_time=now),
        without_model=None if model else "no_model",
    )


def stored(ledger: LedgerStore, history: LoadHistory, **declared) -> None:
    """Declare the history's firm and store its readings."""
    firm = a_firm(history.firm_id, **{"holiday_country": None} | declared)
    ledger.declare(firm, known_at=MONDAY)
    if np.isfinite(history.demand_kw).any():
        ledger.append(a_batch_of(history), recorded_at=NOW)


def changed(history: LoadHistory, demand_kw) -> LoadHistory:
    """The same grid with other values."""
    return a_history(np.asarray(demand_kw).tolist(), firm_id=history.firm_id)


def newest(history: LoadHistory, days: float) -> LoadHistory:
    """The same with everything before its last days unknown."""
    demand_kw = history.demand_kw.copy()
    demand_kw[: len(demand_kw) - round(days * STEPS_PER_DAY)] = np.nan
    return changed(history, demand_kw)


def is_sound(forecast: LoadForecast, *, feeds_in: bool = False) -> None:
    """Finite, not crossing, and never below zero where nothing is fed in."""
    assert np.isfinite(forecast.demand_kw).all()
    assert (np.diff(forecast.demand_kw, axis=1) >= 0).all()
    assert feeds_in or (forecast.demand_kw >= 0).all()


def told(forecast: LoadForecast) -> tuple[str, tuple[str, ...], str]:
    return forecast.quality, forecast.reasons, forecast.model_version


def test_with_a_model_and_all_readings_nothing_is_flagged_and_the_model_alone_answers(ledger):
    history = a_made_load(DAYS)
    stored(ledger, history)
    forecast = planner_on(ledger, a_fitted_model()).forecast(FIRM)
    assert told(forecast) == ("full", (), VERSION)
    firm = a_firm(FIRM, holiday_country=None)
    alone = a_fitted_model().predict(firm, history, NOW, HORIZON_STEPS)
    np.testing.assert_array_equal(forecast.demand_kw, alone.demand_kw)


def test_without_a_model_the_firms_own_alike_days_answer(ledger):
    history = a_made_load(DAYS)
    stored(ledger, history)
    forecast = planner_on(ledger, None).forecast(FIRM)
    assert told(forecast) == ("fallback", ("no_model",), ALIKE_DAYS)
    is_sound(forecast)
    working = slice(9 * STEPS_PER_HOUR, 11 * STEPS_PER_HOUR)
    assert 200 < forecast.median_kw[working].mean() < 300  # it works at about 250 kW then
    assert forecast.median_kw[: 6 * STEPS_PER_HOUR].mean() < 70


def test_where_the_model_fails_the_rung_below_answers_and_the_log_says_why(ledger, caplog):
    stored(ledger, a_made_load(DAYS))
    failing = FailingForecaster(RuntimeError("booster is broken"), VERSION)
    forecast = planner_on(ledger, failing).forecast(FIRM)
    assert told(forecast) == ("fallback", ("model_failed",), ALIKE_DAYS)
    assert "booster is broken" in caplog.text
    without = planner_on(ledger, None).forecast(FIRM)
    np.testing.assert_array_equal(forecast.demand_kw, without.demand_kw)


@pytest.mark.parametrize("model", [None, a_fitted_model()], ids=["no model", "model"])
@pytest.mark.parametrize("days", [0, 1 / STEPS_PER_DAY, 0.3, 2, 7, 13, 14, 20])
def test_a_young_history_gives_a_flagged_forecast_at_the_firms_own_size(ledger, days, model):
    for number in range(4):
        stored(ledger, a_made_load(DAYS, firm_id=f"other_{number}", seed=number))
    stored(ledger, newest(a_made_load(DAYS), days))
    forecast = planner_on(ledger, model).forecast(FIRM)
    is_sound(forecast)
    reason = "no_history" if days == 0 else "short_history"
    assert reason in forecast.reasons
    assert (forecast.quality == "cold_start") == (days < 14)
    day_kw = forecast.median_kw[9 * STEPS_PER_HOUR : 11 * STEPS_PER_HOUR].mean()
    assert 150 < day_kw < 350
    assert forecast.median_kw[: 5 * STEPS_PER_HOUR].mean() < 0.5 * day_kw


def test_a_firm_without_readings_is_forecast_from_now_on_and_scheduled(ledger):
    now = NOW + timedelta(minutes=7)
    battery = Equipment(
        name="battery",
        kind="battery",
        parameters={
            "capacity_kwh": 100,
            "max_charge_kw": 50,
            "max_discharge_kw": 50,
            "charge_efficiency": 0.95,
            "discharge_efficiency": 0.95,
            "min_soc_share": 0.1,
            "max_soc_share": 0.9,
            "initial_soc_share": 0.5,
            "wear_krw_per_kwh": 35,
        },
    )
    ledger.declare(a_firm(FIRM, equipment=[battery]), known_at=MONDAY)
    planner = planner_on(ledger, None, now, scheduler=plan)
    made = planner.plan(FIRM)
    assert made.forecast.issue_time == NOW
    assert told(made.forecast) == ("cold_start", ("no_model", "no_history"), TYPICAL_FIRM)
    assert isinstance(made.outcome, Solved)
    assert made.forecast.demand_kw.max() <= 500  # its contract power


def test_alone_in_the_ledger_the_contract_power_bounds_a_wide_band(ledger):
    ledger.declare(a_firm(FIRM, contract=Contract(power_kw=800)), known_at=MONDAY)
    forecast = planner_on(ledger, None).forecast(FIRM)
    low, high = forecast.quantile(0.05), forecast.quantile(0.95)
    assert (low < 0.05 * 800).all()
    assert (high > 0.5 * 800).all()
    assert (high <= 800).all()


def test_nobody_declared_is_still_an_unknown_firm(ledger):
    with pytest.raises(UnknownFirmError):
        planner_on(ledger, a_fitted_model()).forecast("nobody")
    ledger.declare(a_firm(FIRM), known_at=NOW)
    with pytest.raises(UnknownFirmError):
        planner_on(ledger, a_fitted_model()).forecast(FIRM, NOW - timedelta(days=1))
    with pytest.raises(IssueTimeError):
        planner_on(ledger, a_fitted_model()).forecast(FIRM, NOW + timedelta(days=1))


@pytest.mark.parametrize("hours", [1, 6, 24, 60])
def test_missing_last_hours_are_told_and_bridged_by_the_model(ledger, hours):
    history = a_made_load(DAYS)
    demand_kw = history.demand_kw.copy()
    demand_kw[-hours * STEPS_PER_HOUR :] = np.nan
    stored(ledger, changed(history, demand_kw))
    planner = planner_on(ledger, a_fitted_model())
    forecast = planner.forecast(FIRM, NOW)
    assert told(forecast) == ("reduced", ("readings_missing",), VERSION)
    is_sound(forecast)
    known = planner.forecast(FIRM, steps=hours * STEPS_PER_HOUR + HORIZON_STEPS)
    assert known.quality == "full"  # asked from where the readings end nothing is missing
    np.testing.assert_array_equal(forecast.demand_kw, known.demand_kw[hours * STEPS_PER_HOUR :])


def test_one_interval_late_is_how_a_meter_reports_and_is_not_flagged(ledger):
    history = a_made_load(DAYS)
    stored(ledger, changed(history, [*history.demand_kw[:-1], np.nan]))
    assert planner_on(ledger, a_fitted_model()).forecast(FIRM, NOW).quality == "full"


def test_holes_in_the_last_day_are_told_and_taken_for_usual_not_for_zero(ledger):
    history = a_made_load(DAYS)
    holes = history.demand_kw.copy()
    holes[-20 * STEPS_PER_HOUR : -4 * STEPS_PER_HOUR] = np.nan
    stored(ledger, changed(history, holes))
    forecast = planner_on(ledger, a_fitted_model()).forecast(FIRM)
    assert told(forecast) == ("reduced", ("readings_missing",), VERSION)
    firm = a_firm(FIRM, holiday_country=None)
    whole = a_fitted_model().predict(firm, history, NOW, HORIZON_STEPS)
    assert np.abs(forecast.median_kw - whole.median_kw).mean() < 5


def test_a_firm_silent_for_more_than_a_week_is_forecast_from_what_it_drew_before(ledger):
    stored(ledger, a_made_load(DAYS))
    for weeks in (2, 60):
        later = NOW + timedelta(weeks=weeks)
        forecast = planner_on(ledger, a_fitted_model(), later).forecast(FIRM, later)
        is_sound(forecast)
        assert (forecast.quality, forecast.reasons) == ("fallback", ("readings_missing",))
        assert 150 < forecast.median_kw[9 * STEPS_PER_HOUR : 11 * STEPS_PER_HOUR].mean() < 350


def test_a_stuck_meter_is_hidden_and_told(ledger):
    history = a_made_load(DAYS)
    stuck_steps = 9 * STEPS_PER_HOUR
    stuck, hidden = history.demand_kw.copy(), history.demand_kw.copy()
    stuck[-stuck_steps:] = 222.0
    hidden[-stuck_steps:] = np.nan
    stored(ledger, changed(history, stuck))
    stored(ledger, replace(changed(history, hidden), firm_id="hidden"))
    planner = planner_on(ledger, a_fitted_model())
    forecast = planner.forecast(FIRM)
    assert told(forecast) == ("reduced", ("stuck_meter",), VERSION)
    np.testing.assert_array_equal(forecast.demand_kw, planner.forecast("hidden", NOW).demand_kw)


def test_a_plant_that_always_stands_still_at_night_is_not_taken_for_a_stuck_meter(ledger):
    history = a_made_load(DAYS)
    still_kw = np.where(history.demand_kw < 100, 50.0, history.demand_kw)
    stored(ledger, changed(history, still_kw))
    assert planner_on(ledger, a_fitted_model()).forecast(FIRM).quality == "full"


@pytest.mark.parametrize("days", [2, DAYS])
@pytest.mark.parametrize("model", [None, a_fitted_model()], ids=["no model", "model"])
def test_a_firm_that_draws_nothing_is_forecast_to_draw_nothing(ledger, model, days):
    stored(ledger, a_made_load(DAYS, firm_id="other"))
    stored(ledger, newest(changed(a_made_load(DAYS), np.zeros(DAYS * STEPS_PER_DAY)), days))
    forecast = planner_on(ledger, model).forecast(FIRM)
    assert not forecast.demand_kw.any()


@pytest.mark.parametrize("factor", [5.0, 0.2])
def test_another_level_is_told_and_no_failure(ledger, factor):
    history = a_made_load(DAYS - 2)  # ends on a working day
    shifted = history.demand_kw.copy()
    shifted[-STEPS_PER_DAY:] *= factor
    stored(ledger, changed(history, shifted))
    for model in (None, a_fitted_model()):
        forecast = planner_on(ledger, model).forecast(FIRM)
        assert "level_shift" in forecast.reasons
        is_sound(forecast)


def test_a_forecast_is_negative_only_for_a_firm_that_can_feed_in(ledger):
    """Ten trees on a load with sun in it would say so of anybody; a firm without panels draws."""
    history = a_made_load(DAYS)
    noon = history.grid.clock(a_firm().zone).hour == 12
    stored(ledger, changed(history, np.where(noon, -30.0, history.demand_kw)))
    forecast = planner_on(ledger, None).forecast(FIRM)
    assert forecast.median_kw[12 * STEPS_PER_HOUR] < 0
    is_sound(forecast, feeds_in=True)

    class Negative(FailingForecaster):
        """Says minus one kW of everything."""

        def predict(self, firm, history, issue_time, steps):
            made = a_fitted_model().predict(firm, history, issue_time, steps)
            return replace(made, demand_kw=np.full_like(made.demand_kw, -1.0))

    panels = Equipment(name="roof", kind="solar", parameters={})
    stored(ledger, a_made_load(DAYS, firm_id="plain"))
    stored(ledger, a_made_load(DAYS, firm_id="sunny"), equipment=[panels])
    planner = planner_on(ledger, Negative(RuntimeError("never raised")))
    assert (planner.forecast("plain").demand_kw == 0).all()
    assert (planner.forecast("sunny").demand_kw == -1).all()


@pytest.mark.parametrize("model", [None, a_fitted_model()], ids=["no model", "model"])
@pytest.mark.parametrize("issue", [NOW, NOW - timedelta(hours=3, minutes=15)])
@pytest.mark.parametrize("steps", [1, STEPS_PER_DAY + 1, MAX_HORIZON_STEPS])
def test_any_horizon_from_any_quarter_hour(ledger, model, issue, steps):
    stored(ledger, a_made_load(DAYS))
    forecast = planner_on(ledger, model).forecast(FIRM, issue, steps)
    assert forecast.demand_kw.shape[0] == forecast.grid.steps == steps
    assert forecast.grid.start == issue
    is_sound(forecast)


@pytest.mark.parametrize("model", [None, a_fitted_model()], ids=["no model", "model"])
@pytest.mark.parametrize("changes_on", [date(2026, 3, 29), date(2026, 10, 25)], ids=["92", "100"])
def test_days_of_another_length_and_past_closures(ledger, changes_on, model):
    """A Sunday of 92 and one of 100 intervals, in the history and in the horizon."""
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 1, 5, tzinfo=berlin)
    closed = [changes_on - timedelta(days=day) for day in (3, 17, 18)]
    history = a_made_load(330, start=start)
    ledger.declare(
        a_firm(FIRM, timezone=berlin.key, holiday_country="DE", closure_days=closed),
        known_at=start,
    )
    ledger.append(a_batch_of(history), recorded_at=NOW)
    for days in (-2, 0, 1):
        local = datetime.combine(changes_on, datetime.min.time(), berlin) + timedelta(days=days)
        forecast = planner_on(ledger, model, history.end).forecast(
            FIRM, local.astimezone(ZoneInfo("UTC")), STEPS_PER_WEEK
        )
        is_sound(forecast)
        assert forecast.grid.start == local


def test_what_other_firms_tell_later_changes_no_forecast_of_an_earlier_moment(ledger):
    stored(ledger, a_made_load(28, firm_id="other"))
    ledger.declare(a_firm(FIRM), known_at=MONDAY)
    earlier = MONDAY + timedelta(days=28)
    before = planner_on(ledger, None).forecast(FIRM, earlier)
    later = a_made_load(60, firm_id="other", start=earlier, seed=1)
    ledger.append(a_batch_of(later), recorded_at=NOW)
    after = planner_on(ledger, None).forecast(FIRM, earlier)
    np.testing.assert_array_equal(before.demand_kw, after.demand_kw)
    now = planner_on(ledger, None).forecast(FIRM, NOW)
    assert not np.array_equal(now.demand_kw, after.demand_kw)


def test_readings_that_come_while_the_service_runs_are_learnt_from(ledger):
    ledger.declare(a_firm(FIRM), known_at=MONDAY)
    planner = planner_on(ledger, None)
    before = planner.forecast(FIRM)
    stored(ledger, a_made_load(DAYS, firm_id="other"))
    assert not np.array_equal(planner.forecast(FIRM).demand_kw, before.demand_kw)


def test_a_suggestion_made_without_a_model_is_kept_with_its_flag_and_found_again(ledger):
    stored(ledger, a_made_load(DAYS))
    planner = planner_on(ledger, None)
    first, second = planner.suggest(FIRM), planner.suggest(FIRM)
    assert first.suggestion_id == second.suggestion_id
    assert told(first.forecast) == ("fallback", ("no_model",), ALIKE_DAYS)
    assert not planner.makes_otherwise(first)
    trained = planner_on(ledger, a_fitted_model())
    assert trained.makes_otherwise(first)
    made = trained.suggest(FIRM)
    assert made.model_version == VERSION
    assert not trained.makes_otherwise(made)
    another = planner_on(ledger, replace(a_fitted_model(), version="load-forecaster/2"))
    assert another.makes_otherwise(made)


def test_a_suggestion_that_the_model_could_not_make_does_not_wait_for_another(ledger):
    stored(ledger, newest(a_made_load(DAYS), 3))
    planner = planner_on(ledger, a_fitted_model())
    made = planner.suggest(FIRM)
    assert made.forecast.quality == "cold_start"
    assert not planner.makes_otherwise(made)


def foretold(ledger: LedgerStore, hours: int, *, known_at: datetime) -> None:
    """Store a forecast of the weather from two days before now on."""
    first = DAYS * 24 - 48
    celsius = [10.0 + number % 24 for number in range(hours)]
    batch = a_weather(celsius, first=first, known_at=known_at)
    ledger.append_weather(batch, recorded_at=NOW)


def test_weather_that_ends_before_the_day_ahead_is_told_and_the_model_answers(ledger):
    stored(ledger, a_made_load(DAYS), weather_place=PLACE)
    planner = planner_on(ledger, a_fitted_model())
    assert planner.forecast(FIRM).quality == "full"  # no weather was ever stored
    foretold(ledger, 48 + 20, known_at=NOW - timedelta(hours=40))
    forecast = planner.forecast(FIRM)
    assert told(forecast) == ("reduced", ("weather_missing",), VERSION)
    is_sound(forecast)
    without = planner_on(ledger, None).forecast(FIRM)
    assert told(without) == ("fallback", ("no_model",), ALIKE_DAYS)  # which looks at no weather


def test_weather_of_the_whole_day_ahead_leaves_no_flag_once_it_is_known(ledger):
    stored(ledger, a_made_load(DAYS), weather_place=PLACE)
    foretold(ledger, 48 + 96, known_at=NOW - timedelta(hours=1))
    planner = planner_on(ledger, a_fitted_model())
    assert planner.forecast(FIRM).quality == "full"
    earlier = planner.forecast(FIRM, NOW - timedelta(hours=2))
    assert earlier.quality == "full"  # then no weather was stored at all
    foretold(ledger, 48 + 5, known_at=NOW - timedelta(hours=30))
    assert planner.forecast(FIRM, NOW - timedelta(hours=2)).reasons == ("weather_missing",)


def test_weather_that_came_after_the_newest_reading_is_looked_at(ledger):
    """Readings six hours late: the forecast made now knows the weather told in between."""
    stored(ledger, newest_but(a_made_load(DAYS), hours=6), weather_place=PLACE)
    foretold(ledger, 48 + 5, known_at=NOW - timedelta(hours=40))
    planner = planner_on(ledger, a_fitted_model())
    assert planner.forecast(FIRM, NOW).reasons == ("readings_missing", "weather_missing")
    foretold(ledger, 48 + 96, known_at=NOW - timedelta(hours=1))
    assert planner.forecast(FIRM, NOW).reasons == ("readings_missing",)


def newest_but(history: LoadHistory, *, hours: int) -> LoadHistory:
    """The same without its last hours."""
    demand_kw = history.demand_kw.copy()
    demand_kw[-hours * STEPS_PER_HOUR :] = np.nan
    return changed(history, demand_kw)


def an_outage(day: date, hours: str) -> WorkPeriod:
    return WorkPeriod(kind="outage", first_day=day, last_day=day, hours=hours)


@pytest.mark.parametrize("model", [None, a_fitted_model()], ids=["no model", "model"])
def test_a_planned_outage_of_some_hours_goes_to_standby_and_is_told(ledger, model):
    stored(ledger, a_made_load(DAYS))
    usual = planner_on(ledger, model).forecast(FIRM)
    declared = planner_on(ledger, model).firm(FIRM)
    tomorrow = an_outage(NOW.date() + timedelta(days=1), "13:00-17:00")
    ledger.declare(
        declared.model_copy(update={"work_calendar": (tomorrow,)}), known_at=NOW - timedelta(days=1)
    )
    planner = planner_on(ledger, model)
    forecast = planner.forecast(FIRM)
    off = slice((24 + 13) * STEPS_PER_HOUR, (24 + 17) * STEPS_PER_HOUR)
    is_sound(forecast)
    assert "planned_outage" in forecast.reasons
    assert forecast.quality == ("reduced" if model else "fallback")
    assert usual.median_kw[off].min() > 150
    assert forecast.demand_kw[off].max() < 60  # its standby is 50 kW
    np.testing.assert_array_equal(
        np.delete(forecast.demand_kw, off, axis=0), np.delete(usual.demand_kw, off, axis=0)
    )
    assert planner.forecast(FIRM, NOW - timedelta(days=2)).quality == (
        "full" if model else "fallback"
    )  # it was not declared then
    if model:
        parts_kw = planner.explanation(FIRM).parts_kw
        assert parts_kw["closure"][off].max() < -100
        np.testing.assert_allclose(sum(parts_kw.values()), forecast.median_kw, atol=1e-6)


@pytest.mark.parametrize("model", [None, a_fitted_model()], ids=["no model", "model"])
def test_a_day_lived_through_an_outage_teaches_no_profile_and_is_no_fault_of_the_meter(
    ledger, model
):
    history = a_made_load(DAYS - 3)  # ends on a Thursday
    now = history.end
    last = now.date() - timedelta(days=1)
    outage = an_outage(last, "08:00-18:00")
    demand_kw, unknown_kw = history.demand_kw.copy(), history.demand_kw.copy()
    off = slice(len(demand_kw) - 16 * STEPS_PER_HOUR, len(demand_kw) - 6 * STEPS_PER_HOUR)
    demand_kw[off], unknown_kw[off] = 0.0, np.nan
    stored(ledger, changed(history, demand_kw), work_calendar=[outage])
    stored(ledger, replace(changed(history, unknown_kw), firm_id="unknown"))
    planner = planner_on(ledger, model, now)
    forecast, without = planner.forecast(FIRM), planner.forecast("unknown", now)
    assert forecast.reasons == (() if model else ("no_model",))
    assert "readings_missing" in without.reasons
    np.testing.assert_array_equal(forecast.demand_kw, without.demand_kw)

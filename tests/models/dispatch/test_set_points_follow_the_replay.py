"""A day run by set-points, one asked at a time, is the day that the replay's own policy lives."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from feature_store.entities.load_history import LoadHistory
from feature_store.errors import NotEnoughReadingsError
from feature_store.features.load_table import load_table
from feature_store.time_grid import INTERVAL, STEP, STEPS_PER_DAY, TimeGrid, utc_instant
from models.dispatch.battery_state import BatteryState, batteries_now
from models.dispatch.forecast_levels import upper_factors
from models.dispatch.known_load import ISSUE_EVERY_STEPS, KnownLoad
from models.dispatch.made_forecasts import MadeForecasts
from models.dispatch.policy import Morning, Now
from models.dispatch.running_batteries import RunningBatteries
from models.dispatch.running_month import RunningMonth
from models.dispatch.set_point import SeenInterval, set_point
from models.dispatch.set_point_table import set_point_table
from models.dispatch.stochastic import REFIT_DAYS, Stochastic
from models.dispatch.valued_day import (
    KnownDay,
    LoadChange,
    ValuedDayStore,
    digest_of_day,
    issue_time_at,
    next_issue_time,
)
from models.forecasting.load_forecast import LoadForecast
from tests.builders import SEOUL
from tests.fakes.forecaster import LastWeekForecaster
from tests.made_replay import a_firm_with_battery, a_firm_with_two_batteries, a_load
from training.replay.forecasts import FittedFrom, ForecastTask, forecasts_of
from training.replay.months import Calendar
from training.replay.plan import ReplayPlan
from training.replay.site import replay_site

FIRM, LOAD = a_firm_with_battery(), a_load()
JUNE = datetime(2026, 6, 1, tzinfo=SEOUL)
"""A Monday, by which 42 days are known."""
PLAN = ReplayPlan(first=date(2026, 6, 1), end=date(2026, 7, 1), policies=("stochastic",))
FORECASTER = LastWeekForecaster()


@pytest.fixture(scope="module")
def replayed():
    """The month as a replay begins it, with all of its forecasts."""
    site = replay_site(FIRM, LOAD)
    calendar = Calendar.of(site, PLAN.first, PLAN.end)
    (billed,) = calendar.months
    before = calendar.known_before(billed, LOAD.demand_kw)
    fitted = FittedFrom(first=PLAN.first, forecaster=FORECASTER)
    _, forecasts = forecasts_of(ForecastTask(site=site, fitted=(fitted,), plan=PLAN))
    known = KnownLoad(table=load_table(FIRM, site.history, 0), forecasts=forecasts)
    return calendar.month(billed, before, alone=False), known


@pytest.fixture(scope="module")
def on_line():
    """What a service has kept that was asked since the month began."""
    store = ValuedDayStore()
    keep_forecasts(store.made, days=24)
    return store


def keep_forecasts(made: MadeForecasts, *, days: int) -> None:
    """Keep those of the month's first days, a whole number of which is forecast every two hours."""
    for number in range(days * STEPS_PER_DAY // ISSUE_EVERY_STEPS):
        issue = JUNE + number * ISSUE_EVERY_STEPS * INTERVAL
        made.keep(FORECASTER.predict(FIRM, LOAD.as_of(issue), issue, 2 * STEPS_PER_DAY))


def look(moment, history=LOAD, firm=FIRM, change=None, *, is_live=False):
    """What is known when the newest forecast is due."""
    issue = issue_time_at(moment, SEOUL)
    known = history.as_of(issue)
    forecast = FORECASTER.predict(firm, known, issue, 2 * STEPS_PER_DAY)
    return KnownDay(firm=firm, history=known, forecast=forecast, change=change, is_live=is_live)


def read_at(moment, history=LOAD):
    """The weeks that the service reads at a moment: they begin later with every interval."""
    grid = TimeGrid(TimeGrid(moment, 1).at(-35 * STEPS_PER_DAY), 35 * STEPS_PER_DAY)
    return replace(
        history,
        grid=grid,
        demand_kw=history.demand_on(grid),
        known_at=grid.starts + STEP,
    )


def asked(store, moment, *, soc_kwh, peak_kw, load_kw=None, history=LOAD):  # noqa: PLR0913
    """A set-point as it is asked for when an interval begins."""
    issue = issue_time_at(moment, SEOUL)
    known = history.as_of(moment)
    digest = digest_of_day(FIRM, known.as_of(issue), issue, FORECASTER.version)
    valued = store.of(digest, peak_kw, lambda: look(moment, known))
    steps = (moment - issue) // INTERVAL
    state = BatteryState(name="Battery", charge_kwh=soc_kwh, measured_at=moment)
    return set_point(
        valued,
        SeenInterval(
            start=moment,
            load_kw=load_at(moment) if load_kw is None else load_kw,
            batteries=batteries_now(FIRM, [state], now=moment),
            peak_kw=peak_kw,
            since_kw=known.demand_on(TimeGrid(issue, steps)) if steps else np.zeros(0),
        ),
    )


def load_at(moment) -> float:
    return float(LOAD.demand_on(TimeGrid(moment, 1))[0])


def lived(month, day, soc_kwh, peak_kw, decide):
    """Powers of a day, the battery followed through it."""
    powers_kw, store = [], month.store
    for step in range(day * STEPS_PER_DAY, (day + 1) * STEPS_PER_DAY):
        load_kw = load_at(JUNE + step * INTERVAL)
        now = Now(step=step, load_kw=load_kw, soc_kwh=soc_kwh, peak_kw=peak_kw)
        least_kw, most_kw = store.reach_kw(soc_kwh, load_kw)
        powers_kw.append(min(max(decide(now), least_kw), most_kw))
        soc_kwh = store.after_kwh(soc_kwh, powers_kw[-1])
        if month.prices.counted[step]:
            peak_kw = max(peak_kw, load_kw + powers_kw[-1])
    return np.array(powers_kw)


@pytest.mark.parametrize(
    ("day", "soc_kwh", "peak_kw"),
    [(3 * REFIT_DAYS - 3, 60.0, 236.0), (3 * REFIT_DAYS, 180.0, 0.0)],
    ids=["on a day in between", "when the days left are valued anew"],
)
def test_every_move_is_that_of_the_replay(replayed, on_line, day, soc_kwh, peak_kw):
    month, known = replayed
    dispatcher = Stochastic().start(month, known)
    dispatcher.left.value(day - day % REFIT_DAYS)
    dispatcher.day = day - 1
    first = day * STEPS_PER_DAY
    dispatcher.place(Morning(step=first, steps=STEPS_PER_DAY, soc_kwh=soc_kwh, peak_kw=peak_kw))
    for_replay = lived(month, day, soc_kwh, peak_kw, lambda now: dispatcher.move(now).power_kw)

    def by_look_up(now):
        moment = JUNE + now.step * INTERVAL
        return asked(on_line, moment, soc_kwh=now.soc_kwh, peak_kw=now.peak_kw).power_kw

    by_set_points = lived(month, day, soc_kwh, peak_kw, by_look_up)
    assert np.abs(for_replay).max() > 10
    np.testing.assert_allclose(by_set_points, for_replay, atol=1e-9)


def test_two_batteries_with_a_limit_of_the_day_move_as_in_the_replay(replayed, on_line):
    """On a day on which the limit is reached; the second battery has other power and losses."""
    firm = a_firm_with_two_batteries(max_discharge_kwh_per_day=40)
    site = replay_site(firm, LOAD)
    month, known = replayed
    month = replace(month, store=site.store, batteries=site.batteries)
    day, peak_kw = 3 * REFIT_DAYS - 3, 236.0
    dispatcher = Stochastic().start(month, known)
    dispatcher.left.value(day - day % REFIT_DAYS)
    dispatcher.day = day - 1
    running = RunningBatteries(store=month.store, declared=month.batteries, steps=month.steps)
    first = day * STEPS_PER_DAY
    dispatcher.place(
        Morning(step=first, steps=STEPS_PER_DAY, soc_kwh=running.charge_kwh, peak_kw=peak_kw)
    )
    for step in range(first, first + STEPS_PER_DAY):
        moment = JUNE + step * INTERVAL
        issue, load_kw = issue_time_at(moment, SEOUL), load_at(moment)
        known_then = LOAD.as_of(moment)
        digest = digest_of_day(firm, known_then.as_of(issue), issue, FORECASTER.version)
        since = (moment - issue) // INTERVAL
        on_line_now = set_point(
            on_line.of(digest, peak_kw, lambda: look(moment, known_then, firm)),  # noqa: B023
            SeenInterval(
                start=moment,
                load_kw=load_kw,
                batteries=tuple(running.now),
                peak_kw=peak_kw,
                since_kw=known_then.demand_on(TimeGrid(issue, since)) if since else np.zeros(0),
            ),
        )
        now = Now(
            step=step,
            load_kw=load_kw,
            soc_kwh=running.charge_kwh,
            peak_kw=peak_kw,
            reached=running.reached(),
            dischargeable_kwh=running.left_today_kwh,
        )
        power_kw = running.run(step, dispatcher.move(now).power_kw, load_kw)
        powers_kw = [one.power_kw for one in on_line_now.powers]
        np.testing.assert_allclose(powers_kw, running.powers_kw[:, step], atol=1e-9)
        if month.prices.counted[step]:
            peak_kw = max(peak_kw, load_kw + power_kw)
    assert running.now[0].left_today_kwh == pytest.approx(0.0, abs=1e-6)


def test_the_month_is_laid_out_as_the_replay_lays_it_out(replayed):
    month, known = replayed
    moment = JUNE + timedelta(days=9, hours=10)
    running = RunningMonth.of(FIRM, LOAD.as_of(moment), moment)
    assert running.month.name == month.name
    assert running.month.store == month.store
    for one, other in (
        (running.month.prices.krw_per_kwh, month.prices.krw_per_kwh),
        (running.month.prices.counted, month.prices.counted),
        (running.month.peak_cost.krw_per_kw, month.peak_cost.krw_per_kw),
        (running.month.peak_cost.above_kw, month.peak_cost.above_kw),
    ):
        np.testing.assert_array_equal(one, other)
    made = running.days_left(9, MadeForecasts(), ValuedDayStore().months)
    dispatcher = Stochastic().start(month, known)
    np.testing.assert_allclose(made.grid.peak_kw, dispatcher.left.grid.peak_kw)
    dispatcher.left.value(REFIT_DAYS)
    assert made.valued.today == REFIT_DAYS
    assert made.valued.levels == dispatcher.left.valued.levels


def test_forecasts_that_were_made_tell_how_they_were_passed_as_in_the_replay(replayed):
    _, known = replayed
    made = MadeForecasts()
    keep_forecasts(made, days=14)
    moment = JUNE + timedelta(days=11)
    running = RunningMonth.of(FIRM, LOAD.as_of(moment), moment)
    seen = KnownLoad(table=running.table, forecasts=made.on(FIRM.firm_id, running.table))
    position = running.month.first + 11 * STEPS_PER_DAY
    by_replay = upper_factors(known, int(known.table.position(utc_instant(moment))))
    assert not np.allclose(by_replay, 1.0)
    np.testing.assert_allclose(upper_factors(seen, position), by_replay)
    other = made.on("another firm", running.table)
    assert len(other.issue) == 0


MOMENT = JUNE + timedelta(days=24, hours=13, minutes=30)
"""A Thursday, an hour and a half after a forecast, with five days left of the month."""
EARLY = JUNE + timedelta(days=8, hours=13, minutes=30)


def test_nothing_that_is_known_later_changes_a_set_point():
    later = LOAD.grid.starts >= utc_instant(MOMENT)
    changed = replace(LOAD, demand_kw=np.where(later, 3 * LOAD.demand_kw + 40, LOAD.demand_kw))
    told_later = replace(
        LOAD,
        demand_kw=2 * LOAD.demand_kw,
        known_at=np.full(LOAD.grid.steps, utc_instant(MOMENT + INTERVAL)),
    )
    first, second = (
        asked(ValuedDayStore(), MOMENT, soc_kwh=100, peak_kw=220, load_kw=262, history=history)
        for history in (LOAD, changed)
    )
    assert first.power_kw == second.power_kw
    with pytest.raises(NotEnoughReadingsError, match="whole days"):
        RunningMonth.of(FIRM, told_later.as_of(MOMENT), MOMENT)


def test_loads_since_the_forecast_are_looked_at_and_a_missing_one_is_passed_over():
    store = ValuedDayStore()
    usual = asked(store, MOMENT, soc_kwh=100, peak_kw=220, load_kw=262)
    since = (LOAD.grid.starts >= utc_instant(MOMENT - timedelta(hours=1))) & (
        LOAD.grid.starts < utc_instant(MOMENT)
    )
    heavy = replace(LOAD, demand_kw=np.where(since, 1.4 * LOAD.demand_kw, LOAD.demand_kw))
    missing = replace(LOAD, demand_kw=np.where(since, np.nan, LOAD.demand_kw))
    assert asked(store, MOMENT, soc_kwh=100, peak_kw=220, load_kw=262, history=missing).by is (
        usual.by
    )
    views = [
        usual.by.views_after(one.demand_on(TimeGrid(usual.by.forecast.issue_time, 6)))
        for one in (LOAD, heavy, missing)
    ]
    means = [view.views[0].mean for view in views]
    assert means[1] > means[0]
    assert None not in means
    assert usual.by.views.views[0].mean is None  # what is kept has seen nothing


def test_a_day_is_valued_once_for_each_forecast_and_again_when_a_reading_is_corrected():
    store, made = ValuedDayStore(), []

    def value(moment, history=LOAD):
        issue = issue_time_at(moment, SEOUL)
        recent = read_at(moment, history).as_of(issue)
        digest = digest_of_day(FIRM, recent, issue, FORECASTER.version)

        def read():
            made.append(moment)
            return look(moment, history)

        return store.of(digest, 230.0, read)

    first = value(MOMENT)
    assert value(MOMENT - INTERVAL) is first
    assert first.until == JUNE + timedelta(days=24, hours=14)
    assert first.days_valued_at == JUNE + timedelta(days=21)
    assert value(first.until).forecast.issue_time == first.until
    corrected = replace(LOAD, demand_kw=1.01 * LOAD.demand_kw)
    assert value(MOMENT, corrected) is not first
    assert made == [MOMENT, first.until, MOMENT]


def test_only_a_forecast_that_is_made_at_its_time_is_learnt_from():
    store = ValuedDayStore()
    store.of("lived again", 230.0, lambda: look(MOMENT))
    assert store.made.by_firm == {}
    store.of("live", 230.0, lambda: look(MOMENT, is_live=True))
    assert len(store.made.by_firm[FIRM.firm_id]) == 1


def test_a_peak_below_the_one_told_first_is_looked_up_too():
    store = ValuedDayStore()
    asked(store, MOMENT, soc_kwh=100, peak_kw=300)
    lower = asked(store, MOMENT, soc_kwh=100, peak_kw=180)
    fresh = asked(ValuedDayStore(), MOMENT, soc_kwh=100, peak_kw=180)
    assert lower.power_kw == pytest.approx(fresh.power_kw, abs=1e-6)
    assert lower.by.views.grid.peak_kw[0] == 0


def test_the_table_holds_what_is_looked_up_and_holds_a_peak_between_its_loads():
    store = ValuedDayStore()
    valued = asked(store, MOMENT, soc_kwh=100, peak_kw=260).by
    since = LOAD.demand_on(TimeGrid(valued.forecast.issue_time, 6))
    table = set_point_table(valued, MOMENT, {}, 260.0, since)
    assert table.starts == (MOMENT, MOMENT + INTERVAL)
    assert table.power_kw.shape == (2, len(table.load_kw), len(table.charge_kwh))
    for place in range(0, len(table.load_kw), 5):
        for number in (0, 4, 9):
            load_kw, charge_kwh = table.load_kw[place], table.charge_kwh[number]
            one = asked(store, MOMENT, soc_kwh=charge_kwh, peak_kw=260, load_kw=load_kw)
            told_kw = table.read_kw(0, load_kw, charge_kwh)
            assert told_kw == pytest.approx(one.power_kw, abs=1e-6)
    full = float(table.charge_kwh[-1])
    held = [
        load_kw
        for load_kw in np.linspace(261, 315, 40)
        if asked(store, MOMENT, soc_kwh=full, peak_kw=260, load_kw=load_kw).because == "holds_peak"
    ]
    assert held
    for load_kw in held:
        assert load_kw + table.read_kw(0, load_kw, full) <= 260 + 2.5


def test_a_month_begins_a_week_later_where_too_little_was_known_on_its_first_day():
    from_may = LOAD.grid.starts >= utc_instant(datetime(2026, 5, 9, tzinfo=SEOUL))
    short = replace(LOAD, demand_kw=np.where(from_may, LOAD.demand_kw, np.nan))
    running = RunningMonth.of(FIRM, short.as_of(EARLY), EARLY)
    assert running.midnight_of(0) == JUNE + timedelta(days=7)
    assert running.day_of(running.month.first + STEPS_PER_DAY) == 1
    early = JUNE + timedelta(days=6)
    with pytest.raises(NotEnoughReadingsError, match="import older readings"):
        RunningMonth.of(FIRM, short.as_of(early), early)


def test_what_an_accepted_plan_moves_is_part_of_the_day_that_is_expected():
    store = ValuedDayStore()
    grid = TimeGrid(MOMENT, STEPS_PER_DAY)
    change = LoadChange(grid=grid, added_kw=np.full(STEPS_PER_DAY, 50.0))
    plain = store.of("plain", 220.0, lambda: look(MOMENT))
    moved = store.of("moved", 220.0, lambda: look(MOMENT, change=change))
    levels_kw = [one.views.views[0].chain.levels_kw for one in (plain, moved)]
    added_kw = levels_kw[1] - levels_kw[0]
    first = (MOMENT - plain.forecast.issue_time) // INTERVAL
    assert (added_kw[:first] == 0).all()
    np.testing.assert_allclose(added_kw[first:], 50.0)


def test_a_heavier_forecast_keeps_more_charge():
    """The evening's price is high: what is not needed for a peak is sold then."""
    moment = JUNE + timedelta(days=24, hours=16)
    plain = look(moment)
    heavy = LoadForecast(
        firm_id=FIRM.firm_id,
        issue_time=plain.forecast.issue_time,
        grid=plain.forecast.grid,
        demand_kw=plain.forecast.demand_kw * 1.3,
        model_version="heavy/1",
    )
    powers_kw = []
    for number, forecast in enumerate((plain.forecast, heavy)):
        known = replace(plain, forecast=forecast)
        valued = ValuedDayStore().of(str(number), 255.0, lambda known=known: known)
        state = BatteryState(name="Battery", charge_kwh=100, measured_at=moment)
        seen = SeenInterval(
            start=moment,
            load_kw=250.0,
            batteries=batteries_now(FIRM, [state], now=moment),
            peak_kw=255.0,
            since_kw=np.zeros(0),
        )
        powers_kw.append(set_point(valued, seen).power_kw)
    assert powers_kw[1] >= powers_kw[0]


@pytest.mark.parametrize(
    ("moment", "issue", "following"),
    [
        ("2026-06-09T13:59:59+09:00", "2026-06-09T12:00:00+09:00", "2026-06-09T14:00:00+09:00"),
        ("2026-06-09T00:00:00+09:00", "2026-06-09T00:00:00+09:00", "2026-06-09T02:00:00+09:00"),
        ("2026-06-08T14:59:00+00:00", "2026-06-08T22:00:00+09:00", "2026-06-09T00:00:00+09:00"),
    ],
)
def test_forecasts_are_due_every_two_hours_of_the_firms_clock(moment, issue, following):
    due = issue_time_at(datetime.fromisoformat(moment), SEOUL)
    assert due.isoformat() == issue
    assert next_issue_time(due, SEOUL).isoformat() == following


def test_an_hour_that_a_clock_change_takes_away_takes_no_forecast_with_it():
    berlin = ZoneInfo("Europe/Berlin")
    missing = datetime(2026, 3, 29, 3, 30, tzinfo=berlin)  # 02:00 is not on that day's clock
    assert issue_time_at(missing, berlin).isoformat() == "2026-03-29T00:00:00+01:00"
    assert next_issue_time(issue_time_at(missing, berlin), berlin).hour == 4


def test_few_readings_are_told_as_too_few():
    grid = TimeGrid(JUNE - timedelta(days=3), 3 * STEPS_PER_DAY)
    short = LoadHistory(
        firm_id=FIRM.firm_id,
        grid=grid,
        demand_kw=np.full(grid.steps, 100.0),
        known_at=grid.starts + np.timedelta64(INTERVAL),
    )
    with pytest.raises(NotEnoughReadingsError, match="28 whole days"):
        RunningMonth.of(FIRM, short, JUNE)

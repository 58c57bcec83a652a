"""A report shows the days that went worst, and days that are like the others."""

import numpy as np

from feature_store.time_grid import STEPS_PER_DAY
from tests.builders import a_firm
from tests.fakes.made_load import a_made_load
from training.backtest import backtest_firm
from training.evaluation.named_forecasters import RULES
from training.evaluation.shown_days import MOST_WORST, shown_days
from training.splits import hold_back_of

DAYS = 70


def shown(demand_kw=None, *, hours=(0, 12), closure_days=()):
    history = a_made_load(DAYS)
    if demand_kw is not None:
        demand_kw(history.demand_kw)
    firm = a_firm(holiday_country=None, closure_days=closure_days)
    held_back = hold_back_of(history, test_days=15, issue_hours=hours, steps=STEPS_PER_DAY)
    test = backtest_firm(firm, history, {"similar-day": RULES["similar-day"]}, held_back)
    return shown_days(firm, test, "similar-day")


def test_the_day_that_went_otherwise_than_ever_is_the_worst():
    """Thursday 2026-05-07, the 66th day: the plant runs all night at three times its load."""

    def party(demand_kw):
        demand_kw[66 * STEPS_PER_DAY : 67 * STEPS_PER_DAY] = 800.0

    worst = shown(party).worst
    assert worst[0].title == "Thu 2026-05-07, working day"
    assert worst[0].actual_kw.tolist() == STEPS_PER_DAY * [800.0]
    assert len(worst) == MOST_WORST
    assert [day.loss for day in worst] == sorted((day.loss for day in worst), reverse=True)


def test_a_typical_working_day_and_a_typical_rest_day_are_told_apart():
    working, rest = shown().typical
    assert working.title.endswith("working day")
    assert rest.title.endswith("rest day")
    assert rest.title.startswith(("Sat", "Sun"))
    assert np.nanmax(working.actual_kw) > 2 * np.nanmax(rest.actual_kw)


def test_a_day_on_which_the_firm_was_closed_is_a_rest_day():
    def party(demand_kw):
        demand_kw[66 * STEPS_PER_DAY : 67 * STEPS_PER_DAY] = 800.0

    assert shown(party, closure_days=("2026-05-07",)).worst[0].title.endswith("rest day")


def test_a_day_is_shown_once_from_its_earliest_issue_time():
    found = shown(hours=(6, 18))
    assert {day.first_hour for day in (*found.worst, *found.typical)} == {6.0}
    titles = [day.title for day in found.worst]
    assert len(set(titles)) == len(titles)


def test_an_hour_at_which_nothing_was_measured_does_not_hide_a_day():
    def gap(demand_kw):
        demand_kw[66 * STEPS_PER_DAY : 67 * STEPS_PER_DAY] = 800.0
        demand_kw[66 * STEPS_PER_DAY + 40 : 66 * STEPS_PER_DAY + 44] = np.nan

    assert shown(gap).worst[0].title.startswith("Thu 2026-05-07")

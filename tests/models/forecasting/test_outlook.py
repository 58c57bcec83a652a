"""Every forecaster gives an outlook; one that knows days alike gives them, and they order paths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.outlook import Outlook, outlook_of
from models.forecasting.outlook_paths import PATHS, outlook_paths_kw
from models.forecasting.similar_day import SimilarDay
from models.forecasting.similar_days import similar_days
from tests.builders import a_firm
from tests.fakes.made_load import a_made_load

FIRM = a_firm(holiday_country=None)
HISTORY = a_made_load(60)
ISSUE = HISTORY.grid.at(50 * STEPS_PER_DAY)


@dataclass(frozen=True)
class WithDays(SimilarDay):
    """Similar days as quantiles and as analogues."""

    def outlook(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> Outlook:
        """Forecast, with the days it rests on."""
        forecast = self.predict(firm, history, issue_time, steps)
        return Outlook(forecast=forecast, analogues=similar_days(firm, history, issue_time, steps))


def test_a_forecaster_without_analogues_gives_its_forecast_alone():
    told = outlook_of(SimilarDay(), FIRM, HISTORY, ISSUE, STEPS_PER_DAY)
    assert told.analogues is None
    plain = SimilarDay().predict(FIRM, HISTORY, ISSUE, STEPS_PER_DAY)
    np.testing.assert_array_equal(told.forecast.demand_kw, plain.demand_kw)


def test_a_forecaster_with_analogues_is_asked_for_them():
    told = outlook_of(WithDays(), FIRM, HISTORY, ISSUE, STEPS_PER_DAY)
    assert told.analogues is not None
    assert told.analogues.steps == STEPS_PER_DAY


def test_without_analogues_days_of_the_same_kind_order_the_paths():
    """A good day is good from morning to evening: so is a path."""
    told = outlook_of(SimilarDay(), FIRM, HISTORY, ISSUE, STEPS_PER_DAY)
    paths_kw = outlook_paths_kw(FIRM, HISTORY, told)
    assert paths_kw.shape == (PATHS, STEPS_PER_DAY)
    assert np.corrcoef(paths_kw[:, 36], paths_kw[:, 68])[0, 1] > 0.7


def test_analogues_order_the_paths_where_there_are_some():
    told = outlook_of(WithDays(), FIRM, HISTORY, ISSUE, STEPS_PER_DAY)
    days = told.analogues
    opposite_kw = days.demand_kw.copy()
    opposite_kw[60:] *= -1  # high in the morning is low in the evening
    turned = replace(told, analogues=replace(days, demand_kw=opposite_kw))
    paths_kw = outlook_paths_kw(FIRM, HISTORY, turned)
    assert np.corrcoef(paths_kw[:, 36], paths_kw[:, 68])[0, 1] < -0.4


def test_readings_from_the_issue_time_on_change_no_path():
    known = HISTORY.as_of(ISSUE)
    now, then = (
        outlook_paths_kw(FIRM, history, outlook_of(SimilarDay(), FIRM, history, ISSUE, 192))
        for history in (HISTORY, known)
    )
    np.testing.assert_array_equal(now, then)

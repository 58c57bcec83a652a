"""A frame, for training as for serving, knows nothing of what was drawn in planned outages."""

from dataclasses import replace

import numpy as np

from feature_store.entities.work_calendar import WorkPeriod
from feature_store.features.sight import Asked
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from feature_store.views import features_of
from tests.builders import a_firm, a_history
from tests.fakes.made_load import a_made_load

LOAD = a_made_load(60)
DAY = LOAD.grid.at(44 * STEPS_PER_DAY).date()
OFF = slice(44 * STEPS_PER_DAY + 9 * STEPS_PER_HOUR, 44 * STEPS_PER_DAY + 15 * STEPS_PER_HOUR)
OUTAGE = WorkPeriod(kind="outage", first_day=DAY, last_day=DAY, hours="09:00-15:00")


def frame(firm, history):
    """From the day before the outage, within it and after it."""
    issues = LOAD.grid.starts[43 * STEPS_PER_DAY : 47 * STEPS_PER_DAY : 50]
    asked = Asked(firm=firm, history=history, issue_times=issues, leads=np.arange(0, 192, 7))
    return features_of([asked])


def test_its_readings_are_unknown_as_features_and_as_targets():
    demand_kw, unknown_kw = LOAD.demand_kw.copy(), LOAD.demand_kw.copy()
    demand_kw[OFF], unknown_kw[OFF] = 0.0, np.nan
    drawn = replace(LOAD, demand_kw=demand_kw)
    declared = frame(a_firm(holiday_country=None, work_calendar=(OUTAGE,)), drawn)
    unknown = frame(a_firm(holiday_country=None), a_history(unknown_kw.tolist()))
    np.testing.assert_array_equal(declared.values, unknown.values)
    np.testing.assert_array_equal(declared.target_kw, unknown.target_kw)
    undeclared = frame(a_firm(holiday_country=None), drawn)
    assert np.isnan(declared.target_kw).sum() > np.isnan(undeclared.target_kw).sum()
    assert (undeclared.values != declared.values).any()

"""A month whose days cannot be learnt from anything says so, and what to do."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.days_left import DaysLeft
from tests.made_jobs import a_day_kw, some_days
from tests.made_replay import with_load

BUSY_KW = a_day_kw(above_kw=100.0, first_hour=9, hours=3)


def test_without_a_whole_day_before_it_a_month_names_what_is_missing():
    month, known = some_days(BUSY_KW)
    torn_kw = known.table.demand_kw.copy()
    at_night = np.arange(len(torn_kw)) % STEPS_PER_DAY < 10
    torn_kw[at_night & (np.arange(len(torn_kw)) < month.first)] = np.nan
    torn = replace(known, table=with_load(known.table, torn_kw))
    left = DaysLeft(month=replace(month, flexible=None), known=torn)
    with pytest.raises(NotEnoughReadingsError, match=r"no whole day is known.*import the readings"):
        left.chain(1, seen_from=0)
    assert left.chain(2, seen_from=2).levels_kw.shape[0] == STEPS_PER_DAY  # two are over by then

"""Without a model a firm's own days of the same kind stand in, and typical firms beside them."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.features.load_table import WORKDAY, kinds_of_days
from feature_store.features.local_days import PROFILE_DAYS
from feature_store.time_grid import STEPS_PER_DAY, TimeGrid, utc_instant
from models.forecasting.alike_days import TYPICAL_AS_DAYS, alike_days
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.similar_day import SimilarDay
from models.forecasting.typical_firm import TypicalFirms, fit
from tests.builders import MONDAY, a_firm, a_history
from tests.fakes.made_load import a_made_load

FIRM = a_firm(holiday_country=None)
HISTORY = a_made_load(91)
STEPS = 7 * STEPS_PER_DAY
MEDIAN = QUANTILES.index(0.5)
GRID = TimeGrid(HISTORY.end, STEPS)


def test_of_a_long_history_it_is_similar_day_with_a_little_of_the_typical_firm():
    """In the median; the spread is wider by as much as twelve days leave open."""
    similar_kw = SimilarDay().predict_many(FIRM, HISTORY, GRID.starts[:1], STEPS)[0, :, MEDIAN]
    share = TYPICAL_AS_DAYS / (PROFILE_DAYS + TYPICAL_AS_DAYS)
    itself = fit([FIRM], {FIRM.firm_id: HISTORY})
    for typical, most_kw in ((itself, 20), (TypicalFirms(), 200)):
        mixed_kw = alike_days(FIRM, HISTORY, GRID, typical).demand_kw[:, MEDIAN]
        typical_kw = (mixed_kw - (1 - share) * similar_kw) / share
        assert 0 < np.abs(typical_kw - similar_kw).mean() < most_kw


@pytest.mark.parametrize("days", [0, 1, 2, 5, 7])
def test_it_tells_how_many_days_of_the_kind_were_known(days):
    """The history begins on a Monday: its sixth and seventh day are of other kinds."""
    known = replace_newest(days)
    alike = alike_days(FIRM, known, TimeGrid(known.grid.end, STEPS), TypicalFirms())
    kind, _ = kinds_of_days(FIRM, TimeGrid(known.grid.end, STEPS).clock(FIRM.zone).date)
    assert set(alike.days[kind == WORKDAY]) == {min(days, 5)}
    assert set(alike.days[kind != WORKDAY]) == {int(days == 7)}


def replace_newest(days):
    """The first days of the made load; of none, one interval that is not known."""
    if not days:
        return a_history([np.nan], start=MONDAY)
    return a_history(HISTORY.demand_kw[: days * STEPS_PER_DAY].tolist())


def test_days_long_ago_are_used_where_there_are_no_newer_ones():
    next_year = TimeGrid(MONDAY.replace(year=2027, month=3, day=1), STEPS)  # a Monday as well
    now = alike_days(FIRM, HISTORY, GRID, TypicalFirms())
    later = alike_days(FIRM, HISTORY, next_year, TypicalFirms())
    np.testing.assert_array_equal(now.demand_kw, later.demand_kw)


def test_a_hole_at_one_clock_step_is_bridged_by_older_days():
    at = np.flatnonzero(HISTORY.grid.clock(FIRM.zone).step_of_day == 40)[-14:]
    demand_kw = HISTORY.demand_kw.copy()
    demand_kw[at] = np.nan
    holed = replace(HISTORY, demand_kw=demand_kw)
    alike = alike_days(FIRM, holed, GRID, TypicalFirms())
    assert np.isfinite(alike.demand_kw).all()
    assert alike.demand_kw[40, 5] > 150
    assert utc_instant(GRID.start) == GRID.starts[0]


def test_after_one_week_the_band_of_80_percent_holds_most_of_what_follows():
    """The next Monday of twenty made firms; as narrow as a week's days are, it would hold 0.64."""
    names = [f"other_{number}" for number in range(3)]
    histories = {name: a_made_load(56, firm_id=name, seed=n) for n, name in enumerate(names)}
    typical = fit([a_firm(name, holiday_country=None) for name in names], histories)
    held = []
    for seed in range(10, 30):
        load_kw = a_made_load(8, seed=seed).demand_kw
        known = a_history(load_kw[: 7 * STEPS_PER_DAY].tolist())
        monday = TimeGrid(known.grid.end, STEPS_PER_DAY)
        demand_kw = alike_days(FIRM, known, monday, typical).demand_kw
        low_kw, high_kw = (demand_kw[:, QUANTILES.index(level)] for level in (0.1, 0.9))
        next_kw = load_kw[-STEPS_PER_DAY:]
        held.append(np.mean((next_kw >= low_kw) & (next_kw <= high_kw)))
    assert 0.68 < np.mean(held) < 0.9

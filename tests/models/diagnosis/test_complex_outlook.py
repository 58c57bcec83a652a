"""Feeders and the complex are sums of the same paths: means add up, quantiles are of sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY
from models.diagnosis.complex_outlook import complex_outlook
from models.forecasting.load_forecast import QUANTILES
from tests.fakes.made_load import a_made_load
from tests.models.diagnosis.outlook_of_works import DAYS, THURSDAY, seen, works

P10, MEDIAN, P90 = (QUANTILES.index(level) for level in (0.1, 0.5, 0.9))


def member(firm_id: str, *, seed: int, feeder: str | None = None):
    """A firm of the complex; those of one seed have one load."""
    firm = works().model_copy(update={"firm_id": firm_id, "feeder": feeder})
    return seen(firm=firm, history=a_made_load(DAYS, firm_id=firm_id, seed=seed))


FIRMS = [
    member("a", seed=0, feeder="east"),
    member("b", seed=1, feeder="east"),
    member("c", seed=2, feeder="west"),
    member("d", seed=3),
]
COMPLEX = complex_outlook(FIRMS)


def test_the_means_of_firms_feeders_and_complex_add_up():
    each = {one.firm.firm_id: one.paths_kw.mean(axis=0) for one in FIRMS}
    east, west = COMPLEX.by_feeder["east"], COMPLEX.by_feeder["west"]
    np.testing.assert_allclose(east.mean_kw, each["a"] + each["b"])
    np.testing.assert_allclose(west.mean_kw, each["c"])
    np.testing.assert_allclose(COMPLEX.total.mean_kw, east.mean_kw + west.mean_kw + each["d"])


def test_firms_without_a_feeder_count_for_the_complex_alone():
    assert COMPLEX.total.firm_ids == ("a", "b", "c", "d")
    assert {name: one.firm_ids for name, one in COMPLEX.by_feeder.items()} == {
        "east": ("a", "b"),
        "west": ("c",),
    }


def test_the_total_is_narrower_than_the_sum_of_the_firms_bands():
    bands = sum(one.outlook.forecast.demand_kw for one in FIRMS)
    total = COMPLEX.total.quantiles_kw
    assert (np.diff(total, axis=1) >= 0).all()
    working = slice(36, 48)
    assert (total[working, P90] - total[working, P10]).mean() < 0.8 * (
        bands[working, P90] - bands[working, P10]
    ).mean()


def test_firms_that_are_always_high_together_have_a_wide_total():
    twins = [member(name, seed=0) for name in ("a", "b", "c", "d")]
    together, apart = complex_outlook(twins).total, COMPLEX.total
    working = slice(36, 48)

    def width(total):
        band_kw = total.quantiles_kw[working, P90] - total.quantiles_kw[working, P10]
        return (band_kw / total.quantiles_kw[working, MEDIAN]).mean()

    assert width(together) > 1.5 * width(apart)


def test_the_peak_of_the_complex_is_no_lower_than_any_of_its_intervals():
    assert (COMPLEX.total.peak_kw >= COMPLEX.total.quantiles_kw.max(axis=0) - 1e-9).all()


def test_outlooks_of_different_times_or_lengths_are_not_added():
    later = seen(THURSDAY.replace(hour=6))
    with pytest.raises(ValueError, match="2 issue times"):
        complex_outlook([FIRMS[0], later])
    with pytest.raises(ValueError, match="2 lengths"):
        complex_outlook([FIRMS[0], seen(steps=STEPS_PER_DAY)])


def test_one_firm_is_its_own_total():
    alone = complex_outlook([replace(FIRMS[0])]).total
    inner = slice(1, -1)
    np.testing.assert_allclose(
        alone.quantiles_kw[:, inner],
        FIRMS[0].outlook.forecast.demand_kw[:, inner],
        atol=1.0,
    )

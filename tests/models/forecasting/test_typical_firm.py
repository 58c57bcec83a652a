"""A firm without a history is forecast at its own size with the shape of the firms it is like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.firm import Contract
from feature_store.features.load_table import DAY_KINDS, HALF_DAY, REST_DAY, WORKDAY
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from models.forecasting.load_forecast import QUANTILES
from models.forecasting.typical_firm import (
    MOST_FIRMS,
    SHAPE_DAYS,
    OwnReadings,
    TypicalFirms,
    fit,
)
from models.forecasting.typical_firm_document import TypicalFirmsError, from_json, to_json
from tests.builders import a_firm, a_history
from tests.fakes.made_load import a_made_load

DAYS = 56
MEDIAN = QUANTILES.index(0.5)
NOON, NIGHT = 10 * STEPS_PER_HOUR, 2 * STEPS_PER_HOUR
NOTHING = OwnReadings(
    kind=np.array([], dtype=int), step_of_day=np.array([], dtype=int), demand_kw=np.array([])
)


def declared(firm_id, power_kw=500, **changes):
    return a_firm(firm_id, holiday_country=None, contract=Contract(power_kw=power_kw, **changes))


def day_workers(number, **changes):
    """Firms that work by day, of contracts of 500 kW; mean about 110 kW."""
    firms = [declared(f"day_{n}", **changes) for n in range(number)]
    return firms, {
        f.firm_id: a_made_load(DAYS, firm_id=f.firm_id, seed=n) for n, f in enumerate(firms)
    }


def night_workers(number):
    """The same half a day later, at ten times the size."""
    firms = [declared(f"night_{n}", 5000) for n in range(number)]
    histories = {}
    for n, firm in enumerate(firms):
        day = a_made_load(DAYS, firm_id=firm.firm_id, seed=n)
        histories[firm.firm_id] = a_history(
            (10 * np.roll(day.demand_kw, STEPS_PER_DAY // 2)).tolist(), firm_id=firm.firm_id
        )
    return firms, histories


def both(days=3, nights=3):
    (firms, histories), (more, further) = day_workers(days), night_workers(nights)
    return fit([*firms, *more], histories | further)


def first_days(history, days):
    """The first days of a history as a firm's own readings; it begins on a Monday."""
    steps = round(days * STEPS_PER_DAY)
    return OwnReadings(
        kind=np.full(steps, WORKDAY),
        step_of_day=np.arange(steps) % STEPS_PER_DAY,
        demand_kw=history.demand_kw[:steps],
    )


def test_without_readings_the_size_is_that_of_the_contract_and_the_shape_the_others():
    typical = fit(*day_workers(3))
    small_kw, large_kw = (
        typical.quantiles_kw(Contract(power_kw=power_kw), NOTHING) for power_kw in (500, 5000)
    )
    np.testing.assert_allclose(large_kw, 10 * small_kw)
    assert 200 < small_kw[WORKDAY, NOON, MEDIAN] < 300
    assert 40 < small_kw[WORKDAY, NIGHT, MEDIAN] < 60
    assert 40 < small_kw[REST_DAY, NOON, MEDIAN] < 60


def test_own_readings_tell_the_size_sooner_than_the_contract():
    typical = fit(*day_workers(3))
    own = a_made_load(DAYS, seed=9)
    noon_kw = [
        typical.quantiles_kw(Contract(power_kw=50_000), first_days(own, days))[
            WORKDAY, NOON, MEDIAN
        ]
        for days in (0, 1, 5)
    ]
    assert noon_kw[0] > noon_kw[1] > noon_kw[2]
    assert 200 < noon_kw[2] < 2000 < noon_kw[0]


def test_two_days_tell_which_of_the_other_firms_it_is_like():
    """By its contract it could be either."""
    typical = both()
    by_day_kw = typical.quantiles_kw(
        Contract(power_kw=500), first_days(a_made_load(DAYS, seed=9), 2)
    )
    blind_kw = typical.quantiles_kw(Contract(power_kw=500), NOTHING)
    assert by_day_kw[WORKDAY, NOON, MEDIAN] > 4 * by_day_kw[WORKDAY, NIGHT, MEDIAN]
    assert blind_kw[WORKDAY, NOON, MEDIAN] < 3 * blind_kw[WORKDAY, NIGHT, MEDIAN]
    spread_kw, blind_spread_kw = (
        one_kw[WORKDAY, NOON, -1] - one_kw[WORKDAY, NOON, 0] for one_kw in (by_day_kw, blind_kw)
    )
    assert spread_kw < 0.5 * blind_spread_kw


def test_firms_of_the_same_tariff_class_stand_for_it_if_there_are_some():
    firms, histories = day_workers(3, tariff_class="industrial_gab_2")
    more, further = night_workers(3)
    typical = fit([*firms, *more], histories | further)
    alike = fit(firms, histories)
    of_class = Contract(power_kw=300, tariff_class="industrial_gab_2")
    np.testing.assert_array_equal(
        typical.quantiles_kw(of_class, NOTHING), alike.quantiles_kw(of_class, NOTHING)
    )
    lonely = Contract(power_kw=300, tariff_class="industrial_gab_1")
    assert not np.array_equal(
        typical.quantiles_kw(lonely, NOTHING), alike.quantiles_kw(lonely, NOTHING)
    )


def test_where_nobody_has_readings_the_band_is_wide_and_below_the_contract():
    plain_kw = TypicalFirms().quantiles_kw(Contract(power_kw=400), NOTHING)
    assert plain_kw.shape == (len(DAY_KINDS), STEPS_PER_DAY, len(QUANTILES))
    assert (plain_kw[..., 0] < 5).all()
    assert (plain_kw[..., -1] > 300).all()
    assert (plain_kw <= 400).all()


def test_firms_with_too_little_or_no_load_are_no_examples():
    young = declared("young")
    idle = declared("idle")
    unread = declared("unread")
    histories = {
        "young": a_made_load(13, firm_id="young"),
        "idle": a_history([0.0] * DAYS * STEPS_PER_DAY, firm_id="idle"),
    }
    assert fit([young, idle, unread], histories) == TypicalFirms()


def test_of_a_kind_with_fewer_days_than_asked_for_nothing_is_said():
    """In two weeks there are two Saturdays, and ten working days."""
    firms, histories = [declared("kiln_works")], {"kiln_works": a_made_load(14)}
    for least, said in ((1, True), (2, True), (3, False)):
        (shape,) = fit(firms, histories, least_days_of_kind=least).shapes
        assert np.isfinite(shape.quantiles[HALF_DAY]).all() == said
        assert np.isnan(shape.quantiles[HALF_DAY]).all() != said
        assert np.isfinite(shape.quantiles[WORKDAY]).all()


def test_a_season_is_enough_and_of_a_large_complex_an_even_choice_is_kept():
    old = a_made_load(SHAPE_DAYS + 60)
    recent = a_history(
        old.demand_kw[60 * STEPS_PER_DAY :].tolist(), start=old.grid.at(60 * STEPS_PER_DAY)
    )
    firm = declared("kiln_works")
    first, second = (fit([firm], {"kiln_works": one}).shapes[0] for one in (old, recent))
    np.testing.assert_array_equal(first.quantiles, second.quantiles)

    firms = [declared(f"firm_{n:03}", power_kw=100 + n) for n in range(3 * MOST_FIRMS)]
    loaded = a_made_load(14)
    kept = fit(firms, {firm.firm_id: loaded for firm in firms}).shapes
    assert len(kept) == MOST_FIRMS
    shares = [shape.contract_share for shape in kept]
    everyone = [np.nanmean(loaded.demand_kw) / firm.contract.power_kw for firm in firms]
    assert (min(shares), max(shares)) == pytest.approx((min(everyone), max(everyone)))


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(-1e5, 1e5), max_size=300),
    st.sampled_from(DAY_KINDS),
    st.floats(1, 1e6),
)
def test_whatever_was_read_the_quantiles_are_finite_and_never_cross(values_kw, kind, power_kw):
    own = OwnReadings(
        kind=np.full(len(values_kw), kind),
        step_of_day=np.arange(len(values_kw)) % STEPS_PER_DAY,
        demand_kw=np.array(values_kw, dtype=float),
    )
    for typical in (TypicalFirms(), TYPICAL):
        quantiles_kw = typical.quantiles_kw(Contract(power_kw=power_kw), own)
        assert np.isfinite(quantiles_kw).all()
        assert (np.diff(quantiles_kw, axis=2) >= 0).all()
        assert (quantiles_kw >= 0).all()


TYPICAL = both()


def test_shapes_are_the_same_after_they_were_written_and_read():
    short = fit([declared("kiln_works")], {"kiln_works": a_history([5.0] * 14 * STEPS_PER_DAY)})
    for typical in (TYPICAL, short, TypicalFirms()):
        read = from_json(to_json(typical))
        np.testing.assert_array_equal(
            read.quantiles_kw(Contract(power_kw=500), NOTHING),
            typical.quantiles_kw(Contract(power_kw=500), NOTHING),
        )
        assert [s.tariff_class for s in read.shapes] == [s.tariff_class for s in typical.shapes]
    assert len(to_json(TYPICAL)) < 40_000 * len(TYPICAL.shapes)


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text[:1] + "}",
        lambda text: text.replace('"levels":[0.05', '"levels":[0.04'),
        lambda text: text.replace('"contract_share":', '"contract_share":-'),
        lambda text: text.replace("],[", "],null,[", 1),
    ],
    ids=["another document", "other quantiles", "no size", "another day"],
)
def test_a_text_that_is_not_as_written_is_refused_with_the_next_step(changed):
    with pytest.raises(TypicalFirmsError, match="train again with 'sandan train'"):
        from_json(changed(to_json(TYPICAL)))

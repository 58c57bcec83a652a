"""What readers of data rely on, asked of the ledger and of the fake that stands in for it."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.entities.meter import Meter
from feature_store.errors import NaiveTimeError, NotEnoughReadingsError, UnknownFirmError
from feature_store.time_grid import INTERVAL
from tests.builders import (
    MONDAY,
    SEOUL,
    a_batch,
    a_firm,
    a_history,
    of_meter,
    of_quality,
    with_reactive,
)

LATER = MONDAY + timedelta(days=30)
JULY, JUNE = datetime(2026, 7, 1, tzinfo=SEOUL), datetime(2026, 6, 15, tzinfo=SEOUL)


def two_meters(**second):
    return a_firm(meters=(Meter(meter_id="a"), Meter(meter_id="b", **second)))


def test_a_firm_is_known_from_its_declaration_on(store):
    store.declare(a_firm(), known_at=MONDAY)
    assert store.as_of(MONDAY).firm("kiln_works") == a_firm()
    with pytest.raises(UnknownFirmError, match="declare it"):
        store.as_of(MONDAY - timedelta(seconds=1)).firm("kiln_works")


def test_the_latest_declaration_known_holds(store):
    store.declare(a_firm(), known_at=MONDAY)
    store.declare(a_firm(name_en="Kiln works 2"), known_at=LATER)
    assert store.as_of(LATER).firm("kiln_works").name_en == "Kiln works 2"
    assert store.as_of(LATER - timedelta(days=1)).firm("kiln_works").name_en == "Kiln works"


def test_of_two_declarations_at_one_moment_the_second_holds(store):
    store.declare(a_firm(), known_at=MONDAY)
    store.declare(a_firm(name_en="Kiln works 2"), known_at=MONDAY)
    assert store.as_of(MONDAY).firm("kiln_works").name_en == "Kiln works 2"


def test_firms_are_listed_by_id(store):
    for firm_id in ("press_shop", "bakery", "kiln_works"):
        store.declare(a_firm(firm_id), known_at=MONDAY)
    listed = [firm.firm_id for firm in store.as_of(LATER).firms()]
    assert listed == ["bakery", "kiln_works", "press_shop"]


def test_energy_is_told_as_mean_demand(store):
    store.append(a_batch([10.0, 12.5]), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").demand_kw.tolist() == [40.0, 50.0]


def test_a_gap_is_nan_and_the_grid_goes_on(store):
    store.append(a_batch([10.0, np.nan, 11.0]), recorded_at=LATER)
    history = store.as_of(LATER).history("kiln_works")
    np.testing.assert_array_equal(history.demand_kw, [40.0, np.nan, 44.0])
    assert np.isnat(history.known_at).tolist() == [False, True, False]


def test_a_reading_is_known_when_its_interval_ends(store):
    store.append(a_batch([10.0, 11.0, 12.0]), recorded_at=LATER)
    history = store.as_of(MONDAY + 2 * INTERVAL).history("kiln_works")
    assert history.demand_kw.tolist() == [40.0, 44.0]
    assert history.end == MONDAY + 2 * INTERVAL


def test_a_correction_holds_from_its_recording_on(store):
    store.append(a_batch([10.0, 11.0]), recorded_at=MONDAY + timedelta(hours=1))
    store.append(a_batch([10.0, 99.0]), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").demand_kw.tolist() == [40.0, 396.0]
    before = store.as_of(LATER - timedelta(seconds=1)).history("kiln_works")
    assert before.demand_kw.tolist() == [40.0, 44.0]


def test_reactive_energy_lies_on_the_grid_of_the_history_and_is_nan_where_nobody_told(store):
    store.append(
        with_reactive(
            a_batch([10.0, np.nan, 11.0]), lagging_kvarh=[3.0, None], leading_kvarh=[0.0, 2.5]
        ),
        recorded_at=LATER,
    )
    known = store.as_of(LATER)
    reactive = known.reactive_energy("kiln_works")
    assert reactive.grid == known.history("kiln_works").grid
    np.testing.assert_array_equal(reactive.lagging_kvarh, [3.0, np.nan, np.nan])
    np.testing.assert_array_equal(reactive.leading_kvarh, [0.0, np.nan, 2.5])
    assert reactive.measured


def test_a_meter_that_tells_active_energy_alone_has_no_reactive_one(store):
    store.append(a_batch([10.0, 11.0]), recorded_at=LATER)
    reactive = store.as_of(LATER).reactive_energy("kiln_works")
    assert np.isnan(reactive.lagging_kvarh).tolist() == [True, True]
    assert not reactive.measured


def test_no_readings_at_all_is_told_for_reactive_energy_too(store):
    with pytest.raises(NotEnoughReadingsError, match=r"kiln_works: no reading.*import some"):
        store.as_of(LATER).reactive_energy("kiln_works")


def test_reactive_energy_is_corrected_as_energy_is(store):
    store.append(
        with_reactive(a_batch([10.0]), lagging_kvarh=[3.0]), recorded_at=MONDAY + timedelta(hours=1)
    )
    store.append(with_reactive(a_batch([10.0]), lagging_kvarh=[4.0]), recorded_at=LATER)
    assert store.as_of(LATER).reactive_energy("kiln_works").lagging_kvarh.tolist() == [4.0]
    before = store.as_of(LATER - timedelta(seconds=1)).reactive_energy("kiln_works")
    assert before.lagging_kvarh.tolist() == [3.0]


def test_reactive_energy_that_comes_later_does_not_make_the_load_later_known(store):
    store.append(a_batch([10.0, 11.0]), recorded_at=MONDAY + timedelta(hours=1))
    before = store.as_of(LATER).history("kiln_works")
    store.append(with_reactive(a_batch([10.0, 11.0]), lagging_kvarh=[1.0, 2.0]), recorded_at=LATER)
    known = store.as_of(LATER)
    assert known.history("kiln_works").known_at.tolist() == before.known_at.tolist()
    assert known.reactive_energy("kiln_works").lagging_kvarh.tolist() == [1.0, 2.0]
    earlier = store.as_of(LATER - timedelta(seconds=1))
    assert not earlier.reactive_energy("kiln_works").measured


def test_a_file_that_does_not_tell_reactive_energy_takes_none_away(store):
    store.append(with_reactive(a_batch([10.0, 11.0]), leading_kvarh=[1.0, 2.0]), recorded_at=MONDAY)
    store.append(a_batch([10.0, 12.0]), recorded_at=LATER)
    known = store.as_of(LATER)
    assert known.history("kiln_works").demand_kw.tolist() == [40.0, 48.0]
    assert known.reactive_energy("kiln_works").leading_kvarh.tolist() == [1.0, 2.0]


def test_the_last_days_count_back_from_the_moment(store):
    store.append(a_batch([1.0] * 960), recorded_at=LATER)  # ten days
    moment = MONDAY + timedelta(days=9, minutes=7)
    history = store.as_of(moment).history("kiln_works", days=2)
    assert history.grid.start == MONDAY + timedelta(days=7)
    assert history.end == MONDAY + timedelta(days=9)


def test_no_readings_in_the_days_asked_about_is_told(store):
    store.append(a_batch([1.0]), recorded_at=LATER)
    with pytest.raises(NotEnoughReadingsError, match=r"kiln_works: no reading.*import some"):
        store.as_of(LATER).history("kiln_works", days=3)


def test_firms_do_not_see_each_other(store):
    store.append(a_batch([1.0]), recorded_at=LATER)
    with pytest.raises(NotEnoughReadingsError):
        store.as_of(LATER).history("press_shop")


def test_the_grid_is_in_the_zone_of_the_firm(store):
    store.declare(a_firm(), known_at=MONDAY)
    store.append(a_batch([1.0]), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").grid.start.tzinfo == a_firm().zone


def test_a_naive_moment_is_refused(store):
    with pytest.raises(NaiveTimeError):
        store.as_of(datetime(2026, 3, 2))  # noqa: DTZ001  the point of the test


def test_a_contract_from_july_on_leaves_june_as_it_was(store):
    store.declare(a_firm(), known_at=MONDAY)
    larger = a_firm(contract=Contract(power_kw=900))
    store.declare(larger, known_at=JUNE, valid_from=JULY)
    known = store.as_of(JULY)
    assert known.firm("kiln_works") == known.firms()[0] == larger
    assert known.firm("kiln_works", on=JULY - timedelta(seconds=1)) == a_firm()
    assert known.firms(on=JUNE) == (a_firm(),)
    assert store.as_of(JUNE).firm("kiln_works") == a_firm()
    assert store.as_of(JUNE).firm("kiln_works", on=JULY) == larger
    assert store.as_of(JUNE - timedelta(seconds=1)).firm("kiln_works", on=JULY) == a_firm()


def test_a_declaration_for_a_time_leaves_what_is_before_and_after_it(store):
    store.declare(a_firm(), known_at=MONDAY)
    closed = a_firm(closure_days=[date(2026, 6, 20)])
    store.declare(closed, known_at=MONDAY, valid_from=JUNE, valid_to=JULY)
    known = store.as_of(LATER)
    told = [known.firm("kiln_works", on=on) for on in (JUNE - INTERVAL, JUNE, JULY)]
    assert told == [a_firm(), closed, a_firm()]


def test_a_later_declaration_of_the_past_puts_a_mistake_right(store):
    store.declare(a_firm(), known_at=MONDAY)
    right = a_firm(contract=Contract(power_kw=450))
    store.declare(right, known_at=LATER, valid_to=JULY)
    assert store.as_of(LATER).firm("kiln_works", on=MONDAY) == right
    assert store.as_of(LATER - timedelta(seconds=1)).firm("kiln_works", on=MONDAY) == a_firm()


def test_outside_of_the_time_that_is_declared_a_firm_is_unknown(store):
    store.declare(a_firm(), known_at=MONDAY, valid_from=JUNE, valid_to=JULY)
    known = store.as_of(LATER)
    for on in (JUNE - timedelta(seconds=1), JULY):
        with pytest.raises(UnknownFirmError, match="declare it"):
            known.firm("kiln_works", on=on)
        assert known.firms(on=on) == ()


def test_the_load_is_the_sum_over_the_counted_meters(store):
    others = (Meter(meter_id="c", role="sub"), Meter(meter_id="d", role="export"))
    store.declare(a_firm(meters=(*two_meters().meters, *others)), known_at=MONDAY)
    for number, meter_id in enumerate("abcd"):
        store.append(of_meter(meter_id, a_batch([1.0 + number, 10.0])), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").demand_kw.tolist() == [12.0, 80.0]


def test_an_interval_that_one_meter_did_not_tell_is_not_known(store):
    store.declare(two_meters(), known_at=MONDAY)
    store.append(of_meter("a", a_batch([1.0, 2.0, 3.0])), recorded_at=LATER)
    store.append(of_meter("b", a_batch([5.0, np.nan, 7.0])), recorded_at=LATER)
    history = store.as_of(LATER).history("kiln_works")
    np.testing.assert_array_equal(history.demand_kw, [24.0, np.nan, 40.0])
    assert np.isnat(history.known_at).tolist() == [False, True, False]


def test_while_one_meter_has_told_nothing_the_firm_has_no_load(store):
    store.declare(two_meters(), known_at=MONDAY)
    store.append(of_meter("a", a_batch([1.0, 2.0])), recorded_at=LATER)
    with pytest.raises(NotEnoughReadingsError, match="kiln_works"):
        store.as_of(LATER).history("kiln_works")


def test_a_sum_is_known_when_its_last_part_is(store):
    store.declare(two_meters(), known_at=MONDAY)
    store.append(of_meter("a", a_batch([1.0])), recorded_at=LATER)
    late = MONDAY + timedelta(days=2)
    store.append(of_meter("b", a_batch([2.0], known_at=late)), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").known_at.tolist() == [
        late.astimezone(UTC).replace(tzinfo=None)
    ]
    with pytest.raises(NotEnoughReadingsError):
        store.as_of(late - timedelta(seconds=1)).history("kiln_works")


def test_a_meter_counts_while_it_is_in_service(store):
    replaced = (
        Meter(meter_id="a", valid_to=MONDAY + 2 * INTERVAL),
        Meter(meter_id="b", valid_from=MONDAY + 2 * INTERVAL),
    )
    store.declare(a_firm(meters=replaced), known_at=MONDAY)
    store.append(of_meter("a", a_batch([1.0, 2.0, 3.0])), recorded_at=LATER)
    store.append(of_meter("b", a_batch([9.0, 4.0], start=MONDAY + INTERVAL)), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").demand_kw.tolist() == [4.0, 8.0, 16.0]


def test_meters_declared_from_a_day_on_leave_the_load_before_it_as_it_was(store):
    store.declare(a_firm(), known_at=MONDAY)
    store.declare(two_meters(), known_at=MONDAY, valid_from=MONDAY + INTERVAL)
    store.append(a_batch([1.0]), recorded_at=LATER)
    for meter_id in "ab":
        batch = a_batch([2.0], start=MONDAY + INTERVAL)
        store.append(of_meter(meter_id, batch), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").demand_kw.tolist() == [4.0, 16.0]


def test_what_is_declared_first_holds_for_older_readings_too(store):
    store.declare(two_meters(), known_at=LATER, valid_from=LATER)
    for meter_id in "ab":
        store.append(of_meter(meter_id, a_batch([2.0])), recorded_at=LATER)
    assert store.as_of(LATER).history("kiln_works").demand_kw.tolist() == [16.0]


def test_reactive_energy_is_summed_too(store):
    store.declare(two_meters(), known_at=MONDAY)
    for meter_id, lagging in (("a", [1.0, 2.0]), ("b", [3.0, None])):
        batch = with_reactive(a_batch([1.0, 1.0]), lagging_kvarh=lagging, leading_kvarh=[0.5, 0.5])
        store.append(of_meter(meter_id, batch), recorded_at=LATER)
    reactive = store.as_of(LATER).reactive_energy("kiln_works")
    np.testing.assert_array_equal(reactive.lagging_kvarh, [4.0, np.nan])
    np.testing.assert_array_equal(reactive.leading_kvarh, [1.0, 1.0])


def test_each_meter_tells_its_readings_their_quality_and_their_source(store):
    store.declare(two_meters(counted=False), known_at=MONDAY)
    store.append(of_meter("a", a_batch([1.0, np.nan, 2.0])), recorded_at=LATER)
    estimated = of_meter("b", of_quality("estimated", a_batch([3.0])))
    store.append(estimated, recorded_at=LATER)
    a, b = store.as_of(LATER).meter_readings("kiln_works")
    assert (a.meter.meter_id, b.meter.meter_id) == ("a", "b")
    assert a.grid.start == b.grid.start == MONDAY
    np.testing.assert_array_equal(a.kwh, [1.0, np.nan, 2.0])
    assert a.quality.tolist() == ["measured", "", "measured"]
    assert np.isnat(a.known_at).tolist() == [False, True, False]
    assert a.source.tolist() == [0, -1, 0]
    assert b.quality.tolist() == ["estimated"]
    (source,) = b.sources
    told = (source.name, source.format, source.content_sha256)
    assert told == ("made.csv", "canonical", estimated.content_sha256)


def test_a_measured_value_in_place_of_an_estimated_one_is_a_correction_of_its_quality(store):
    store.append(of_quality("estimated", a_batch([1.0, 2.0])), recorded_at=MONDAY)
    store.append(of_quality("measured", a_batch([1.0])), recorded_at=LATER)
    (now,) = store.as_of(LATER).meter_readings("kiln_works")
    (before,) = store.as_of(LATER - timedelta(seconds=1)).meter_readings("kiln_works")
    assert now.quality.tolist() == ["measured", "estimated"]
    assert before.quality.tolist() == ["estimated", "estimated"]
    assert now.source.tolist() == [1, 0]
    loads = [store.as_of(LATER).history("kiln_works"), a_history([4.0, 8.0])]
    np.testing.assert_array_equal(loads[0].known_at, loads[1].known_at)


def test_a_file_that_does_not_tell_the_quality_keeps_it_for_an_equal_value_alone(store):
    store.append(of_quality("suspect", a_batch([1.0, 2.0])), recorded_at=MONDAY)
    store.append(a_batch([1.0, 5.0]), recorded_at=LATER)
    (told,) = store.as_of(LATER).meter_readings("kiln_works")
    assert told.quality.tolist() == ["suspect", "measured"]

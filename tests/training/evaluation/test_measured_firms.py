"""A study's files become firms with their own calendars, or an error that says what to mend."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from feature_store.time_grid import STEP, utc_instant
from tests.builders import MONDAY, a_history
from tests.training.evaluation.measured_files import META, readings_of, written_study
from training.evaluation.measured_firms import MeasuredFirmsError, read_measured_firms

NOW = datetime(2026, 11, 1, tzinfo=UTC)
KILN, PRESS = a_history([1.0, 2.0, 3.0]), a_history([10.0, np.nan, 30.5], firm_id="press_shop")


@pytest.fixture
def study(tmp_path):
    """Reads two small files; each test changes what it is about."""

    class Study:
        readings, firms = written_study(tmp_path, [KILN, PRESS])

        def rows(self, rows: pl.DataFrame):
            rows.write_parquet(self.readings)
            return self

        def csv(self, text: str):
            self.readings = tmp_path / "readings.csv"
            self.readings.write_text(text, encoding="utf-8")
            return self

        def meta(self, text: str):
            self.firms.write_text(text, encoding="utf-8")
            return self

        def read(self):
            return read_measured_firms(self.readings, self.firms, now=NOW)

    return Study()


def test_parquet_gives_each_firm_its_own_load_with_gaps_where_nothing_was_measured(study):
    found = study.rows(readings_of(KILN, PRESS).sample(fraction=1, shuffle=True, seed=1)).read()
    assert [firm.firm_id for firm in found.firms] == ["kiln_works", "press_shop"]
    press = found.histories["press_shop"]
    np.testing.assert_array_equal(press.demand_kw, PRESS.demand_kw)
    np.testing.assert_array_equal(press.grid.starts, PRESS.grid.starts)
    np.testing.assert_array_equal(press.known_at, PRESS.known_at)


@pytest.mark.parametrize("gap", ["", "NaN", "null"])
def test_csv_with_energy_and_an_empty_cell_or_none_at_all_as_gap(study, gap):
    found = study.csv(
        "firm_id,period_start,kwh,shift\n"
        "kiln_works,2026-03-02T00:00:00+09:00,0.25,early\n"
        f"kiln_works,2026-03-02T00:15:00+09:00,{gap},early\n"
        "kiln_works,2026-03-02T00:45:00+09:00,2,late\n"
        "press_shop,2026-03-01T15:00:00Z,0,late\n"
    ).read()
    assert found.histories["kiln_works"].demand_kw == pytest.approx(
        [1.0, np.nan, np.nan, 8.0], nan_ok=True
    )
    assert found.histories["press_shop"].grid.starts[0] == utc_instant(MONDAY)


def test_a_row_may_tell_that_it_came_late(study):
    rows = readings_of(KILN, PRESS).with_columns(known_at=pl.col("period_start").dt.offset_by("1d"))
    known_at = study.rows(rows).read().histories["kiln_works"].known_at
    np.testing.assert_array_equal(known_at, KILN.grid.starts + np.timedelta64(1, "D"))


def test_each_firm_has_the_calendar_that_its_row_tells(study):
    study.meta(
        "firm_id,timezone,holidays,closure_days,contract_kw,town\n"
        "press_shop,Europe/Berlin,DE,2026-08-03;2026-08-04 2026-12-24,700,Trier\n"
        "kiln_works,Asia/Seoul,,,,Gwangju\n"
    )
    kiln, press = study.read().firms
    assert (press.timezone, press.holiday_country) == ("Europe/Berlin", "DE")
    assert press.closure_days == (date(2026, 8, 3), date(2026, 8, 4), date(2026, 12, 24))
    assert press.contract.power_kw == 700
    assert (kiln.holiday_country, kiln.closure_days) == (None, ())


@pytest.mark.parametrize("column", ["firm_id", "period_start", "kw"])
def test_a_missing_column_of_readings_is_named(study, column):
    study.rows(readings_of(KILN, PRESS).drop(column))
    with pytest.raises(MeasuredFirmsError, match=rf"readings\.parquet: has no column {column};"):
        study.read()


def test_power_and_energy_side_by_side_are_one_too_many(study):
    study.rows(readings_of(KILN, PRESS).with_columns(kwh=pl.col("kw")))
    with pytest.raises(MeasuredFirmsError, match="has both kw and kwh"):
        study.read()


@pytest.mark.parametrize("column", ["firm_id", "timezone", "holidays"])
def test_a_missing_column_of_firms_is_named(study, column):
    study.meta(META.replace(column, "other") + "kiln_works,Asia/Seoul,KR\n")
    with pytest.raises(MeasuredFirmsError, match=rf"firms\.csv: has no column {column};"):
        study.read()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("kiln_works,Asia/Soul,KR,", r"row 2, kiln_works: timezone: 'Asia/Soul' is no IANA"),
        ("kiln_works,,KR,", r"row 2, kiln_works: timezone: '' is no IANA"),
        ("kiln_works,Asia/Seoul,XX,", r"row 2, kiln_works: holidays: 'XX' is no country"),
        ("kiln_works,Asia/Seoul,KR,3.8.2026", r"row 2, kiln_works: closure_days: .*'3\.8\.2026'"),
    ],
)
def test_what_a_firms_row_gets_wrong_is_told_with_its_place(study, row, said):
    study.meta("firm_id,timezone,holidays,closure_days\n" + row + "\npress_shop,Asia/Seoul,KR,\n")
    with pytest.raises(MeasuredFirmsError, match=said):
        study.read()


def test_a_contract_that_is_no_power_is_told(study):
    study.meta(
        "firm_id,timezone,holidays,contract_kw\n"
        "kiln_works,Asia/Seoul,KR,much\npress_shop,Asia/Seoul,KR,\n"
    )
    with pytest.raises(MeasuredFirmsError, match=r"row 2, kiln_works: contract_kw: .*number"):
        study.read()


def test_an_id_that_the_product_does_not_take_is_told(study):
    study.rows(readings_of(a_history([1.0], firm_id="G0-A")))
    study.meta(META + "G0-A,Europe/Berlin,DE\n")
    with pytest.raises(MeasuredFirmsError, match="row 2, G0-A: firm_id: String should match"):
        study.read()


def test_a_firm_in_one_file_alone_is_named_either_way(study):
    study.meta(META + "kiln_works,Asia/Seoul,KR\n")
    with pytest.raises(MeasuredFirmsError, match=r"firms\.csv: has no row of press_shop;"):
        study.read()
    study.meta(META + "kiln_works,Asia/Seoul,KR\npress_shop,Asia/Seoul,KR\nbakery,Asia/Seoul,KR\n")
    with pytest.raises(MeasuredFirmsError, match=r"readings\.parquet: has no row of bakery;"):
        study.read()


def test_a_firm_told_twice_is_refused(study):
    study.meta(META + 2 * "kiln_works,Asia/Seoul,KR\n")
    with pytest.raises(MeasuredFirmsError, match=r"row 3: kiln_works stands there twice;"):
        study.read()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("kiln_works,2026-03-02T00:07:00+09:00,1", r"row 2, period_start .*off the quarter-hour"),
        ("kiln_works,2026-03-02 00:15,1", "row 2, period_start .* has no offset from UTC"),
        ("kiln_works,yesterday,1", "row 2, period_start 'yesterday': is not a time"),
        ("kiln_works,2026-03-02T00:15:00Z,1 kW", "row 2, kw '1 kW': is not a number"),
        ("kiln_works,2026-03-02T00:15:00Z,-1", "row 2, kw '-1': is negative"),
        ("kiln_works,2027-03-02T00:15:00Z,1", "row 2, period_start .* ends later than now"),
        (",2026-03-02T00:15:00Z,1", "row 2, firm_id '': is empty"),
    ],
)
def test_a_row_that_is_no_reading_is_told_with_its_number_and_the_way_out(study, row, said):
    study.csv(f"firm_id,period_start,kw\n{row}\n")
    with pytest.raises(MeasuredFirmsError, match=said):
        study.read()


def test_an_interval_told_twice_is_refused(study):
    rows = readings_of(KILN, PRESS)
    study.rows(pl.concat([rows, rows[[2]]]))
    with pytest.raises(MeasuredFirmsError, match=r"row 7.* is the same interval as in row 3"):
        study.read()


def test_of_many_faults_some_are_told_and_the_rest_counted(study):
    lines = [f"kiln_works,2026-03-0{day}T00:07:00Z,1" for day in range(1, 9)]
    study.csv("\n".join(["firm_id,period_start,kw", *lines]))
    with pytest.raises(MeasuredFirmsError, match=r"row 6.*\n  and 3 more"):
        study.read()


def test_times_without_a_zone_in_parquet_are_refused(study):
    naive = readings_of(KILN, PRESS).with_columns(pl.col("period_start").dt.replace_time_zone(None))
    with pytest.raises(MeasuredFirmsError, match="has no offset from UTC"):
        study.rows(naive).read()


def test_a_file_that_is_not_there_or_nothing_is_told(study):
    study.readings.write_bytes(b"not parquet")
    with pytest.raises(MeasuredFirmsError, match="cannot be read as Parquet or CSV"):
        study.read()
    study.readings.unlink()
    with pytest.raises(MeasuredFirmsError, match="there is no such file"):
        study.read()
    study.rows(readings_of(a_history([np.nan])))
    with pytest.raises(MeasuredFirmsError, match="holds no reading"):
        study.read()
    study.meta(META)
    with pytest.raises(MeasuredFirmsError, match="holds no firm"):
        study.read()


def test_intervals_between_readings_far_apart_are_on_one_grid(study):
    far = a_history([5.0], firm_id="press_shop", start=MONDAY.replace(month=5))
    found = study.rows(readings_of(KILN, PRESS, far)).read().histories["press_shop"]
    assert found.grid.starts[-1] == far.grid.starts[0]
    assert np.isfinite(found.demand_kw).sum() == 3
    assert (np.diff(found.grid.starts) == STEP).all()

"""The canonical form: CSV and Parquet say the same, kW and kWh agree, the unclear is refused."""

from datetime import UTC, datetime

import polars as pl
import pytest

from feature_store.entities.firm import Firm
from feature_store.entities.reading_batch import ReadingBatch, Refused
from feature_store.errors import SandanError
from feature_store.ingestion import canonical
from feature_store.ingestion.read_file import UnknownFormatError, read_file, take_file
from feature_store.ingestion.read_request import ReadRequest
from feature_store.time_grid import INTERVAL

NOW = datetime(2026, 4, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, 15, tzinfo=UTC)


def read(folder, *lines, firm_id=None):
    path = folder / "readings.csv"
    path.write_text("\n".join(lines))
    return read_file(path, firm_id=firm_id, now=NOW, format_name="canonical")


def faults(outcome):
    assert isinstance(outcome, Refused), outcome
    return [(fault.row, fault.column, fault.reason.split(";")[0]) for fault in outcome.bad_rows]


def test_mean_power_becomes_energy(tmp_path):
    batch = read(tmp_path, "firm_id,period_start,kw", "bakery,2026-03-02T00:00:00+09:00,50")
    assert batch.rows["kwh"].to_list() == [12.5]


def test_one_file_may_hold_several_firms(tmp_path):
    batch = read(
        tmp_path,
        "firm_id,period_start,kwh",
        "kiln_works,2026-03-02T00:00:00+09:00,2",
        "bakery,2026-03-02T00:00:00+09:00,1",
    )
    assert batch.rows.select("firm_id", "kwh").rows() == [("bakery", 1.0), ("kiln_works", 2.0)]


def test_the_file_says_when_its_rows_were_known_where_it_does(tmp_path):
    batch = read(
        tmp_path,
        "firm_id,period_start,kwh,known_at",
        "bakery,2026-03-02T00:00:00+09:00,1,2026-03-03T09:00:00+09:00",
        "bakery,2026-03-02T00:15:00+09:00,1,",
    )
    assert batch.rows["known_at"].to_list() == [
        datetime(2026, 3, 3, 0, tzinfo=UTC),
        datetime(2026, 3, 1, 15, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("known_at", "reason"),
    [
        ("2026-03-02T00:14:59+09:00", "is before the interval ends"),
        ("2026-04-02T00:00:00Z", "is later than now, 2026-04-01T00:00:00+00:00"),
        ("2026-03-03T09:00:00", "has no offset from UTC"),
        ("yesterday", "is not a time"),
    ],
)
def test_an_impossible_known_at_is_named(tmp_path, known_at, reason):
    outcome = read(
        tmp_path, "firm_id,period_start,kwh,known_at", f"a,2026-03-02T00:00:00+09:00,1,{known_at}"
    )
    assert faults(outcome) == [(2, "known_at", reason)]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2026-03-02T00:00:00", "has no offset from UTC"),
        ("2026-03-02 00:00", "has no offset from UTC"),
        ("2026-03-02T24:00:00+09:00", "is not a time"),
        ("2026-02-30T00:00:00+09:00", "is not a time"),
        ("02/03/2026 00:00", "is not a time"),
        ("", "is empty"),
        ("2026-03-02T00:00:01+09:00", "is off the quarter-hour grid"),
        ("2026-03-02T00:00:00.000001+09:00", "is off the quarter-hour grid"),
    ],
)
def test_a_time_that_is_unclear_is_named(tmp_path, written, reason):
    assert faults(read(tmp_path, "firm_id,period_start,kwh", f"a,{written},1")) == [
        (2, "period_start", reason)
    ]


def test_the_same_instant_in_two_offsets_is_the_same_interval(tmp_path):
    outcome = read(
        tmp_path,
        "period_start,kwh",
        "2026-03-02T00:00:00+09:00,1",
        "2026-03-01T15:00:00Z,1",
        firm_id="bakery",
    )
    assert faults(outcome) == [(3, "period_start", "is the same interval as in row 2")]


def test_power_and_energy_may_stand_side_by_side_if_they_agree(tmp_path):
    outcome = read(
        tmp_path,
        "firm_id,period_start,kwh,kw,unit",
        "a,2026-03-02T00:00:00+09:00,1,4,kWh",
        "a,2026-03-02T00:15:00+09:00,1,1,",
        "a,2026-03-02T00:30:00+09:00,,8,kW",
        "a,2026-03-02T00:45:00+09:00,,,",
        "a,2026-03-02T01:00:00+09:00,,8,kWh",
        "a,2026-03-02T01:15:00+09:00,2,8,J",
        "a,2026-03-02T01:30:00+09:00,NaN,8,",
    )
    assert faults(outcome) == [
        (3, "kw", "is not four times the kwh beside it, as over 15 minutes"),
        (5, "kwh", "is empty and so is kw"),
        (6, "unit", "is not the unit of the column that the value stands in (kwh or kw)"),
        (7, "unit", "is neither kWh nor kW"),
        (8, "kwh", "is not finite"),
    ]


def test_a_unit_that_the_caller_says_must_be_that_of_the_column(tmp_path):
    lines = ("firm_id,period_start,kwh", "a,2026-03-02T00:00:00+09:00,1")
    path = tmp_path / "r.csv"
    path.write_text("\n".join(lines))
    outcome = take_file(path, ReadRequest(now=datetime.now(UTC), unit="kW"))
    assert faults(outcome) == [(1, "", "has no column kw")]


def test_each_meter_has_its_own_intervals(tmp_path):
    outcome = read(
        tmp_path,
        "firm_id,meter_id,period_start,kwh",
        "a,m1,2026-03-02T00:00:00+09:00,1",
        "a,m2,2026-03-02T00:00:00+09:00,2",
        "a,,2026-03-02T00:00:00+09:00,3",
    )
    assert outcome.rows.select("meter_id", "kwh").rows() == [("a", 3.0), ("m1", 1.0), ("m2", 2.0)]


def test_an_unknown_column_is_refused_by_name(tmp_path):
    outcome = read(tmp_path, "firm_id,period_start,kwh,note", "a,2026-03-02T00:00:00+09:00,1,x")
    assert faults(outcome)[0][:2] == (1, "note")


def test_rows_of_another_firm_are_named(tmp_path):
    outcome = read(
        tmp_path,
        "firm_id,period_start,kwh",
        "bakery,2026-03-02T00:00:00+09:00,1",
        "kiln_works,2026-03-02T00:15:00+09:00,1",
        ",2026-03-02T00:30:00+09:00,1",
        firm_id="bakery",
    )
    assert [fault[:2] for fault in faults(outcome)] == [(3, "firm_id"), (4, "firm_id")]


def test_an_id_that_no_firm_can_have_is_named(tmp_path):
    outcome = read(tmp_path, "firm_id,period_start,kwh", "Kiln Works,2026-03-02T00:00:00+09:00,1")
    assert faults(outcome) == [(2, "firm_id", "is no firm id")]


def test_ids_are_those_that_a_firm_may_be_declared_with():
    pattern = next(rule.pattern for rule in Firm.model_fields["firm_id"].metadata if rule)
    assert pattern == canonical._FIRM_ID  # noqa: SLF001  two spellings of one rule must not part


def table(**changes):
    return pl.DataFrame({"firm_id": ["a"], "period_start": [START], "kwh": [0.1]} | changes)


def read_parquet(folder, frame):
    path = folder / "readings.parquet"
    frame.write_parquet(path)
    return read_file(path, firm_id=None, now=NOW)


def test_parquet_says_the_same_as_csv(tmp_path):
    from_parquet = read_parquet(tmp_path, table())
    from_csv = read(tmp_path, "firm_id,period_start,kwh", "a,2026-03-02T00:00:00+09:00,0.1")
    assert isinstance(from_parquet, ReadingBatch)
    assert from_parquet.rows.equals(from_csv.rows)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_parquet_times_may_have_any_unit_and_zone(tmp_path, unit):
    seoul = pl.Series([START]).dt.convert_time_zone("Asia/Seoul").dt.cast_time_unit(unit)
    batch = read_parquet(tmp_path, table(period_start=seoul))
    assert batch.rows["period_start"].to_list() == [START]


def test_parquet_times_without_a_zone_are_refused(tmp_path):
    outcome = read_parquet(tmp_path, table(period_start=[START.replace(tzinfo=None)]))
    assert faults(outcome) == [(1, "period_start", "has no offset from UTC")]


def test_rows_of_parquet_count_from_one_and_its_columns_are_row_zero(tmp_path):
    starts = [START, START + INTERVAL]
    wrong = pl.DataFrame({"firm_id": ["a", "a"], "period_start": starts, "kwh": [0.1, -1.0]})
    assert [row for row, *_ in faults(read_parquet(tmp_path, wrong))] == [2]
    assert [row for row, *_ in faults(read_parquet(tmp_path, table(load=1)))] == [0]
    assert [row for row, *_ in faults(read_parquet(tmp_path, table().clear()))] == [0]


def test_parquet_that_is_none_is_refused(tmp_path):
    path = tmp_path / "readings.parquet"
    path.write_bytes(b"not parquet")
    outcome = read_file(path, firm_id="a", now=NOW)
    assert "cannot be read as parquet" in outcome.bad_rows[0].reason


def test_a_file_of_no_known_format_lists_what_can_be_read(tmp_path):
    path = tmp_path / "meter.csv"
    path.write_text("zeit,wert\n1,2\n")
    with pytest.raises(UnknownFormatError, match=r"zeit, wert.*canonical.*period_start"):
        read_file(path, firm_id="a", now=NOW)


def test_a_file_of_control_bytes_is_told_without_them(tmp_path):
    path = tmp_path / "meter.csv"
    path.write_bytes(b"\x7fELF\x1b[2J\x00,\x07\n\x01,\x02\n")
    with pytest.raises(UnknownFormatError) as told:
        read_file(path, firm_id="a", now=NOW)
    assert str(told.value).isprintable()
    assert r"\x7fELF\x1b[2J\x00" in str(told.value)


def test_a_file_whose_first_line_is_blank_is_refused(tmp_path):
    outcome = read(tmp_path, "", "period_start,kwh", firm_id="a")
    assert faults(outcome) == [(1, "", "no column names stand in the first line")]


def test_a_format_that_does_not_exist_lists_those_that_do(tmp_path):
    path = tmp_path / "meter.csv"
    path.write_text("period_start,kwh\n")
    with pytest.raises(UnknownFormatError, match="choose one of canonical"):
        read_file(path, firm_id="a", now=NOW, format_name="excel")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SandanError, match="there is no such file; check the path"):
        read_file(tmp_path / "none.csv", firm_id="a", now=NOW)

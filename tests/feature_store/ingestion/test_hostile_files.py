"""Files made to harm are refused with a reason and a fix, and none takes more than 208 MiB."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from feature_store.entities.reading_batch import (
    MOST_FAULTS_TOLD,
    ReadingBatch,
    Refused,
    faults_in,
    rows_in,
)
from feature_store.ingestion.limits import (
    MEBIBYTE,
    MOST_EXPORT_VALUES,
    MOST_HTML_BYTES,
    MOST_READINGS,
)
from feature_store.ingestion.read_file import UnknownFormatError, take_file
from feature_store.ingestion.read_request import ReadRequest
from feature_store.time_grid import INTERVAL
from tests.cost_of_reading import MOST_BYTES, cost_of_reading
from tests.made_exports import MADE, NOW, ROWS, a_day_a_row, kepco_on
from tests.made_hostile_files import HOSTILE
from tests.made_workbooks import Failed, Formula, xlsx

REQUEST = ReadRequest(firm_id="kiln_works", now=NOW)
HEADER, *LINES = kepco_on(ROWS)


def write(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(HOSTILE[name]())
    return path


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason_and_a_fix(tmp_path, name):
    path = write(tmp_path, name)
    outcome = refusal(path)
    assert isinstance(outcome, Refused | UnknownFormatError), outcome
    if isinstance(outcome, UnknownFormatError):
        assert "bring it to one of" in str(outcome)
    else:
        assert all(fault.fault and fault.fix for fault in outcome.bad_rows[:10])


def refusal(path):
    """What becomes of a file, as a value."""
    try:
        return take_file(path, REQUEST)
    except UnknownFormatError as error:
        return error


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
@pytest.mark.parametrize("name", HOSTILE)
def test_no_hostile_file_takes_more_than_208_mebibytes(tmp_path, name):
    cost = cost_of_reading(write(tmp_path, name), unit=unit_of_export(name))
    assert cost.peak_bytes <= MOST_BYTES, cost.peak_bytes / MEBIBYTE


LARGEST = {
    "readings.csv": lambda rows, path: rows.with_columns(AS_TEXT).write_csv(path),
    "readings.ndjson": lambda rows, path: rows.with_columns(AS_TEXT).write_ndjson(path),
    "readings.parquet": lambda rows, path: rows.write_parquet(path),
    "readings.arrow": lambda rows, path: rows.write_ipc(path),
}
AS_TEXT = pl.col("period_start").dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_file_that_is_taken_takes_no_more_either(tmp_path, name):
    starts = pl.select(period_start=pl.lit(NOW) - pl.int_range(MOST_READINGS) * INTERVAL)
    rows = starts.with_row_index("kwh").select(
        pl.col("period_start").dt.truncate(INTERVAL) - 2 * INTERVAL, pl.col("kwh") % 977 / 4
    )
    path = tmp_path / name
    LARGEST[name](rows, path)
    cost = cost_of_reading(path)
    assert cost.rows == MOST_READINGS
    assert cost.peak_bytes <= MOST_BYTES, cost.peak_bytes / MEBIBYTE


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
@pytest.mark.parametrize("name", ["export.csv", "export.xls", "export.xlsx"])
def test_the_largest_export_that_is_taken_takes_no_more_either(tmp_path, name):
    last = NOW.replace(tzinfo=None, minute=0) - timedelta(days=1)
    names = [
        "일시",
        "사용량(kWh)",
        "최대수요(kW)",
        "지상무효전력량(kVarh)",
        "진상무효전력량(kVarh)",
    ]
    rows = [
        [f"{last - step * INTERVAL:%Y-%m-%d %H:%M}", *(f"{step % 977}.{part}" for part in (25, 5))]
        for step in range(MOST_EXPORT_VALUES)
    ]
    rows = [[at, kwh, f"{float(kwh) * 4}", power, "1.25"] for at, kwh, power in rows]
    path = tmp_path / name
    path.write_bytes(EXPORTS[path.suffix]([names, *rows]))
    cost = cost_of_reading(path)
    assert cost.rows == MOST_EXPORT_VALUES
    assert cost.peak_bytes <= MOST_BYTES, cost.peak_bytes / MEBIBYTE


def a_page_of(rows):
    """A page that is as long as one may be."""
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    page = f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>".encode()
    return page + b" " * (MOST_HTML_BYTES - len(page))


EXPORTS = {
    ".csv": lambda rows: "\n".join(map(",".join, rows)).encode(),
    ".xls": a_page_of,
    ".xlsx": xlsx,
}


def unit_of_export(name):
    """The unit that a made export leaves to be said."""
    return "kWh" if name.startswith("export") else ""


def test_a_macro_workbook_is_read_for_its_values_alone(tmp_path):
    path = tmp_path / "검침.xlsm"
    path.write_bytes(xlsx([HEADER, *LINES], parts={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 macro"}))
    batch = take_file(path, REQUEST)
    assert isinstance(batch, ReadingBatch), batch
    assert batch.rows.height == len(ROWS)


def test_a_formula_counts_as_the_value_saved_with_it(tmp_path):
    path = tmp_path / "검침.xlsx"
    lines = [[*LINES[0][:3], Formula("1+1", "2")], *LINES[1:]]
    path.write_bytes(xlsx([HEADER, *lines]))
    assert take_file(path, REQUEST).rows["kwh"][0] == 2


def test_a_formula_that_was_never_calculated_is_named(tmp_path):
    path = tmp_path / "검침.xlsx"
    lines = [[*LINES[0][:3], Formula("1+1", None)], *LINES[1:]]
    path.write_bytes(xlsx([HEADER, *lines]))
    outcome = take_file(path, REQUEST)
    (fault,) = outcome.bad_rows
    assert (fault.row, fault.value) == (2, "=1+1")
    assert fault.fault == "is a formula of which no value was saved"


def test_a_cell_without_a_value_is_no_gap_in_a_table_with_a_day_a_row(tmp_path):
    path = tmp_path / "사용량.xlsx"
    titles, header, day = a_day_a_row(ROWS)
    day = [*day[:3], Formula("1+1", None), "", Failed("#DIV/0!"), *day[6:]]
    path.write_bytes(xlsx([titles, header, day]))
    outcome = take_file(path, REQUEST)
    assert [(fault.row, fault.column, fault.value) for fault in outcome.bad_rows] == [
        (3, "00:45", "=1+1"),
        (3, "01:15", "#DIV/0!"),
    ]
    assert "error of the workbook" in outcome.bad_rows[1].fault
    taken = take_file(path, REQUEST, keep_good=True)
    assert taken.rows.height == len(ROWS) - 3, "an empty cell is a gap"


def test_two_sheets_with_cells_are_one_too_many_and_an_empty_one_is_none(tmp_path):
    path = tmp_path / "검침.xlsx"
    path.write_bytes(xlsx([HEADER, *LINES], [["a"]]))
    outcome = take_file(path, REQUEST)
    assert outcome.bad_rows[0].reason == "has 2 sheets with cells (시트1, 시트2); keep one of them"
    path.write_bytes(xlsx([], [HEADER, *LINES]))
    assert isinstance(take_file(path, REQUEST), ReadingBatch)


def test_rows_of_a_parquet_file_are_counted_before_they_are_unpacked(tmp_path):
    path = tmp_path / "bomb.parquet"
    pl.select(period_start=pl.repeat("", 2_000_001), kwh=pl.repeat(1.0, 2_000_001)).write_parquet(
        path
    )
    assert path.stat().st_size < MEBIBYTE
    outcome = take_file(path, REQUEST)
    assert outcome.bad_rows[0].fault.startswith("holds 2,000,001 rows")


def test_the_columns_of_a_parquet_file_are_looked_at_before_its_cells(tmp_path):
    """Nothing could unpack the column that is too much; its name alone refuses it."""
    path = tmp_path / "wide.parquet"
    path.write_bytes(HOSTILE["wide.parquet"]())
    outcome = take_file(path, REQUEST)
    assert [bad.column for bad in outcome.bad_rows] == [f"c{n}" for n in range(60)]


def test_nested_columns_and_corrupt_pages_of_parquet_are_refused(tmp_path):
    path = tmp_path / "readings.parquet"
    pl.DataFrame({"period_start": ["x"], "kwh": [[1.0]]}).write_parquet(path)
    assert "large_list<" in take_file(path, REQUEST).bad_rows[0].fault
    pl.DataFrame({"period_start": ["x" * 50] * 9, "kwh": [1.0] * 9}).write_parquet(path)
    content = bytearray(path.read_bytes())
    content[8:40] = b"\xff" * 32
    path.write_bytes(content)
    outcome = take_file(path, REQUEST)
    assert "cannot be read as parquet" in outcome.bad_rows[0].fault


def test_of_a_fault_without_end_the_first_are_told_and_all_are_counted(tmp_path):
    path = tmp_path / "readings.csv"
    good = "period_start,kwh\n2026-03-02T00:00:00+09:00,1\n"
    path.write_text(good + "yesterday,none\n" * 7_000 + "1\n" * 3_000)
    batch = take_file(path, REQUEST, keep_good=True)
    *told, rest = batch.left_out
    assert len(told) == MOST_FAULTS_TOLD
    assert rest.fault == "is where 7,000 more faults begin, which are not told one by one"
    assert (rest.row, rest.fix) == (5_003, "mend those told before, then see what is left")
    assert (faults_in(batch.left_out), rows_in(batch.left_out)) == (17_000, 10_000)
    assert batch.rows.height == 1


def test_the_same_key_twice_in_an_object_is_refused(tmp_path):
    path = tmp_path / "twice.json"
    path.write_text('[{"kwh": 1, "kwh": 2}]')
    assert take_file(path, REQUEST).bad_rows[0].fault == "has the key 'kwh' twice in one object"


def test_a_suffix_is_not_believed(tmp_path):
    """A page named .xlsx, a workbook named .csv: each is what its first bytes say."""
    page = next(made for made in MADE if "HTML" in made.name)
    workbook = next(made for made in MADE if made.name.endswith(".xlsx of times and numbers"))
    for made, name in ((page, "a.xlsx"), (workbook, "b.csv")):
        path = tmp_path / name
        made.write(path, ROWS)
        assert isinstance(take_file(path, made.request()), ReadingBatch)


def test_objects_that_are_none_are_named(tmp_path):
    path = tmp_path / "readings.json"
    good = {"period_start": "2026-03-02T00:00:00+09:00", "kwh": "1"}
    path.write_text(json.dumps([good, 7, {"period_start": {"a": None}, "kwh": True}]))
    outcome = take_file(path, REQUEST)
    assert [(fault.row, fault.column, fault.value) for fault in outcome.bad_rows] == [
        (2, "", "7"),
        (3, "period_start", '{"a": null}'),
        (3, "kwh", "true"),
    ]

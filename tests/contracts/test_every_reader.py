"""What the ledger relies on, asked of every reader, on small files with its format's quirks."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from feature_store.entities.reading_batch import READING_COLUMNS, ReadingBatch, Refused
from feature_store.ingestion.canonical import CanonicalReader
from feature_store.ingestion.read_file import READERS, read_file
from feature_store.ingestion.reader import Reader
from feature_store.ingestion.uci_steel import UciSteelReader
from feature_store.time_grid import INTERVAL

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FIRST = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
"""23:30 in Korea: the made files cross a Korean midnight."""
KWH = (12.5, 13.0, 0.0, 14.25)


@dataclass(frozen=True)
class Written:
    """A reader, and how its format writes the readings of ``KWH`` from ``FIRST`` on."""

    reader: Reader
    file_name: str
    lines: tuple[str, ...]
    value_column: str
    time_column: str
    naive_or_nonsense: str
    """A cell that is no instant in this format."""
    future: str
    """The cell of an interval in May 2026."""
    reactive_columns: tuple[str, str]
    """Lagging and leading reactive energy, which a file may leave out."""


CANONICAL = Written(
    reader=CanonicalReader(),
    file_name="readings.csv",
    lines=(
        "period_start,kwh",
        "2026-03-02T23:30:00+09:00,12.5",
        "2026-03-02T14:45:00Z,13",
        "2026-03-02 15:00:00.000+00:00, 0.0",
        "2026-03-03T00:15+09:00,1.425e1",
    ),
    value_column="kwh",
    time_column="period_start",
    naive_or_nonsense="2026-03-02T23:30:00",
    future="2026-05-01T00:00:00+09:00",
    reactive_columns=("lagging_kvarh", "leading_kvarh"),
)
STEEL = Written(
    reader=UciSteelReader(),
    file_name="Steel_industry_data.csv",
    lines=(
        "\ufeffdate,Usage_kWh,CO2.tCO2.,Load_Type",
        "02-03-2026 23:45,12.5,0,Light_Load",
        "02-03-2026 00:00,13,0,Light_Load",
        "03/03/2026 00:15,0,0,Light_Load",
        "03/03/2026 00:30,14.25,0,Light_Load",
    ),
    value_column="Usage_kWh",
    time_column="date",
    naive_or_nonsense="2026-03-02 23:45",
    future="01-05-2026 00:15",
    reactive_columns=(
        "Lagging_Current_Reactive.Power_kVarh",
        "Leading_Current_Reactive_Power_kVarh",
    ),
)
FORMATS = (CANONICAL, STEEL)

pytestmark = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.reader.name)


def write(form: Written, folder: Path, lines: tuple[str, ...] | None = None) -> Path:
    path = folder / form.file_name
    path.write_text("\n".join(lines or form.lines) + "\n", encoding="utf-8")
    return path


def read(form: Written, path: Path) -> ReadingBatch | Refused:
    return form.reader.read(path, firm_id="kiln_works", now=NOW)


def with_cell(form: Written, row: int, column: str, value: str) -> tuple[str, ...]:
    lines = list(form.lines)
    cells = lines[row - 1].split(",")
    names = lines[0].lstrip("\ufeff").split(",")
    cells[names.index(column)] = value
    lines[row - 1] = ",".join(cells)
    return tuple(lines)


def with_reactive(form: Written, lagging: tuple[str, ...]) -> tuple[str, ...]:
    """The lines with lagging energy as given, one cell a row, and 0.5 kvarh of leading energy."""
    cells = (form.reactive_columns, *((cell, "0.5") for cell in lagging))
    return tuple(",".join((line, *more)) for line, more in zip(form.lines, cells, strict=True))


def only_fault(form: Written, folder: Path, lines: tuple[str, ...]):
    outcome = read(form, write(form, folder, lines))
    assert isinstance(outcome, Refused), outcome
    assert len(outcome.bad_rows) == 1, outcome.bad_rows
    return outcome.bad_rows[0]


def test_every_reader_has_a_suite_here(form):
    assert form.reader in READERS
    assert len(FORMATS) == len(READERS)


def test_a_good_file_becomes_readings_labelled_by_their_start_in_utc(form, tmp_path):
    path = write(form, tmp_path)
    batch = read(form, path)
    assert isinstance(batch, ReadingBatch), batch
    assert dict(batch.rows.schema) == READING_COLUMNS
    assert batch.rows["period_start"].to_list() == [FIRST + step * INTERVAL for step in range(4)]
    assert batch.rows["kwh"].to_list() == list(KWH)
    assert batch.rows["firm_id"].unique().to_list() == ["kiln_works"]


def test_a_row_is_known_when_its_interval_ends_unless_the_file_says_otherwise(form, tmp_path):
    batch = read(form, write(form, tmp_path))
    assert (batch.rows["known_at"] - batch.rows["period_start"]).unique().to_list() == [INTERVAL]


def test_reactive_energy_is_taken_where_the_file_tells_it(form, tmp_path):
    batch = read(form, write(form, tmp_path, with_reactive(form, ("3.25", "0", "", "1e1"))))
    assert isinstance(batch, ReadingBatch), batch
    assert batch.rows["lagging_kvarh"].to_list() == [3.25, 0.0, None, 10.0]
    assert batch.rows["leading_kvarh"].to_list() == [0.5] * 4
    assert batch.rows["kwh"].to_list() == list(KWH)


def test_reactive_energy_is_empty_where_it_does_not(form, tmp_path):
    batch = read(form, write(form, tmp_path))
    assert batch.rows.select("lagging_kvarh", "leading_kvarh").null_count().row(0) == (4, 4)


@pytest.mark.parametrize(
    ("value", "reason"),
    [("much", "is not a number"), ("-0.25", "is negative"), ("NaN", "is not finite")],
)
def test_bad_reactive_energy_is_named_with_row_and_column(form, tmp_path, value, reason):
    fault = only_fault(form, tmp_path, with_reactive(form, ("1", value, "1", "1")))
    assert (fault.row, fault.column, fault.value) == (3, form.reactive_columns[0], value)
    assert fault.reason.startswith(reason)
    assert ";" in fault.reason


def test_the_batch_says_where_it_came_from(form, tmp_path):
    path = write(form, tmp_path)
    batch = read(form, path)
    assert (batch.source_format, batch.source_name) == (form.reader.name, form.file_name)
    assert batch.content_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_format_is_recognised_among_all(form, tmp_path):
    batch = read_file(write(form, tmp_path), firm_id="kiln_works", now=NOW)
    assert isinstance(batch, ReadingBatch)
    assert batch.source_format == form.reader.name


def test_blank_lines_are_no_readings_but_are_counted(form, tmp_path):
    lines = (form.lines[0], form.lines[1], "", form.lines[2].replace("13", "much"))
    assert only_fault(form, tmp_path, lines).row == 4


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("much", "is not a number"),
        ("-0.25", "is negative"),
        ("NaN", "is not finite"),
        ("inf", "is not finite"),
        ("", "is empty"),
    ],
)
def test_a_bad_value_is_named_with_row_and_column(form, tmp_path, value, reason):
    fault = only_fault(form, tmp_path, with_cell(form, 3, form.value_column, value))
    assert (fault.row, fault.column, fault.value) == (3, form.value_column, value)
    assert fault.reason.startswith(reason)
    assert ";" in fault.reason, "a reason ends with what to do"


def test_a_time_that_is_no_instant_is_named(form, tmp_path):
    fault = only_fault(form, tmp_path, with_cell(form, 2, form.time_column, form.naive_or_nonsense))
    assert (fault.row, fault.column, fault.value) == (2, form.time_column, form.naive_or_nonsense)


def test_a_time_off_the_quarter_hour_is_named(form, tmp_path):
    off_grid = form.lines[4].split(",")[0].replace(":15+", ":17+").replace("00:30", "00:31")
    fault = only_fault(form, tmp_path, with_cell(form, 5, form.time_column, off_grid))
    assert fault.reason.startswith("is off the quarter-hour grid")


def test_an_interval_given_twice_is_named_with_its_first_row(form, tmp_path):
    fault = only_fault(form, tmp_path, (*form.lines, form.lines[4]))
    assert fault.row == 6
    assert fault.reason.startswith("is the same interval as in row 5")


def test_a_reading_from_the_future_is_named(form, tmp_path):
    fault = only_fault(form, tmp_path, with_cell(form, 5, form.time_column, form.future))
    assert fault.row == 5
    assert fault.reason.startswith("ends later than now")


def test_a_clock_that_runs_two_minutes_ahead_is_forgiven(form, tmp_path):
    path = write(form, tmp_path)
    end = FIRST + 4 * INTERVAL
    forgiven = form.reader.read(path, firm_id="kiln_works", now=end - timedelta(minutes=2))
    assert isinstance(forgiven, ReadingBatch)
    refused = form.reader.read(
        path, firm_id="kiln_works", now=end - timedelta(minutes=2, seconds=1)
    )
    assert isinstance(refused, Refused)


def test_every_fault_of_every_row_is_named_in_order(form, tmp_path):
    lines = with_cell(form, 2, form.value_column, "x")
    lines = (*lines[:3], *with_cell(form, 4, form.value_column, "-1")[3:])
    outcome = read(form, write(form, tmp_path, lines))
    assert [fault.row for fault in outcome.bad_rows] == [2, 4]


@pytest.mark.parametrize("keep", [0, 1])
def test_a_file_without_readings_is_refused(form, tmp_path, keep):
    path = tmp_path / form.file_name
    path.write_text("\n".join(form.lines[:keep]))
    assert isinstance(read(form, path), Refused)


def test_text_that_is_not_utf8_is_refused_with_what_to_do(form, tmp_path):
    path = tmp_path / form.file_name
    path.write_bytes(form.lines[0].encode() + "\n한글,1\n".encode("cp949"))
    outcome = read(form, path)
    assert isinstance(outcome, Refused)
    assert "save it as CSV UTF-8" in outcome.bad_rows[0].reason


def test_a_thousands_comma_is_found_in_its_row(form, tmp_path):
    lines = (*form.lines[:2], form.lines[2].replace(",13", ",1,013"), *form.lines[3:])
    fault = only_fault(form, tmp_path, lines)
    assert fault.row == 3
    assert "thousands comma" in fault.reason


def test_a_row_that_is_cut_short_is_named(form, tmp_path):
    lines = (*form.lines[:4], form.lines[4].split(",")[0])
    fault = only_fault(form, tmp_path, lines)
    assert (fault.row, fault.value) == (5, lines[4])
    assert "give every column a cell" in fault.reason


def test_rows_of_another_width_do_not_hide_other_bad_rows(form, tmp_path):
    lines = list(with_cell(form, 2, form.value_column, "x"))
    lines[2] += ",1"
    lines[3] = with_cell(form, 4, form.value_column, "-1")[3]
    lines[4] += ",2,3"
    outcome = read(form, write(form, tmp_path, tuple(lines)))
    assert isinstance(outcome, Refused)
    assert [(fault.row, fault.column) for fault in outcome.bad_rows] == [
        (2, form.value_column),
        (3, ""),
        (4, form.value_column),
        (5, ""),
    ]
    assert outcome.bad_rows[1].value == lines[2], "the row as it stands"


def test_a_column_given_twice_is_named(form, tmp_path):
    lines = tuple(f"{line},{line.split(',')[1]}" for line in form.lines)
    fault = only_fault(form, tmp_path, lines)
    assert (fault.row, fault.column) == (1, form.value_column)
    assert "keep one of them" in fault.reason


def test_a_missing_column_is_named(form, tmp_path):
    lines = tuple(line.replace(form.value_column, "Verbrauch") for line in form.lines)
    outcome = read(form, write(form, tmp_path, lines))
    assert isinstance(outcome, Refused)
    assert form.value_column in {fault.column for fault in outcome.bad_rows}


def test_a_firm_must_be_named_somewhere(form, tmp_path):
    outcome = form.reader.read(write(form, tmp_path), firm_id=None, now=NOW)
    assert isinstance(outcome, Refused)
    assert outcome.bad_rows[0].column == "firm_id"
    assert "--firm" in outcome.bad_rows[0].reason


def test_the_order_of_a_day_does_not_change_the_batch(form, tmp_path):
    batch = read(form, write(form, tmp_path))
    assert batch.rows.equals(batch.rows.sort("firm_id", "period_start"))
    assert batch.rows.select(pl.struct("firm_id", "period_start").is_unique().all()).item()

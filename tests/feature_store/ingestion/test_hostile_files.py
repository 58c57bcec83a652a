"""Files made to harm are refused with a reason and a fix, and none takes more than 256 MiB."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from feature_store.entities.reading_batch import ReadingBatch, Refused
from feature_store.ingestion.limits import MEBIBYTE
from feature_store.ingestion.read_file import UnknownFormatError, take_file
from feature_store.ingestion.read_request import ReadRequest
from tests.made_exports import MADE, NOW, ROWS, a_day_a_row, kepco_on
from tests.made_hostile_files import HOSTILE
from tests.made_workbooks import Failed, Formula, xlsx

REQUEST = ReadRequest(firm_id="kiln_works", now=NOW)
MOST_BYTES = 256 * MEBIBYTE
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
        return take_file(path, REQUEST, keep_good=True)
    except UnknownFormatError as error:
        return error


PROGRAM = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from feature_store.errors import SandanError
from feature_store.ingestion.read_file import take_file
from feature_store.ingestion.read_request import ReadRequest

for name in sys.argv[1:]:
    try:
        take_file(Path(name), ReadRequest(firm_id="kiln_works", now=datetime.now(UTC)))
    except SandanError:
        pass
status = Path("/proc/self/status").read_text()  # ru_maxrss of a new program counts its parent's
own = int(status.partition("VmHWM:")[2].split()[0])
print(own * 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def peak_bytes(*paths: Path) -> tuple[int, int]:
    """Most memory that the reading process, and one it started, ever held."""
    ended = subprocess.run(  # noqa: S603  the program above
        [sys.executable, "-c", PROGRAM, *map(str, paths)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    own, opened = map(int, ended.stdout.split())
    return own, opened


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux counts it")
@pytest.mark.parametrize(
    "part", [sorted(HOSTILE)[at::4] for at in range(4)], ids=["a", "b", "c", "d"]
)
def test_no_hostile_file_takes_more_than_256_mebibytes(tmp_path, part):
    own, opened = peak_bytes(*(write(tmp_path, name) for name in part))
    assert own + opened <= MOST_BYTES, (own / MEBIBYTE, opened / MEBIBYTE)


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
    pl.select(kwh=pl.repeat(1.0, 2_000_001)).write_parquet(path)
    assert path.stat().st_size < MEBIBYTE
    outcome = take_file(path, REQUEST)
    assert outcome.bad_rows[0].fault.startswith("holds 2,000,001 rows")


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

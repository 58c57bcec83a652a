"""Labels are taken as starts or ends by all of them, in whatever order, or the caller is asked."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feature_store.entities.reading_batch import ReadingBatch, Refused
from feature_store.errors import SandanError
from feature_store.ingestion.read_file import take_file
from feature_store.ingestion.read_request import ReadRequest, read_request
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY
from tests.made_exports import DAY, NOW, SEOUL

ORDERS = {
    "in time order": lambda rows: rows,
    "newest first": lambda rows: rows[::-1],
    "every other one first": lambda rows: [*rows[::2], *rows[1::2]],
}
every_order = pytest.mark.parametrize("order", ORDERS)


def take(folder, rows, labels=None):
    """A table of labels and their numbers, as one firm's file."""
    path = folder / "usage.csv"
    lines = [f"{label:%Y-%m-%d %H:%M},{number}\n" for label, number in rows]
    path.write_text("일시,사용량(kWh)\n" + "".join(lines), encoding="utf-8")
    return take_file(path, ReadRequest(firm_id="kiln_works", now=NOW, labels=labels))


def labelled(first: datetime, steps: int):
    return [(first + at * INTERVAL, at) for at in range(steps)]


def first_start(batch):
    assert isinstance(batch, ReadingBatch), batch
    row = batch.rows.filter(batch.rows["kwh"] == 0).row(0, named=True)
    return row["period_start"].astimezone(SEOUL).replace(tzinfo=None)


def asked(outcome):
    assert isinstance(outcome, Refused), outcome
    (fault,) = outcome.bad_rows
    return fault.fix.endswith("--labels start or --labels end")


@every_order
@pytest.mark.parametrize("steps", [STEPS_PER_DAY, 2 * STEPS_PER_DAY, 200, STEPS_PER_DAY + 1])
def test_labels_from_midnight_on_are_asked_about_and_taken_as_starts_if_told(
    tmp_path, order, steps
):
    rows = ORDERS[order](labelled(DAY, steps))
    assert asked(take(tmp_path, rows))
    assert first_start(take(tmp_path, rows, "start")) == DAY


@every_order
@pytest.mark.parametrize("days", [1, 3])
def test_whole_days_of_ends_are_taken_without_a_word(tmp_path, order, days):
    rows = ORDERS[order](labelled(DAY + INTERVAL, days * STEPS_PER_DAY))
    assert first_start(take(tmp_path, rows)) == DAY
    assert first_start(take(tmp_path, rows, "end")) == DAY


@every_order
def test_a_day_that_stops_at_its_last_quarter_is_asked_about(tmp_path, order):
    rows = ORDERS[order](labelled(DAY + timedelta(hours=9), 60))
    assert asked(take(tmp_path, rows))
    assert first_start(take(tmp_path, rows, "start")) == DAY + timedelta(hours=9)
    assert first_start(take(tmp_path, rows, "end")) == DAY + timedelta(hours=9) - INTERVAL


def test_a_midnight_and_the_whole_day_behind_it_may_be_ends(tmp_path):
    rows = labelled(DAY, STEPS_PER_DAY + 1)
    assert first_start(take(tmp_path, rows, "end")) == DAY - INTERVAL


def midnights_of_their_own_date(days):
    """Days of which the last quarter is written as 00:00 of the same date."""
    ends = [DAY + at * INTERVAL for at in range(1, days * STEPS_PER_DAY + 1)]
    shown = [end - timedelta(days=1) if end.time() == DAY.time() else end for end in ends]
    return list(zip(shown, range(len(shown)), strict=True))


@pytest.mark.parametrize("labels", [None, "start", "end"])
@pytest.mark.parametrize("order", ["in time order", "newest first"])
def test_midnights_that_end_their_own_date_are_named_one_by_one(tmp_path, order, labels):
    """Taken at their word each would lie 24 hours early."""
    outcome = take(tmp_path, ORDERS[order](midnights_of_their_own_date(3)), labels)
    assert isinstance(outcome, Refused)
    assert len(outcome.bad_rows) == 3
    assert {bad.value[-5:] for bad in outcome.bad_rows} == {"00:00"}
    assert all("which it ends" in bad.fault for bad in outcome.bad_rows)


@pytest.mark.parametrize("rows", [3 * STEPS_PER_DAY, 3 * STEPS_PER_DAY - 10])
@pytest.mark.parametrize("labels", [None, "end"])
def test_midnights_that_end_their_own_date_sorted_as_text_are_never_taken(tmp_path, rows, labels):
    outcome = take(tmp_path, sorted(midnights_of_their_own_date(3))[:rows], labels)
    assert isinstance(outcome, Refused)
    assert len(outcome.bad_rows) == 1


@pytest.mark.parametrize("label", ["2026-03-02 24:00", "202603022400", "2026-03-02 24시 00분"])
def test_one_label_of_24_00_says_that_all_are_ends(tmp_path, label):
    path = tmp_path / "usage.csv"
    path.write_text(f"일시,사용량(kWh)\n2026-03-02 23:45,1\n{label},2\n", encoding="utf-8")
    request = ReadRequest(firm_id="kiln_works", now=NOW)
    assert isinstance(take_file(path, request), ReadingBatch)
    told = read_request(now=NOW, firm_id="a", meters=[], unit=None, labels="Start")
    assert "leave --labels start out" in take_file(path, told).bad_rows[0].fix


def test_the_24th_of_a_month_is_no_24_00(tmp_path):
    path = tmp_path / "usage.csv"
    rows = [f"202603240{at // 4}{at % 4 * 15:02},1\n" for at in range(8)]
    path.write_text("일시,사용량(kWh)\n" + "".join(rows), encoding="utf-8")
    assert asked(take_file(path, ReadRequest(firm_id="kiln_works", now=NOW)))


@settings(max_examples=25, deadline=None)  # each is a file
@given(rows=st.permutations(labelled(DAY + INTERVAL, 40)))
def test_ends_in_any_order_are_the_same_readings(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("rows")
    batch = take(folder, rows)
    assert batch.rows["kwh"].to_list() == list(range(40))
    assert first_start(batch) == DAY


def wide(folder, clocks, labels):
    path = folder / "usage.csv"
    cells = ",".join(str(at) for at in range(len(clocks)))
    path.write_text(f"(단위: kWh)\n일자,{','.join(clocks)}\n2026-03-02,{cells}\n", encoding="utf-8")
    return take_file(path, ReadRequest(firm_id="kiln_works", now=NOW, labels=labels))


def test_columns_from_00_00_are_starts_if_that_is_told(tmp_path):
    clocks = [f"{at // 4:02}:{at % 4 * 15:02}" for at in range(STEPS_PER_DAY)]
    assert "--labels start" in wide(tmp_path, clocks, None).bad_rows[0].fix
    assert first_start(wide(tmp_path, clocks, "start")) == DAY
    assert isinstance(wide(tmp_path, clocks, "end"), Refused)
    own_date = [*clocks[1:], clocks[0]]
    assert "24:00" in wide(tmp_path, own_date, "start").bad_rows[0].fix


@pytest.mark.parametrize(
    ("option", "words"),
    [({"labels": "both"}, "neither start nor end"), ({"known_at": "now"}, "neither measured nor")],
)
def test_another_word_is_refused(option, words):
    with pytest.raises(SandanError, match=words):
        read_request(now=NOW, firm_id="a", meters=[], unit=None, **option)

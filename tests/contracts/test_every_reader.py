"""The same day through every form and quirk is the same batch; what is no reading is named."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from feature_store.entities.reading_batch import READING_COLUMNS, ReadingBatch, Refused
from feature_store.ingestion.read_file import READERS, take_file
from feature_store.ingestion.source_file import SourceFile
from feature_store.time_grid import INTERVAL
from tests.made_exports import MADE, NOW, ROWS, changed, comma, times_four

LONG = tuple(made for made in MADE if not made.wide)
"""Forms with a row an interval."""

every_form = pytest.mark.parametrize("made", MADE, ids=str)
every_long_form = pytest.mark.parametrize("made", LONG, ids=str)


def take(made, folder, rows=ROWS, *, now=NOW, keep_good=False):
    return take_file(made.made(folder, rows), made.request(now=now), keep_good=keep_good)


def only_fault(made, folder, rows):
    outcome = take(made, folder, rows)
    assert isinstance(outcome, Refused), outcome
    assert len(outcome.bad_rows) == 1, outcome.bad_rows
    fault = outcome.bad_rows[0]
    assert fault.fault, "a fault says what is wrong"
    assert fault.fix, "and what to do"
    return fault


def test_every_reader_has_made_files_here():
    assert {made.reader for made in MADE} == {reader.name for reader in READERS}


@every_form
def test_the_same_day_is_the_same_batch(made, tmp_path):
    batch = take(made, tmp_path)
    assert isinstance(batch, ReadingBatch), batch
    assert dict(batch.rows.schema) == READING_COLUMNS
    assert batch.rows["period_start"].to_list() == [row.start for row in ROWS]
    assert batch.rows["kwh"].to_list() == [float(row.kwh) for row in ROWS]
    assert batch.rows["firm_id"].unique().to_list() == ["kiln_works"]
    assert (batch.rows["known_at"] - batch.rows["period_start"]).unique().to_list() == [INTERVAL]
    told = made.reactive
    assert batch.rows["lagging_kvarh"].to_list() == [
        float(r.lagging) if told else None for r in ROWS
    ]
    assert batch.rows["leading_kvarh"].to_list() == [
        float(r.leading) if told else None for r in ROWS
    ]


@every_form
def test_exactly_one_reader_says_that_the_file_is_its_own(made, tmp_path):
    file = SourceFile(made.made(tmp_path))
    assert [reader.name for reader in READERS if reader.recognises(file)] == [made.reader]


@every_form
def test_the_batch_says_where_it_came_from(made, tmp_path):
    batch = take(made, tmp_path)
    assert (batch.source_format, batch.source_name) == (made.reader, made.file_name)
    if not made.asks:
        content = (tmp_path / made.file_name).read_bytes()
        assert batch.content_sha256 == hashlib.sha256(content).hexdigest()


@every_form
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("much", "is not a number"),
        ("12kWh", "is not a number"),
        ("1,5", "is not a number"),
        ("-0.25", "is negative"),
        ("NaN", "is not finite"),
        ("inf", "is not finite"),
    ],
)
def test_a_bad_value_is_named_with_row_and_column(made, tmp_path, value, reason):
    fault = only_fault(made, tmp_path, changed(2, kwh=value))
    assert (fault.row, fault.column) == made.place(2)
    assert fault.value == value
    assert fault.fault.startswith(reason)


@every_form
@pytest.mark.parametrize("value", ["999999999", "1e300"])
def test_more_than_any_register_shows_is_named_with_row_and_column(made, tmp_path, value):
    fault = only_fault(made, tmp_path, changed(2, kwh=value))
    assert (fault.row, fault.column) == made.place(2)
    assert fault.fault.startswith("is above 100,000,000")


@every_long_form
def test_a_value_that_is_not_there_is_named(made, tmp_path):
    fault = only_fault(made, tmp_path, changed(2, kwh=""))
    assert (fault.row, fault.column, fault.value) == (*made.place(2), "")
    assert fault.fault == "is empty"


@pytest.mark.parametrize("made", [made for made in MADE if made.wide], ids=str)
def test_where_an_interval_has_no_row_of_its_own_an_empty_cell_is_a_gap(made, tmp_path):
    batch = take(made, tmp_path, changed(2, kwh=""))
    assert isinstance(batch, ReadingBatch), batch
    assert batch.rows["period_start"].to_list() == [r.start for r in (*ROWS[:2], *ROWS[3:])]


@every_long_form
def test_a_label_that_is_no_instant_is_named(made, tmp_path):
    fault = only_fault(made, tmp_path, changed(3, label=made.nonsense))
    assert (fault.row, fault.column) == (made.first_row + 3, made.label_column)
    assert made.nonsense in fault.value


@pytest.mark.parametrize("made", [made for made in LONG if not made.parts], ids=str)
def test_a_label_off_the_quarter_hour_is_named(made, tmp_path):
    fault = only_fault(made, tmp_path, changed(3, label=made.off_grid))
    assert fault.row == made.first_row + 3
    assert fault.fault == "is off the quarter-hour grid"


@pytest.mark.parametrize("made", [made for made in LONG if made.parts], ids=str)
def test_a_label_inside_an_interval_is_a_part_of_it_and_suspect(made, tmp_path):
    """As a meter writes it that lost power: the row at 00:17 belongs to 00:15 to 00:30."""
    part = replace(ROWS[1], label=made.off_grid, kwh="2.5")
    batch = take(made, tmp_path, (*ROWS[:1], part, *ROWS[1:]))
    assert isinstance(batch, ReadingBatch), batch
    expected = [float(row.kwh) for row in ROWS]
    expected[1] += 2.5
    assert batch.rows["kwh"].to_list() == expected
    assert batch.rows["quality"].to_list() == [None, "suspect", *[None] * (len(ROWS) - 2)]
    assert "summed and marked as suspect" in "".join(batch.notices)


@every_form
def test_a_row_that_repeats_another_cell_by_cell_is_taken_once_and_told(made, tmp_path):
    once = take(made, tmp_path)
    batch = take(made, tmp_path, (*ROWS, *ROWS[-2:]))
    assert isinstance(batch, ReadingBatch), batch
    assert batch.rows.equals(once.rows)
    assert once.notices == ()
    if not made.wide:
        row = made.first_row + len(ROWS)
        told = f"rows that repeat another cell by cell, taken once: 2, the first in row {row}"
        assert batch.notices == (told,)


@every_form
def test_rows_are_known_from_the_import_on_if_that_is_asked_for(made, tmp_path):
    path, request = made.made(tmp_path), made.request()
    at_once = take_file(path, request)
    later = take_file(path, replace(request, known_at="import"))
    assert (at_once.rows["known_at"] == at_once.rows["period_start"] + INTERVAL).all()
    assert later.rows["known_at"].unique().to_list() == [NOW]
    assert later.rows.drop("known_at").equals(at_once.rows.drop("known_at"))
    assert later.content_sha256 != at_once.content_sha256, "taken otherwise, it is another batch"


@pytest.mark.parametrize("made", [made for made in MADE if not made.labels_open], ids=str)
def test_a_form_that_says_what_its_labels_are_takes_no_other_word_for_it(made, tmp_path):
    said = "end" if made.reader == "canonical" else "start"
    outcome = take_file(made.made(tmp_path), replace(made.request(), labels=said))
    assert isinstance(outcome, Refused)
    assert f"leave --labels {said} out" in outcome.bad_rows[0].fix


@every_long_form
def test_an_interval_given_twice_with_two_values_is_named_twice(made, tmp_path):
    outcome = take(made, tmp_path, (*ROWS, replace(ROWS[-1], kwh="1")))
    last = made.first_row + len(ROWS)
    assert [fault.row for fault in outcome.bad_rows] == [last - 1, last]


@pytest.mark.parametrize("made", [made for made in LONG if made.future], ids=str)
def test_a_reading_from_the_future_is_named(made, tmp_path):
    fault = only_fault(made, tmp_path, changed(3, label=made.future))
    assert fault.row == made.first_row + 3
    assert fault.fault.startswith("ends later than now")


@every_form
def test_a_clock_that_runs_two_minutes_ahead_is_forgiven(made, tmp_path):
    end = ROWS[-1].start + INTERVAL
    assert isinstance(take(made, tmp_path, now=end - timedelta(minutes=2)), ReadingBatch)
    late = take(made, tmp_path, now=end - timedelta(minutes=2, seconds=1))
    assert isinstance(late, Refused)
    assert [fault.row for fault in late.bad_rows] == [made.place(len(ROWS) - 1)[0]]


@pytest.mark.parametrize("made", [made for made in MADE if made.reactive], ids=str)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("much", "is not a number"),
        ("-0.25", "is negative"),
        ("NaN", "is not finite"),
        ("1e+300", "is above 100,000,000"),
    ],
)
def test_bad_reactive_energy_is_named_and_none_is_no_fault(made, tmp_path, value, reason):
    fault = only_fault(made, tmp_path, changed(2, lagging=value))
    assert (fault.row, fault.column) == (made.first_row + 2, made.lagging_column)
    assert fault.fault.startswith(reason)
    batch = take(made, tmp_path, changed(2, lagging=""))
    assert batch.rows["lagging_kvarh"].to_list()[1:4] == [1.25, None, 3.25]


@every_form
def test_every_fault_is_named_in_the_order_of_rows(made, tmp_path):
    rows = [*ROWS]
    rows[5], rows[1] = replace(rows[5], kwh="-1"), replace(rows[1], kwh="x")
    outcome = take(made, tmp_path, rows)
    assert [(fault.row, fault.column) for fault in outcome.bad_rows] == [
        made.place(1),
        made.place(5),
    ]


@every_form
def test_the_good_rows_are_kept_if_that_is_asked_for(made, tmp_path):
    whole = take(made, tmp_path)
    batch = take(made, tmp_path, changed(2, kwh="much"), keep_good=True)
    assert isinstance(batch, ReadingBatch), batch
    assert batch.rows.equals(whole.rows.filter(whole.rows["period_start"] != ROWS[2].start))
    assert [(fault.row, fault.column) for fault in batch.left_out] == [made.place(2)]
    assert batch.content_sha256 != whole.content_sha256, "a part of a file is not the whole of it"


@every_form
def test_a_file_without_one_good_row_is_refused_even_then(made, tmp_path):
    outcome = take(made, tmp_path, [replace(row, kwh="x") for row in ROWS], keep_good=True)
    assert isinstance(outcome, Refused)
    assert len(outcome.bad_rows) == len(ROWS)


@every_form
def test_a_file_without_readings_is_refused(made, tmp_path):
    outcome = take_file(
        made.made(tmp_path, ()), made.request(), format_name=made.reader, keep_good=True
    )
    assert isinstance(outcome, Refused)
    assert outcome.bad_rows[0].fix


@every_form
def test_a_firm_must_be_named(made, tmp_path):
    request = replace(made.request(), firm_id=None)
    outcome = take_file(made.made(tmp_path), request)
    assert isinstance(outcome, Refused)
    assert outcome.bad_rows[0].column == "firm_id"
    assert "--firm" in outcome.bad_rows[0].fix


@every_form
def test_the_order_of_rows_does_not_change_the_batch(made, tmp_path):
    if made.reader == "uci-steel":
        pytest.skip("a midnight of this format is known by its place in the file")
    turned = take(made, tmp_path, ROWS[::-1])
    assert turned.rows.equals(take(made, tmp_path).rows)


@pytest.mark.parametrize(
    "made", [made for made in LONG if made.file_name.endswith(".csv")], ids=str
)
def test_a_thousands_comma_that_is_not_quoted_is_found_in_its_row(made, tmp_path):
    path = made.made(tmp_path)
    codec = {"utf-8-sig": "utf-8-sig", "utf-8": "utf-8", "utf-16": "utf-16"}.get(
        made.encoding, "cp949"
    )
    if codec == "utf-16":
        pytest.skip("tabs part its cells")
    lines = path.read_text(codec).splitlines()
    at = made.first_row - 1 + 7
    written = times_four(ROWS[7].kwh) if made.power else ROWS[7].kwh
    shown = f'"{comma(written)}"' if made.reader in {"power-planner", "kepco-on"} else written
    assert shown in lines[at], lines[at]
    lines[at] = lines[at].replace(shown, f"{float(written):,.2f}", 1)
    path.write_text("\n".join(lines), codec)
    outcome = take_file(path, made.request())
    assert [fault.row for fault in outcome.bad_rows] == [at + 1]
    assert outcome.bad_rows[0].fault.startswith("has another number of cells")
    assert "thousands comma" in outcome.bad_rows[0].fix


def test_midnights_of_two_days_are_two_instants():
    """The made day ends where the next begins: what all forms above agree on."""
    assert ROWS[0].start == datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert ROWS[-1].start + INTERVAL == datetime(2026, 3, 2, 15, tzinfo=UTC)

"""A calendar file is read whole, in what Korean spreadsheets save, or every bad row is named."""

from datetime import date

import pytest

from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.calendar_file import (
    MOST_BYTES,
    CalendarFileError,
    DeclaredPeriods,
    read_calendar,
)

CSV = """firm_id,kind,from,to,hours,note
kiln_works,summer_shutdown,2026-08-03,2026-08-07,,하계휴가
kiln_works,shift,2026-12-01,2026-12-19,22:00-06:00,야간 교대
bakery,closure,2026-10-02,2026-10-02,,
"""
YAML = """
calendar:
  - {firm_id: kiln_works, kind: summer_shutdown, from: 2026-08-03, to: 2026-08-07, note: 하계휴가}
  - {firm_id: kiln_works, kind: shift, from: 2026-12-01, to: 2026-12-19, hours: "22:00-06:00",
     note: 야간 교대}
  - {firm_id: bakery, kind: closure, from: 2026-10-02, to: 2026-10-02}
"""
KNOWN = ("kiln_works", "bakery")


def read(folder, content, *, name="calendar.csv", encoding="utf-8", firm_id=None):
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return read_calendar(path, known_firms=KNOWN, firm_id=firm_id)


def faults(folder, content, **how):
    refused = read(folder, content, **how)
    assert isinstance(refused, Refused)
    return {(bad.row, bad.column): bad.reason for bad in refused.bad_rows}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "euc-kr"])
def test_a_csv_file_is_read_in_every_encoding_that_is_common(tmp_path, encoding):
    declared = read(tmp_path, CSV, encoding=encoding)
    assert isinstance(declared, DeclaredPeriods)
    summer, shift = declared.by_firm["kiln_works"]
    assert (summer.first_day, summer.last_day) == (date(2026, 8, 3), date(2026, 8, 7))
    assert (summer.note, shift.hours) == ("하계휴가", "22:00-06:00")
    assert len(declared.by_firm["bakery"]) == 1


def test_a_yaml_file_says_the_same(tmp_path):
    assert read(tmp_path, YAML, name="calendar.yaml") == read(tmp_path, CSV)


def test_the_firm_may_be_named_beside_the_file(tmp_path):
    declared = read(tmp_path, "kind,from,to\nclosure,2026-10-02,2026-10-02\n", firm_id="bakery")
    assert isinstance(declared, DeclaredPeriods)
    assert list(declared.by_firm) == ["bakery"]


def test_a_planned_outage_has_hours(tmp_path):
    row = "bakery,outage,2026-10-02,2026-10-02,{},정전 작업\n"
    header = "firm_id,kind,from,to,hours,note\n"
    declared = read(tmp_path, header + row.format("13:00-17:00"))
    assert isinstance(declared, DeclaredPeriods)
    (outage,) = declared.by_firm["bakery"]
    assert (outage.kind, outage.hours) == ("outage", "13:00-17:00")
    told = faults(tmp_path, header + row.format(""))
    assert set(told) == {(2, "hours")}
    assert "so does an outage" in told[2, "hours"]


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("closure,2026-10-02,2026-10-02,13:00-17:00,", "hours", "13:00-17:00"),
        ("closure,2026-10-02,2026-10-01,,", "to", "2026-10-01"),
        ("closure,2026-10-02,2028-10-01,,", "to", "2028-10-01"),
        ("closure,2026-10-02,2026-10-02,,reduced", "output", "reduced"),
        ("production,2026-10-02,2026-10-02,,", "output", ""),
    ],
)
def test_what_does_not_fit_the_rest_of_its_row_is_told_by_its_own_column(
    tmp_path, row, column, value
):
    refused = read(tmp_path, f"kind,from,to,hours,output\n{row}\n", firm_id="bakery")
    assert [(bad.column, bad.value) for bad in refused.bad_rows] == [(column, value)]


def test_every_bad_row_is_named_at_once(tmp_path):
    told = faults(
        tmp_path,
        CSV
        + "steel,closure,2026-10-02,2026-10-01,,\n"
        + "bakery,strike,2026-13-02,tomorrow,,\n\n"
        + "bakery,closure,2026-10-02,2026-10-02,,\n"
        + "bakery,closure,2026-11-02,2026-11-02,,,extra\n",
    )
    assert set(told) == {
        (5, "firm_id"),
        (5, "to"),
        (6, "kind"),
        (6, "from"),
        (6, "to"),
        (8, "kind"),
        (9, "cell 7"),
    }
    assert "is not declared" in told[5, "firm_id"]
    assert "swap the two days" in told[5, "to"]
    assert "like 2026-08-03" in told[6, "from"]
    assert "same period" in told[8, "kind"]


def test_another_firm_than_the_one_named_is_told(tmp_path):
    assert "is not bakery" in faults(tmp_path, CSV, firm_id="bakery")[2, "firm_id"]


def test_a_row_without_a_firm_is_told(tmp_path):
    told = faults(tmp_path, "kind,from,to\nclosure,2026-10-02,2026-10-02\n")
    assert "--firm" in told[2, "firm_id"]


def test_a_bad_entry_of_a_yaml_list_is_told_by_its_place(tmp_path):
    content = (
        "calendar:\n  - 3\n  - {firm_id: bakery, kind: closure, from: 20261002, to: x, why: y}"
    )
    told = faults(tmp_path, content, name="calendar.yml")
    assert {(1, "entry"), (1, "firm_id"), (2, "why"), (2, "from"), (2, "to")} <= set(told)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", ""),
        ("other.csv", "a,b\n1,2\n"),
        ("twice.csv", "kind,from,to,to\n"),
        ("none.csv", "kind,from,to\n"),
        ("large.csv", "x" * (MOST_BYTES + 1)),
        ("bad.yaml", "calendar: {a"),
        ("list.yaml", "- 1"),
        ("map.yaml", "calendar: 3"),
        ("day.yaml", "calendar: [{from: 2026-13-40}]"),
    ],
)
def test_a_file_that_is_no_calendar_is_told_by_name(tmp_path, name, content):
    with pytest.raises(CalendarFileError, match=name):
        read(tmp_path, content, name=name)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(CalendarFileError, match="check the path"):
        read_calendar(tmp_path / "none.csv", known_firms=KNOWN)


def test_bytes_that_are_no_text_are_told(tmp_path):
    path = tmp_path / "calendar.csv"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(CalendarFileError, match="CSV UTF-8"):
        read_calendar(path, known_firms=KNOWN)

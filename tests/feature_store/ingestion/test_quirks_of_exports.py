"""What honest exports do otherwise than their form says is read, and told where it was a choice."""

from datetime import datetime

import pytest

from feature_store.entities.reading_batch import ReadingBatch, Refused
from feature_store.ingestion.read_file import UnknownFormatError, take_file
from feature_store.ingestion.read_request import ReadRequest, meters_of
from tests.made_exports import CUSTOMER, MADE, METER, NOW, ROWS, as_csv, as_html, clock, ended

REQUEST = ReadRequest(firm_id="kiln_works", now=NOW)
WIDE = str.maketrans("0123456789-:.,", "０１２３４５６７８９－：．，")
NAMES = ["일시", "사용량(kWh)"]
PLAIN = [[ended(row), row.kwh] for row in ROWS]
OFF = "2026-03-02 00:17"


def take(folder, lines, *, name="usage.csv", text=as_csv, request=REQUEST):
    path = folder / name
    path.write_text(text(lines), encoding="utf-8")
    return take_file(path, request)


def the_day(outcome):
    """Whether it is the made day, each value in its interval."""
    assert isinstance(outcome, ReadingBatch), outcome
    told = outcome.rows.select("period_start", "kwh").rows()
    return told == [(row.start, float(row.kwh)) for row in ROWS]


def half_day(end: datetime) -> str:
    """As Excel writes a time in Korean: 오후 12:15 is a quarter past noon."""
    half = "오전" if end.hour < 12 else "오후"
    return f"{end:%Y-%m-%d} {half} {end.hour % 12 or 12}:{end:%M}:00"


def test_wide_letters_are_read_as_plain_ones(tmp_path):
    lines = [[cell.translate(WIDE) for cell in line] for line in PLAIN]
    assert the_day(take(tmp_path, [NAMES, *lines]))


def test_digits_of_other_scripts_are_no_digits(tmp_path):
    outcome = take(tmp_path, [NAMES, ["٢٠٢٦-٠٣-٠٢ ٠٠:١٥", "٥"]])
    assert [bad.column for bad in outcome.bad_rows] == NAMES


def test_halves_of_the_day_are_read(tmp_path):
    assert the_day(take(tmp_path, [NAMES, *([half_day(row.end), row.kwh] for row in ROWS)]))
    outcome = take(tmp_path, [NAMES, ["2026-03-02 오후 13:15", "1"]])
    assert "is not the label" in outcome.bad_rows[0].fault


def test_semicolons_part_cells(tmp_path):
    lines = [[label, f"{float(kwh):,.2f}"] for label, kwh in PLAIN]
    assert the_day(
        take(tmp_path, [NAMES, *lines], text=lambda rows: "\n".join(map(";".join, rows)))
    )


def test_the_head_of_a_table_may_stand_on_each_page(tmp_path):
    titles = [["15분 사용량"], ["고객번호", CUSTOMER]]
    pages = [
        row for at in range(0, len(PLAIN), 32) for row in (*titles, NAMES, *PLAIN[at : at + 32])
    ]
    assert the_day(take(tmp_path, pages))


def test_a_day_merged_over_its_rows_is_true_of_all_of_them(tmp_path):
    lines = [
        ["2026-03-02" if at % 96 == 0 else "", clock(r.end), r.kwh] for at, r in enumerate(ROWS)
    ]
    assert the_day(take(tmp_path, [["일자", "시간", "사용량(kWh)"], *lines]))


def test_a_customer_merged_over_rows_is_one_meter(tmp_path):
    """As a page spans it over them, and a sheet merges it."""
    names = ["고객번호", "계기번호", "검침일", "순방향 유효전력량(KWH)"]
    lines = [[CUSTOMER, METER, *PLAIN[0]], *(["", "", *line] for line in PLAIN[1:])]
    request = ReadRequest(now=NOW, meters=meters_of([f"{CUSTOMER}=kiln_works"]))
    assert the_day(take(tmp_path, [names, *lines], request=request))
    page = as_html([names, *lines]).replace(
        f"<td class=num>&nbsp;{CUSTOMER}</td>", f"<td rowspan=96>{CUSTOMER}</td>"
    )
    page = page.replace("<tr><td class=num>&nbsp;</td>", "<tr>")
    assert the_day(take(tmp_path, [], name="usage.xls", text=lambda _: page, request=request))


@pytest.mark.parametrize("dash", ["-", "－", "–", " - "])
def test_a_dash_is_a_gap_and_told(tmp_path, dash):
    lines = [NAMES, *PLAIN[:7], [PLAIN[7][0], dash], *PLAIN[8:]]
    batch = take(tmp_path, lines)
    assert batch.rows["period_start"].to_list() == [r.start for r in (*ROWS[:7], *ROWS[8:])]
    assert batch.notices == ("dashes, taken as gaps: 1, the first in row 9",)


def test_the_blank_end_of_a_day_is_not_there_yet(tmp_path):
    lines = [NAMES, *PLAIN[:50], *([label, ""] for label, _ in PLAIN[50:])]
    batch = take(tmp_path, lines)
    assert batch.rows.height == 50
    told = "blank values behind the last one, taken as not there yet: 46, the first in row 52"
    assert batch.notices == (told,)


def test_a_blank_before_the_last_value_or_of_more_than_a_day_is_a_fault(tmp_path):
    holes = [NAMES, *PLAIN[:50], [PLAIN[50][0], ""], *PLAIN[51:]]
    assert [bad.row for bad in take(tmp_path, holes).bad_rows] == [52]
    days = [[f"2026-03-{day:02}{label[10:]}", ""] for day in (3, 4) for label, _ in PLAIN]
    assert len(take(tmp_path, [NAMES, *PLAIN, *days]).bad_rows) == 97


def test_many_labels_inside_intervals_are_no_power_cuts(tmp_path):
    names = ["검침일", "순방향 유효전력량(KWH)"]
    odd = [[f"2026-03-02 0{hour}:07", "1"] for hour in range(1, 4)]
    outcome = take(tmp_path, [names, *PLAIN, *odd])
    assert isinstance(outcome, Refused)
    assert {bad.fault for bad in outcome.bad_rows} == {"is off the quarter-hour grid"}
    assert take(tmp_path, [names, *PLAIN, *odd[:2]]).rows["quality"].drop_nulls().len() == 2


def test_a_part_that_is_no_reading_is_named_and_not_summed(tmp_path):
    names = ["검침일", "순방향 유효전력량(KWH)"]
    outcome = take(tmp_path, [names, *PLAIN, [OFF, "-1"]])
    assert {bad.row for bad in outcome.bad_rows} == {98}


def test_a_year_before_meters_is_named(tmp_path):
    for year in ("0001", "1961"):
        path = tmp_path / "readings.csv"
        path.write_text(f"period_start,kwh\n{year}-01-01T00:00:00+09:00,5\n")
        fault = take_file(path, REQUEST).bad_rows[0]
        assert (fault.row, fault.fault) == (2, "is before the year 2000")
    for label, word in (
        ("1961-08-11 00:15", "before the year"),
        ("1961-08-10 00:30", "leaps over"),
    ):
        assert word in take(tmp_path, [NAMES, [label, "1"]]).bad_rows[0].fault


def test_the_columns_of_an_unknown_file_are_shown_in_its_own_letters(tmp_path):
    path = tmp_path / "month.csv"
    path.write_bytes("연월,청구요금(원)\n2026년 06월,1\n".encode("cp949"))
    with pytest.raises(UnknownFormatError, match=r"연월, 청구요금\(원\)"):
        take_file(path, REQUEST)


def test_files_as_they_should_be_have_no_notices(tmp_path):
    for made in MADE:
        assert take_file(made.made(tmp_path), made.request()).notices == ()

"""KEPCO's exports: hand-checked midnights, units by rule, and what is unclear is refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feature_store.entities.reading_batch import ReadingBatch, Refused
from feature_store.ingestion.read_file import take_file
from feature_store.ingestion.read_request import ReadRequest
from tests.made_exports import NOW

REQUEST = ReadRequest(firm_id="kiln_works", now=NOW)


def take(folder, *lines, **changes):
    path = folder / "export.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return take_file(path, replace(REQUEST, **changes))


def refusal(folder, *lines, **changes):
    outcome = take(folder, *lines, **changes)
    assert isinstance(outcome, Refused), outcome
    (fault,) = outcome.bad_rows
    assert fault.fix
    return fault


GOLDEN = {
    "date=02-03-2026 in the steel file": (
        "date,Usage_kWh",
        "02-03-2026 23:45,1",
        "02-03-2026 00:00,2",
        "03-03-2026 00:15,3",
    ),
    "24:00": (
        "검침일,순방향 유효전력량(KWH)",
        "2026-03-02 23:45,1",
        "2026-03-02 24:00,2",
        "2026-03-03 00:15,3",
    ),
    "00:00 of the next day": (
        "검침일,순방향 유효전력량(KWH)",
        "2026-03-02 23:45,1",
        "2026-03-03 00:00,2",
        "2026-03-03 00:15,3",
    ),
    "one by one, with dots": (
        "일자,시간,사용량(kWh)",
        "2026.03.02,23:45,1",
        "2026.03.02,24:00,2",
        "2026.3.3,0:15,3",
    ),
    "compact": (
        "검침일,순방향 유효전력량(KWH)",
        "202603022345,1",
        "202603022400,2",
        "202603030015,3",
    ),
    "in words": (
        "일시,사용량(kWh)",
        "2026년 03월 02일 23시 45분,1",
        "2026년 03월 02일 24시 00분,2",
        "2026년 03월 03일 00시 15분,3",
    ),
}
"""Three readings around the midnight that ends 2 March 2026 in Seoul, 15:00 UTC. By hand: the one
of 2 kWh began at 14:45 UTC, whichever of the two days its label names."""


@pytest.mark.parametrize("form", GOLDEN)
def test_the_midnight_rows_by_hand(tmp_path, form):
    batch = take(tmp_path, *GOLDEN[form])
    assert isinstance(batch, ReadingBatch), batch
    assert batch.rows.select("period_start", "kwh").rows() == [
        (datetime(2026, 3, 2, 14, 30, tzinfo=UTC), 1.0),
        (datetime(2026, 3, 2, 14, 45, tzinfo=UTC), 2.0),
        (datetime(2026, 3, 2, 15, 0, tzinfo=UTC), 3.0),
    ]


def test_a_midnight_behind_its_own_day_is_refused(tmp_path):
    """As the steel file writes it: taken at its word it would lie 24 hours early."""
    lines = ("검침일,순방향 유효전력량(KWH)", "2026-03-02 23:45,1", "2026-03-02 00:00,2")
    assert "00:00 beside 23:45 of its own date" in refusal(tmp_path, *lines).fault


@pytest.mark.parametrize(
    "lines",
    [
        ("일시,사용량(kWh)", "2026-03-02 01:00,4", "2026-03-02 02:00,4", "2026-03-02 24:00,4"),
        ("일시,사용량(kWh),최대수요(kW)", "2026-03-02 00:15,4,5", "2026-03-02 00:30,4,5"),
        ("일시,사용량(kWh)", *(f"2026-03-02 {at:02}:{m},8" for at in range(9) for m in ("00", 30))),
        (
            "일시,사용량(kWh)",
            *(f"2026-03-02 {hour:02}:00,8" for hour in range(1, 20)),
            "2026-03-02 06:15,2",
        ),
        (",".join(["(kWh)일자", *(f"{hour:02}:00" for hour in range(1, 25))]), "2026-03-02,1"),
    ],
)
def test_values_of_longer_intervals_are_refused(tmp_path, lines):
    assert "15" in refusal(tmp_path, *lines, unit=None).fix


@pytest.mark.parametrize(
    ("header", "unit", "word"),
    [
        ("사용량(kW)", None, "an energy"),
        ("최대수요(kWh)", None, "a power"),
        ("사용량(MWh)", None, "an energy"),
        ("사용량", None, "tells no unit"),
        ("사용량", "kW", "an energy"),
        ("사용량(kWh)", "kW", "tells kWh"),
    ],
)
def test_a_unit_that_does_not_fit_or_is_not_told_is_refused(tmp_path, header, unit, word):
    fault = refusal(tmp_path, f"일시,{header}", "2026-03-02 00:15,1", unit=unit)
    assert word in fault.fault + fault.fix


def test_a_unit_that_nobody_tells_can_be_said(tmp_path):
    assert take(tmp_path, "일시,사용량", "2026-03-02 00:15,8", unit="kWh").rows["kwh"][0] == 8
    assert take(tmp_path, "일시,최대수요", "2026-03-02 00:15,8", unit="kW").rows["kwh"][0] == 2


R = range(1, 20)


def wide(*above, unit_in="(단위: kWh)"):
    clocks = [f"{m // 60:02}:{m % 60:02}" for m in range(15, 1441, 15)]
    return (*above, unit_in, ",".join(["일자", *clocks]), ",".join(["2026-03-02", *["8"] * 96]))


def test_a_day_a_row_takes_its_unit_from_a_title(tmp_path):
    assert take(tmp_path, *wide()).rows["kwh"].to_list() == [8.0] * 96
    assert take(tmp_path, *wide(unit_in="평균전력(kW)")).rows["kwh"].to_list() == [2.0] * 96
    assert "no title tells the unit" in refusal(tmp_path, *wide(unit_in="사용량")).fault
    assert "both kWh and kW" in refusal(tmp_path, *wide("최대수요(kW)")).fault


@pytest.mark.parametrize(
    "title",
    [
        "최대수요 500kW (3/2 15:00)",
        "계약전력(kW) 500",
        "요금적용전력(kW),480",
        "최대수요(kW),500",
        "3월 사용량 123456 kWh",
    ],
)
def test_the_unit_of_a_number_in_a_title_is_not_that_of_the_table(tmp_path, title):
    fault = refusal(tmp_path, *wide(unit_in=title))
    assert "no title tells the unit" in fault.fault
    assert take(tmp_path, *wide(title)).rows["kwh"].to_list() == [8.0] * 96


def test_each_row_in_which_kwh_and_kw_disagree_is_named(tmp_path):
    """In fewer than half of the rows it is no mistaken unit of the file, but still a fault."""
    rows = [f"2026-03-02 {at // 4:02}:{at % 4 * 15:02},10,{40 if at % 3 else 10}" for at in R]
    outcome = take(tmp_path, "일시,사용량(kWh),최대수요(kW)", *rows)
    assert isinstance(outcome, Refused)
    assert [bad.row for bad in outcome.bad_rows] == [at + 1 for at in R if at % 3 == 0]
    assert {(bad.column, bad.value) for bad in outcome.bad_rows} == {("최대수요(kW)", "10")}
    assert all("not four times the kWh" in bad.fault for bad in outcome.bad_rows)


@pytest.mark.parametrize("title", ["15분 사용량", "2026-03-02 ~ 2026-03-03"])
def test_times_of_day_without_one_clear_day_are_refused(tmp_path, title):
    fault = refusal(tmp_path, title, "시간,사용량(kWh)", "00:15,1")
    assert fault.fix == "add a column 일자 with the day of each row"


@pytest.mark.parametrize("between", ["고객번호,0698765432", "조회기간 2026-04", "합계,1"])
def test_a_second_table_in_the_file_is_refused(tmp_path, between):
    lines = ("고객번호,0612345678", "일시,사용량(kWh)", "2026-03-02 00:15,1")
    assert "several tables" in refusal(tmp_path, *lines, between, *lines[1:]).fault


def test_two_customers_in_the_titles_are_refused(tmp_path):
    titles = ("고객번호: 0612345678", "고객번호: 0698765432")
    lines = ("일시,사용량(kWh)", "2026-03-02 00:15,1")
    assert "several numbers" in refusal(tmp_path, *titles, *lines).fault


def test_the_part_of_an_interval_before_a_power_cut_is_the_reading_of_it(tmp_path):
    lines = ("검침일,순방향 유효전력량(KWH)", "2026-03-02 19:15,9", "2026-03-02 19:29,4.3")
    batch = take(tmp_path, *lines)
    assert batch.rows.select("period_start", "kwh", "quality").rows() == [
        (datetime(2026, 3, 2, 10, 0, tzinfo=UTC), 9.0, None),
        (datetime(2026, 3, 2, 10, 15, tzinfo=UTC), 4.3, "suspect"),
    ]


def test_a_clock_that_is_off_is_no_power_cut(tmp_path):
    labels = [f"2026-03-02 {at // 4:02}:{at % 4 * 15 + 2:02}" for at in range(1, 30)]
    outcome = take(tmp_path, "검침일,순방향 유효전력량(KWH)", *(f"{each},1" for each in labels))
    assert {bad.fault for bad in outcome.bad_rows} == {"is off the quarter-hour grid"}
    assert len(outcome.bad_rows) == len(labels)


def test_an_answer_of_eds_that_is_an_error_is_told_in_its_words(tmp_path):
    path = tmp_path / "answer.json"
    path.write_text('{"dayLpDataInfoList": [{"errCd": "E01", "errMsg": "등록되지 않은 키"}]}')
    outcome = take_file(path, REQUEST)
    assert (outcome.bad_rows[0].column, outcome.bad_rows[0].value) == ("errMsg", "등록되지 않은 키")


@pytest.mark.parametrize("empty", ['{"dayLpDataInfoList": []}', '[{"dayLpDataInfoList": []}]'])
def test_an_answer_of_eds_without_a_record_holds_no_data(tmp_path, empty):
    path = tmp_path / "answer.json"
    path.write_text(empty)
    assert take_file(path, REQUEST).bad_rows[0].fault.startswith("holds no data")


def test_a_quantity_of_eds_that_is_no_quarter_hour_is_refused(tmp_path):
    path = tmp_path / "answer.json"
    path.write_text('[{"custNo": "1", "mr_ymd": "20260302", "pwr_qty0060": 1}]')
    assert take_file(path, REQUEST).bad_rows[0].column == "pwr_qty0060"

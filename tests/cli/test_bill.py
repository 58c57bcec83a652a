"""Through the real command line: a bill, the bill under other terms, worked bills checked."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

WORKED = Path(__file__).parents[1] / "golden/worked_bills.yaml"
FIRMS = """
firms:
  - firm_id: kiln_works
    name_ko: 가마 공장
    name_en: Kiln works
    contract: {power_kw: 400, option: II}
"""


@pytest.fixture
def sandan(tmp_path, monkeypatch):
    """Run a command in a home of its own; returns its exit code and all that it printed."""
    monkeypatch.setenv("SANDAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SANDAN_REPLAY_TIME", "2026-06-02T00:00:00+09:00")

    def run(*arguments):
        ended = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        return ended.exit_code, ended.output

    return run


@pytest.fixture
def may(sandan, tmp_path):
    """May 2026 at 100 kW, an hour of it never read."""
    rows = ["period_start,kwh"]
    for step in range(31 * 96):
        day, quarter = divmod(step, 96)
        if not 400 <= step < 404:
            hour, minute = quarter // 4, quarter % 4 * 15
            rows.append(f"2026-05-{day + 1:02}T{hour:02}:{minute:02}:00+09:00,25")
    (tmp_path / "firms.yaml").write_text(FIRMS, encoding="utf-8")
    (tmp_path / "may.csv").write_text("\n".join(rows), encoding="utf-8")
    sandan("firms", "declare", tmp_path / "firms.yaml")
    code, said = sandan("readings", "import", tmp_path / "may.csv", "--firm", "kiln_works")
    assert code == 0, said
    return sandan


def a_bill(may, *options):
    return may("bill", "--firm", "kiln_works", "--month", "2026-05", *options)


def test_the_bill_is_printed_in_both_languages_with_its_gaps_and_switches(may):
    code, said = a_bill(may)
    assert code == 0
    for part in ("기본요금", "Demand charge", "998,400", "청구금액", "Total due", "30 %"):
        assert part in said
    assert "missing readings): 4 of 2976" in said
    assert "2026-05-05 04:00 ~ 2026-05-05 05:00" in said
    assert "split = by_interval" in said
    assert "fuel adjustment from 2026-04-01: assumed" in said


def test_as_json_the_lines_add_up_to_the_total(may):
    code, said = a_bill(may, "--json")
    made = json.loads(said)
    charges = [line["amount_krw"] for line in made["lines"]]
    assert code == 0
    assert sum(charges[:-5]) == made["subtotal_krw"] == charges[-5]
    assert sum(charges[-5:-1]) == made["total_krw"] == charges[-1]
    assert made["missing"]["count"] == 4
    assert made["demand"]["origin"] == "floor"
    assert {switch["name"] for switch in made["switches"]} >= {"split", "excess_hours"}


@pytest.mark.parametrize(
    ("options", "basic_krw"),
    [
        ((), 998_400),  # 30 % of 400 kW at 8,320
        (("--option", "I"), 866_400),  # at 7,220
        (("--contract-power", "1000"), 2_496_000),
        (("--class", "industrial_gab_2", "--contract-power", "299"), 747_000),  # 100 kW at 7,470
        (("--tariff-date", "2022-01-01"), 998_400),
        (("--voltage", "high_b"), 885_600),
    ],
)
def test_what_if_the_terms_were_others(may, options, basic_krw):
    code, said = a_bill(may, "--json", *options)
    assert code == 0
    assert json.loads(said)["lines"][0]["amount_krw"] == basic_krw


def test_a_switch_is_taken_and_told(may):
    code, said = a_bill(may, "--json", "--switch", "assumed_fuel_krw_per_kwh=0")
    switches = {one["name"]: one for one in json.loads(said)["switches"]}
    assert code == 0
    assert switches["assumed_fuel_krw_per_kwh"]["value"] == "0.0"
    assert not switches["assumed_fuel_krw_per_kwh"]["usual"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--month", "2026-5"), "write it like 2026-07"),
        (("--month", "9999-12"), "write it like 2026-07"),
        (("--month", "2026-04"), "readings are missing"),
        (("--month", "2026-06"), "ends at 2026-07-01T00:00:00+09:00"),
        (("--as-of", "2026-06-02T00:00:01+09:00"), "has not come yet"),
        (("--as-of", "2026-06-02T00:00:00"), "no offset"),
        (("--contract-power", "inf"), "power_kw cannot be inf"),
        (("--class", "homes"), "tariff_class cannot be 'homes'"),
        (("--tariff-date", "June"), "write it like 2026-06-01"),
        (("--switch", "x=1"), "no switch 'x'"),
        (("--firm", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_billed_ends_with_a_sentence(may, options, said):
    code, output = a_bill(may, *options)
    assert code == 1
    assert said in output


def test_without_a_firm_and_a_month_the_command_says_what_to_write(sandan):
    code, said = sandan("bill")
    assert code == 1
    assert "sandan bill --firm ID --month YYYY-MM" in said


def test_worked_bills_that_agree_end_well(sandan):
    code, said = sandan("bill", "verify", WORKED)
    assert code == 0
    assert "0 differ" in said
    assert "june_2025" in said


def test_each_differing_line_is_printed_and_the_command_fails(sandan, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    text = WORKED.read_text("utf-8").replace("total: 59238430\n  - id", "total: 59238440\n  - id")
    wrong.write_text(text.replace("fund: 30970", "fund: 30980"), encoding="utf-8")
    code, said = sandan("bill", "verify", wrong)
    assert code == 1
    for part in ("eul_a2_summer_2025", "59238440", "59238430", "30980", "30970", "2 differ"):
        assert part in said


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_told(sandan, tmp_path, content):
    file = tmp_path / "bills.yaml"
    if content is not None:
        file.write_bytes(content)
    code, said = sandan("bill", "verify", file)
    assert code == 1
    assert "name a UTF-8 file" in said

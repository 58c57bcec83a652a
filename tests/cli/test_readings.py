"""Through the real command line: a file goes in whole or not at all, and comes out unchanged."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.made_exports import MADE

FIRMS = """
firms:
  - firm_id: kiln_works
    name_ko: 가마 공장
    name_en: Kiln works
    contract: {power_kw: 500, option: II}
"""
READINGS = """period_start,kwh
2026-03-02T00:00:00+09:00,10.1
2026-03-02T00:15:00+09:00,11
2026-03-02T00:45:00+09:00,12.3
"""


@pytest.fixture
def sandan(tmp_path, monkeypatch):
    """Run a command in a home of its own; returns its exit code and all that it printed."""
    monkeypatch.setenv("SANDAN_HOME", str(tmp_path / "home"))

    def run(*arguments):
        ended = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        return ended.exit_code, ended.output

    return run


@pytest.fixture
def files(tmp_path):
    (tmp_path / "firms.yaml").write_text(FIRMS, encoding="utf-8")
    (tmp_path / "readings.csv").write_text(READINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def declared(sandan, files):
    assert sandan("firms", "declare", files / "firms.yaml") == (0, "kiln_works: new\n")
    return files


def take(sandan, file, *options):
    return sandan("readings", "import", file, "--firm", "kiln_works", *options)


def test_an_import_reports_rows_period_and_gaps(sandan, declared):
    code, said = take(sandan, declared / "readings.csv")
    assert code == 0
    assert "import 1: 3 rows added, of which 0 corrections; 0 already known" in said
    assert "kiln_works: 2026-03-02 00:00 to 2026-03-02 01:00 (Asia/Seoul)" in said
    assert "1 interval missing, the first at 2026-03-02 00:30" in said


def test_the_same_file_again_says_that_nothing_is_new(sandan, declared):
    take(sandan, declared / "readings.csv")
    code, said = take(sandan, declared / "readings.csv")
    assert code == 0
    assert "nothing new: this file was received before, as import 1" in said


def test_a_correction_is_reported(sandan, declared):
    take(sandan, declared / "readings.csv")
    changed = declared / "changed.csv"
    changed.write_text(READINGS.replace(",11\n", ",11.5\n"))
    _, said = take(sandan, changed)
    assert "1 row added, of which 1 correction; 2 already known" in said


def test_bad_rows_are_listed_and_nothing_is_stored(sandan, declared):
    bad = declared / "bad.csv"
    bad.write_text(READINGS + "2026-03-02T01:00:00,1\n2026-03-02T01:15:00+09:00,[b]x\n")
    code, said = take(sandan, bad)
    assert code == 1
    assert "has no offset from UTC" in said
    assert "[b]x" in said
    assert "2 faults in 2 rows; nothing was stored" in said
    code, said = sandan("readings", "export", "--firm", "kiln_works", "--out", declared / "o.csv")
    assert (code, "no reading is known" in said) == (1, True)


def test_of_many_bad_rows_the_first_are_shown_and_all_are_counted(sandan, declared):
    bad = declared / "bad.csv"
    times = pl.datetime_range(
        pl.datetime(2026, 3, 1), pl.datetime(2026, 3, 1, 23), "15m", eager=True
    ).dt.strftime("%Y-%m-%dT%H:%M:%S+09:00")
    bad.write_text("period_start,kwh\n" + "".join(f"{time},-1\n" for time in times))
    code, said = take(sandan, bad)
    assert code == 1
    assert "93 faults in 93 rows (the first 20 above)" in said
    assert said.count("is negative") == 20
    assert "add --faults FILE.csv to have every fault written" in said


def test_every_fault_can_be_written_to_a_file(sandan, declared):
    bad, faults = declared / "bad.csv", declared / "faults.csv"
    rows = [f"2026-03-{day:02}T00:00:00+09:00,-{day}\n" for day in range(1, 31)]
    rows[4] = "2026-03-05T00:00:00+09:00,1,5\n"
    bad.write_text("period_start,kwh\n" + "".join(rows))
    code, said = take(sandan, bad, "--faults", faults)
    assert code == 1
    assert f"every fault is in {faults}" in said
    written = pl.read_csv(faults, infer_schema=False)
    assert written.columns == ["row", "column", "value", "reason", "fix"]
    assert written["row"].to_list() == [str(row) for row in range(2, 32)]
    assert written.row(4)[:3] == ("6", None, "2026-03-05T00:00:00+09:00,1,5")


def test_a_good_file_leaves_no_file_of_faults(sandan, declared):
    faults = declared / "faults.csv"
    assert take(sandan, declared / "readings.csv", "--faults", faults)[0] == 0
    assert not faults.exists()


def test_the_faults_never_replace_the_file_that_has_them(sandan, declared):
    bad = declared / "bad.csv"
    bad.write_text(READINGS.replace("10.1", "x"))
    before = bad.read_text()
    code, said = take(sandan, bad, "--faults", bad)
    assert (code, "name another one for its faults" in said) == (1, True)
    assert bad.read_text() == before


def test_faults_that_cannot_be_written_are_told(sandan, declared):
    bad = declared / "bad.csv"
    bad.write_text(READINGS.replace("10.1", "x"))
    code, said = take(sandan, bad, "--faults", declared / "nowhere" / "faults.csv")
    assert (code, "name another file" in said) == (1, True)


def test_one_fault_is_told_in_the_singular(sandan, declared):
    bad = declared / "bad.csv"
    bad.write_text(READINGS.replace("10.1", "x"))
    assert "1 fault in 1 row; nothing was stored" in take(sandan, bad)[1]


def test_control_bytes_of_a_file_do_not_reach_the_terminal(sandan, declared):
    bad = declared / "bad.csv"
    bad.write_text(READINGS.replace("10.1", "1\x1b[2J\x07\x00") + "\x1b]0;title\x07\x9b,1,1\n")
    code, said = take(sandan, bad)
    assert code == 1
    assert r"1\x1b[2J\x07\x00" in said
    assert r"\x1b]0;title\x07\x9b" in said
    assert said.replace("\n", "").isprintable()


def test_the_good_rows_are_taken_if_that_is_asked_for(sandan, declared):
    bad, faults = declared / "bad.csv", declared / "faults.csv"
    bad.write_text(READINGS.replace(",11\n", ",x\n"))
    code, said = take(sandan, bad, "--keep-good", "--faults", faults)
    assert code == 0
    assert "2 rows added" in said
    assert "1 fault in 1 row; these rows were left out" in said
    assert pl.read_csv(faults).rows() == [
        (3, "kwh", "x", "is not a number", "write it like 12.5, without unit or thousands comma")
    ]
    code, said = take(sandan, declared / "readings.csv")
    assert (code, "1 row added, of which 0 corrections; 2 already known" in said) == (0, True)


@pytest.mark.parametrize("made", MADE, ids=str)
def test_every_made_export_is_imported(sandan, declared, made):
    unit = ("--unit", made.asks["unit"]) if "unit" in made.asks else ()
    code, said = take(sandan, made.made(declared), *unit)
    assert code == 0, said
    assert "import 1: 96 rows added" in said
    assert "kiln_works: 2026-03-02 00:00 to 2026-03-03 00:00 (Asia/Seoul), no gaps" in said


@pytest.fixture
def two_meters(declared):
    """A download with two meters, one row each."""
    path = declared / "두 계기.csv"
    lines = ("111111,2026-03-02 00:15,8", "222222,2026-03-02 00:15,1")
    path.write_text("\n".join(("계기번호,검침일,순방향 유효전력량(KWH)", *lines)), "cp949")
    return path


def test_a_file_of_two_meters_is_taken_by_the_number(sandan, two_meters):
    code, said = take(sandan, two_meters)
    assert (code, "111111, 222222" in said, "--meter" in said) == (1, True, True)
    assert "1 row added" in take(sandan, two_meters, "--meter", "222222")[1]


def test_a_firm_is_named_in_one_way(sandan, two_meters):
    code, said = take(sandan, two_meters, "--meter", "111111=kiln_works")
    assert (code, "use one of the two" in said) == (1, True)
    code, said = sandan("readings", "import", two_meters, "--meter", "111111=kiln_works")
    assert (code, "1 row added" in said) == (0, True)


def test_a_preview_shows_a_file_as_it_is_understood_and_stores_nothing(sandan, declared):
    made = MADE[1]
    code, said = sandan("readings", "preview", made.made(declared))
    assert code == 0
    assert "power-planner (euc-kr)" in said
    assert "meters: 0612345678" in said
    assert "96 rows, 2026-03-02 00:00 to 2026-03-03 00:00 (Asia/Seoul), no gaps" in said
    assert "1,001.25" in said
    assert "96 rows added" in take(sandan, made.made(declared))[1]


def test_since_when_rows_are_known_is_shown_and_can_be_said(sandan, declared):
    file = declared / "readings.csv"
    said = sandan("readings", "preview", file)[1]
    assert "known: since the end of each interval (--known-at import" in said
    said = sandan("readings", "preview", file, "--known-at", "import")[1]
    assert "known: since the import" in said
    assert take(sandan, file, "--known-at", "soon")[0] == 1
    assert take(sandan, file, "--known-at", "import")[0] == 0
    out = declared / "out.csv"
    assert sandan("readings", "export", "--firm", "kiln_works", "--out", out)[0] == 0
    known_at = pl.read_csv(out)["known_at"].unique().to_list()
    assert len(known_at) == 1
    assert known_at[0] > "2026-03-03"


def test_what_labels_are_can_be_said_and_what_was_done_is_told(sandan, declared):
    file = declared / "usage.csv"
    rows = "2026-03-02 00:00,1\n2026-03-02 00:15,2\n2026-03-02 00:30,-\n"
    file.write_text("일시,사용량(kWh)\n" + rows, encoding="utf-8")
    code, said = take(sandan, file)
    assert (code, "--labels" in said) == (1, True)
    for command in ("preview", "import"):
        options = ("--firm", "kiln_works", "--labels", "start")
        code, said = sandan("readings", command, file, *options)
        assert code == 0
        assert "2026-03-02 00:00 to 2026-03-02 00:30" in said
        assert "note: dashes, taken as gaps: 1, the first in row 4" in said


def test_a_preview_shows_what_would_be_refused(sandan, two_meters):
    code, said = sandan("readings", "preview", two_meters)
    assert (code, "are 2 meters in one file" in said) == (1, True)
    assert "an import would be refused" in said
    code, said = sandan("readings", "preview", two_meters, "--meter", "222222", "--unit", "MWh")
    assert (code, "is neither kWh nor kW" in said) == (1, True)


@pytest.mark.parametrize(
    ("numbers", "suggested"),
    [(("111111", "222222"), True), (("111111", "333333"), False)],
    ids=["both", "one of them"],
)
def test_a_preview_of_a_firms_declared_meters_suggests_to_name_the_firm(
    sandan, two_meters, numbers, suggested
):
    meters = "".join(f'      - {{meter_id: m{n}, customer_number: "{n}"}}\n' for n in numbers)
    firms = two_meters.with_name("firms.yaml")
    firms.write_text(f"{FIRMS}    meters:\n{meters}", encoding="utf-8")
    assert sandan("firms", "declare", firms)[0] == 0
    code, said = sandan("readings", "preview", two_meters)
    assert (code, "--firm kiln_works" in said) == (1, suggested)
    if suggested:
        assert sandan("readings", "preview", two_meters, "--firm", "kiln_works")[0] == 0


def test_a_second_meters_export_is_refused_unless_it_is_said_to_be_the_same(sandan, two_meters):
    first, second = ("--meter", "111111"), ("--meter", "222222")
    assert take(sandan, two_meters, *first)[0] == 0
    code, said = take(sandan, two_meters, *second)
    told = " ".join(said.replace("│", " ").split())
    assert (code, "sandan firms declare" in told, "--same-meter" in told) == (1, True, True)
    options = ("--firm", "kiln_works", *second)
    code, said = sandan("readings", "preview", two_meters, *options)
    assert (code, "an import would be refused" in said) == (1, True)
    assert sandan("readings", "preview", two_meters, *options, "--same-meter")[0] == 0
    assert take(sandan, two_meters, *second, "--same-meter")[0] == 0


def test_a_preview_counts_the_gaps_of_each_meter(sandan, tmp_path):
    """Two meters, of which the second told nothing for one of three intervals."""
    rows = [(meter, minute) for meter in ("m1", "m2") for minute in ("00", "15", "30")]
    lines = [f"a,{meter},2026-03-02T00:{minute}:00+09:00,1" for meter, minute in rows]
    path = tmp_path / "readings.csv"
    path.write_text("\n".join(["firm_id,meter_id,period_start,kwh", *lines[:-2], lines[-1]]))
    code, said = sandan("readings", "preview", path)
    assert (code, "a: 5 rows" in said, "1 interval missing" in said) == (0, True, True)


def test_a_preview_of_our_own_form_shows_every_firm(sandan, tmp_path):
    path = tmp_path / "readings.csv"
    path.write_text(
        "firm_id,period_start,kwh\na,2026-03-02T00:00:00+09:00,1\nb,2026-03-02T00:00:00+09:00,x\n"
    )
    code, said = sandan("readings", "preview", path)
    assert (code, "a: 1 row" in said, "is not a number" in said) == (1, True, True)


def test_a_firm_that_is_not_declared_says_how_to_declare_it(sandan, files):
    code, said = take(sandan, files / "readings.csv")
    assert code == 1
    assert said.startswith("error: no firm 'kiln_works' is declared")
    assert "sandan firms declare FILE.yaml" in said


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_a_file_that_is_not_there_is_told(sandan, declared, name):
    code, said = take(sandan, declared / name)
    assert (code, "there is no such file; check the path" in said) == (1, True)


def test_a_firm_named_only_in_the_file_must_be_declared_too(sandan, declared):
    strange = declared / "strange.csv"
    strange.write_text("firm_id,period_start,kwh\nbakery,2026-03-02T00:00:00+09:00,1\n")
    code, said = sandan("readings", "import", strange)
    assert code == 1
    assert "no firm 'bakery' is declared" in said


def test_a_format_can_be_named(sandan, declared):
    code, said = take(sandan, declared / "readings.csv", "--format", "uci-steel")
    assert code == 1
    assert "Usage_kWh" in said


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_is_exported_imports_again_unchanged(sandan, declared, monkeypatch, suffix):
    take(sandan, declared / "readings.csv")
    first, second = declared / f"first{suffix}", declared / f"second{suffix}"
    assert sandan("readings", "export", "--firm", "kiln_works", "--out", first)[0] == 0
    _, said = sandan("readings", "import", first)
    assert "nothing new: all 3 rows are already known" in said

    monkeypatch.setenv("SANDAN_HOME", str(declared / "other home"))
    sandan("firms", "declare", declared / "firms.yaml")
    assert sandan("readings", "import", first)[0] == 0
    sandan("readings", "export", "--firm", "kiln_works", "--out", second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_reactive_energy_goes_out_as_it_came_in(sandan, declared, monkeypatch, suffix):
    metered = declared / "metered.csv"
    lines = READINGS.splitlines()
    more = [",lagging_kvarh,leading_kvarh", ",3.1,0", ",,", ",0,2.5"]
    metered.write_text("\n".join(map("".join, zip(lines, more, strict=True))))
    assert take(sandan, metered)[0] == 0
    first, second = declared / f"first{suffix}", declared / f"second{suffix}"
    sandan("readings", "export", "--firm", "kiln_works", "--out", first)
    frame = pl.read_csv(first) if suffix == ".csv" else pl.read_parquet(first)
    assert frame["lagging_kvarh"].to_list() == [3.1, None, 0.0]
    assert frame["leading_kvarh"].to_list() == [0.0, None, 2.5]
    monkeypatch.setenv("SANDAN_HOME", str(declared / "other home"))
    sandan("firms", "declare", declared / "firms.yaml")
    assert sandan("readings", "import", first)[0] == 0
    sandan("readings", "export", "--firm", "kiln_works", "--out", second)
    assert first.read_bytes() == second.read_bytes()


def test_an_export_as_of_a_past_moment_holds_what_was_known_then(sandan, declared):
    take(sandan, declared / "readings.csv")
    sandan("firms", "declare", declared / "firms.yaml", "--known-at", "2026-01-01T00:00:00+09:00")
    out = declared / "then.csv"
    moment = "2026-03-02T00:30:00+09:00"
    sandan("readings", "export", "--firm", "kiln_works", "--out", out, "--as-of", moment)
    assert pl.read_csv(out)["kwh"].to_list() == [10.1, 11.0]


def test_an_export_to_another_kind_of_file_is_refused(sandan, declared):
    take(sandan, declared / "readings.csv")
    code, said = sandan("readings", "export", "--firm", "kiln_works", "--out", declared / "o.xls")
    assert code == 1
    assert "neither .csv nor .parquet" in said


@pytest.mark.parametrize("moment", ["2026-03-02T00:30:00", "yesterday"])
def test_a_moment_without_an_offset_is_refused(sandan, declared, moment):
    out = declared / "o.csv"
    code, said = sandan(
        "readings", "export", "--firm", "kiln_works", "--out", out, "--as-of", moment
    )
    assert code == 1
    assert "write it like" in said


@pytest.mark.usefixtures("declared")
def test_firms_are_listed(sandan):
    _, said = sandan("firms", "list")
    assert "kiln_works" in said
    assert "가마 공장" in said


def test_no_firms_yet_says_how_to_declare_some(sandan):
    assert "declare some with 'sandan firms declare FILE.yaml'" in sandan("firms", "list")[1]


def test_a_shown_firm_can_be_declared_again(sandan, declared):
    code, shown = sandan("firms", "show", "kiln_works")
    assert code == 0
    again = declared / "again.yaml"
    again.write_text(shown, encoding="utf-8")
    assert sandan("firms", "declare", again) == (0, "kiln_works: unchanged\n")


def test_a_wrong_declaration_names_firm_and_field(sandan, declared):
    wrong = declared / "wrong.yaml"
    wrong.write_text(FIRMS.replace("500", "-500"), encoding="utf-8")
    code, said = sandan("firms", "declare", wrong)
    assert code == 1
    assert "kiln_works.contract.power_kw" in said


def test_bad_usage_ends_with_two(sandan):
    assert sandan("readings", "export")[0] == 2


def test_a_wrong_setting_is_named_with_its_variable(sandan, monkeypatch):
    monkeypatch.setenv("SANDAN_PORT", "http")
    code, said = sandan("firms", "list")
    assert code == 1
    assert "error: SANDAN_PORT" in said


def test_help_does_not_wait_for_the_heavy_libraries():
    program = (
        "import sys; from typer.testing import CliRunner; from cli.main import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "print(*{'mlflow', 'cvxpy', 'lightgbm', 'bentoml', 'numba', 'polars', 'sqlalchemy'}"
        " & set(sys.modules))"
    )
    assert printed_by(program) == ""


def test_an_import_does_not_wait_for_what_computes_features(declared):
    file = str(declared / "readings.csv")
    program = (
        "import sys; from typer.testing import CliRunner; from cli.main import app;"
        f"command = ['readings', 'import', {file!r}, '--firm', 'kiln_works'];"
        "assert CliRunner().invoke(app, command).exit_code == 0;"
        "print(*{'numba', 'lightgbm', 'cvxpy', 'feature_store.views'} & set(sys.modules))"
    )
    assert printed_by(program) == ""


def printed_by(program: str) -> str:
    """Return what a Python program prints in a process of its own."""
    ran = subprocess.run(  # noqa: S603  a program above
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def test_what_was_refused_is_kept_and_shown_again(sandan, declared):
    assert sandan("readings", "refused") == (0, "nothing was refused\n")
    bad = declared / "bad.csv"
    bad.write_text(READINGS.replace("10.1", "=1+1").replace(",11\n", ",-1\n"), encoding="utf-8")
    for _ in range(2):
        assert "kept as refusal 1: sandan readings refused 1" in take(sandan, bad)[1]
    assert "kept as refusal 2" in take(sandan, bad, "--keep-good")[1]
    _, listed = sandan("readings", "refused")
    assert listed.index("bad.csv") < listed.index("not stored")
    assert listed.count("bad.csv") == 2
    faults = declared / "faults.csv"
    code, shown = sandan("readings", "refused", "1", "--faults", faults)
    assert (code, "is negative" in shown) == (0, True)
    written = faults.read_bytes()
    assert written.startswith(b"\xef\xbb\xbfrow,column,value,reason,fix\r\n2,kwh,'=1+1,")
    assert b"\r\n3,kwh,'-1,is negative," in written


def test_a_refusal_that_is_not_there_is_told(sandan, declared):
    code, said = sandan("readings", "refused", "7")
    assert (code, "there is no refusal 7" in said) == (1, True)
    code, said = sandan("readings", "refused", "--faults", declared / "faults.csv")
    assert (code, "name its id" in said) == (1, True)


def test_a_file_of_another_customer_is_refused_by_its_number(sandan, declared):
    firms = declared / "firms.yaml"
    numbered = FIRMS.replace(
        "contract:",
        "meters: [{meter_id: kiln_works, customer_number: '06-9999-9999'}]\n    contract:",
    )
    firms.write_text(numbered, encoding="utf-8")
    sandan("firms", "declare", firms)
    made = MADE[1]
    for command in ("import", "preview"):
        code, said = sandan("readings", command, made.made(declared), "--firm", "kiln_works")
        assert (code, "is not a customer number" in " ".join(said.split())) == (1, True), said
    firms.write_text(numbered.replace("06-9999-9999", "06-1234-5678"), encoding="utf-8")
    sandan("firms", "declare", firms)
    assert "96 rows added" in take(sandan, made.made(declared))[1]

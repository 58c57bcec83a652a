"""Through the real command line: weather files go in once, and show what was known at a moment."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from cli.main import app

ERA5_FILE = Path(__file__).parents[3] / "shared" / "data" / "weather_gwangju.parquet"
PNG_OPENS_WITH = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def sandan(tmp_path, monkeypatch):
    """Run a command in a home of its own; returns its exit code and all that it printed."""
    monkeypatch.setenv("SANDAN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SANDAN_DATABASE_URL", raising=False)

    def run(*arguments):
        words = ["weather", *(str(argument) for argument in arguments)]
        ended = CliRunner().invoke(app, words)
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        return ended.exit_code, ended.output

    return run


@pytest.fixture
def era5(tmp_path):
    """Three days of reanalysis by the hour, from 2026-03-02 in Korea."""
    begun = datetime(2026, 3, 2)  # noqa: DTZ001  the file tells no zone
    rows = {
        "timestamp": [(begun + timedelta(hours=at)).isoformat() for at in range(72)],
        "temp_c": [float(at) for at in range(50)] + [30.5] * 22,
        "wind_ms": 2.5,
        "ghi": 100.0,
        "dni": 50.0,
        "dhi": 60.0,
    }
    path = tmp_path / "era5.parquet"
    pl.DataFrame(rows).write_parquet(path)
    return path


def forecast(path, places):
    told = {"baseDate": "20260305", "baseTime": "0500", "fcstDate": "20260305", "fcstTime": "0900"}
    items = [told | {"category": "TMP", "fcstValue": "-7", "nx": nx, "ny": ny} for nx, ny in places]
    header = {"resultCode": "00", "resultMsg": "NORMAL_SERVICE"}
    body = {"dataType": "JSON", "items": {"item": items}, "totalCount": len(items)}
    path.write_text(json.dumps({"response": {"header": header, "body": body}}), encoding="utf-8")
    return path


def test_an_import_says_what_came_of_it_and_the_same_file_again_is_nothing_new(sandan, era5):
    code, said = sandan("import", era5, "--place", "gwangju")
    assert code == 0
    assert "import 1: 72 rows added, of which 0 corrections" in said
    assert "gwangju: reanalysis, 2026-03-02 00:00 to 2026-03-04 23:00 (Asia/Seoul), no g" in said
    code, said = sandan("import", era5, "--place", "gwangju")
    assert code == 0
    assert "nothing new: this file was received before, as import 1" in said


def test_a_file_at_fault_is_told_and_nothing_is_stored(sandan, era5):
    code, said = sandan("import", era5)
    assert code == 1
    assert "name the place" in said
    assert "nothing was stored" in said
    assert sandan("show", "gwangju", "--at", "2026-03-08T00:00:00+09:00")[0] == 1


def test_what_is_shown_is_what_was_known_at_the_moment(sandan, era5, tmp_path):
    sandan("import", era5, "--place", "gwangju")
    cell = forecast(tmp_path / "kma.json", [(58, 74)])
    code, said = sandan("import", cell, "--place", "gwangju")
    assert code == 0
    assert "gwangju: forecast of 1 issue, 2026-03-05 09:00" in said
    code, said = sandan("show", "gwangju", "--at", "2026-03-05T08:00:00+09:00")
    assert code == 0
    assert "2026-03-05 09:00" in said
    assert "-7" in said
    assert "3.8 h" in said  # ahead, from 05:10 on
    assert "30.5" not in said  # not published for five days
    _, later = sandan("show", "gwangju", "--at", "2026-03-10T08:00:00+09:00", "--days", "6")
    assert "30.5" in later
    assert "reanalysis" in later
    assert "hours of this time not known" in later


def test_nothing_known_is_an_error_that_says_where_to_look(sandan, era5):
    sandan("import", era5, "--place", "gwangju")
    code, said = sandan("show", "gwangju", "--at", "2026-03-05T08:00:00+09:00")
    assert code == 1
    assert "gwangju: no weather from 2026-03-04T08:00+09:00" in said
    assert "--days" in said


def test_a_file_of_several_places_cannot_be_kept_under_one_name(sandan, tmp_path):
    cells = forecast(tmp_path / "kma.json", [(58, 74), (59, 74)])
    code, said = sandan("import", cells, "--place", "gwangju")
    assert code == 1
    assert "kma-grid 58,74, kma-grid 59,74" in said
    code, said = sandan("import", cells)
    assert code == 0
    assert "kma-grid 59,74: forecast of 1 issue" in said


@pytest.mark.parametrize("place", ["gwangju", "광주"])
def test_the_plot_is_a_picture(sandan, era5, tmp_path, place):
    sandan("import", era5, "--place", place)
    asked = ("show", place, "--at", "2026-03-09T08:00:00+09:00", "--days", "6")
    code, said = sandan(*asked, "--plot", tmp_path / "weather.png")
    assert code == 0, said
    assert (tmp_path / "weather.png").read_bytes().startswith(PNG_OPENS_WITH)
    for wrong in (tmp_path / "weather.txt", tmp_path / "none" / "weather.png"):
        code, said = sandan(*asked, "--plot", wrong)
        assert code == 1
        assert not wrong.exists()


@pytest.mark.skipif(not ERA5_FILE.is_file(), reason="the ERA5 table is not beside this checkout")
def test_three_years_of_gwangju_are_kept_and_shown(sandan):
    table = pl.read_parquet(ERA5_FILE)
    code, said = sandan("import", ERA5_FILE, "--place", "gwangju")
    assert code == 0
    assert "26,304 rows added" in said
    at = datetime(2025, 7, 12, 6, tzinfo=UTC)
    code, said = sandan("show", "gwangju", "--at", at.isoformat(), "--days", "6")
    assert code == 0
    last = table.filter(pl.col("timestamp") == datetime(2025, 7, 7, 15))  # noqa: DTZ001  as told
    (line,) = (line for line in said.splitlines() if "2025-07-07 15:00" in line)
    assert f" {last['temp_c'][0]:g} " in line
    assert "2025-07-07 16:00" not in said  # five days later it is not published yet

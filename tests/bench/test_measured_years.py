"""The measured years become files that the libraries' task takes, with every quarter hour right."""

from datetime import timedelta

import polars as pl
import pytest

from bench.measured_years import BESIDE, NoMeasuredYearsError, write_measured_years
from bench.peers.task import read_task
from feature_store.time_grid import INTERVAL

needs_the_years = pytest.mark.skipif(
    not BESIDE.exists(), reason="needs ../shared/data beside the project"
)


@needs_the_years
def test_they_are_twelve_years_of_quarter_hours_that_the_task_takes(tmp_path):
    readings, firms = write_measured_years(tmp_path)

    words = f"--readings {readings} --firms {firms} --out {tmp_path}/out"
    task = read_task(words.split())

    years = {firm.firm_id: len(firm.demand_kw) * INTERVAL for firm in task.firms}
    assert len(years) == 12
    assert set(years.values()) == {timedelta(days=365), timedelta(days=366)}


@needs_the_years
def test_the_steel_works_year_begins_at_korean_midnight_and_is_in_kw(tmp_path):
    readings, _ = write_measured_years(tmp_path)

    steel = pl.read_parquet(readings).filter(firm_id="steel")

    local = steel["period_start"].dt.convert_time_zone("Asia/Seoul")
    assert local.min().isoformat() == "2018-01-01T00:00:00+09:00"
    # mean and maximum as ../shared/data/README.md describes the file
    assert steel["kw"].max() == pytest.approx(629, abs=1)
    assert steel["kw"].mean() == pytest.approx(110, abs=1)


def test_without_them_the_error_says_how_to_name_others(tmp_path):
    with pytest.raises(NoMeasuredYearsError, match="make bench-forecast READINGS="):
        write_measured_years(tmp_path, source=tmp_path / "nowhere")

"""The packaged year is what was measured: same values, same weekdays, only scaled and moved."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from feature_store.entities.reading_batch import READING_COLUMNS
from feature_store.sample.complex import READINGS_FILE, load_sample
from feature_store.sample.measured_profiles import PROFILES, PYCITY, SIMBENCH
from feature_store.sample.rebuild import DECIMALS, redated
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL, STEPS_PER_HOUR, local_clock
from tests.builders import SEOUL

MEASURED = Path(__file__).parents[4] / "shared" / "data" / "firms_de.parquet"
ZONES = {SIMBENCH: "Europe/Berlin", PYCITY: "Etc/GMT-1"}
DOUBLED_HOUR = (datetime(2016, 10, 30, 0, tzinfo=UTC), datetime(2016, 10, 30, 2, tzinfo=UTC))
TWO_MEGABYTES = 2 * 1024 * 1024


@pytest.fixture(scope="module")
def rows():
    return load_sample().batch.rows


@pytest.fixture(scope="module")
def measured():
    if not MEASURED.is_file():
        pytest.skip("the measured years are not beside this checkout (../shared/data)")
    return pl.read_parquet(MEASURED)


def of(rows, profile):
    return rows.filter(firm_id=profile.firm_id)


def each_profile() -> Iterator[object]:
    return pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.firm_id)


def test_the_packaged_file_is_small():
    assert READINGS_FILE.stat().st_size <= TWO_MEGABYTES


def test_the_readings_are_a_batch_like_any_other(rows):
    assert dict(rows.schema) == READING_COLUMNS
    assert rows.select(pl.struct("firm_id", "period_start").is_unique().all()).item()
    assert rows["firm_id"].unique().sort().to_list() == [profile.firm_id for profile in PROFILES]
    assert (rows["known_at"] - rows["period_start"]).unique().to_list() == [INTERVAL]


@each_profile()
def test_undoing_the_move_gives_the_measured_instants_and_values(rows, measured, profile):
    """The hour of autumn that is left out is the only one not found again.

    Values are not compared in the doubled hour: the table compared with has its eight rows sorted
    by their label, one of the first hour, one of the second, where the published file has hour
    after hour. One of its two hours is left out here, and the other is told by a made shape below.
    """
    moved = of(rows, profile).with_columns(
        pl.col("period_start").dt.convert_time_zone("Asia/Seoul").dt.replace_time_zone(None)
        - profile.source.shift
    )
    back = moved.with_columns(
        pl.col("period_start")
        .dt.replace_time_zone(ZONES[profile.source], ambiguous="earliest")
        .dt.convert_time_zone("UTC")
    )
    found = back.join(of(measured, profile), on="period_start", how="full")
    assert found["kwh"].null_count() == (STEPS_PER_HOUR if profile.source is SIMBENCH else 0)
    assert found["kw"].null_count() == 0
    doubled = pl.col("period_start").is_between(*DOUBLED_HOUR, closed="left")
    both = found.drop_nulls(["kwh", "kw"]).filter(~doubled)
    difference_kw = both["kwh"] / HOURS_PER_STEP - both["kw"]
    assert difference_kw.abs().max() <= 0.5 * 10**-DECIMALS + 0.001  # the source has 3 decimals


@each_profile()
def test_the_spring_gap_stays_and_nothing_else_is_missing(rows, profile):
    starts = of(rows, profile)["period_start"]
    breaks = starts.diff().drop_nulls()
    gaps = breaks.filter(breaks != INTERVAL).to_list()
    assert gaps == ([timedelta(hours=1, minutes=15)] if profile.source is SIMBENCH else [])


@each_profile()
def test_the_year_ends_on_the_weekday_that_it_was_measured_on(rows, profile):
    last = of(rows, profile)["period_start"].to_numpy()[-1:].astype("datetime64[s]")
    clock = local_clock(last, SEOUL)
    assert clock.step_of_day.tolist() == [95]
    expected = ("2026-11-21", 5) if profile.source is SIMBENCH else ("2026-11-20", 4)
    assert (str(clock.date[0]), clock.weekday[0]) == expected


def test_of_a_doubled_hour_the_first_is_kept_and_the_peak_is_the_one_named():
    profile = next(profile for profile in PROFILES if profile.source is SIMBENCH)
    wall_clock = np.array(["2016-10-30T02:00", "2016-10-30T02:15"] * 2, dtype="datetime64[us]")
    shape = pl.DataFrame({"wall_clock": wall_clock, profile.column: [0.5, 1.0, 0.25, 0.75]})
    made = redated(shape, profile)
    assert made["kw"].to_list() == [profile.peak_kw / 2, profile.peak_kw]
    assert made["period_start"][0].astimezone(SEOUL).isoformat() == "2026-09-20T02:00:00+09:00"

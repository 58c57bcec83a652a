"""The published steel year lies gapless on its instants, and its odd midnight is understood."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from feature_store.entities.reading_batch import ReadingBatch, Refused
from feature_store.ingestion.read_file import read_file
from feature_store.time_grid import INTERVAL
from tests.builders import SEOUL

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "Steel_industry_data.csv"

# fmt: off
NEW_YEARS_DAY_KWH = [
    3.17, 4.0, 3.24, 3.31, 3.82, 3.28, 3.6, 3.6,
    3.28, 3.78, 3.46, 3.24, 3.96, 3.31, 3.31, 3.89,
    3.28, 3.56, 3.74, 3.31, 3.56, 3.56, 3.28, 3.78,
    3.35, 3.24, 3.89, 3.31, 3.28, 3.85, 3.2, 3.31,
    3.78, 3.28, 3.49, 3.89, 3.6, 4.03, 3.92, 3.64,
    4.07, 3.71, 3.6, 4.21, 3.49, 3.46, 4.0, 3.49,
    3.6, 4.25, 3.67, 3.67, 4.25, 3.64, 3.67, 4.28,
    3.64, 3.78, 4.1, 3.64, 3.92, 4.1, 3.6, 3.96,
    4.0, 3.6, 4.07, 3.82, 3.56, 4.1, 3.6, 3.6,
    4.0, 3.42, 3.67, 4.07, 3.53, 3.85, 3.96, 3.56,
    4.03, 3.74, 3.56, 4.21, 3.56, 3.53, 4.25, 3.53,
    3.56, 3.67, 3.24, 3.53, 3.53, 3.24, 3.67, 3.42,
]
# fmt: on
"""Rows 2 to 97 of the file, two hours a line: the last one is labelled 01-01-2018 00:00 and is the
quarter hour before the midnight that ends the day. They add up to 351.86 kWh.
(UCI Machine Learning Repository, Steel Industry Energy Consumption, CC BY 4.0.)"""


@pytest.fixture(scope="module")
def year():
    if not PUBLISHED.is_file():
        pytest.skip("the UCI steel file is not beside this checkout (../shared/data)")
    batch = read_file(PUBLISHED, firm_id="steel", now=NOW)
    assert isinstance(batch, ReadingBatch)
    return batch.rows


def test_every_interval_of_2018_is_there_once(year):
    assert year.height == 365 * 96
    assert year["period_start"][0] == datetime(2018, 1, 1, tzinfo=SEOUL)
    assert year["period_start"].diff().drop_nulls().unique().to_list() == [INTERVAL]


@pytest.mark.parametrize(
    ("start", "kwh"),
    [
        (datetime(2018, 1, 1, 0, 0, tzinfo=SEOUL), 3.17),  # labelled 01-01-2018 00:15, row 2
        (datetime(2018, 1, 1, 23, 30, tzinfo=SEOUL), 3.67),  # labelled 01-01-2018 23:45
        (datetime(2018, 1, 1, 23, 45, tzinfo=SEOUL), 3.42),  # labelled 01-01-2018 00:00
        (datetime(2018, 1, 2, 0, 0, tzinfo=SEOUL), 3.2),  # labelled 02-01-2018 00:15
    ],
)
def test_labels_are_ends_and_midnight_ends_its_own_day(year, start, kwh):
    assert year.filter(pl.col("period_start") == start.astimezone(UTC))["kwh"].to_list() == [kwh]


def test_a_whole_day_is_the_one_that_was_checked_by_hand(year):
    midnight = datetime(2018, 1, 1, tzinfo=SEOUL).astimezone(UTC)
    day = year.filter(pl.col("period_start").is_between(midnight, midnight + 95 * INTERVAL))
    assert day["kwh"].to_list() == NEW_YEARS_DAY_KWH
    assert day["kwh"].sum() == pytest.approx(351.86)


def test_reactive_energy_of_the_year_is_kept_for_the_bill(year):
    assert year["lagging_kvarh"].null_count() == year["leading_kvarh"].null_count() == 0
    first = year.row(0, named=True)
    assert (first["lagging_kvarh"], first["leading_kvarh"]) == (2.95, 0.0)  # row 2 of the file


def test_a_midnight_that_begins_its_day_is_refused(tmp_path):
    """A mended copy would otherwise land 24 hours late at each midnight."""
    path = tmp_path / "mended.csv"
    path.write_text("date,Usage_kWh\n01-01-2018 23:45,1\n02-01-2018 00:00,1\n02-01-2018 00:15,1\n")
    outcome = read_file(path, firm_id="steel", now=NOW)
    assert isinstance(outcome, Refused)
    assert [fault.row for fault in outcome.bad_rows] == [3]
    assert "does not stand last in the day" in outcome.bad_rows[0].reason

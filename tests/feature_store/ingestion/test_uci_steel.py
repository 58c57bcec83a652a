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

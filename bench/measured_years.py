"""Twelve measured years of load, as files that any library can read.

They lie beside the project, which does not carry them: eleven German firms (SimBench, ODbL 1.0;
pycity-base, MIT) and the Korean steel works that the UCI Machine Learning Repository publishes
(no. 851, CC BY 4.0).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from feature_store.entities.reading_batch import ReadingBatch
from feature_store.errors import SandanError
from feature_store.ingestion.read_file import read_file
from feature_store.time_grid import HOURS_PER_STEP

BESIDE = Path(__file__).parents[2] / "shared" / "data"
STEEL = {"firm_id": "steel", "timezone": "Asia/Seoul", "holidays": "KR"}


class NoMeasuredYearsError(SandanError):
    """The measured years do not lie beside the project, or cannot be read."""


def write_measured_years(folder: Path, *, source: Path = BESIDE) -> tuple[Path, Path]:
    """Write ``readings.parquet`` and ``firms.csv`` and return their paths.

    Readings: ``firm_id, period_start (UTC), kw``. Firms: ``firm_id, timezone, holidays``.
    """
    if not source.exists():
        raise NoMeasuredYearsError(
            "the measured years do not lie beside the project (../shared/data); name readings "
            "and firms of your own: make bench-forecast READINGS=readings.parquet FIRMS=firms.csv"
        )
    firms = pl.read_csv(source / "firms_de.csv").select(*STEEL)
    german = pl.read_parquet(source / "firms_de.parquet").select("firm_id", "period_start", "kw")
    readings, declared = folder / "readings.parquet", folder / "firms.csv"
    folder.mkdir(parents=True, exist_ok=True)
    pl.concat([german, _steel(source / "Steel_industry_data.csv")]).write_parquet(readings)
    pl.concat([firms, pl.DataFrame(STEEL)]).write_csv(declared)
    return readings, declared


def _steel(file: Path) -> pl.DataFrame:
    batch = read_file(file, firm_id=STEEL["firm_id"], now=datetime.now(UTC))
    if not isinstance(batch, ReadingBatch):
        raise NoMeasuredYearsError(f"{file} was refused: {batch.bad_rows[:3]}; fetch it again")
    kw = pl.col("kwh") / HOURS_PER_STEP
    return batch.rows.select("firm_id", "period_start", kw=kw)

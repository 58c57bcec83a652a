"""Where each firm's measured year comes from, and how its calendar becomes a Korean one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import polars as pl

from feature_store.time_grid import INTERVAL


@dataclass(frozen=True, kw_only=True)
class Source:
    """A published package that carries measured years."""

    requirement: str
    """What pip downloads."""
    sha256: str
    """Hash of the downloaded wheel."""
    member: str
    """Path of the data inside the wheel."""
    shift: timedelta
    """From the measured wall clock to the Korean one: whole weeks, so that weekdays stay."""
    read: Callable[[bytes], pl.DataFrame]
    """From the data to a column ``wall_clock``, as measured, and one a profile, of any scale."""

    def profiles(self, wheel: Path) -> pl.DataFrame:
        """Read the profiles out of the downloaded wheel."""
        with ZipFile(wheel) as package:
            return self.read(package.read(self.member))


@dataclass(frozen=True, kw_only=True)
class MeasuredProfile:
    """One firm's year: a published shape and the peak that it is scaled to."""

    firm_id: str
    source: Source
    column: str
    peak_kw: float
    """Assumed: the shapes are published without their scale."""


def _read_simbench(data: bytes) -> pl.DataFrame:
    table = pl.read_csv(data, separator=";", infer_schema=False)
    wall_clock = pl.col("time").str.to_datetime("%d.%m.%Y %H:%M", time_unit="us")
    return table.select(wall_clock.alias("wall_clock"), pl.exclude("time").cast(pl.Float64))


def _read_pycity(data: bytes) -> pl.DataFrame:
    columns = ["date", "time", "metal_1", "metal_2", "warehouse"]
    table = pl.read_csv(
        BytesIO(data),
        separator="\t",
        has_header=False,
        skip_rows=2,  # a title and a line of units
        new_columns=columns,
        infer_schema=False,
    )
    # The date stands on one row of each day only, so the position tells the instant.
    wall_clock = pl.lit(datetime(2010, 1, 1)) + pl.int_range(pl.len()) * INTERVAL  # noqa: DTZ001
    return table.select(
        wall_clock.dt.cast_time_unit("us").alias("wall_clock"),
        pl.col(columns[2:]).cast(pl.Float64),
    )


SIMBENCH = Source(
    requirement="simbench==1.6.3",
    sha256="8b48bdab2445286a96649eb18bb09476d000a0e212fd57fdba83399df54af4de",
    member="simbench/networks/1-complete_data-mixed-all-1-sw/LoadProfile.csv",
    shift=timedelta(weeks=516),  # Saturday 2016-12-31 becomes Saturday 2026-11-21
    read=_read_simbench,
)
PYCITY = Source(
    requirement="pycity-base==0.3.3",
    sha256="45d1003f1bccba2f282f59f78d8aa49112b18af27c2284ab27fc6023f4ec0642",
    member="pycity_base/inputs/measured_el_loads/non_res_annual_el_profiles.txt",
    shift=timedelta(weeks=829),  # Friday 2010-12-31 becomes Friday 2026-11-20
    read=_read_pycity,
)

PROFILES = tuple(
    MeasuredProfile(firm_id=firm_id, source=source, column=column, peak_kw=peak_kw)
    for firm_id, source, column, peak_kw in (
        ("bakery_g5", SIMBENCH, "G5-A_pload", 270.0),
        ("commerce_g0", SIMBENCH, "G0-A_pload", 620.0),
        ("continuous_g3", SIMBENCH, "G3-A_pload", 980.0),
        ("evening_g2", SIMBENCH, "G2-A_pload", 450.0),
        ("high_load_bl", SIMBENCH, "BL-H_pload", 1_800.0),
        ("metal_1", PYCITY, "metal_1", 900.0),
        ("metal_2", PYCITY, "metal_2", 1_250.0),
        ("shop_g4", SIMBENCH, "G4-A_pload", 330.0),
        ("warehouse", PYCITY, "warehouse", 420.0),
        ("weekend_g6", SIMBENCH, "G6-A_pload", 310.0),
        ("workday_g1", SIMBENCH, "G1-A_pload", 540.0),
    )
)
"""All measured firms, by id."""

"""Make ``readings.parquet`` again from the packages that publish the measurements.

``python -m feature_store.sample.rebuild`` downloads them with pip and writes the same bytes.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from feature_store.errors import SandanError
from feature_store.sample.complex import READINGS_FILE
from feature_store.sample.measured_profiles import PROFILES, MeasuredProfile, Source

DECIMALS = 2
"""Kept of a kW. The finest steps of the published shapes are 0.05 kW once scaled."""
_ZSTD_LEVEL = 19
"""The file travels with the product, so its size matters and the seconds to write it do not."""


def redated(profiles: pl.DataFrame, profile: MeasuredProfile) -> pl.DataFrame:
    """Return one firm's readings: the measured wall clock, some weeks on, read in Korea.

    The hour that spring leaves out stays missing, of the hour that autumn repeats the first is
    kept: Korea's clock does neither.
    """
    kw = pl.col(profile.column) * (profile.peak_kw / pl.col(profile.column).max())
    korean_clock = pl.col("wall_clock") + profile.source.shift
    return (
        profiles.unique("wall_clock", keep="first", maintain_order=True)
        .select(
            firm_id=pl.lit(profile.firm_id),
            period_start=korean_clock.dt.replace_time_zone("Asia/Seoul").dt.convert_time_zone(
                "UTC"
            ),
            kw=kw.round(DECIMALS).cast(pl.Float32),
        )
        .sort("period_start")
    )


def rebuild(wheels: dict[Source, Path], to: Path) -> None:
    """Write the readings of every firm from the downloaded packages."""
    published = {source: source.profiles(wheel) for source, wheel in wheels.items()}
    readings = pl.concat(redated(published[profile.source], profile) for profile in PROFILES)
    readings.write_parquet(to, compression="zstd", compression_level=_ZSTD_LEVEL)


def download(source: Source, folder: Path) -> Path:
    """Fetch a package with pip, without installing it; other bytes than known are refused."""
    target = folder / source.requirement.split("==")[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    fetched = subprocess.run(  # noqa: S603  a fixed command, no shell
        [*command, "--dest", str(target), source.requirement], check=False
    )
    wheels = sorted(target.glob("*.whl"))
    if fetched.returncode or len(wheels) != 1:
        raise SandanError(
            f"{source.requirement} could not be downloaded; check the access to the package index"
        )
    if hashlib.sha256(wheels[0].read_bytes()).hexdigest() != source.sha256:
        raise SandanError(
            f"{wheels[0].name} is not the file that the sample was made from; "
            "look at its data before changing the hash in measured_profiles.py"
        )
    return wheels[0]


def main() -> None:
    """Download, rebuild and say what was written."""
    with TemporaryDirectory() as folder:
        sources = sorted({profile.source for profile in PROFILES}, key=lambda s: s.requirement)
        wheels = {source: download(source, Path(folder)) for source in sources}
        rebuild(wheels, READINGS_FILE)
    sys.stdout.write(f"{READINGS_FILE}: {READINGS_FILE.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()

"""Which firms are declared, and whose each meter is: what rows of readings are held against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

METER_COLUMNS: dict[str, type[pl.DataType]] = {
    "meter_id": pl.String,
    "firm_id": pl.String,
    "declared": pl.Boolean,
    "firm_declared": pl.Boolean,
}
"""``declared`` is whether a declaration names the meter, or readings came before any did;
``firm_declared`` whether its firm is declared for the moment asked about."""

_TOLD = 8
"""Meters listed in a fault: who has more knows them from a list of their own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class KnownMeters:
    """Every meter that is known, of whatever number of firms."""

    meters: pl.DataFrame
    """Columns as in ``METER_COLUMNS``, each meter once."""

    @cached_property
    def owners(self) -> pl.DataFrame:
        """``meter_id`` and whose it is, ``owner_id``, for the meters that are declared."""
        return self.meters.filter("declared").select("meter_id", owner_id="firm_id")

    @cached_property
    def firms(self) -> pl.DataFrame:
        """``firm_id`` of each declared firm, its ``only_meter`` or null, its ``meters_told``."""
        of_firm = pl.col("meter_id").sort()
        return (
            self.meters.filter("declared", "firm_declared")
            .group_by("firm_id")
            .agg(
                only_meter=pl.when(pl.len() == 1).then(pl.col("meter_id").first()),
                meters_told=of_firm.head(_TOLD).str.join(", "),
            )
        )

"""Parts of intervals, as meters write them around a power cut, summed into whole ones."""

from __future__ import annotations

import polars as pl

from feature_store.ingestion.meter_choice import SOURCE
from feature_store.ingestion.text_table import ROW
from feature_store.ingestion.tidied import Tidied, noticed
from feature_store.time_grid import INTERVAL

QUALITY = "quality"
_PARTS_OF_A_CUT = 2
_MOST_SHARE = 0.02
"""Of labels off the grid. A meter that is cut off twice a week writes some 4 of 672; more is a
clock that is off, or a table of another step, and no sum of it is right."""

_SUMMED = ("kwh", "lagging_kvarh", "leading_kvarh")


def with_parts_summed(table: pl.DataFrame) -> Tidied:
    """Sum rows whose labels lie inside an interval into the row that ends it; quality: suspect.

    A meter that loses power closes its register: 19:29 is the energy from 19:15 on, and what came
    after it up to 19:30 stands at 19:30, if there was any. Rows that are not good, and those of a
    meter with too many off the grid, stay as they are and are named as such.

    Args:
        table: Rows with ``label`` as the ends of intervals, and the numbers parsed.
    """
    grid, minutes = pl.col("label").dt.truncate(INTERVAL), pl.lit(INTERVAL)
    ends = table.with_row_index("place").with_columns(
        off=(pl.col("label") != grid).fill_null(value=False),
        ends=pl.when(pl.col("label") == grid).then(grid).otherwise(grid + minutes),
    )
    few = pl.col("off").sum() <= pl.max_horizontal(_PARTS_OF_A_CUT, pl.len() * _MOST_SHARE)
    good = pl.col("kwh").is_finite() & (pl.col("kwh") >= 0)
    own = pl.col("label").is_unique() & good
    together = (SOURCE, "ends")
    parts = ends.filter(
        few.over(SOURCE) & pl.col("off").any().over(together) & own.all().over(together)
    )
    if not parts.height:
        return Tidied(table=table)
    from feature_store.entities.meter_readings import ReadingQuality  # takes 8 MiB

    whole = (
        parts.sort("place")
        .with_columns(
            pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sum()).over(together)
            for name in _SUMMED
        )
        .unique(together, keep="last", maintain_order=True)
        .with_columns(label=pl.col("ends"), quality=pl.lit(ReadingQuality.SUSPECT.value))
    )
    rest = ends.filter(~pl.col("place").is_in(parts["place"].implode()))
    return Tidied(
        table=pl.concat([rest, whole], how="diagonal").sort("place").drop("place", "off", "ends"),
        notices=noticed(
            parts.filter("off")[ROW],
            "parts of intervals, as a power cut leaves them, summed and marked as suspect",
        ),
    )

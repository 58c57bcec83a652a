"""The loads that are lived again, from a file of many firms or an export of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reading_batch import Refused
from feature_store.ingestion.read_file import read_file
from feature_store.time_grid import HOURS_PER_STEP, INTERVAL
from training.evaluation.measured_firms import history_of, read_histories
from training.replay.not_replayable import NotReplayableError

SHOWN_FAULTS = 5


def histories_of(readings: Path, firms: Sequence[Firm], *, now: datetime) -> dict[str, LoadHistory]:
    """Return the load of each firm.

    Args:
        readings: Of one firm any export that can be imported; of several, one file with a column
            ``firm_id``, as for a backtest.
        firms: Whose readings are wanted.
        now: Nothing measured can lie later.

    Raises:
        NotReplayableError: Rows are no readings, or a firm has none.
    """
    if len(firms) == 1:
        return {firms[0].firm_id: _of_one(readings, firms[0], now)}
    found = read_histories(readings, now=now)
    missing = [firm.firm_id for firm in firms if firm.firm_id not in found]
    if missing:
        raise NotReplayableError(
            f"{readings.name}: holds no reading of {', '.join(missing)}; add them or leave the "
            "firms out of --site"
        )
    return found


def _of_one(readings: Path, firm: Firm, now: datetime) -> LoadHistory:
    batch = read_file(readings, firm_id=firm.firm_id, now=now)
    if isinstance(batch, Refused):
        faults = "\n".join(
            f"  row {bad.row}, {bad.column} {bad.value!r}: {bad.reason}"
            for bad in batch.bad_rows[:SHOWN_FAULTS]
        )
        raise NotReplayableError(f"{readings.name}: was refused\n{faults}")
    ended = pl.col("period_start") + pl.lit(INTERVAL)
    rows = batch.rows.sort("period_start").select(
        "period_start", kw=pl.col("kwh") / HOURS_PER_STEP, known_at=ended
    )
    return history_of(firm.firm_id, rows)

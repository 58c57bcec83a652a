"""Immutable Parquet snapshots of what was known at a moment: what a model was trained on."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.superseded import Superseded
from feature_store.errors import NotEnoughReadingsError, SandanError
from feature_store.point_in_time import Knowledge
from feature_store.time_grid import TimeGrid, to_datetime


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Firms and their loads as known at ``moment``, on disk under the hash of their content."""

    path: Path
    content_sha256: str
    moment: datetime
    firms: tuple[Firm, ...]
    """Firms with at least one reading, by id."""
    histories: dict[str, LoadHistory]


class SnapshotError(SandanError):
    """A snapshot's file does not hold what its name says."""


def take_snapshot(folder: Path, knowledge: Knowledge) -> Snapshot:
    """Write what ``knowledge`` holds to ``folder/<hash>.parquet``, unless it is there already."""
    firms, histories = [], {}
    for firm in knowledge.firms():
        try:
            histories[firm.firm_id] = knowledge.history(firm.firm_id)
        except NotEnoughReadingsError:
            continue  # declared, not metered yet: nothing to learn from
        firms.append(firm)
    if not firms:
        raise NotEnoughReadingsError(
            "no firm has a reading; import some with 'sandan readings import FILE --firm ID'"
        )
    declared = json.dumps([firm.model_dump(mode="json") for firm in firms], ensure_ascii=False)
    digest = _digest(declared, histories)
    path = folder / f"{digest}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
        rows = pl.concat([_rows(histories[firm.firm_id]) for firm in firms])
        rows.write_parquet(
            unfinished, metadata={"firms": declared, "moment": knowledge.moment.isoformat()}
        )
        unfinished.replace(path)  # a killed process leaves no half snapshot under its hash
    return Snapshot(
        path=path,
        content_sha256=digest,
        moment=knowledge.moment,
        firms=tuple(firms),
        histories=histories,
    )


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot back, as it was taken; another content is a :class:`SnapshotError`."""
    metadata = pl.read_parquet_metadata(path)
    firms = tuple(Firm.model_validate(firm) for firm in json.loads(metadata["firms"]))
    rows = pl.read_parquet(path)
    histories = {
        firm.firm_id: _history(firm.firm_id, rows.filter(pl.col("firm_id") == firm.firm_id))
        for firm in firms
    }
    digest = _digest(metadata["firms"], histories)
    if digest != path.stem:
        raise SnapshotError(
            f"{path}: its content has hash {digest}, not the one in its name; restore the file, "
            "or take a new snapshot with 'sandan train'"
        )
    return Snapshot(
        path=path,
        content_sha256=digest,
        moment=datetime.fromisoformat(metadata["moment"]),
        firms=firms,
        histories=histories,
    )


def _digest(declared: str, histories: dict[str, LoadHistory]) -> str:
    """Hash of the firms' declarations as JSON and of their histories, in the firms' order."""
    content = hashlib.sha256(declared.encode())
    for history in histories.values():
        content.update(history.grid.starts[:1].tobytes())
        content.update(history.demand_kw.tobytes())
        content.update(history.known_at.tobytes())
        earlier = history.superseded
        for column in (earlier.start, earlier.known_from, earlier.known_until, earlier.demand_kw):
            content.update(column.tobytes())
    return content.hexdigest()


def _rows(history: LoadHistory) -> pl.DataFrame:
    """Every interval of the grid, and then the versions that no longer hold, told by their end."""
    earlier = history.superseded
    never = np.full(history.grid.steps, np.datetime64("NaT", "s"))
    starts, known_at, known_until = (
        pl.Series(np.concatenate(parts).astype("datetime64[ms]"))
        for parts in (
            (history.grid.starts, earlier.start),
            (history.known_at, earlier.known_from),
            (never, earlier.known_until),
        )
    )
    return pl.DataFrame(
        {
            "firm_id": pl.repeat(history.firm_id, len(starts), dtype=pl.Categorical, eager=True),
            "period_start": starts,
            "kw": np.concatenate([history.demand_kw, earlier.demand_kw]),
            "known_at": known_at,
            "known_until": known_until,
        }
    )


def _history(firm_id: str, rows: pl.DataFrame) -> LoadHistory:
    now = rows["known_until"].is_null().to_numpy()
    start, known_at, known_until = (
        rows[name].to_numpy().astype("datetime64[s]")
        for name in ("period_start", "known_at", "known_until")
    )
    kw = rows["kw"].to_numpy().astype(np.float64)
    return LoadHistory(
        firm_id=firm_id,
        grid=TimeGrid(to_datetime(start[0]), int(now.sum())),
        demand_kw=kw[now],
        known_at=known_at[now],
        superseded=Superseded(
            start=start[~now],
            known_from=known_at[~now],
            known_until=known_until[~now],
            demand_kw=kw[~now],
        ),
    )

"""What the ledger knew at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy import Connection, Engine, func, select

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.reactive_energy import ReactiveEnergy
from feature_store.errors import NotEnoughReadingsError, UnknownFirmError
from feature_store.storage.reading_versions import ACTIVE, REACTIVE, latest_versions
from feature_store.storage.tables import FIRMS
from feature_store.time_grid import HOURS_PER_STEP, STEP, TimeGrid, floor_to_step, utc_instant

_STEP_S = int(STEP.astype(np.int64))


def epoch_seconds(moment: datetime) -> int:
    """Return the whole UTC second of ``moment``; a naive one is refused."""
    return int(utc_instant(moment).astype(np.int64))


@dataclass(frozen=True, kw_only=True)
class LedgerKnowledge:
    """A :class:`feature_store.point_in_time.Knowledge` read from the ledger's tables."""

    engine: Engine
    moment: datetime

    def firms(self) -> tuple[Firm, ...]:
        """Return the firms declared by then, by id."""
        newest = (
            func.row_number()
            .over(
                partition_by=FIRMS.c.firm_id, order_by=(FIRMS.c.known_at.desc(), FIRMS.c.id.desc())
            )
            .label("newest")
        )
        known = (
            select(FIRMS.c.document, FIRMS.c.firm_id, newest)
            .where(FIRMS.c.known_at <= epoch_seconds(self.moment))
            .subquery()
        )
        wanted = select(known.c.document).where(known.c.newest == 1).order_by(known.c.firm_id)
        with self.engine.connect() as connection:
            return tuple(
                Firm.model_validate_json(row.document) for row in connection.execute(wanted)
            )

    def firm(self, firm_id: str) -> Firm:
        """Return one firm; an unknown id is an :class:`UnknownFirmError`."""
        with self.engine.connect() as connection:
            document = firm_document(connection, firm_id, known_by=epoch_seconds(self.moment))
        if document is None:
            raise UnknownFirmError(
                f"no firm {firm_id!r} is declared as of {self.moment.isoformat()}; "
                "declare it with 'sandan firms declare FILE.yaml'"
            )
        return Firm.model_validate_json(document)

    def history(self, firm_id: str, *, days: int | None = None) -> LoadHistory:
        """Return the load known by then, from its first reading or the last ``days`` days.

        ``days`` counts back from the moment. The grid ends with the last known reading and is in
        the firm's zone (UTC for a firm that is not declared yet). A firm without readings in it
        is a :class:`NotEnoughReadingsError`.
        """
        versions, grid, position = self._readings(firm_id, ACTIVE, days)
        demand_kw = np.full(grid.steps, np.nan)
        demand_kw[position] = versions["kwh"].to_numpy() / HOURS_PER_STEP
        known_at = np.full(grid.steps, np.datetime64("NaT", "s"))
        known_at[position] = versions["known_at"].to_numpy().astype("datetime64[s]")
        return LoadHistory(firm_id=firm_id, grid=grid, demand_kw=demand_kw, known_at=known_at)

    def reactive_energy(self, firm_id: str, *, days: int | None = None) -> ReactiveEnergy:
        """Return the reactive energy known by then, on the grid of :meth:`history`."""
        versions, grid, position = self._readings(firm_id, REACTIVE, days)
        lagging_kvarh, leading_kvarh = np.full((2, grid.steps), np.nan)
        lagging_kvarh[position] = versions["lagging_kvarh"].to_numpy()  # null becomes NaN
        leading_kvarh[position] = versions["leading_kvarh"].to_numpy()
        return ReactiveEnergy(
            firm_id=firm_id, grid=grid, lagging_kvarh=lagging_kvarh, leading_kvarh=leading_kvarh
        )

    def _readings(
        self, firm_id: str, values: Sequence[str], days: int | None
    ) -> tuple[pl.DataFrame, TimeGrid, npt.NDArray[np.int64]]:
        """Return the versions that hold, the grid that they span and their places on it."""
        since = None if days is None else floor_to_step(self.moment - timedelta(days=days))
        known_by = epoch_seconds(self.moment)
        with self.engine.connect() as connection:
            versions = latest_versions(
                connection,
                firm_id,
                values,
                between=(None if since is None else epoch_seconds(since), None),
                known_by=known_by,
            )
            document = firm_document(connection, firm_id, known_by=known_by)
        if not versions.height:
            since_when = "" if since is None else f" since {since.isoformat()}"
            raise NotEnoughReadingsError(
                f"{firm_id}: no reading{since_when} is known as of {self.moment.isoformat()}; "
                "import some with 'sandan readings import'"
            )
        zone = ZoneInfo("UTC") if document is None else Firm.model_validate_json(document).zone
        starts = versions["period_start"].to_numpy()
        position = (starts - starts[0]) // _STEP_S
        start = datetime.fromtimestamp(int(starts[0]), UTC).astimezone(zone)
        return versions, TimeGrid(start, steps=int(position[-1]) + 1), position


def firm_document(connection: Connection, firm_id: str, *, known_by: int) -> str | None:
    """Return a firm's declaration known by a UTC epoch second, as JSON."""
    wanted = (
        select(FIRMS.c.document)
        .where(FIRMS.c.firm_id == firm_id, FIRMS.c.known_at <= known_by)
        .order_by(FIRMS.c.known_at.desc(), FIRMS.c.id.desc())
        .limit(1)
    )
    return connection.execute(wanted).scalar_one_or_none()

"""Immutable Parquet snapshots of what was known at a moment: what a model was trained on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.place_weather import (
    SEEN_VARIABLES,
    PlaceWeather,
    ToldWeather,
    weather_known,
)
from feature_store.entities.superseded import Superseded
from feature_store.errors import NotEnoughReadingsError, SandanError
from feature_store.point_in_time import Knowledge
from feature_store.time_grid import TimeGrid, to_datetime

_FIRMS_TOLD = 8
"""Firms named in an error; who has more finds them alike."""


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
        raise NotEnoughReadingsError(_nothing_to_learn_from(knowledge))
    declared = json.dumps([firm.model_dump(mode="json") for firm in firms], ensure_ascii=False)
    weather = _weather_of_places({name: one.weather for name, one in histories.items()})
    digest = _digest(declared, histories, weather)
    path = folder / f"{digest}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
        _write_weather(_weather_file(path), weather)
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


def _nothing_to_learn_from(knowledge: Knowledge) -> str:
    """Why no firm has a load, though readings may be stored of each of its meters."""
    apart = [firm.firm_id for firm in knowledge.firms() if knowledge.meter_readings(firm.firm_id)]
    if not apart:
        return "no firm has a reading; import some with 'sandan readings import FILE --firm ID'"
    return (
        f"{', '.join(apart[:_FIRMS_TOLD])}: readings are stored, but no interval of which every "
        "counted meter told; import readings of all of them for the same days, or declare since "
        "when each is in service, with valid_from and valid_to"
    )


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot back, as it was taken; another content is a :class:`SnapshotError`."""
    metadata = pl.read_parquet_metadata(path)
    firms = tuple(Firm.model_validate(firm) for firm in json.loads(metadata["firms"]))
    rows = pl.read_parquet(path)
    moment = datetime.fromisoformat(metadata["moment"])
    weather = _read_weather(_weather_file(path), moment)
    histories = {
        firm.firm_id: replace(
            _history(firm.firm_id, rows.filter(pl.col("firm_id") == firm.firm_id)),
            weather=weather.get(firm.weather_place or ""),
        )
        for firm in firms
    }
    digest = _digest(metadata["firms"], histories, _weather_of_places(weather))
    if digest != path.stem:
        raise SnapshotError(
            f"{path}: its content has hash {digest}, not the one in its name; restore the file, "
            "or take a new snapshot with 'sandan train'"
        )
    return Snapshot(
        path=path,
        content_sha256=digest,
        moment=moment,
        firms=firms,
        histories=histories,
    )


def _digest(
    declared: str, histories: dict[str, LoadHistory], weather: Mapping[str, ToldWeather]
) -> str:
    """Hash of the firms' declarations as JSON, their histories in the firms' order, the weather."""
    content = hashlib.sha256(declared.encode())
    for history in histories.values():
        content.update(history.grid.starts[:1].tobytes())
        content.update(history.demand_kw.tobytes())
        content.update(history.known_at.tobytes())
        earlier = history.superseded
        for column in (earlier.start, earlier.known_from, earlier.known_until, earlier.demand_kw):
            content.update(column.tobytes())
    for place, told in weather.items():
        content.update(place.encode())
        for part in (told.hour, told.known_at, told.values):
            content.update(part.tobytes())
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


def _weather_file(readings: Path) -> Path:
    """Return where the weather lies beside the readings; no file is there if none is known."""
    return readings.with_suffix(".weather.parquet")


def _weather_of_places(weathers: Mapping[str, PlaceWeather | None]) -> dict[str, ToldWeather]:
    """Return what was known of each place, of firms' weathers, in the order of the places."""
    known: dict[str, ToldWeather] = {}
    for weather in weathers.values():
        if weather is not None and weather.told.place not in known:
            known[weather.told.place] = weather.told.known_by(weather.moment_s)
    return {place: known[place] for place in sorted(known)}


def _write_weather(path: Path, told: Mapping[str, ToldWeather]) -> None:
    """Write all of it, or nothing where none is known."""
    if not told:
        return
    rows = pl.concat(
        pl.DataFrame(
            {"hour": one.hour, "known_at": one.known_at}
            | dict(zip(SEEN_VARIABLES, one.values, strict=True))
        ).with_columns(place=pl.lit(place))
        for place, one in told.items()
    )
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    rows.write_parquet(unfinished)
    unfinished.replace(path)


def _read_weather(path: Path, moment: datetime) -> dict[str, PlaceWeather | None]:
    """Read it back, by place; nothing where there is no such file."""
    if not path.exists():
        return {}
    by_place = pl.read_parquet(path).partition_by("place", as_dict=True, maintain_order=True)
    return {
        str(place): weather_known(_told_weather(str(place), rows), moment)
        for (place,), rows in by_place.items()
    }


def _told_weather(place: str, rows: pl.DataFrame) -> ToldWeather:
    return ToldWeather(
        place=place,
        hour=rows["hour"].to_numpy(),
        known_at=rows["known_at"].to_numpy(),
        values=np.stack([rows[name].to_numpy() for name in SEEN_VARIABLES]),
    )

"""The task that every library is set: the same readings, the same moments, the same answer.

``--readings FILE.parquet`` holds ``firm_id, period_start (UTC), kw``; ``--firms META.csv`` holds
``firm_id, timezone, holidays``. ``DIR/forecasts.parquet`` answers with ``firm_id, issue_time,
valid_time`` and a column of kW a quantile; ``DIR/time.json`` with the seconds it took.

A library is fitted once, on readings before a firm's test period, and then asked from many
moments. It is handed the readings before that moment and no others, so it cannot look ahead. This
file needs pandas, pyarrow and holidays alone: it runs in each library's own environment, where the
product is not installed.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

QUANTILES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
COLUMNS = tuple(f"q{level:g}" for level in QUANTILES)
INTERVAL = pd.Timedelta(minutes=15)
STEPS_PER_HOUR = pd.Timedelta(hours=1) // INTERVAL
STEPS_PER_DAY = pd.Timedelta(days=1) // INTERVAL
STEPS_PER_WEEK = 7 * STEPS_PER_DAY
SEED = 0
"""Of every library that draws at random."""


@dataclass(frozen=True, kw_only=True)
class KnownFirm:
    """One firm and its readings up to some moment."""

    firm_id: str
    zone: str
    country: str
    """Whose public holidays it keeps, as a two-letter code."""
    demand_kw: pd.Series
    """Mean demand of each quarter hour, by its UTC start, without a gap."""

    @property
    def end(self) -> pd.Timestamp:
        """The moment up to which it is known."""
        return self.demand_kw.index[-1] + INTERVAL

    def before(self, moment: pd.Timestamp) -> KnownFirm:
        """The firm as it was known at ``moment``."""
        known = self.demand_kw.loc[: moment - INTERVAL]
        return replace(self, demand_kw=known.asfreq(INTERVAL))


class Forecaster(Protocol):
    """What a library is wrapped as."""

    def fit(self, firms: Sequence[KnownFirm]) -> None:
        """Learn from all readings of ``firms``: one firm, or all where the task says so."""

    def predict(self, firm: KnownFirm, steps: int) -> npt.NDArray[np.float64]:
        """Quantiles of the ``steps`` after ``firm.end`` in kW, shape (steps, quantiles)."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is asked, of which firms."""

    firms: tuple[KnownFirm, ...]
    test_days: int
    issue_hours: tuple[int, ...]
    """Local clock hours."""
    steps: int
    out: Path

    @property
    def parts(self) -> Path:
        """Where each firm's answer is kept."""
        return self.out / "firms"

    def is_answered(self, firm: KnownFirm) -> bool:
        """Whether a firm's answer is there already, whole: what it took is written last."""
        return (self.parts / f"{firm.firm_id}.json").exists()

    def test_start(self, firm: KnownFirm) -> pd.Timestamp:
        """The first moment that nothing may be fitted on."""
        return firm.end - pd.Timedelta(days=self.test_days)

    def issue_times(self, firm: KnownFirm) -> pd.DatetimeIndex:
        """The moments in the firm's test period after which every step was measured."""
        last = firm.end - self.steps * INTERVAL
        asked = firm.demand_kw.loc[self.test_start(firm) : last].index
        local = asked.tz_convert(firm.zone)
        return asked[(local.minute == 0) & local.hour.isin(self.issue_hours)]


def calendar(firm: KnownFirm, instants: pd.DatetimeIndex) -> pd.DataFrame:
    """What a wall calendar and clock at the firm tell of UTC ``instants``, as whole numbers."""
    local = instants.tz_convert(firm.zone)
    years = range(local[0].year - 1, local[-1].year + 2)
    days = pd.DatetimeIndex(sorted(holidays.country_holidays(firm.country, years=years)))
    today = local.tz_localize(None).normalize()
    one_day = pd.Timedelta(days=1)
    step_of_day = local.hour * STEPS_PER_HOUR + local.minute * STEPS_PER_HOUR // 60
    return pd.DataFrame(
        {
            "step_of_day": step_of_day.to_numpy(),
            "weekday": local.day_of_week.to_numpy(),
            "holiday": today.isin(days).astype(int),
            "day_before_holiday": (today + one_day).isin(days).astype(int),
            "day_after_holiday": (today - one_day).isin(days).astype(int),
        },
        index=instants,
    )


def following(firm: KnownFirm, steps: int) -> pd.DatetimeIndex:
    """The UTC starts of the ``steps`` after what is known."""
    return pd.date_range(firm.end, periods=steps, freq=INTERVAL)


def answer(
    make: Callable[[], Forecaster], *, packages: Sequence[str], together: bool = False
) -> None:
    """Do the task that the command line sets, see :func:`do`."""
    do(read_task(sys.argv[1:]), make, packages=packages, together=together)


def do(
    task: Task, make: Callable[[], Forecaster], *, packages: Sequence[str], together: bool = False
) -> None:
    """Fit, forecast and write the answer.

    Each firm's answer is kept in ``DIR/firms`` as it is done: a run that was broken off goes on
    from there.

    Args:
        task: What is asked.
        make: Returns a forecaster that has learned nothing.
        packages: Distributions whose versions the answer tells.
        together: Whether one model learns from all firms.
    """
    task.parts.mkdir(parents=True, exist_ok=True)
    for group in [task.firms] if together else [(firm,) for firm in task.firms]:
        if not all(task.is_answered(firm) for firm in group):
            _answer_for(group, task, make())
    rows = [pd.read_parquet(task.parts / f"{firm.firm_id}.parquet") for firm in task.firms]
    taken = {
        firm.firm_id: json.loads((task.parts / f"{firm.firm_id}.json").read_text("utf-8"))
        for firm in task.firms
    }
    told = {
        "versions": {"python": platform.python_version()} | {one: version(one) for one in packages}
    }
    for what in ("fit_cpu_seconds", "predict_cpu_seconds"):
        told[what] = {firm_id: seconds[what] for firm_id, seconds in taken.items()}
    (task.out / "time.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    pd.concat(rows, ignore_index=True).to_parquet(task.out / "forecasts.parquet", index=False)


def _answer_for(firms: Sequence[KnownFirm], task: Task, forecaster: Forecaster) -> None:
    started = time.process_time()
    forecaster.fit([firm.before(task.test_start(firm)) for firm in firms])
    fit_seconds = (time.process_time() - started) / len(firms)
    for firm in firms:
        if task.is_answered(firm):
            continue
        rows, predict_seconds = [], []
        for issue_time in task.issue_times(firm):
            known = firm.before(issue_time)
            started = time.process_time()
            demand_kw = forecaster.predict(known, task.steps)
            predict_seconds.append(time.process_time() - started)
            rows.append(_rows(known, demand_kw))
        pd.concat(rows).to_parquet(task.parts / f"{firm.firm_id}.parquet", index=False)
        taken = {"fit_cpu_seconds": fit_seconds, "predict_cpu_seconds": predict_seconds}
        (task.parts / f"{firm.firm_id}.json").write_text(json.dumps(taken), encoding="utf-8")
        milliseconds = 1000 * np.mean(predict_seconds)
        print(
            f"  {firm.firm_id}: fit {fit_seconds:.1f} s, {milliseconds:.0f} ms a forecast",
            flush=True,
        )


def _rows(known: KnownFirm, demand_kw: npt.NDArray[np.float64]) -> pd.DataFrame:
    rows = pd.DataFrame(demand_kw, columns=list(COLUMNS))
    rows.insert(0, "firm_id", known.firm_id)
    rows.insert(1, "issue_time", known.end)
    rows.insert(2, "valid_time", following(known, len(demand_kw)))
    return rows


def read_task(arguments: Sequence[str]) -> Task:
    """Read the command line and the two files that it names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--readings", type=Path, required=True)
    parser.add_argument("--firms", type=Path, required=True)
    parser.add_argument("--test-days", type=int, default=56)
    parser.add_argument("--issue-hours", default="0,12")
    parser.add_argument("--steps", type=int, default=2 * STEPS_PER_DAY)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    readings = pd.read_parquet(given.readings)
    readings["period_start"] = pd.to_datetime(readings["period_start"], utc=True)
    declared = pd.read_csv(given.firms)
    return Task(
        firms=tuple(_firm(row, readings) for row in declared.to_dict("records")),
        test_days=given.test_days,
        issue_hours=tuple(int(hour) for hour in given.issue_hours.split(",")),
        steps=given.steps,
        out=given.out,
    )


def _firm(declared: dict[str, str], readings: pd.DataFrame) -> KnownFirm:
    mine = readings[readings["firm_id"] == declared["firm_id"]]
    demand_kw = mine.set_index("period_start")["kw"].sort_index().asfreq(INTERVAL)
    if demand_kw.empty or demand_kw.isna().any():
        raise SystemExit(
            f"{declared['firm_id']}: the readings have gaps or are missing; "
            "give every quarter hour between its first and last reading"
        )
    return KnownFirm(
        firm_id=declared["firm_id"],
        zone=declared["timezone"],
        country=declared["holidays"],
        demand_kw=demand_kw,
    )

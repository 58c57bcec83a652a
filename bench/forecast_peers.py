"""How do forecasting libraries do on the same readings, at the same moments?

Every contestant learns once, on what was measured before the last 56 days of a firm's year, and is
then asked at 00:00 and 12:00 local time for the next 48 hours. It may use the readings up to that
moment and the calendar, no weather. The first 24 hours are scored unless a figure says otherwise,
on the issue times that all contestants answered, and averaged plainly over firms. Darts is asked at
every third issue time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl

from bench.contestants import CONTESTANTS, ROOT, WORK, Contestant, Folder, Library
from bench.figures import Figure, print_figures
from bench.forecast_scores import on_shared_cases, read_forecasts, score_forecasts
from bench.measured_years import write_measured_years
from bench.peer_environments import NoEnvironmentError, make_environment
from bench.peer_results import Result, mean_of, write_results
from feature_store.time_grid import STEPS_PER_DAY

TASK = ("--test-days", "56", "--issue-hours", "0,12", "--steps", str(2 * STEPS_PER_DAY))
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A contestant's forecasts."""

    contestant: Contestant
    rows: pl.DataFrame
    versions: Mapping[str, str]
    fit_seconds: float | None
    """CPU seconds a firm; None where the contestant did not tell."""
    predict_ms: float | None
    """CPU milliseconds of one firm's forecast."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A contestant that could not be measured."""

    contestant: Contestant
    reason: str


def main(arguments: Sequence[str] | None = None) -> list[Figure]:
    """Ask every contestant, score them all and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--readings", type=Path, help="firm_id, period_start, kw; needs --firms")
    parser.add_argument("--firms", type=Path, help="firm_id, timezone, holidays; needs --readings")
    given = parser.parse_args(arguments)
    if (given.readings is None) != (given.firms is None):
        parser.error("--readings and --firms go together")
    readings, firms = (
        (given.readings, given.firms) if given.readings else write_measured_years(WORK / "input")
    )
    measured = pl.read_parquet(readings)
    outcomes: list[Answered | LeftOut] = []
    results: list[Result] = []
    for one in CONTESTANTS:
        outcomes.append(ask(one, readings, firms))
        results = score_all(outcomes, measured)
        write_results(__doc__ or "", results, not_measured(outcomes))
    return [
        Figure(name=f"{one.name}: {name}", value=one.mean[name])
        for one in results
        for name in ("wql", "pl90", "cov80")
    ]


def score_all(outcomes: Sequence[Answered | LeftOut], measured: pl.DataFrame) -> list[Result]:
    """Score those who answered, on the cases that all of them answered."""
    answered = [one for one in outcomes if isinstance(one, Answered)]
    if not answered:
        return []
    shared = on_shared_cases({one.contestant.name: one.rows for one in answered})
    return [
        Result(
            name=one.contestant.name,
            versions=one.versions,
            fit_seconds=one.fit_seconds,
            predict_ms=one.predict_ms,
            firms=score_forecasts(shared[one.contestant.name], measured),
        )
        for one in answered
    ]


def not_measured(outcomes: Sequence[Answered | LeftOut]) -> dict[str, str]:
    """Why each of the others was not measured; the page is written after every contestant."""
    reasons = {one.contestant.name: one.reason for one in outcomes if isinstance(one, LeftOut)}
    return reasons | {one.name: "not asked yet" for one in CONTESTANTS[len(outcomes) :]}


def ask(contestant: Contestant, readings: Path, firms: Path) -> Answered | LeftOut:
    """Have a contestant's forecasts made, unless they are there, and read them."""
    match contestant:
        case Library():
            try:
                make_environment(contestant)
            except NoEnvironmentError as missing:
                return LeftOut(contestant=contestant, reason=str(missing))
            if not run(contestant, readings, firms):
                return LeftOut(contestant=contestant, reason="its script failed, see above")
        case Folder():
            if not (contestant.out / "forecasts.parquet").exists():
                reason = f"`{contestant.command}` has written no forecasts for it"
                return LeftOut(contestant=contestant, reason=reason)
    rows = read_forecasts(contestant.out / "forecasts.parquet")
    taken = contestant.out / "time.json"
    told = json.loads(taken.read_text("utf-8")) if taken.exists() else {}
    seconds = list(chain.from_iterable(told.get("predict_cpu_seconds", {}).values()))
    return Answered(
        contestant=contestant,
        rows=rows,
        versions=told.get("versions", {}),
        fit_seconds=mean_of(told.get("fit_cpu_seconds", {}).values()),
        predict_ms=mean_of(1000 * one for one in seconds),
    )


def run(library: Library, readings: Path, firms: Path) -> bool:
    """Run a library's script, and return whether its forecasts are there.

    Forecasts of the same input by the same script at the same versions are kept, also the firms
    of a run that was broken off.
    """
    digest = hashlib.sha256(" ".join(TASK).encode())
    for file in (readings, firms, *library.sources):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    keep_only_if_made_from(digest.hexdigest(), library.out)
    if (library.out / "forecasts.parquet").exists():
        return True
    print(library.name, flush=True)
    files = ["--readings", str(readings), "--firms", str(firms), "--out", str(library.out)]
    quiet = {"PYTHONWARNINGS": "ignore"}  # the libraries warn at every single forecast
    done = subprocess.run(  # noqa: S603 -- our own script
        [library.python, "-m", f"bench.peers.{library.script}", *files, *TASK],
        cwd=ROOT,
        env=os.environ | ONE_THREAD | quiet,
        check=False,
    )
    return not done.returncode


def keep_only_if_made_from(digest: str, out: Path) -> None:
    """Empty a folder of forecasts unless they were made from what ``digest`` stands for."""
    made_from = out / "input.sha256"
    if made_from.exists() and made_from.read_text("utf-8") == digest:
        return
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    made_from.write_text(digest, encoding="utf-8")


if __name__ == "__main__":
    print_figures(main())

"""How well is the heaviest day of a billing month foretold, and how heavy are days that are drawn?

Of each of the measured firms, before the months that policies are judged on: at the beginning of a
month, a week and two weeks into it, the heaviest working day that is left of it is foretold by days
drawn one by one from the past, and by those with the error of past months (`month_level`). Both are
scored by the continuous ranked probability score of the logarithm, so that 1 is about one per cent.

Then the tops of working days that are drawn from their chain are held against those of the days
that it was learnt from: of one chain of all days, and of a chain for each part (`heavy_days`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.capture import STRETCHES
from bench.figures import Figure, print_figures, write
from bench.measured_years import BESIDE, write_measured_years
from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import WORKDAY, IntArray, load_table
from feature_store.time_grid import DAYS_PER_WEEK, KilowattArray
from models.dispatch.days_alike import HALF_LIFE_DAYS, REACH_DAYS, days_alike
from models.dispatch.heavy_days import by_heaviness, day_top_kw
from models.dispatch.load_chain import NO_MEAN, LoadChain, chain_of_days, start_of_day
from models.dispatch.month_level import LevelError, level_error, month_levels
from training.evaluation.measured_firms import read_measured_firms

LEAST_DAYS, LEAST_BEFORE, LEAST_LEFT = 95, 20, 4
"""Days known before a month, working days among them, and working days left of it."""
ASKED_ON = (0, DAYS_PER_WEEK, 2 * DAYS_PER_WEEK)
DRAWN = 2000
LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
NO_ERROR = LevelError(mean=0.0, spread=0.0)
SEED = 4

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Days:
    """A firm's days before the months that are judged."""

    by_day_kw: KilowattArray
    kind: IntArray
    month: npt.NDArray[np.datetime64]


def main() -> list[Figure]:
    """Score both, and write the page."""
    if not BESIDE.exists():
        raise SystemExit(f"{BESIDE.name} does not lie beside the project: nothing is measured")
    with tempfile.TemporaryDirectory() as folder:
        measured = read_measured_firms(*write_measured_years(Path(folder)), now=datetime.now(UTC))
    firms = [_days(firm, measured.histories[firm.firm_id]) for firm in measured.firms]
    scores = [score for days in firms if len(score := _scores(days))]
    drawn_alone, with_error = np.mean([score.mean(axis=0) for score in scores], axis=0)
    one, parts = np.mean([_too_heavy(days) for days in firms], axis=0)
    figures = [
        Figure(name="firms", value=len(scores)),
        Figure(name="moments", value=sum(len(score) for score in scores)),
        Figure(name="heaviest day left, drawn from the past: score", value=100 * drawn_alone),
        Figure(name="heaviest day left, with past months' error: score", value=100 * with_error),
        Figure(name="with past months' error over drawn alone", value=with_error / drawn_alone),
        *_of_levels("one chain", one),
        *_of_levels("a chain for each part", parts),
    ]
    write("month_peak", (__doc__ or "").strip(), figures)
    return figures


def _of_levels(name: str, too_heavy: Array) -> Iterator[Figure]:
    for level, share in zip(LEVELS, too_heavy, strict=True):
        yield Figure(
            name=f"{name}: top of the drawn day above the measured, quantile {level:g}",
            value=100 * share,
            unit="%",
        )


def _days(firm: Firm, history: LoadHistory) -> Days:
    table = load_table(firm, history, 0)
    dates = history.grid.clock(firm.zone).date
    day = dates[0] + np.arange(len(table.by_day_kw)).astype("timedelta64[D]")
    judged = STRETCHES.get(firm.firm_id)
    before = slice(None) if judged is None else day < np.datetime64(judged[0])
    return Days(
        by_day_kw=table.by_day_kw[before],
        kind=table.kind_of_day[: len(day)][before],
        month=day[before].astype("datetime64[M]"),
    )


def _scores(days: Days) -> Array:
    """Return the score of both at each moment, shape (moments, 2)."""
    top_kw = day_top_kw(days.by_day_kw)
    working = (days.kind == WORKDAY) & (top_kw > 0)
    found = []
    for month in np.unique(days.month):
        of_month = np.flatnonzero(days.month == month)
        for today in of_month[0] + np.array(ASKED_ON):
            first = max(today - REACH_DAYS, 0)
            before = np.flatnonzero(working[first:today]) + first
            left_kw = top_kw[today : of_month[-1] + 1][working[today : of_month[-1] + 1]]
            if today < LEAST_DAYS or len(before) < LEAST_BEFORE or len(left_kw) < LEAST_LEFT:
                continue
            weight = 0.5 ** ((today - before) / HALF_LIFE_DAYS)
            known = level_error(days.by_day_kw[:today], days.kind[:today])
            found.append(
                [_score(top_kw[before], weight, left_kw, error) for error in (NO_ERROR, known)]
            )
    return np.array(found)


def _score(past_kw: Array, weight: Array, left_kw: Array, error: LevelError) -> float:
    """Score the logarithm of the heaviest of as many days as are left."""
    order = np.argsort(past_kw)
    below = (np.cumsum(weight[order]) / weight.sum()) ** len(left_kw)
    levels = month_levels(error)
    place = np.concatenate([np.log(level.factor * past_kw[order]) for level in levels])
    share = np.concatenate([level.probability * np.diff(below, prepend=0.0) for level in levels])
    truth = float(np.log(left_kw.max()))
    apart = float(share @ np.abs(place[:, None] - place) @ share)
    return float(share @ np.abs(place - truth)) - apart / 2


def _too_heavy(days: Days) -> Array:
    """Return by how much drawn tops lie above measured ones, shape (one chain or parts, LEVELS)."""
    alike_kw, weight = days_alike(days.by_day_kw, days.kind, WORKDAY)
    random = np.random.default_rng(SEED)
    of_one = tops_drawn_kw(chain_of_days(alike_kw, weight), DRAWN, random)
    of_parts = [
        tops_drawn_kw(
            chain_of_days(alike_kw[part], weight[part], NO_MEAN),
            round(DRAWN * weight[part].sum() / weight.sum()),
            random,
        )
        for part in by_heaviness(alike_kw, weight)
    ]
    top_kw = day_top_kw(alike_kw)
    order = np.argsort(top_kw)
    rank = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
    truth_kw = np.interp(LEVELS, rank, top_kw[order])
    drawn = (of_one, np.concatenate(of_parts))
    return np.stack([np.quantile(drawn_kw, LEVELS) / truth_kw - 1 for drawn_kw in drawn])


def tops_drawn_kw(chain: LoadChain, count: int, random: np.random.Generator) -> KilowattArray:
    """Return the tops of days drawn from a chain, shape (count,)."""
    states = chain.state_kw.shape[1]
    state = random.choice(states, p=start_of_day(chain.means), size=count)
    days_kw = np.empty((count, len(chain.levels_kw)))
    for step in range(days_kw.shape[1]):
        days_kw[:, step] = chain.state_kw[step, state]
        upto = np.cumsum(chain.moves[step], axis=1)[state]
        state = np.minimum((upto < random.random((count, 1))).sum(axis=1), states - 1)
    return day_top_kw(days_kw)


if __name__ == "__main__":
    print_figures(main())

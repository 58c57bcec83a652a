"""How long does one more solve of a problem take beside a hot HiGHS that is fed by hand?

A works' day is solved three thousand times, as its load forecast, its state of charge and the peak
so far change; once by the product's hot problem, once by a HiGHS that keeps its basis and is passed
the same numbers by hand, on the same linear problem and on the one without the preferences among
equally cheap plans. Every solve is checked: the plan against the limits of the equipment, its cost
against the other solver's. For comparison some are solved by cvxpy, compiled once or each time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import cvxpy as cp
import numpy as np
import numpy.typing as npt

from bench.bare_highs import BareModel, bare_model
from bench.family import Works, works
from bench.figures import Figure, print_figures, write
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from models.assets.battery import Battery
from models.optimizer.base_load import BaseLoad
from models.optimizer.hot_problem import HotProblem
from models.optimizer.problem import SchedulingProblem
from models.optimizer.verify import UnsafeScheduleError, verify
from models.site import Site

SOLVES = 3000
COMPARED = 30
"""Solves by plain cvxpy: they take a tenth of a second each."""
SAME_SHARE = 1e-6
PATIENT_S = 30.0
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """What has changed since the last solve."""

    base_kw: KilowattArray
    soc_kwh: float
    floor_kw: float


def main() -> list[Figure]:
    """Measure, and write the page."""
    one = works(0, STEPS_PER_DAY, jobs=False)
    scheduling = one.problem()
    hot = HotProblem(scheduling.problem)
    tied = bare_model(one, gap_krw=0.0, tie_breaks=True)
    untied = bare_model(one, gap_krw=0.0, tie_breaks=False)
    seconds: dict[str, list[float]] = {name: [] for name in ("hot", "tied", "untied", "dpp", "new")}
    unverified = 0
    for number, moment in enumerate(_moments(one)):
        _fill(scheduling, moment)
        answer, spent = _timed(partial(hot.solve, time_limit_s=PATIENT_S))
        seconds["hot"].append(spent)
        powers = {name: np.asarray(plan.power_kw.value) for name, plan in scheduling.plans.items()}
        expected, spent = _timed(partial(_bare, one, tied, moment))
        seconds["tied"].append(spent)
        seconds["untied"].append(_timed(partial(_bare, one, untied, moment))[1])
        is_same = abs(answer.objective - expected) <= SAME_SHARE * abs(expected)
        unverified += not (is_same and _is_safe(one, moment, powers))
        if number < COMPARED:
            seconds["dpp"].append(_timed(partial(_by_cvxpy, scheduling))[1])
            seconds["new"].append(_timed(partial(_anew, one, moment))[1])
    figures = _figures({name: np.array(spent[1:]) for name, spent in seconds.items()}, unverified)
    write("rolling", (__doc__ or "").splitlines()[0], figures)
    return figures


def _moments(one: Works) -> Iterator[Moment]:
    rng = np.random.default_rng(1)
    error_kw = np.zeros(one.base_kw.size)
    soc_kwh, floor_kw = 500.0, 300.0
    for number in range(SOLVES):
        # An error of the forecast, alike in neighbouring steps, that fades from solve to solve.
        fresh = np.convolve(rng.normal(0, 15, one.base_kw.size), np.ones(4) / 2, "same")
        error_kw = 0.9 * error_kw + fresh
        soc_kwh = float(np.clip(soc_kwh + rng.normal(0, 25), 150, 850))
        floor_kw = 300.0 if number % STEPS_PER_DAY == 0 else floor_kw + rng.uniform(0, 2)
        yield Moment(
            base_kw=np.maximum(one.base_kw + error_kw, 5.0), soc_kwh=soc_kwh, floor_kw=floor_kw
        )


def _fill(scheduling: SchedulingProblem, moment: Moment) -> None:
    base = BaseLoad(median_kw=moment.base_kw, cautious_kw=moment.base_kw, undrawn_kwh=0.0)
    scheduling.fill(base, [moment.floor_kw], ())
    scheduling.plans["ESS"].state["soc_kwh"].value = moment.soc_kwh


def _bare(one: Works, model: BareModel, moment: Moment) -> float:
    model.refill(
        base_kw=moment.base_kw,
        krw_per_kwh=one.prices.krw_per_kwh,
        soc_kwh=moment.soc_kwh,
        floor_kw=moment.floor_kw,
    )
    return model.solve()


def _timed(solve: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    found = solve()
    return found, time.perf_counter() - began


def _by_cvxpy(scheduling: SchedulingProblem) -> None:
    scheduling.problem.solve(solver=cp.HIGHS, warm_start=False, threads=1)


def _anew(one: Works, moment: Moment) -> None:
    scheduling = one.problem()
    _fill(scheduling, moment)
    _by_cvxpy(scheduling)


def _is_safe(one: Works, moment: Moment, powers: Mapping[str, KilowattArray]) -> bool:
    """Whether the plan obeys the equipment, replayed from the state of charge of the moment."""
    base = BaseLoad(median_kw=moment.base_kw, cautious_kw=moment.base_kw, undrawn_kwh=0.0)
    try:
        verify(_in_state(one.site, moment.soc_kwh), one.prices.grid, base, powers)
    except UnsafeScheduleError:
        return False
    return True


def _in_state(site: Site, soc_kwh: float) -> Site:
    """Return the site with its battery at a state of charge."""
    assets = [
        replace(
            asset,
            parameters=asset.parameters.model_copy(
                update={"initial_soc_share": soc_kwh / asset.parameters.capacity_kwh}
            ),
        )
        if isinstance(asset, Battery)
        else asset
        for asset in site.assets
    ]
    return replace(site, assets=tuple(assets))


def _figures(seconds: Mapping[str, npt.NDArray[np.float64]], unverified: int) -> list[Figure]:
    hot, tied = seconds["hot"].mean(), seconds["tied"].mean()
    return [
        Figure(name="solves", value=SOLVES),
        Figure(name="solves not verified", value=unverified, at_most=0),
        Figure(name="milliseconds a solve, mean", value=1000 * hot, unit="ms"),
        Figure(
            name="milliseconds a solve, 99th percentile",
            value=1000 * float(np.quantile(seconds["hot"], 0.99)),
            unit="ms",
        ),
        Figure(name="time / hot HiGHS on the same problem", value=hot / tied, at_most=1.5),
        Figure(
            name="time / hot HiGHS without the preferences among equally cheap plans",
            value=hot / seconds["untied"].mean(),
        ),
        Figure(
            name="cvxpy compiled once / hot HiGHS on the same problem",
            value=seconds["dpp"].mean() / tied,
        ),
        Figure(
            name="cvxpy compiled each time / hot HiGHS on the same problem",
            value=seconds["new"].mean() / tied,
        ),
    ]


if __name__ == "__main__":
    print_figures(main())

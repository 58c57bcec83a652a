"""Are schedules the cheapest ones, and how long do they take beside the bare solver?

A seeded family of works over a day and a week is solved by the product, from its declaration to
the plan, and by HiGHS on the same problem written by hand in arrays, to the same gap, one after
the other in one run, both by the seconds of the processor, which other work on the machine does not
lengthen; then many works of a complex one by one, works with ten pieces of equipment over two days,
some of every kind, and small problems against trying every plan.
`python -m bench.schedule_family 50` takes 50 works as the largest complex.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.bare_highs import bare_model
from bench.family import Works, large_works, large_works_of_every_kind, works
from bench.figures import Figure, print_figures, write
from bench.small_cases import small_case
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_WEEK
from models.optimizer.base_load import BaseLoad
from models.optimizer.linear_program import LinearProgram
from models.optimizer.solve import GAP_KRW, LONG_GAP_SHARE, PROVED_UP_TO, Solution, solve
from models.optimizer.start_search import Found, search
from models.optimizer.verify import verify

HARD_STOP_S = 30.0
PAIR_STOP_S = 600.0
"""Where times are compared none is cut short, however busy the machine is."""
PROOF_S = 30.0
"""Time that the bare solver is given to prove what a week costs at least."""
DAYS, WEEKS, LARGE = 20, 5, 20
"""Works of each size."""
COMPLEXES = (1, 50, 200, 1000)
BARE_OF_COMPLEX = 50
"""Works of a larger complex that the bare solver is given too, evenly spread: its time is compared
with the product's on the same works, and a thousand of each would take an hour."""
SMALL_CASES = 2000


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One works, solved twice."""

    objective_krw: float
    bound_krw: float
    """The larger of what both proved."""
    seconds: float
    """Of the processor, as are the next."""
    bare_seconds: float


def main() -> list[Figure]:
    """Measure, and write the page."""
    largest = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else COMPLEXES[-1]
    pair(works(0, STEPS_PER_DAY), proof=False)  # imports and warms up
    figures = []
    for name, steps, count in (("day", STEPS_PER_DAY, DAYS), ("week", STEPS_PER_WEEK, WEEKS)):
        pairs = [pair(works(seed, steps), proof=steps > STEPS_PER_DAY) for seed in range(count)]
        figures += _of_pairs(f"one {name}", pairs)
    for count in COMPLEXES:
        if count <= largest:
            figures += _of_complex(count)
    figures += _of_large("ten pieces of equipment, two days", large_works)
    figures += _of_large("ten pieces of every kind, two days", large_works_of_every_kind)
    figures += _of_small_cases()
    write("schedule_family", (__doc__ or "").splitlines()[0], figures)
    return figures


def pair(one: Works, *, proof: bool) -> Pair:
    """Solve a works by the product and bare; with ``proof`` the bound is worked out further."""
    found, seconds = _solved(one)
    began = time.process_time()
    bare = bare_model(one, gap_krw=GAP_KRW, tie_breaks=False)
    if bare.integers > PROVED_UP_TO:
        bare.highs.setOptionValue("mip_rel_gap", LONG_GAP_SHARE)
    bare.solve()
    bare_seconds = time.process_time() - began
    bounds = [found.bound_krw, bare.bound_krw()]
    if proof:
        bounds.append(_proof(one))
    return Pair(
        objective_krw=found.objective_krw,
        bound_krw=max(bounds),
        seconds=seconds,
        bare_seconds=bare_seconds,
    )


def _proof(one: Works) -> float:
    bare = bare_model(one, gap_krw=GAP_KRW, tie_breaks=False)
    bare.highs.setOptionValue("mip_rel_gap", LONG_GAP_SHARE / 10)
    bare.highs.setOptionValue("time_limit", PROOF_S)
    bare.highs.run()
    return bare.bound_krw()


def _solved(one: Works, clock: Callable[[], float] = time.process_time) -> tuple[Solution, float]:
    """Assemble, compile, solve and verify, as for a single schedule; and the seconds of it."""
    began = clock()
    found = solve(one.problem(), time_limit_s=PAIR_STOP_S)
    if not isinstance(found, Solution):
        raise TypeError(f"{one.site.firm_id} was not solved: {found}")
    base = BaseLoad(median_kw=one.base_kw, cautious_kw=one.base_kw, undrawn_kwh=0.0)
    verify(one.site, one.prices.grid, base, found.equipment_kw)
    return found, clock() - began


def _of_pairs(name: str, pairs: list[Pair]) -> list[Figure]:
    above = [100 * (one.objective_krw / one.bound_krw - 1) for one in pairs]
    seconds = np.array([one.seconds for one in pairs])
    bare = np.array([one.bare_seconds for one in pairs])
    return [
        Figure(
            name=f"{name}: bill above the proven bound, worst works",
            value=max(above),
            unit="%",
            at_most=0.1,
        ),
        Figure(
            name=f"{name}: bill above the proven bound, mean",
            value=float(np.mean(above)),
            unit="%",
        ),
        Figure(name=f"{name}: processor seconds, mean", value=float(seconds.mean()), unit="s"),
        Figure(
            name=f"{name}: processor time / bare HiGHS, means",
            value=float(seconds.mean() / bare.mean()),
            at_most=2,
        ),
        Figure(
            name=f"{name}: processor time / bare HiGHS, worst works",
            value=float((seconds / bare).max()),
        ),
    ]


def _of_complex(count: int) -> list[Figure]:
    every = -(-count // BARE_OF_COMPLEX)
    pairs: list[Pair] = []
    objective_krw = bound_krw = seconds = 0.0
    for seed in range(count):
        one = works(seed, STEPS_PER_DAY)
        if seed % every == 0:
            pairs.append(pair(one, proof=False))
            objective_krw += pairs[-1].objective_krw
            bound_krw += pairs[-1].bound_krw
            seconds += pairs[-1].seconds
            continue
        found, spent = _solved(one)
        objective_krw += found.objective_krw
        bound_krw += found.bound_krw
        seconds += spent
    name = f"{count} works one by one"
    figures = [
        Figure(name=f"{name}: processor seconds a works", value=seconds / count, unit="s"),
        Figure(
            name=f"{name}: processor time / bare HiGHS",
            value=sum(one.seconds for one in pairs) / sum(one.bare_seconds for one in pairs),
            at_most=2,
        ),
        Figure(
            name=f"{name}: bills above the proven bounds",
            value=100 * (objective_krw / bound_krw - 1),
            unit="%",
            at_most=0.1,
        ),
    ]
    if every > 1:
        figures.append(Figure(name=f"{name}: works given to bare HiGHS too", value=len(pairs)))
    return figures


def _of_large(name: str, made: Callable[[int, int], Works]) -> list[Figure]:
    seconds, gaps = [], []
    for seed in range(LARGE):
        found, spent = _solved(made(seed, 2 * STEPS_PER_DAY), time.perf_counter)
        seconds.append(spent)
        gaps.append(found.gap_krw / found.objective_krw)
    return [
        Figure(
            name=f"{name}: seconds, 95th percentile",
            value=float(np.quantile(seconds, 0.95)),
            unit="s",
            at_most=10,
        ),
        Figure(name=f"{name}: seconds, largest", value=max(seconds), unit="s", at_most=HARD_STOP_S),
        Figure(name=f"{name}: gap, largest", value=100 * max(gaps), unit="%", at_most=0.1),
    ]


def _of_small_cases() -> list[Figure]:
    gaps = []
    for seed in range(SMALL_CASES):
        problem, least = small_case(seed)
        linear = LinearProgram.of(problem)
        found = search(
            linear, linear.filled(linear.parameters()), gap=1e-6, time_limit_s=HARD_STOP_S
        )
        gaps.append(found.objective / least - 1 if isinstance(found, Found) else float("inf"))
    return [
        Figure(name="small cases tried in full", value=SMALL_CASES),
        Figure(
            name="small cases: above the best of all plans, worst",
            value=100 * max(gaps),
            unit="%",
            at_most=0.1,
        ),
    ]


if __name__ == "__main__":
    print_figures(main())

"""How good is a complex's joint schedule, and does its time stay linear in the firms?

Works of the seeded family (``bench/family.py``) share a price of 3,000 won on each kW of their
common counted peak, beside their own KEPCO bills, over one day. Ten of them are held against one
pooled mixed-integer problem; then the complex grows, and the saving of ten and of fifty is split.
The sampled split of five works with jobs and of six without, every other of which works by night,
is held against Shapley's value of the plans of all their groups. Time is CPU time on one thread,
compiling counts.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import cvxpy as cp
import numpy as np

from bench.family import FLOOR_KW, Works, works
from bench.figures import RESULTS, Figure, print_figures, write
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR
from models.optimizer.base_load import BaseLoad
from models.optimizer.complex.fair_split import split_saving
from models.optimizer.complex.member_problem import MemberProblem
from models.optimizer.complex.plan import GAP_SHARE, compiled, plan_complex
from models.optimizer.complex.schedule import ComplexSchedule
from models.optimizer.complex.terms import Member, SharedTerms
from models.optimizer.complex.time_limit import Deadline
from models.optimizer.pricing import Pricing
from models.optimizer.problem import assemble
from models.tariffs.later_demand import demand_cuts, later_months

PEAK_KRW_PER_KW = 3000.0
SIZES = (10, 50, 200, 1000)
"""Firms of each complex, the first also pooled. ``COMPLEX_FIRMS=200,1000`` runs some of them alone
and keeps the figures of the others: the largest takes a quarter of an hour."""
SPLIT = (10, 50)
"""Firms of the complexes whose saving is split."""
EXACT = {5: 1e-4, 6: 1e-5}
"""Firms whose groups are all planned, and the gap of those plans; the five have jobs."""
BY_NIGHT = 12 * STEPS_PER_HOUR
"""Steps by which the load of every other of them is later: peaks apart can be shared."""
POOLED_GAP_SHARE = 2e-4
POOLED_LIMIT_S = 1200.0
"""The pooled problem is asked to prove this gap in this time; what it proved is told."""
FIRM_LIMIT_S = 300.0
"""For each firm's starts: on a busy machine the usual ten seconds are one second of work."""
SPLIT_S = 60.0
"""Most CPU seconds that the split of fifty firms may take."""
LINEAR = 1.3
"""Growth of the seconds a firm, from the second size to the largest, that counts as linear."""
TOPIC = "complex_schedule"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One complex planned."""

    problems: Sequence[MemberProblem]
    schedule: ComplexSchedule
    cpu_s: float


def main() -> list[Figure]:
    """Plan the complexes asked for."""
    plan_complex(_complex(1), _terms(_complex(1)))  # the first solve imports and warms up
    asked = os.environ.get("COMPLEX_FIRMS", ",".join(map(str, (*EXACT, *SIZES))))
    known = _known()
    figures: list[Figure] = []
    for size in map(int, asked.split(",")):
        known[size] = _against_exact(size) if size in EXACT else _planned(size)
        figures = [one for kept in sorted(known) for one in known[kept]] + _growth(known)
        write(TOPIC, (__doc__ or "").splitlines()[0], figures)
    return figures


def _planned(size: int) -> list[Figure]:
    members = _complex(size)
    run = _run(members)
    figures = _figures(size, run)
    if size in SPLIT:
        figures += _split(members, run)
    return _against_pooled(members, run) + figures if size == SIZES[0] else figures


def _known() -> dict[int, list[Figure]]:
    """Return the figures of the last runs by size."""
    known: dict[int, list[Figure]] = {}
    names = {field.name for field in fields(Figure)}
    for row in json.loads((RESULTS / f"{TOPIC}.json").read_text("utf-8"))["figures"]:
        size, _, what = row["name"].replace(",", "").partition(" firms: ")
        if what:
            one = Figure(**{name: row[name] for name in names})
            known.setdefault(int(size), []).append(one)
    return known


def _growth(known: dict[int, list[Figure]]) -> list[Figure]:
    """Return how the seconds a firm grow, once the largest complex was planned."""
    first, last = SIZES[1], SIZES[-1]
    if first not in known or last not in known:
        return []
    seconds = {
        size: next(one.value for one in known[size] if one.name.endswith("CPU seconds a firm"))
        for size in (first, last)
    }
    name = f"seconds a firm, {last:,} firms over {first:,}"
    return [Figure(name=name, value=seconds[last] / seconds[first], unit="x", at_most=LINEAR)]


def _complex(firms: int) -> tuple[Member, ...]:
    return tuple(_member(works(seed, STEPS_PER_DAY)) for seed in range(firms))


def _apart(firms: int, *, jobs: bool) -> tuple[Member, ...]:
    """Return works of which every other one works by night."""
    made = [works(seed, STEPS_PER_DAY, jobs=jobs) for seed in range(firms)]
    return tuple(
        _member(replace(one, base_kw=np.roll(one.base_kw, BY_NIGHT * (seed % 2))))
        for seed, one in enumerate(made)
    )


def _member(made: Works) -> Member:
    later = later_months(made.site.contract, made.prices)
    base = BaseLoad(median_kw=made.base_kw, cautious_kw=made.base_kw, undrawn_kwh=0.0)
    return Member(
        pricing=Pricing(
            site=made.site,
            prices=made.prices,
            base=base,
            demand_floor_kw=np.full(len(made.prices.months), FLOOR_KW),
            later=later,
            later_cuts=tuple(demand_cuts(group, ()) for group in later),
        )
    )


def _terms(members: tuple[Member, ...]) -> SharedTerms:
    counted = members[0].pricing.prices.counted
    return SharedTerms(peak_krw_per_kw=PEAK_KRW_PER_KW, counted=counted)


def _run(members: tuple[Member, ...]) -> Run:
    began = time.process_time()
    problems = compiled(members, Deadline.after(np.inf))
    schedule = plan_complex(
        members, _terms(members), firm_time_limit_s=FIRM_LIMIT_S, problems=problems
    )
    return Run(problems=problems, schedule=schedule, cpu_s=time.process_time() - began)


def _figures(size: int, run: Run) -> list[Figure]:
    goal = {"at_most": 100 * GAP_SHARE}
    return [
        Figure(
            name=f"{size:,} firms: certified gap",
            value=100 * run.schedule.gap_share,
            unit="%",
            **goal,
        ),
        Figure(name=f"{size:,} firms: CPU seconds a firm", value=run.cpu_s / size, unit="s"),
        Figure(name=f"{size:,} firms: rounds of prices", value=run.schedule.rounds),
    ]


def _split(members: tuple[Member, ...], run: Run) -> list[Figure]:
    """Split the saving by a sample; the plans of all firms alone are among it."""
    began = time.process_time()
    split = split_saving(
        members, _terms(members), run.schedule, shapley_up_to=0, problems=run.problems
    )
    taken_s = time.process_time() - began
    firms, saved_krw = len(members), split.saved_krw
    objection_krw = split.largest_objection_krw
    figures = [
        Figure(name=f"{firms} firms: CPU seconds of the split", value=taken_s, at_most=SPLIT_S),
        Figure(
            name=f"{firms} firms: saving that is split",
            value=100 * saved_krw / run.schedule.cost_krw,
            unit="% of cost",
        ),
    ]
    if objection_krw is not None:
        share = 100 * objection_krw / saved_krw
        name = f"{firms} firms: largest objection of a group"
        figures.append(Figure(name=name, value=share, unit="% of saving"))
    return figures


def _against_exact(firms: int) -> list[Figure]:
    """Hold the sample, and the prices, against the plans of all groups."""
    members = _apart(firms, jobs=firms == min(EXACT))
    terms = _terms(members)
    schedule = plan_complex(members, terms, gap_share=EXACT[firms])
    exact, sampled, priced = (
        split_saving(
            members,
            terms,
            schedule,
            shapley_up_to=exact_up_to,
            sampled_up_to=sampled_up_to,
            gap_share=EXACT[firms],
        )
        for exact_up_to, sampled_up_to in ((firms, 0), (0, firms), (0, 0))
    )
    return [
        Figure(
            name=f"{firms} firms: farthest part from Shapley's, {name}",
            value=100
            * max(
                abs(one.saved_krw - other.saved_krw)
                for one, other in zip(exact.members, split.members, strict=True)
            )
            / exact.saved_krw,
            unit="% of saving",
        )
        for name, split in (("sampled", sampled), ("by prices", priced))
    ]


def _against_pooled(members: tuple[Member, ...], run: Run) -> list[Figure]:
    """All firms in one problem, for comparison."""
    began = time.process_time()
    pooled_krw, bound_krw = _pooled(members)
    taken_s = time.process_time() - began
    firms = len(members)
    return [
        Figure(
            name=f"{firms} firms: cost over that of one pooled problem",
            value=run.schedule.objective_krw / pooled_krw,
            at_most=1 + GAP_SHARE,
        ),
        Figure(
            name=f"{firms} firms: gap that the pooled problem proved",
            value=100 * (1 - bound_krw / pooled_krw),
            unit="%",
        ),
        Figure(
            name=f"{firms} firms: CPU of the pooled problem over the joint plan's",
            value=taken_s / run.cpu_s,
            unit="x",
        ),
    ]


def _pooled(members: tuple[Member, ...]) -> tuple[float, float]:
    """Return cost and proved bound of the pooled problem."""
    costs_krw, limits, demands_kw = [], [], []
    for member in members:
        pricing = member.pricing
        scheduling = assemble(pricing.site, pricing.prices)
        scheduling.fill(pricing.base, pricing.demand_floor_kw.tolist(), pricing.later_cuts)
        costs_krw.append(scheduling.problem.objective.expr)
        limits += scheduling.problem.constraints
        drawn_kw = sum((one.power_kw for one in scheduling.plans.values()), start=cp.Constant(0))
        demands_kw.append(pricing.base.cautious_kw + drawn_kw)
    demand_kw = sum(demands_kw, start=cp.Constant(0))
    counted = members[0].pricing.prices.counted
    peak_krw = PEAK_KRW_PER_KW * cp.max(demand_kw[counted])
    problem = cp.Problem(cp.Minimize(sum(costs_krw, start=cp.Constant(0)) + peak_krw), limits)
    data, chain, inverse = problem.get_problem_data(cp.HIGHS)
    options = {
        "mip_rel_gap": POOLED_GAP_SHARE,
        "time_limit": POOLED_LIMIT_S,
        "threads": 1,
    }
    raw = chain.solve_via_data(problem, data, warm_start=False, verbose=False, solver_opts=options)
    problem.unpack_results(raw, chain, inverse)
    pooled_krw = float(problem.value)
    return pooled_krw, pooled_krw * (1 - float(raw["info"].mip_gap))


if __name__ == "__main__":
    print_figures(main())

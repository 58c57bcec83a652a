"""What a plan costs, computed a second time: by plain sums over its intervals, without cvxpy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from feature_store.time_grid import HOURS_PER_STEP, KilowattArray
from models.optimizer.demand_response import DemandResponseEvent
from models.optimizer.meter_replay import metered_again
from models.optimizer.peak_value import PeakValue
from models.optimizer.pricing import Pricing
from models.optimizer.scenarios import Scenarios
from models.optimizer.schedule import PlanCost


def rebill(pricing: Pricing, equipment_kw: Mapping[str, KilowattArray]) -> PlanCost:
    """Return the cost of an operation, from prices, floors and cuts alone.

    The plan is optimised, and usually priced, by the formulas of ``models.tariffs`` and of the
    terms of the grid; here the same terms are worked off course by course and interval by interval,
    so that a mistake in one shows. So does each kind of equipment with its wear: by
    :meth:`models.assets.asset.Asset.billed_krw`, not by the expression that is solved.

    Source: KEPCO terms of supply, 기본공급약관 제67조의3③, 제68조①.
    """
    base, terms = pricing.base, pricing.terms
    total_kw = np.zeros(pricing.prices.grid.steps)
    for power_kw in equipment_kw.values():
        total_kw = total_kw + power_kw
    expected_kw = metered_again(terms, base.median_kw + total_kw)
    if base.scenarios is None:
        bought_krw, fed_krw = _energy_krw(pricing, expected_kw)
        demand_kw = metered_again(terms, base.cautious_kw + total_kw)
        later_krw = _later_krw(pricing, demand_kw)
        demand_krw = _months_krw(pricing, demand_kw) + later_krw
    else:
        courses = [metered_again(terms, path_kw + total_kw) for path_kw in base.scenarios.paths_kw]
        energies = [_energy_krw(pricing, net_kw) for net_kw in courses]
        bought_krw, fed_krw = (
            sum(
                float(share) * krw
                for share, krw in zip(base.scenarios.probability, part, strict=True)
            )
            for part in zip(*energies, strict=True)
        )
        later = [_later_krw(pricing, net_kw) for net_kw in courses]
        months = [_months_krw(pricing, net_kw) for net_kw in courses]
        later_krw = _mean_and_tail_krw(base.scenarios, later)
        whole = [own_krw + more_krw for own_krw, more_krw in zip(months, later, strict=True)]
        demand_krw = _mean_and_tail_krw(base.scenarios, whole)
    return PlanCost(
        energy_krw=bought_krw,
        demand_krw=demand_krw,
        wear_krw=_wear_krw(pricing, equipment_kw),
        later_demand_krw=later_krw,
        export_earned_krw=fed_krw,
        events_earned_krw=sum((_event_krw(one, expected_kw) for one in terms.events), start=0.0),
    )


def expected_again_krw(
    pricing: Pricing, value: PeakValue, equipment_kw: Mapping[str, KilowattArray]
) -> float:
    """Return what the demand is expected to cost beside its bill, from floor, lines and surcharge.

    What :meth:`models.optimizer.pricing.Pricing.expected_demand_krw` tells, by plain sums.
    """
    base, (month,) = pricing.base, pricing.prices.months
    total_kw = np.zeros(pricing.prices.grid.steps)
    for power_kw in equipment_kw.values():
        total_kw = total_kw + power_kw
    courses = [base.cautious_kw] if base.scenarios is None else list(base.scenarios.paths_kw)
    costs_krw = []
    for course_kw in courses:
        demand_kw = metered_again(pricing.terms, course_kw + total_kw)
        peak_kw = demand_kw[month.counted_steps].max(initial=0.0)
        own_krw = month.basic_krw_per_kw * float(pricing.demand_floor_kw[0])
        costs_krw.append(own_krw + value.krw(float(peak_kw)) + _excess_krw(pricing, demand_kw))
    if base.scenarios is None:
        return costs_krw[0]
    return _mean_and_tail_krw(base.scenarios, costs_krw)


def _energy_krw(pricing: Pricing, net_kw: KilowattArray) -> tuple[float, float]:
    """What is paid for what is drawn, and earned by what is fed back."""
    bought_krw = (pricing.prices.krw_per_kwh * np.where(net_kw > 0, net_kw, 0.0)).sum()
    export = pricing.terms.export
    fed_krw = 0.0
    if export is not None:
        fed_krw = (export.krw_per_kwh * np.where(net_kw < 0, -net_kw, 0.0)).sum()
    return float(bought_krw * HOURS_PER_STEP), float(fed_krw * HOURS_PER_STEP)


def _wear_krw(pricing: Pricing, equipment_kw: Mapping[str, KilowattArray]) -> float:
    grid, wear_krw = pricing.prices.grid, 0.0
    for asset in pricing.site.assets:
        power_kw = equipment_kw[asset.name]
        wear_krw += asset.billed_krw(power_kw) + asset.decision_krw(power_kw, grid)
    return wear_krw


def _months_krw(pricing: Pricing, demand_kw: KilowattArray) -> float:
    """Demand charge of the peaks, and the surcharge where the contract power may be exceeded."""
    cost_krw = 0.0
    for month, floor_kw in zip(pricing.prices.months, pricing.demand_floor_kw, strict=True):
        billed_kw = max(demand_kw[month.counted_steps].max(initial=0.0), float(floor_kw))
        cost_krw += month.basic_krw_per_kw * billed_kw
    return float(cost_krw) + _excess_krw(pricing, demand_kw)


def _excess_krw(pricing: Pricing, demand_kw: KilowattArray) -> float:
    cost_krw = 0.0
    for month in pricing.prices.months:
        if month.excess_krw_per_kw and not pricing.terms.contract_is_hard:
            over_kw = demand_kw[month.steps].max(initial=0.0) - pricing.site.contract.power_kw
            cost_krw += month.excess_krw_per_kw * max(over_kw, 0.0)
    return float(cost_krw)


def _later_krw(pricing: Pricing, demand_kw: KilowattArray) -> float:
    """What the ratchet will charge in the months after the grid."""
    cost_krw = 0.0
    for group, cuts in zip(pricing.later, pricing.later_cuts, strict=True):
        peak_kw = demand_kw[group.counted_steps].max(initial=0.0)
        lines_krw = np.asarray(cuts.krw_per_kw) * peak_kw + np.asarray(cuts.intercept_krw)
        cost_krw += max(float(lines_krw.max(initial=0.0)), 0.0)
    return cost_krw


def _mean_and_tail_krw(scenarios: Scenarios, costs_krw: list[float]) -> float:
    """Blend of the mean over the courses and the mean of the worst tail.

    The tail's mean is the least of threshold + expected excess over it / probability of the tail,
    and one of the costs is such a threshold.
    """
    chances = [float(share) for share in scenarios.probability]
    mean_krw = sum(share * krw for share, krw in zip(chances, costs_krw, strict=True))
    tail_krw = min(
        threshold_krw
        + sum(
            share * max(krw - threshold_krw, 0.0)
            for share, krw in zip(chances, costs_krw, strict=True)
        )
        / scenarios.tail_share
        for threshold_krw in costs_krw
    )
    return mean_krw + scenarios.risk_share * (tail_krw - mean_krw)


def _event_krw(event: DemandResponseEvent, net_kw: KilowattArray) -> float:
    """Pay less penalty for what is drawn in the window; a site that may decline never pays."""
    reduced_kwh = missed_kwh = 0.0
    for baseline_kw, drawn_kw in zip(event.baseline_kw, net_kw[event.steps], strict=True):
        credited_kw = min(max(float(baseline_kw - drawn_kw), 0.0), event.reduction_kw)
        reduced_kwh += credited_kw * HOURS_PER_STEP
        missed_kwh += (event.reduction_kw - credited_kw) * HOURS_PER_STEP
    earned_krw = (
        event.paid_krw
        + event.paid_krw_per_kwh * reduced_kwh
        - event.penalty_krw_per_kwh * missed_kwh
    )
    return max(earned_krw, 0.0) if event.optional else earned_krw

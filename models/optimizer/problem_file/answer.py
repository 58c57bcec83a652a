"""From what became of a problem to what is answered to it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from models.optimizer.peak_risk import told_risks
from models.optimizer.plan_limits import PlanLimits
from models.optimizer.problem_file.answer_document import (
    AnswerDocument,
    AnsweredBlock,
    AnsweredCost,
    AnsweredEquipment,
    AnsweredEvent,
    AnsweredLimit,
    AnsweredMove,
    AnsweredPeak,
    AnsweredRisk,
    PlannedSite,
)
from models.optimizer.problem_file.explanation import explanation_of
from models.optimizer.problem_file.figures import DECIMALS, rounded
from models.optimizer.schedule import (
    Block,
    Infeasible,
    Move,
    Outcome,
    PassingRisk,
    PeakDemand,
    PlanCost,
    PlannedEvent,
    Schedule,
    Solved,
    TimedOut,
)
from models.optimizer.site_problem import SiteProblem

RAISE_OR_SHORTEN = "raise time_limit_s or shorten the grid"
"""The next step where the problem's own time limit ended."""


def answer_of(
    problem: SiteProblem,
    outcome: Outcome,
    limits: PlanLimits | None = None,
    *,
    if_late: str = RAISE_OR_SHORTEN,
) -> AnswerDocument:
    """Write what became of a problem, and what limits its plan where that was asked for.

    Args:
        problem: As it was told.
        outcome: What became of it.
        limits: What limits its plan.
        if_late: The next step if the time limit ended.
    """
    site_id, zone = problem.site.firm_id, problem.site.zone
    match outcome:
        case Solved(schedule=schedule):
            return AnswerDocument(
                site_id=site_id,
                timezone=zone.key,
                outcome="solved",
                plan=_planned(problem, schedule, outcome.bound_krw, limits),
            )
        case Infeasible(reason=reason):
            return AnswerDocument(
                site_id=site_id, timezone=zone.key, outcome="infeasible", reason=reason
            )
        case TimedOut(incumbent=schedule):
            return AnswerDocument(
                site_id=site_id,
                timezone=zone.key,
                outcome="timed_out",
                reason=f"{outcome.reason}; {if_late}",
                plan=None
                if schedule is None
                else _planned(problem, schedule, outcome.bound_krw, None),
            )


def _planned(
    problem: SiteProblem,
    schedule: Schedule,
    bound_krw: float | None,
    limits: PlanLimits | None,
) -> PlannedSite:
    zone, grid = problem.site.zone, schedule.grid
    net_kw = schedule.planned_net_kw
    exported_kw = np.zeros(grid.steps) if net_kw is None else np.maximum(-net_kw, 0.0)
    return PlannedSite(
        valid_times=[grid.at(step).astimezone(zone) for step in range(grid.steps)],
        equipment=[
            AnsweredEquipment(
                name=name,
                usual_kw=rounded(schedule.usual_kw[name]),
                planned_kw=rounded(power_kw),
                soc_kwh=rounded(schedule.soc_kwh[name]) if name in schedule.soc_kwh else None,
            )
            for name, power_kw in schedule.equipment_kw.items()
        ],
        usual_import_kw=rounded(schedule.usual_import_kw),
        planned_import_kw=rounded(schedule.planned_import_kw),
        planned_export_kw=rounded(exported_kw),
        usual_cost=cost_of(schedule.usual_cost),
        planned_cost=cost_of(schedule.planned_cost),
        saved_krw=schedule.saved_krw,
        usual_peak_kw=schedule.usual_peak_kw,
        planned_peak_kw=schedule.planned_peak_kw,
        peaks=[
            _peak(peak, risk)
            for peak, risk in zip(schedule.peaks, told_risks(problem, schedule), strict=True)
        ],
        events=[_event(event, zone) for event in schedule.events],
        moves=[_move(move, zone) for move in schedule.moves],
        kept_previous=schedule.kept_previous,
        bound_krw=bound_krw,
        gap_krw=None if bound_krw is None else schedule.planned_cost.total_krw - bound_krw,
        solve_seconds=schedule.solve_seconds,
        explanation=None if limits is None else explanation_of(limits),
    )


def _event(event: PlannedEvent, zone: ZoneInfo) -> AnsweredEvent:
    return AnsweredEvent(
        name=event.name,
        start=event.start.astimezone(zone),
        takes_part=event.takes_part,
        credited_kwh=event.credited_kwh,
        earned_krw=event.earned_krw,
    )


def cost_of(cost: PlanCost) -> AnsweredCost:
    """Write what a plan costs."""
    return AnsweredCost(
        energy_krw=cost.energy_krw,
        demand_krw=cost.demand_krw,
        later_demand_krw=cost.later_demand_krw,
        wear_krw=cost.wear_krw,
        export_earned_krw=cost.export_earned_krw,
        events_earned_krw=cost.events_earned_krw,
        total_krw=cost.total_krw,
    )


def _peak(peak: PeakDemand, risk: PassingRisk | None) -> AnsweredPeak:
    return AnsweredPeak(
        name=peak.name,
        krw_per_kw=peak.krw_per_kw,
        floor_kw=round(peak.floor_kw, DECIMALS),
        usual_kw=round(peak.usual_kw, DECIMALS),
        planned_kw=round(peak.planned_kw, DECIMALS),
        passing_risk=None if risk is None else AnsweredRisk(usual=risk.usual, planned=risk.planned),
    )


def _move(move: Move, zone: ZoneInfo) -> AnsweredMove:
    return AnsweredMove(
        equipment=move.equipment,
        kind=move.kind,
        usual=_blocks(move.usual, zone),
        planned=_blocks(move.planned, zone),
        saved_krw=move.saved_krw,
        reason=move.reason,
        limits=[
            AnsweredLimit(limit=limit.what, others=list(limit.others)) for limit in move.limits
        ],
    )


def _blocks(blocks: tuple[Block, ...], zone: ZoneInfo) -> list[AnsweredBlock]:
    return [
        AnsweredBlock(
            action=block.action,
            start=block.start.astimezone(zone),
            end=block.end.astimezone(zone),
            power_kw=round(block.power_kw, DECIMALS),
        )
        for block in blocks
    ]

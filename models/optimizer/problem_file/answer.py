"""From what became of a problem to what is answered to it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np

from feature_store.time_grid import KilowattArray
from models.optimizer.problem_file.answer_document import (
    AnswerDocument,
    AnsweredBlock,
    AnsweredCost,
    AnsweredEquipment,
    AnsweredEvent,
    AnsweredMove,
    AnsweredPeak,
    PlannedSite,
)
from models.optimizer.schedule import (
    Block,
    Infeasible,
    Move,
    Outcome,
    PeakDemand,
    PlanCost,
    Schedule,
    Solved,
    TimedOut,
)
from models.optimizer.site_problem import SiteProblem
from models.optimizer.solve import GAP_KRW

DECIMALS = 3
"""Powers are written to the watt, finer than any meter reads."""


def answer_of(problem: SiteProblem, outcome: Outcome) -> AnswerDocument:
    """Write what became of a problem."""
    site_id, zone = problem.site.firm_id, problem.site.zone
    match outcome:
        case Solved(schedule=schedule):
            return AnswerDocument(
                site_id=site_id,
                timezone=zone.key,
                outcome="solved",
                plan=_planned(problem, schedule, zone),
            )
        case Infeasible(reason=reason):
            return AnswerDocument(
                site_id=site_id, timezone=zone.key, outcome="infeasible", reason=reason
            )
        case TimedOut(time_limit_s=limit_s):
            return AnswerDocument(
                site_id=site_id,
                timezone=zone.key,
                outcome="timed_out",
                reason=f"no schedule was proved cheapest within {limit_s:g} s; raise time_limit_s "
                "or shorten the grid",
            )


def _planned(problem: SiteProblem, schedule: Schedule, zone: ZoneInfo) -> PlannedSite:
    grid = schedule.grid
    net_kw = schedule.planned_net_kw
    exported_kw = np.zeros(grid.steps) if net_kw is None else np.maximum(-net_kw, 0.0)
    total_krw = schedule.planned_cost.total_krw
    return PlannedSite(
        valid_times=[grid.at(step).astimezone(zone) for step in range(grid.steps)],
        equipment=[
            AnsweredEquipment(
                name=name,
                usual_kw=_floats(schedule.usual_kw[name]),
                planned_kw=_floats(power_kw),
                soc_kwh=_floats(schedule.soc_kwh[name]) if name in schedule.soc_kwh else None,
            )
            for name, power_kw in schedule.equipment_kw.items()
        ],
        usual_import_kw=_floats(schedule.usual_import_kw),
        planned_import_kw=_floats(schedule.planned_import_kw),
        planned_export_kw=_floats(exported_kw),
        usual_cost=_cost(schedule.usual_cost),
        planned_cost=_cost(schedule.planned_cost),
        saved_krw=schedule.saved_krw,
        usual_peak_kw=schedule.usual_peak_kw,
        planned_peak_kw=schedule.planned_peak_kw,
        peaks=[_peak(peak) for peak in schedule.peaks],
        events=_events(problem, schedule),
        moves=[_move(move, zone) for move in schedule.moves],
        kept_previous=schedule.kept_previous,
        bound_krw=None if schedule.kept_previous else total_krw - GAP_KRW,
        gap_krw=None if schedule.kept_previous else GAP_KRW,
        solve_seconds=schedule.solve_seconds,
    )


def _events(problem: SiteProblem, schedule: Schedule) -> list[AnsweredEvent]:
    net_kw = schedule.planned_net_kw
    drawn_kw = schedule.planned_import_kw if net_kw is None else net_kw
    answered = []
    for event in problem.terms.events:
        result = event.result(drawn_kw)
        answered.append(
            AnsweredEvent(
                name=event.name,
                start=event.start.astimezone(problem.site.zone),
                takes_part=result.takes_part,
                credited_kwh=result.credited_kwh,
                earned_krw=result.earned_krw,
            )
        )
    return answered


def _floats(values: KilowattArray) -> list[float]:
    return (np.round(values, DECIMALS) + 0.0).tolist()  # no -0.0


def _cost(cost: PlanCost) -> AnsweredCost:
    return AnsweredCost(
        energy_krw=cost.energy_krw,
        demand_krw=cost.demand_krw,
        later_demand_krw=cost.later_demand_krw,
        wear_krw=cost.wear_krw,
        export_earned_krw=cost.export_earned_krw,
        events_earned_krw=cost.events_earned_krw,
        total_krw=cost.total_krw,
    )


def _peak(peak: PeakDemand) -> AnsweredPeak:
    return AnsweredPeak(
        name=peak.name,
        krw_per_kw=peak.krw_per_kw,
        floor_kw=round(peak.floor_kw, DECIMALS),
        usual_kw=round(peak.usual_kw, DECIMALS),
        planned_kw=round(peak.planned_kw, DECIMALS),
    )


def _move(move: Move, zone: ZoneInfo) -> AnsweredMove:
    return AnsweredMove(
        equipment=move.equipment,
        kind=move.kind,
        usual=_blocks(move.usual, zone),
        planned=_blocks(move.planned, zone),
        saved_krw=move.saved_krw,
        reason=move.reason,
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

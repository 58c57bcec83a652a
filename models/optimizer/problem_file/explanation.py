"""From what limits a plan to what is answered of it."""

from __future__ import annotations

from models.optimizer.alternatives import Alternative
from models.optimizer.limits_worth import LimitWorth
from models.optimizer.plan_limits import PlanLimits
from models.optimizer.planned_peak import PlannedPeak
from models.optimizer.problem_file.answer_document import (
    AnsweredAlternative,
    AnsweredDraw,
    AnsweredDrawn,
    AnsweredExplanation,
    AnsweredPeakHour,
    AnsweredWorth,
)
from models.optimizer.problem_file.figures import DECIMALS, rounded


def explanation_of(limits: PlanLimits) -> AnsweredExplanation:
    """Write what limits a plan."""
    return AnsweredExplanation(
        usual_peak=_peak_hour(limits.usual_peak),
        planned_peak=_peak_hour(limits.planned_peak),
        limits_worth=[_worth(one) for one in limits.worth],
        alternatives=[_alternative(one) for one in limits.alternatives],
    )


def _peak_hour(peak: PlannedPeak | None) -> AnsweredPeakHour | None:
    if peak is None:
        return None
    return AnsweredPeakHour(
        at=peak.at,
        demand_kw=round(peak.demand_kw, DECIMALS),
        base_kw=round(peak.base_kw, DECIMALS),
        equipment=[
            AnsweredDraw(name=name, power_kw=round(power_kw, DECIMALS))
            for name, power_kw in peak.equipment_kw.items()
        ],
    )


def _worth(worth: LimitWorth) -> AnsweredWorth:
    return AnsweredWorth(
        equipment=worth.equipment,
        limit=worth.kind,
        added=worth.added,
        saved_krw_per_unit=worth.saved_krw_per_unit,
    )


def _alternative(one: Alternative) -> AnsweredAlternative:
    return AnsweredAlternative(
        name=one.name,
        total_krw=one.cost.total_krw,
        saved_krw=one.saved_krw,
        moved=list(one.moved),
        peak_kw=round(one.peak_kw, DECIMALS),
        safe_peak_kw=round(one.safe_peak_kw, DECIMALS),
        equipment=[
            AnsweredDrawn(name=name, planned_kw=rounded(power_kw))
            for name, power_kw in one.equipment_kw.items()
        ],
    )

"""From what became of a complex to what is answered to it."""

from __future__ import annotations

from models.optimizer.complex.fair_split import FairSplit
from models.optimizer.complex.schedule import MemberSchedule
from models.optimizer.complex.schedule_complex import ComplexOutcome, ComplexSolved
from models.optimizer.complex.terms import Member
from models.optimizer.problem_file.answer import cost_of
from models.optimizer.problem_file.answer_document import AnsweredEquipment
from models.optimizer.problem_file.complex_answer_document import (
    AnsweredBattery,
    AnsweredMember,
    AnsweredPart,
    AnsweredSplit,
    ComplexAnswerDocument,
    PlannedComplex,
)
from models.optimizer.problem_file.complex_reading import ToldComplex
from models.optimizer.problem_file.figures import DECIMALS, rounded
from models.optimizer.schedule import Infeasible, TimedOut
from models.optimizer.schedule_site import usual_operation
from models.optimizer.verify import verified_cost

RAISE_OR_NAME_FEWER = "raise time_limit_s, or name fewer firms"
"""The next step where the complex's own time limit ended."""


def answer_of_complex(told: ToldComplex, outcome: ComplexOutcome) -> ComplexAnswerDocument:
    """Write what became of a complex."""
    timezone = told.members[0].pricing.site.zone.key
    match outcome:
        case ComplexSolved():
            return ComplexAnswerDocument(
                timezone=timezone, outcome="solved", plan=_planned(told, outcome)
            )
        case Infeasible(reason=reason):
            return ComplexAnswerDocument(timezone=timezone, outcome="infeasible", reason=reason)
        case TimedOut(time_limit_s=limit_s):
            return ComplexAnswerDocument(
                timezone=timezone,
                outcome="timed_out",
                reason=f"no joint plan was found within {limit_s:g} s; {RAISE_OR_NAME_FEWER}",
            )


def _planned(told: ToldComplex, solved: ComplexSolved) -> PlannedComplex:
    schedule, split = solved.schedule, solved.split
    grid, zone = schedule.grid, told.members[0].pricing.site.zone
    return PlannedComplex(
        valid_times=[grid.at(step).astimezone(zone) for step in range(grid.steps)],
        members=[
            _member(member, planned)
            for member, planned in zip(told.members, schedule.members, strict=True)
        ],
        batteries=[
            AnsweredBattery(
                name=battery.name,
                planned_kw=rounded(schedule.battery_kw[battery.name]),
                soc_kwh=rounded(battery.soc_kwh(schedule.battery_kw[battery.name])),
            )
            for battery in told.terms.batteries
        ],
        demand_kw=rounded(schedule.demand_kw),
        peak_kw=round(schedule.peak_kw, DECIMALS),
        shared_krw=schedule.shared_krw,
        total_krw=schedule.cost_krw,
        bound_krw=schedule.bound_krw,
        gap_share=schedule.gap_share,
        prices_krw_per_kw=rounded(schedule.prices),
        split=None if split is None else _split(split),
        split_refused=solved.split_refused,
        solve_seconds=schedule.solve_seconds,
    )


def _member(member: Member, planned: MemberSchedule) -> AnsweredMember:
    pricing = member.pricing
    usual_kw = usual_operation(pricing)
    stores = {
        asset.name: asset.soc_kwh(planned.equipment_kw[asset.name]) for asset in pricing.site.assets
    }
    return AnsweredMember(
        site_id=member.firm_id,
        equipment=[
            AnsweredEquipment(
                name=name,
                usual_kw=rounded(usual_kw[name]),
                planned_kw=rounded(power_kw),
                soc_kwh=None if (soc_kwh := stores[name]) is None else rounded(soc_kwh),
            )
            for name, power_kw in planned.equipment_kw.items()
        ],
        planned_import_kw=rounded(pricing.import_kw(planned.equipment_kw)),
        usual_cost=cost_of(verified_cost(pricing, "usual", usual_kw)),
        planned_cost=cost_of(planned.cost),
    )


def _split(split: FairSplit) -> AnsweredSplit:
    return AnsweredSplit(
        method=split.method,
        not_shapley=split.not_shapley,
        saved_krw=split.saved_krw,
        put_right_krw=split.put_right_krw,
        largest_objection_krw=split.largest_objection_krw,
        members=[
            AnsweredPart(
                site_id=part.firm_id,
                alone_krw=part.alone_krw,
                saved_krw=part.saved_krw,
                pays_krw=part.pays_krw,
                standard_error_krw=part.standard_error_krw,
            )
            for part in split.members
        ],
    )

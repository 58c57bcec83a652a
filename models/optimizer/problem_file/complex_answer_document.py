"""What is answered to a complex as JSON: its parts, with units."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from models.optimizer.problem_file.answer_document import (
    Answered,
    AnsweredCost,
    AnsweredEquipment,
)


class AnsweredMember(Answered):
    """One firm."""

    site_id: str
    """Id of its site."""
    equipment: list[AnsweredEquipment]
    """What each piece of equipment does."""
    planned_import_kw: list[float]
    """Draw from the grid by the plan, kW."""
    usual_cost: AnsweredCost
    """Its own bill if nothing is changed, won."""
    planned_cost: AnsweredCost
    """Its own bill by the plan, won, without its part of what is shared."""


class AnsweredBattery(Answered):
    """One battery of the community."""

    name: str
    """Its name."""
    planned_kw: list[float]
    """Draw, kW; negative feeds."""
    soc_kwh: list[float]
    """Energy stored at the start of each interval and at the end, kWh."""


class AnsweredPart(Answered):
    """One firm's part of the joint saving."""

    site_id: str
    """Id of its site."""
    alone_krw: float
    """What it would pay if it planned alone, with its own peak at the shared price, won."""
    saved_krw: float
    """Its part of what planning together saves, at least 0 won."""
    pays_krw: float
    """What it pays in all, its own bill among it, won."""
    standard_error_krw: float | None = None
    """Standard error of `saved_krw`, won; null where nothing was sampled."""


class AnsweredSplit(Answered):
    """Who gets how much of what planning together saves; nobody is worse off than alone."""

    method: Literal["shapley", "shapley_sampled", "prices"]
    """Shapley's value of the groups' plans, a sample of it, or the complex's marginal prices."""
    not_shapley: str | None = None
    """Why it was split by prices; null where it was not."""
    saved_krw: float
    """What planning together saves, won; the parts add up to it."""
    put_right_krw: float
    """What was moved between firms so that nobody is worse off than alone, won."""
    largest_objection_krw: float | None = None
    """Most that a group of firms, of those that were looked at, would save by itself above its
    parts, won; 0 where none would. Null where it was split by prices."""
    members: list[AnsweredPart]
    """Every firm."""


class PlannedComplex(Answered):
    """The joint plan."""

    valid_times: list[AwareDatetime]
    """Start of each interval."""
    interval: Literal["PT15M"] = "PT15M"
    """Length of each."""
    members: list[AnsweredMember]
    """Every firm, in the order told."""
    batteries: list[AnsweredBattery]
    """Every battery of the community."""
    demand_kw: list[float]
    """What all draw together, on the course that peaks are judged on, kW."""
    peak_kw: float
    """The largest of it that counts for the shared peak, kW."""
    shared_krw: float
    """The shared peak, and energy and wear of the community's batteries, won."""
    total_krw: float
    """What all firms and the shared part cost together, won."""
    bound_krw: float
    """No joint plan costs less, won; but for preferences among equally cheap plans, a few won."""
    gap_share: float
    """Most that another plan could be cheaper, as a share of the cost."""
    prices_krw_per_kw: list[float]
    """What one kW less of the firms is worth to all in each interval, won; 0 where nothing that is
    shared binds."""
    split: AnsweredSplit | None = None
    """The parts of the saving, where they were asked for."""
    split_refused: str | None = None
    """Why there are none, though they were asked for."""
    solve_seconds: float
    """Time it took, seconds."""


class ComplexAnswerDocument(Answered):
    """What became of a complex."""

    format: Literal["sandan-complex-answer/1"] = "sandan-complex-answer/1"
    """Name and version of this form."""
    timezone: str
    """IANA zone of every time: the first firm's."""
    outcome: Literal["solved", "infeasible", "timed_out"]
    """Whether there is a plan."""
    reason: str | None = None
    """Why there is none."""
    plan: PlannedComplex | None = None
    """The plan; null where there is none."""

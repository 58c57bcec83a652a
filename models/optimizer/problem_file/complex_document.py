"""Firms and what they share as JSON: what may stand in it, with units and limits."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.optimizer.problem_file.document import (
    STATE_AGE_MINUTES,
    Amount,
    EquipmentPart,
    Part,
    ProblemDocument,
    StatePart,
)
from models.optimizer.problem_file.limits import (
    LONGEST_COMPLEX_LIMIT_S,
    MOST_MEMBERS,
    MOST_SHARED_BATTERIES,
)


class SharedTermsPart(Part):
    """What ties the firms to one another; demand is judged as peaks are."""

    feeder_limit_kw: Amount | list[Amount] | None = None
    """Most that all firms and shared batteries may draw together, kW: one limit, or one for each
    interval; left out: none."""
    peak_krw_per_kw: Amount = 0.0
    """What each kW of the largest demand of all together costs, won, beside the firms' bills."""
    peak_steps: list[int] | None = None
    """Numbers of the intervals that count for it, from 0; left out: all."""
    batteries: list[EquipmentPart] = Field(default=[], max_length=MOST_SHARED_BATTERIES)
    """Batteries of the community, behind the feeder; as a firm's file declares one."""
    states: list[StatePart] = Field(default=[], max_length=MOST_SHARED_BATTERIES)
    """What was measured of these batteries, at most one of each; else they are as declared."""
    max_state_age_minutes: float = Field(default=STATE_AGE_MINUTES, gt=0)
    """Oldest state that is believed, minutes before the grid's start."""
    battery_krw_per_kwh: Amount | list[Amount] | None = None
    """What each kWh that they draw costs, and each that they feed earns, won: one price, or one for
    each interval."""


class ComplexDocument(Part):
    """Firms that share a feeder, batteries or a peak."""

    format: Literal["sandan-complex/1"]
    """Name and version of this form; a field that changes its meaning makes another version."""
    members: list[ProblemDocument] = Field(min_length=1, max_length=MOST_MEMBERS)
    """The firms' problems, all on the same grid; a problem's own `time_limit_s` is not looked
    at."""
    shared: SharedTermsPart
    """What they share."""
    split: bool = False
    """Whether to tell too what each firm would pay alone and its part of the joint saving, for
    which every firm, and of up to five every group, is planned too, and of up to a hundred
    groups are priced."""
    gap_share: float = Field(default=1e-3, ge=1e-6, le=0.1)
    """Most that another plan may be cheaper, as a share of the cost: what is aimed at. What is
    proved is told."""
    time_limit_s: float = Field(default=30.0, gt=0, le=LONGEST_COMPLEX_LIMIT_S)
    """Longest time for all of it, seconds."""

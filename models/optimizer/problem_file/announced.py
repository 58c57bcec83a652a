"""What an accepted plan has reduced and announced: the state of loads of which none was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from pydantic import ValidationError

from feature_store.entities.firm import Firm
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, KilowattArray, TimeGrid
from models.assets.asset import TOLERANCE_KW
from models.assets.curtailable_load import CurtailableLoad, CurtailableLoadParameters
from models.optimizer.problem_file.document import Parameter, StatePart
from models.optimizer.problem_file.firm_now import FirmNow
from models.optimizer.problem_file.stated import step_of
from models.optimizer.schedule import Schedule
from models.site import site_of

_REMEMBERED = ("reduced_before_kw", "given_up_today_kwh", "announced_kw")


def with_announced(
    told: FirmNow, firm: Firm, grid: TimeGrid, accepted: Schedule, accepted_with: FirmNow
) -> FirmNow:
    """Return what is told, with the state in which an accepted plan leaves loads that it reduces.

    The plan is taken to have been followed: people were told of its reductions. What does not fit
    the limits that are declared by now is cut to them, and so never refused.

    Args:
        told: A load that it tells a state of keeps that.
        firm: As declared.
        grid: That is planned now.
        accepted: The plan that covers the grid's first interval.
        accepted_with: What was told when that plan was made.
    """
    known = {state.equipment for state in told.states}
    told_then = {state.equipment: state.parameters for state in accepted_with.states}
    declared = {one.name: one.parameters for one in firm.equipment}
    passed = -step_of(accepted.grid.start, grid, "the accepted plan: its start")
    states = []
    for asset in site_of(firm).assets:
        if not isinstance(asset, CurtailableLoad) or asset.name in known:
            continue
        then = _then(asset, declared[asset.name], told_then.get(asset.name, {}))
        followed = _Followed(now=asset, then=then, since=accepted.grid, passed=passed)
        parameters = followed.state(accepted.equipment_kw[asset.name])
        if parameters:
            states.append(
                StatePart(equipment=asset.name, measured_at=grid.start, parameters=parameters)
            )
    return told.model_copy(update={"states": [*told.states, *states]}) if states else told


@dataclass(frozen=True, kw_only=True)
class _Followed:
    """A load whose plan was followed for some steps."""

    now: CurtailableLoad
    """As it is declared."""
    then: CurtailableLoad
    """As the plan was made with it."""
    since: TimeGrid
    """Of the plan."""
    passed: int
    """How many of its steps are over."""

    def state(self, planned_kw: KilowattArray) -> dict[str, Parameter]:
        """Return what it remembers by now of a plan's draw, shape (steps,); empty if nothing."""
        limits = self.now.parameters
        given_up_kw = self._reduction_kw(planned_kw)
        told_kw = np.array(self.then.parameters.reduced_before_kw)
        reduction_kw = np.clip(np.concatenate([told_kw, given_up_kw]), 0, limits.max_reduction_kw)
        now = told_kw.size + self.passed
        before_kw = reduction_kw[max(now - STEPS_PER_DAY, 0) : now]
        announced_kw = reduction_kw[now : now + limits.notice]
        announced_kw = np.where(announced_kw < limits.min_reduction_kw, 0.0, announced_kw)
        state: dict[str, Parameter] = {}
        if before_kw.any() or announced_kw.any():
            state["reduced_before_kw"] = before_kw.tolist()
            state["announced_kw"] = announced_kw.tolist()
        if self._is_same_day:  # the longest day is longer than what is remembered by step
            since_kwh = HOURS_PER_STEP * float(given_up_kw[: self.passed].sum())
            today_kwh = self.then.given_up_today_kwh(self.since) + max(since_kwh, 0.0)
            if today_kwh > 0:
                state["given_up_today_kwh"] = today_kwh
        return state

    def _reduction_kw(self, planned_kw: KilowattArray) -> KilowattArray:
        """Return what is given up by a draw that is written to the watt, shape (steps,)."""
        limits = self.then.parameters
        depths_kw = (0.0, limits.min_reduction_kw, limits.max_reduction_kw)
        return self.then.rebound.reduction_kw(
            planned_kw, depths_kw=depths_kw, error_kw=TOLERANCE_KW
        )

    @property
    def _is_same_day(self) -> bool:
        steps = (0, self.passed)
        start, now = (self.since.at(step).astimezone(self.now.zone) for step in steps)
        return start.date() == now.date()


def _then(
    now: CurtailableLoad, declared: Mapping[str, object], told: Mapping[str, Parameter]
) -> CurtailableLoad:
    """Return a load as it is declared, with what was told of it then.

    Only what it remembered counts where the rest contradicts what is declared by now.
    """
    limits = now.parameters
    others = {name: value for name, value in told.items() if name not in _REMEMBERED}
    if others:
        try:
            limits = CurtailableLoadParameters.model_validate(dict(declared) | others)
        except ValidationError:
            limits = now.parameters
    remembered: dict[str, object] = {}
    if "reduced_before_kw" in told:
        before_kw = np.asarray(told["reduced_before_kw"], dtype=float)
        remembered["reduced_before_kw"] = tuple(before_kw.tolist())
    if "given_up_today_kwh" in told:
        remembered["given_up_today_kwh"] = float(np.asarray(told["given_up_today_kwh"], float))
    return replace(now, parameters=limits.model_copy(update=remembered))

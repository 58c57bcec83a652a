"""What an accepted plan has reduced and announced: the state of loads of which none was told."""

from __future__ import annotations

import numpy as np

from feature_store.entities.firm import Firm
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray, TimeGrid
from models.assets.asset import TOLERANCE_KW
from models.assets.curtailable_load import CurtailableLoad
from models.optimizer.problem_file.document import StatePart
from models.optimizer.problem_file.firm_now import FirmNow
from models.optimizer.problem_file.stated import step_of
from models.optimizer.problem_file.states import equipment_now
from models.optimizer.schedule import Schedule
from models.site import site_of


def with_announced(
    told: FirmNow, firm: Firm, grid: TimeGrid, accepted: Schedule, accepted_with: FirmNow
) -> FirmNow:
    """Return what is told, with the state in which an accepted plan leaves loads that it reduces.

    The plan is taken to have been followed: people were told of its reductions.

    Args:
        told: A load that it tells a state of keeps that.
        firm: As declared.
        grid: That is planned now.
        accepted: The plan that covers the grid's first interval.
        accepted_with: What was told when that plan was made.
    """
    when_made = equipment_now(
        firm.equipment,
        accepted_with.states,
        now=accepted.grid.start,
        max_age_minutes=accepted_with.max_state_age_minutes,
    )
    known = {state.equipment for state in told.states}
    passed = -step_of(accepted.grid.start, grid, "the accepted plan: its start")
    states = [
        state
        for asset in site_of(firm.model_copy(update={"equipment": when_made})).assets
        if isinstance(asset, CurtailableLoad) and asset.name not in known
        if (state := _state(asset, accepted.equipment_kw[asset.name], passed, grid)) is not None
    ]
    return told.model_copy(update={"states": [*told.states, *states]}) if states else told


def _state(
    asset: CurtailableLoad, planned_kw: KilowattArray, passed: int, grid: TimeGrid
) -> StatePart | None:
    limits = asset.parameters
    planned_kw = asset.reduction_kw(planned_kw)
    reduction_kw = np.concatenate([limits.reduced_before_kw, planned_kw])
    reduction_kw = np.where(reduction_kw > TOLERANCE_KW, reduction_kw, 0.0)
    now = len(limits.reduced_before_kw) + passed
    before_kw = reduction_kw[max(now - STEPS_PER_DAY, 0) : now]
    announced_kw = reduction_kw[now : now + limits.notice]
    if not before_kw.any() and not announced_kw.any():
        return None
    return StatePart(
        equipment=asset.name,
        measured_at=grid.start,
        parameters={
            "reduced_before_kw": before_kw.tolist(),
            "announced_kw": announced_kw.tolist(),
        },
    )

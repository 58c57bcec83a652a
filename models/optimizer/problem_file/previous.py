"""The plan made before as it is told, cut to the grid that is planned now."""

from __future__ import annotations

import numpy as np

from feature_store.time_grid import TimeGrid
from models.optimizer.problem_file.document import PreviousPart
from models.optimizer.problem_file.errors import PreviousPlanError
from models.optimizer.problem_file.stated import step_of
from models.optimizer.site_problem import PreviousPlan
from models.site import Site


def previous_plan(told: PreviousPart, site: Site, grid: TimeGrid) -> PreviousPlan:
    """Return what the plan made before says of the grid's first intervals."""
    passed = -step_of(told.start, grid, "previous: its start")
    if passed < 0:
        raise PreviousPlanError(
            f"previous: it starts at {told.start.isoformat()}, after the grid; tell a plan that "
            "covers the grid's first interval, or leave it out"
        )
    names = {asset.name for asset in site.assets}
    if set(told.equipment_kw) != names:
        raise PreviousPlanError(
            f"previous: it is about {', '.join(sorted(told.equipment_kw)) or 'nothing'}, and the "
            f"site has {', '.join(sorted(names)) or 'nothing'}; leave it out after a change of "
            "equipment"
        )
    lengths = {len(power_kw) for power_kw in told.equipment_kw.values()}
    if len(lengths) > 1:
        raise PreviousPlanError(
            "previous: its equipment has plans of different lengths; write one value for each "
            "interval and piece of equipment"
        )
    if passed >= max(lengths, default=0):
        raise PreviousPlanError(
            "previous: it is over before the grid starts, or covers no interval; leave it out"
        )
    return PreviousPlan(
        equipment_kw={
            name: np.array(power_kw[passed : passed + grid.steps], dtype=float)
            for name, power_kw in told.equipment_kw.items()
        },
        keep_unless_saves_krw=told.keep_unless_saves_krw,
    )

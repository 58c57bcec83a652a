"""Check a schedule against every physical limit, without the solver that made it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from feature_store.errors import SandanError
from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import TOLERANCE_KW
from models.optimizer.base_load import BaseLoad
from models.optimizer.job_relations import relation_violations
from models.site import Site


class UnsafeScheduleError(SandanError):
    """A schedule breaks a limit of the equipment; it must not be handed out."""


def verify(
    site: Site, grid: TimeGrid, base: BaseLoad, equipment_kw: Mapping[str, KilowattArray]
) -> None:
    """Raise an :class:`UnsafeScheduleError` that names every broken limit, if there is one."""
    broken = _without_numbers(grid, equipment_kw) or _broken_limits(site, grid, base, equipment_kw)
    if broken:
        raise UnsafeScheduleError(
            f"{site.firm_id}: the schedule breaks limits ({'; '.join(broken)}); "
            "it was thrown away: report it with the firm's declaration and the issue time"
        )


def _without_numbers(grid: TimeGrid, equipment_kw: Mapping[str, KilowattArray]) -> list[str]:
    return [
        f"{name} has no finite power for every step"
        for name, power_kw in equipment_kw.items()
        if power_kw.shape != (grid.steps,) or not np.isfinite(power_kw).all()
    ]


def _broken_limits(
    site: Site, grid: TimeGrid, base: BaseLoad, equipment_kw: Mapping[str, KilowattArray]
) -> list[str]:
    broken = [
        violation
        for asset in site.assets
        for violation in asset.violations(equipment_kw[asset.name], grid)
    ]
    broken += relation_violations(site, grid, equipment_kw)
    import_kw = base.median_kw + sum(equipment_kw.values(), start=np.zeros(grid.steps))
    if import_kw.min() < -TOLERANCE_KW:
        step = int(import_kw.argmin())
        local = grid.at(step).astimezone(site.zone)
        broken.append(f"power is fed back into the grid at {local:%Y-%m-%d %H:%M}")
    return broken

"""The limits of the connection: hard contract power, and what may be fed back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from feature_store.time_grid import KilowattArray, TimeGrid
from models.assets.asset import TOLERANCE_KW
from models.optimizer.base_load import BaseLoad
from models.optimizer.grid_terms import GridTerms
from models.optimizer.meter_replay import metered_again
from models.site import Site


def grid_violations(
    site: Site,
    grid: TimeGrid,
    base: BaseLoad,
    equipment_kw: Mapping[str, KilowattArray],
    terms: GridTerms,
) -> tuple[str, ...]:
    """Return every limit of the connection that an operation breaks, in words.

    Computed without the solver. A hard contract power holds on the cautious course, or on every
    scenario where there are any; what is fed back is judged on the expected course.
    """
    total_kw = sum(equipment_kw.values(), start=np.zeros(grid.steps))
    broken = []

    def tell(what: str, over_kw: KilowattArray) -> None:
        if over_kw.max() > TOLERANCE_KW:
            local = grid.at(int(over_kw.argmax())).astimezone(site.zone)
            broken.append(f"{what} at {local:%Y-%m-%d %H:%M}")

    bus_kw = base.median_kw + total_kw
    if terms.export is None:
        tell("power is fed back into the grid", -bus_kw)
    else:
        fed_kw = -metered_again(terms, bus_kw)
        most_kw = terms.export.most_kw
        tell(f"more than {most_kw:g} kW is fed back into the grid", fed_kw - most_kw)
    if terms.contract_is_hard:
        scenarios = base.scenarios
        courses = [base.cautious_kw] if scenarios is None else list(scenarios.paths_kw)
        metered = [metered_again(terms, course_kw + total_kw) for course_kw in courses]
        over_kw = np.max(metered, axis=0) - site.contract.power_kw
        tell("the contract power is exceeded", over_kw)
    return tuple(broken)

"""One small problem as its JSON, which tests change in one place each."""

from __future__ import annotations

import json
from copy import deepcopy

import numpy as np

from models.optimizer.problem_file.reading import read_problem
from models.optimizer.schedule import Schedule, Solved
from models.optimizer.schedule_site import schedule_site
from models.optimizer.site_problem import SiteProblem
from tests.models.optimizer.example_works import BATTERY, CHILLER, KILN, ROOF

STEPS = 96
PAST_PEAKS = {
    "2025-07": 410.0, "2025-08": 430.0, "2025-09": 420.0, "2025-10": 380.0, "2025-11": 390.0,
    "2025-12": 400.0, "2026-01": 405.0, "2026-02": 402.0, "2026-03": 370.0, "2026-04": 360.0,
    "2026-05": 365.0, "2026-06": 385.0,
}  # fmt: skip


def day_kw(*, night: float = 200.0, day: float = 400.0) -> list[float]:
    """A load that is higher from 8 to 19 h."""
    hour = np.arange(STEPS) // 4
    return np.where((hour >= 8) & (hour < 19), day, night).tolist()


BATTERY_WITHOUT_WEAR = {
    "name": "ESS",
    "kind": "battery",
    "parameters": BATTERY | {"wear_krw_per_kwh": 0},
}
KEPCO = {
    "format": "sandan-problem/1",
    "site": {"id": "works", "contract_power_kw": 1000.0},
    "grid": {"start": "2026-07-01T00:00:00+09:00", "steps": STEPS},
    "tariff": {"kind": "kepco", "class": "industrial_eul", "voltage": "high_a", "option": "II"},
    "base_load": {"kind": "path", "kw": day_kw()},
    "equipment": [
        {"name": "ESS", "kind": "battery", "parameters": BATTERY},
        {"name": "kiln", "kind": "shiftable_job", "parameters": KILN},
        {"name": "chiller", "kind": "curtailable_load", "parameters": CHILLER},
        {"name": "roof", "kind": "solar", "parameters": ROOF},
    ],
    "past_peaks_kw": PAST_PEAKS,
}
"""1 July 2026, a Wednesday, under a tariff of KEPCO's."""
PRICE = [100.0] * 32 + [150.0] * 28 + [230.0] * 24 + [150.0] * 4 + [100.0] * 8
STATED = KEPCO | {
    "tariff": {
        "kind": "stated",
        "krw_per_kwh": PRICE,
        "peaks": [{"name": "month", "krw_per_kw": 8000.0, "floor_kw": 300.0}],
    },
    "past_peaks_kw": {},
    "equipment": [BATTERY_WITHOUT_WEAR],
}
"""The same day under prices told one by one, with a battery that does not age."""


def changed(problem: dict, **places) -> dict:
    """The problem with values put at places, e.g. ``site__export={...}``; none takes it away."""
    copy = deepcopy(problem)
    for place, value in places.items():
        *parents, last = place.split("__")
        part = copy
        for parent in parents:
            part = part[int(parent)] if isinstance(part, list) else part[parent]
        if isinstance(part, list):
            part[int(last)] = value
        else:
            part[last] = value
    return copy


def read(problem: dict) -> SiteProblem:
    """The value that is scheduled."""
    return read_problem(json.dumps(problem).encode()).problem


def scheduled(problem: dict) -> Schedule:
    """The plan of a problem that has one."""
    outcome = schedule_site(read(problem))
    assert isinstance(outcome, Solved), outcome
    return outcome.schedule

"""Two works of two hours as the JSON of a complex, which tests change in one place each."""

from __future__ import annotations

from copy import deepcopy

from tests.models.optimizer.example_problems import BATTERY_WITHOUT_WEAR

CASTING_KW = [250.0, 260.0, 250.0, 240.0, 330.0, 340.0, 320.0, 280.0]
MILLING_KW = [360.0, 370.0, 350.0, 340.0, 250.0, 240.0, 230.0, 250.0]
CASTING = {
    "format": "sandan-problem/1",
    "site": {"id": "casting", "contract_power_kw": 500.0},
    "grid": {"start": "2026-07-01T14:00:00+09:00", "steps": 8},
    "tariff": {"kind": "stated", "krw_per_kwh": 160.0},
    "base_load": {"kind": "path", "kw": CASTING_KW},
    "equipment": [BATTERY_WITHOUT_WEAR],
}
"""Has a battery of 100 kW."""
MILLING = deepcopy(CASTING) | {
    "site": {"id": "milling", "contract_power_kw": 700.0},
    "base_load": {"kind": "path", "kw": MILLING_KW},
    "equipment": [],
}
COMPLEX = {
    "format": "sandan-complex/1",
    "members": [CASTING, MILLING],
    "shared": {"peak_krw_per_kw": 3000.0},
    "split": True,
    "gap_share": 1e-6,
}

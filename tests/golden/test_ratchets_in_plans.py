"""Ratchets as plans price them: cases by hand under KEPCO's rule, the arithmetic written out.

They are of the kind that REopt checks its look-back ratchets with (a year of monthly peaks, and
what each month is billed), and of the whole year of a plant in which shaving costs something.
KEPCO's rule (기본공급약관 제68조①): the largest counted peak of December to February and July to
September within the last 12 billing months, and of the month itself; at least 30 % of the contract
power.
"""

import pytest

from tests.models.optimizer.example_problems import KEPCO, STEPS, changed, scheduled

BASIC = 8320
"""Won per kW and month of option A-II, from 2026-04-16 on."""
YEAR = {
    "2025-07": 300.0, "2025-08": 300.0, "2025-09": 300.0, "2025-10": 400.0, "2025-11": 300.0,
    "2025-12": 500.0, "2026-01": 300.0, "2026-02": 300.0, "2026-03": 300.0, "2026-04": 300.0,
    "2026-05": 600.0, "2026-06": 300.0,
}  # fmt: skip
"""October and May are no months of the ratchet; December is."""


def at(start: str, peaks: dict[str, float | None], level_kw: float = 100.0) -> dict:
    flat = {"kind": "path", "kw": [level_kw] * STEPS}
    return changed(
        KEPCO,
        grid__start=f"{start}T00:00:00+09:00",
        base_load=flat,
        past_peaks_kw=peaks,
        equipment=[],
    )


@pytest.mark.parametrize(
    ("start", "so_far", "billed_kw"),
    [
        # December's 500 kW counts until its 12 months are over; October's 400 and May's 600 never.
        ("2026-07-01", {}, 500),
        ("2026-08-03", {"2026-07": 300.0, "2026-08": None}, 500),
        ("2026-11-02", dict.fromkeys([f"2026-{month:02}" for month in range(7, 12)], 300.0), 500),
        # In December 2026 the window is January to December 2026: what is left is 300 kW.
        (
            "2026-12-01",
            dict.fromkeys(["2026-07", "2026-08", "2026-09", "2026-10", "2026-11"], 300.0),
            300,
        ),
        # The month's own peak so far counts whatever the month is.
        ("2026-07-15", {"2026-07": 550.0}, 550),
        # 30 % of the contract power of 1,000 kW is the least.
        (
            "2026-12-01",
            dict.fromkeys([*list(YEAR), "2026-07", "2026-08", "2026-09"], 120.0),
            300,
        ),
    ],
)
def test_a_month_is_billed_for_the_peaks_that_its_ratchet_remembers(start, so_far, billed_kw):
    known = {month: kw for month, kw in (YEAR | so_far).items() if month <= start[:7]}
    schedule = scheduled(at(start, known))
    (peak,) = schedule.peaks
    assert peak.floor_kw == billed_kw
    assert schedule.planned_cost.month_demand_krw == pytest.approx(BASIC * billed_kw)


LEVEL = {**dict.fromkeys(YEAR, 300.0), "2026-06": 300.0}
SPIKE = [250.0] * 40 + [400.0] * 4 + [250.0] * 52
"""An hour of 400 kW at 10 h; else 250 kW."""
FURNACE = {
    "name": "furnace",
    "kind": "curtailable_load",
    "parameters": {
        "max_reduction_kw": 150,
        "max_energy_kwh_per_day": 200,
        "cost_krw_per_kwh": 30_000,
        "earliest_start": "08:00",
        "latest_end": "22:00",
    },
}
"""A kWh of it given up is dearer than a kW for one month, and cheaper than for twelve."""
MID_KRW_PER_KWH = 163.8 + 14.0
"""Mid band of summer at 10 h, with climate charge and fuel adjustment."""


def shaving(start: str, peaks: dict[str, float | None]) -> dict:
    return changed(at(start, peaks), base_load__kw=SPIKE, equipment=[FURNACE])


def test_a_peak_of_june_is_paid_once_and_not_worth_a_dear_reduction():
    peaks = {month: kw for month, kw in LEVEL.items() if month < "2026-06"}
    peaks |= {"2025-06": 300.0}
    schedule = scheduled(shaving("2026-06-01", peaks))
    assert schedule.moves == ()
    assert schedule.planned_cost.demand_krw == pytest.approx(BASIC * 400)
    assert schedule.planned_cost.later_demand_krw == 0


def test_a_peak_of_july_is_paid_until_june_and_shaved_down_to_the_ratchet():
    schedule = scheduled(shaving("2026-07-01", LEVEL))
    # July itself, and August to June, eleven months that would have been billed 300 kW.
    assert schedule.usual_cost.demand_krw == pytest.approx(BASIC * 400 + 11 * BASIC * 100)
    assert schedule.planned_peak_kw == pytest.approx(300, abs=1e-3)
    assert schedule.planned_cost.demand_krw == pytest.approx(BASIC * 300, abs=20)
    # 100 kW for an hour: twelve months' demand charge and the energy, less what it costs the firm.
    saved_krw = 100 * (12 * BASIC + MID_KRW_PER_KWH - 30_000)
    assert schedule.saved_krw == pytest.approx(saved_krw, abs=20)


def test_a_ratchet_that_is_full_already_leaves_nothing_to_shave():
    schedule = scheduled(shaving("2026-07-01", LEVEL | {"2025-12": 400.0}))
    # Until November 2026 the 400 kW of December 2025 are billed anyway; December 2026 is expected
    # to bring its like, which the months to June 2027 remember beside July's.
    assert schedule.moves == ()
    assert schedule.usual_cost.demand_krw == pytest.approx(BASIC * 400)
    assert schedule.usual_cost.later_demand_krw == pytest.approx(0)

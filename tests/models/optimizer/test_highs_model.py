"""That no solution in whole numbers exists is believed where presolve did not make it up."""

import cvxpy as cp
import numpy as np
import pytest

from models.optimizer.highs_model import Status, new_highs, pass_program, run
from models.optimizer.linear_program import LinearProgram
from models.optimizer.preferences import without_preferences
from models.optimizer.schedule_site import filled
from models.optimizer.solve import GAP_KRW
from tests.models.optimizer.example_problems import KEPCO, PAST_PEAKS, changed, read, scheduled
from tests.models.optimizer.example_works import CHILLER

PATIENT_S = 60.0
STEPS = 96
ON_OFF = CHILLER | {
    "cost_krw_per_kwh": 20,
    "min_reduction_kw": 50,
    "min_duration": "00:30",
    "max_duration": "00:30",
    "notice": "01:00",
    "recovery_share": 1.0,
    "recovery": "01:00",
}
"""50 kW or nothing, for half an hour; all of it is drawn again within the hour after."""


def no_solution_by_presolve() -> dict:
    """An event that may be declined, from the first step on; HiGHS 1.15.1 finds no plan at all."""
    step = np.arange(STEPS)
    hour = (11.25 + step / 4) % 24
    at_work = (hour >= 8) & (hour < 18) & ((hour < 12) | (hour >= 13))
    start = "2026-06-25T11:15:00+09:00"
    return changed(
        KEPCO,
        site__contract_power_kw=500.0,
        grid={"start": start, "steps": STEPS},
        base_load__kw=(np.where(at_work, 240.0, 45.0) + (2 * step**2 + step) % 7).tolist(),
        equipment=[{"name": "chiller", "kind": "curtailable_load", "parameters": ON_OFF}],
        past_peaks_kw=dict.fromkeys(PAST_PEAKS, 300.0),
        events=[
            {
                "name": "DR",
                "start": start,
                "end": "2026-06-25T13:00:00+09:00",
                "baseline_kw": 400.0,
                "reduction_kw": 390.0,
                "paid_krw_per_kwh": 3000.0,
            }
        ],
    )


def status_of(problem: cp.Problem) -> tuple[Status, float]:
    linear = LinearProgram.of(problem)
    plain = without_preferences(linear, linear.filled(linear.parameters()))
    highs = new_highs(gap=GAP_KRW)
    pass_program(highs, plain.linear, plain.filled)
    status = run(highs, time_limit_s=PATIENT_S)
    _, presolve = highs.getOptionValue("presolve")
    assert presolve == "choose"  # the next solve has it again
    return status, float(highs.getObjectiveValue())


def test_a_plan_that_presolve_cuts_off_is_found():
    whole = filled(read(no_solution_by_presolve())).problem
    status, objective_krw = status_of(whole)
    assert status == "optimal"
    whole.solve(solver=cp.HIGHS, presolve="off", mip_rel_gap=0.0, mip_abs_gap=GAP_KRW)
    # The preferences among equally cheap plans weigh a few won.
    assert objective_krw == pytest.approx(whole.value, abs=5 * GAP_KRW)


def test_a_site_that_may_do_nothing_has_a_schedule():
    schedule = scheduled(no_solution_by_presolve())
    assert schedule.planned_cost.total_krw <= schedule.usual_cost.total_krw


def test_whole_numbers_without_a_solution_have_none():
    on = cp.Variable(2, boolean=True, name="on")
    halves = cp.Problem(cp.Minimize(cp.sum(on)), [cp.sum(on) == 1, on[0] - on[1] == 0])
    assert status_of(halves)[0] == "infeasible"

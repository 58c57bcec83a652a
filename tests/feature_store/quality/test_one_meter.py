"""Each meter is judged by itself and named, where the sum over the firm's would hide the fault."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bench.injected_faults import with_readings
from feature_store.entities.load_history import LoadHistory
from feature_store.entities.meter import Meter
from feature_store.entities.meter_readings import MeterReadings, ReadingQuality
from feature_store.quality.catalogue import CATALOGUE, findings
from feature_store.quality.meter_record import record_of
from feature_store.quality.one_meter import meter_history
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY
from tests.builders import MONDAY, a_firm
from tests.fakes.made_load import a_made_load

DAYS = 60
END = MONDAY + timedelta(days=DAYS)
MAIN, FURNACE, ROOF = (
    Meter(meter_id="main-1"),
    Meter(meter_id="furnace-2"),
    Meter(meter_id="roof-3", role="export"),
)
FIRM = a_firm(holiday_country=None, meters=(MAIN, FURNACE, ROOF))
BIG, SMALL = a_made_load(DAYS, seed=1), a_made_load(DAYS, seed=2)


def told_by(meter: Meter, history: LoadHistory) -> MeterReadings:
    known = np.isfinite(history.demand_kw)
    return MeterReadings(
        meter=meter,
        grid=history.grid,
        kwh=history.demand_kw * HOURS_PER_STEP,
        known_at=history.known_at,
        quality=np.where(known, ReadingQuality.MEASURED, ""),
        source=np.where(known, 0, -1),
        sources=(),
    )


def a_stuck(history: LoadHistory) -> LoadHistory:
    kw = history.demand_kw.copy()
    kw[42 * STEPS_PER_DAY + 36 : 43 * STEPS_PER_DAY] = 210.0
    return with_readings(history, kw)


def found_in(meter: Meter, history: LoadHistory):
    return findings(meter_history(FIRM, told_by(meter, history)), FIRM, meter)


def test_a_meter_that_sticks_is_told_by_name_though_the_sum_moves():
    assert found_in(MAIN, BIG) == ()
    (stuck,) = found_in(FURNACE, a_stuck(SMALL))
    assert (stuck.kind, stuck.meter_id) == ("stuck", "furnace-2")
    summed = with_readings(BIG, BIG.demand_kw + a_stuck(SMALL).demand_kw)
    assert "stuck" not in {one.kind for one in findings(summed, FIRM)}


def test_of_the_sum_no_meter_is_named():
    (stuck,) = findings(a_stuck(SMALL), FIRM)
    assert stuck.meter_id is None


def test_what_is_fed_back_is_not_held_to_the_contract_of_what_is_drawn():
    kw = BIG.demand_kw * 10
    assert findings(with_readings(BIG, kw), FIRM, ROOF) == ()
    assert {one.kind for one in findings(with_readings(BIG, kw), FIRM, MAIN)} == {"implausible"}


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.kind)
def test_every_check_can_be_run_on_one_meter(check):
    readings = told_by(FURNACE, a_stuck(SMALL))
    record = record_of(meter_history(FIRM, readings), FIRM, FURNACE)
    assert {one.meter_id for one in check.find(record)} <= {"furnace-2"}


def test_energy_becomes_the_mean_demand_of_its_interval():
    history = meter_history(FIRM, replace(told_by(MAIN, BIG), kwh=np.full(BIG.grid.steps, 2.5)))
    assert set(history.demand_kw) == {10.0}

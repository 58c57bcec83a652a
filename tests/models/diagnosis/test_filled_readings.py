"""Advice says of how many missing readings its bills took a typical value."""

from dataclasses import replace
from datetime import date

import numpy as np

from feature_store.entities.firm import Contract
from models.diagnosis.contract_advice import advise
from tests.models.tariffs.bill.metered import flat


def test_the_missing_readings_of_the_billed_months_are_counted():
    readings = flat("2025-10", 200, months=13)
    kwh = readings.kwh.copy()
    kwh[:5] = np.nan  # October 2025, before the twelve months
    kwh[40 * 96 : 40 * 96 + 3] = np.nan
    kwh[200 * 96] = np.nan
    advice = advise(Contract(power_kw=500), replace(readings, kwh=kwh), day=date(2026, 11, 22))
    assert str(advice.months[0]) == "2025-11"
    assert advice.filled_readings == 4

"""Every class, voltage and option has a bill that adds up for every month since 2021."""

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.time_grid import HOURS_PER_STEP
from models.tariffs.bill.line import LineKind
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.month_grid import month_grid
from models.tariffs.bill.monthly_bill import bills
from models.tariffs.billing_month import BillingMonth
from models.tariffs.kepco_tables import kepco_tables
from tests.builders import SEOUL

CONTRACTS = {
    f"{name} {key}": Contract(
        tariff_class=name, voltage=key.split("/")[0], option=key.split("/")[1], power_kw=250
    )
    for name, table in kepco_tables().classes.items()
    for key in table.rates[-1].prices
}
MONTHS = 6 * 12
FLAT_KW = 137.3


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_every_month_since_2021_has_a_bill_that_adds_up(contract):
    grid = month_grid(BillingMonth(2021, 1), 1, SEOUL, months=MONTHS)
    readings = MeteredEnergy(
        grid=grid, zone=SEOUL, kwh=np.full(grid.steps, FLAT_KW * HOURS_PER_STEP)
    )
    made = bills(contract, readings)
    assert [one.month.number for one in made] == list(
        range(BillingMonth(2021, 1).number, BillingMonth(2027, 1).number)
    )
    for one in made:
        assert one.subtotal_krw == sum(line.amount_krw for line in one.lines if line.kind.charge)
        hours = (one.last_day - one.first_day).days * 24 + 24
        assert one.kwh == pytest.approx(hours * FLAT_KW, abs=3)
        kinds = [line.kind for line in one.lines]
        order = list(LineKind)
        assert [kind for kind in kinds if kind is not LineKind.WEEKEND_DISCOUNT] == sorted(
            (kind for kind in kinds if kind is not LineKind.WEEKEND_DISCOUNT), key=order.index
        )
        assert kinds[0] is LineKind.BASIC
        assert kinds[-1] is LineKind.TOTAL

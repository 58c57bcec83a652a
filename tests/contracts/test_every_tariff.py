"""What every class, voltage and option of the shipped tables must hold, on every interval."""

from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml

from feature_store.entities.firm import Contract
from feature_store.time_grid import TimeGrid
from models.tariffs.band import Band
from models.tariffs.grid_prices import GridPrices, grid_prices
from models.tariffs.hours import SEASONS
from models.tariffs.kepco_tables import kepco_tables
from tests.builders import SEOUL

SIX_YEARS = TimeGrid(datetime(2021, 1, 1, tzinfo=SEOUL), steps=(6 * 365 + 1) * 96)
CONTRACTS = {
    f"{name} {key}": Contract(
        tariff_class=name, voltage=key.split("/")[0], option=key.split("/")[1], power_kw=250
    )
    for name, table in kepco_tables().classes.items()
    for key in table.rates[-1].prices
}
PUBLISHED = Path(__file__).parents[2].parent / "shared" / "domain" / "tariffs.yaml"


@cache
def six_years_of(contract: Contract) -> GridPrices:
    return grid_prices(contract, SIX_YEARS, SEOUL)


every_contract = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)


@every_contract
def test_every_interval_since_2021_has_one_price_and_one_band(contract):
    prices = six_years_of(contract)
    for figures in (prices.energy_krw_per_kwh, prices.addition_krw_per_kwh):
        assert figures.shape == (SIX_YEARS.steps,)
        assert np.isfinite(figures).all()
    assert (prices.energy_krw_per_kwh > 0).all()
    assert np.isin(prices.band, list(Band)).all()


@every_contract
def test_every_interval_is_billed_in_exactly_one_month(contract):
    prices = six_years_of(contract)
    steps = np.concatenate([month.steps for month in prices.months])
    assert np.array_equal(steps, np.arange(SIX_YEARS.steps))
    assert [month.month for month in prices.months] == sorted(
        month.month for month in prices.months
    )


@every_contract
def test_only_mid_and_peak_hours_count_and_off_peak_days_never(contract):
    prices = six_years_of(contract)
    assert not prices.counted[prices.band == Band.OFF_PEAK].any()
    metered = kepco_tables().classes[contract.tariff_class].demand_metered
    assert prices.counted.any() == metered


@every_contract
def test_the_dearer_band_is_never_cheaper(contract):
    for version in kepco_tables().classes[contract.tariff_class].rates:
        price = version.prices[f"{contract.voltage}/{contract.option}"]
        assert (np.diff(price.energy_krw_per_kwh, axis=1) >= 0).all()


@every_contract
def test_the_basic_charge_has_not_changed_so_no_month_needs_a_split(contract):
    prices = six_years_of(contract)
    assert len({month.basic_krw_per_kw for month in prices.months}) == 1


@every_contract
def test_putting_off_the_reform_changes_nothing_outside_of_its_days(contract):
    deferred = contract.model_copy(update={"reform_deferred": True})
    changed = six_years_of(contract).energy_krw_per_kwh != six_years_of(deferred).energy_krw_per_kwh
    dates = SIX_YEARS.clock(SEOUL).date
    reform = (dates >= np.datetime64("2026-04-16")) & (dates <= np.datetime64("2026-09-30"))
    assert not changed[~reform].any()
    assert changed[reform].any() == (contract.tariff_class == "industrial_eul")


@every_contract
def test_every_figure_says_where_it_is_from(contract):
    table = kepco_tables().classes[contract.tariff_class]
    for version in (*table.rates, *table.hours, *table.deferrals, *table.weekend_discounts):
        assert version.source
        assert version.confidence


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the collected tables are not beside this copy")
@every_contract
def test_the_tables_equal_the_collected_ones(contract):
    collected = yaml.safe_load(PUBLISHED.read_text("utf-8"))[contract.tariff_class]["versions"]
    shipped = kepco_tables().classes[contract.tariff_class].rates
    assert [str(version.from_day) for version in shipped] == [
        str(version["effective_from"]) for version in collected
    ]
    option = "-" if contract.option == "none" else contract.option
    names = ["summer", "spring_fall", "winter"]
    assert len(names) == len(SEASONS)
    for version, figures in zip(shipped, collected, strict=True):
        row = next(
            row
            for row in figures["rates"]
            if (row["voltage"], row["option"]) == (contract.voltage, option)
        )
        price = version.prices[f"{contract.voltage}/{contract.option}"]
        assert price.basic_krw_per_kw == row["basic_won_per_kw"]
        for band in ("off_peak", "mid", "peak"):
            by_season = row.get("energy", row.get(band))
            assert list(getattr(price, band)) == [by_season[name] for name in names]

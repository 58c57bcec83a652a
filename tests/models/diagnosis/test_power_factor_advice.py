"""Power-factor advice bills the year again with what a compensation would leave."""

from dataclasses import replace
from datetime import date

import pytest

from feature_store.entities.firm import Contract
from models.diagnosis.contract_advice import advise
from tests.models.diagnosis.metered_year import metered

TODAY = date(2026, 11, 22)
BASIC_KRW = 12 * 400 * 8320
CONTRACT = Contract(power_kw=500)
SHARE_AT_88_PERCENT = 0.53974
"""tan(arccos 0.88)."""


def asked(lagging_share: float | None):
    readings = metered(working_kw=400, lagging_share=lagging_share)
    return advise(CONTRACT, readings, day=TODAY).power_factor


def test_a_low_power_factor_is_charged_and_each_target_saves_its_points():
    # 88 % is 4 points below the standard of 92: 0.8 % of the demand charge; 95 % earns 0.6 %.
    advice = asked(SHARE_AT_88_PERCENT)
    assert advice.charged_krw == pytest.approx(0.008 * BASIC_KRW, abs=12)
    at_95, at_97, leading = advice.targets
    assert [(one.kind, one.percent) for one in advice.targets] == [
        ("lagging", 95),
        ("lagging", 97),
        ("leading", 95),
    ]
    assert (leading.saved_krw, leading.compensation_kvar) == (0, 0)
    assert at_95.saved_krw == pytest.approx(0.014 * BASIC_KRW * 1.127, abs=12 * 40)
    assert at_97.saved_krw == pytest.approx(0.018 * BASIC_KRW * 1.127, abs=12 * 40)


def test_the_compensation_is_what_the_target_leaves_to_take_away():
    at_95, at_97, _ = asked(SHARE_AT_88_PERCENT).targets
    assert at_95.compensation_kvar == pytest.approx(400 * (SHARE_AT_88_PERCENT - 0.32868), abs=0.1)
    assert at_97.compensation_kvar == pytest.approx(400 * (SHARE_AT_88_PERCENT - 0.25062), abs=0.1)


def test_a_good_power_factor_earns_its_bonus_and_has_nothing_left_to_save():
    advice = asked(0.2)  # above 98 %
    assert advice.charged_krw == pytest.approx(-0.01 * BASIC_KRW, abs=12)
    assert [target.saved_krw for target in advice.targets] == [0, 0, 0]
    assert [target.compensation_kvar for target in advice.targets] == [0, 0, 0]


def test_leading_power_is_a_target_of_its_own():
    # At night 88 % leading is 7 points below 95: 1.4 % of the demand charge. Lagging is perfect.
    readings = metered(working_kw=400, resting_kw=400)
    night = replace(
        readings, lagging_kvarh=0 * readings.kwh, leading_kvarh=SHARE_AT_88_PERCENT * readings.kwh
    )
    advice = advise(CONTRACT, night, day=TODAY).power_factor
    *lagging, target = advice.targets
    assert [(one.saved_krw, one.compensation_kvar) for one in lagging] == [(0, 0), (0, 0)]
    assert target.saved_krw == pytest.approx(0.014 * BASIC_KRW * 1.127, abs=12 * 40)
    assert target.compensation_kvar == pytest.approx(400 * (SHARE_AT_88_PERCENT - 0.32868), abs=0.1)


def test_a_kind_that_is_not_read_is_no_target():
    readings = replace(metered(working_kw=400, lagging_share=0.2), leading_kvarh=None)
    targets = advise(CONTRACT, readings, day=TODAY).power_factor.targets
    assert {target.kind for target in targets} == {"lagging"}


def test_without_reactive_readings_there_is_no_advice():
    assert asked(None) is None

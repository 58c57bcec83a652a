"""The value of a peak is chosen for a firm only where its own months, lived again, were cheaper."""

from dataclasses import replace

import numpy as np
import pytest

from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from tests.made_replay import TWO_MONTHS, a_site
from training.replay.files import replay_document
from training.replay.lived_site import LivedSite, MonthFigures
from training.replay.peak_pricing import peak_pricing_choice
from training.replay.plan import BY_BILL, BY_VALUE, NOTHING
from training.replay.run import Replay, ReplayedSite

SITE = a_site()


def lived(policy, bills_krw) -> LivedSite:
    months = tuple(
        MonthFigures(
            month=f"2026-{number:02}",
            energy_krw=bill_krw,
            demand_krw=0.0,
            wear_krw=0.0,
            peak_kw=1.0,
            peak_step=0,
            billed_kw=1.0,
            cycles=1.0,
        )
        for number, bill_krw in enumerate(bills_krw, start=1)
    )
    return LivedSite(site=SITE.name, policy=policy, months=months, power_kw=np.zeros(STEPS_PER_DAY))


def replayed(**bills_krw) -> ReplayedSite:
    named = {NOTHING: [500.0] * 4, BY_BILL: bills_krw["by_bill"], BY_VALUE: bills_krw["by_value"]}
    named[PERFECT_FORESIGHT] = [300.0] * 4
    return ReplayedSite(site=SITE, lived={name: lived(name, told) for name, told in named.items()})


@pytest.mark.parametrize(
    ("by_bill", "by_value", "chosen"),
    [
        ([400, 400, 400, 400], [390, 390, 390, 410], "month_value"),
        ([400, 400, 400, 400], [400, 400, 400, 400], "bill"),  # nothing gained
        ([400, 400, 400, 400], [100, 410, 410, 410], "bill"),  # one month alone is luck
        ([400, 400, 400, 400], [390, 390, 390, 500], "bill"),  # dearer together
        ([400, 400], [300, 300], "bill"),  # too few months to tell
    ],
)
def test_the_value_is_chosen_where_it_is_cheaper_in_all_and_in_most_months(
    by_bill, by_value, chosen
):
    choice = peak_pricing_choice(replayed(by_bill=by_bill, by_value=by_value))
    assert choice is not None
    assert choice.pricing == chosen
    assert (choice.by_bill_krw, choice.by_value_krw) == (sum(by_bill), sum(by_value))
    assert choice.months == len(by_bill)


def test_without_both_plans_nothing_is_said():
    one = replayed(by_bill=[400] * 4, by_value=[390] * 4)
    without = replace(one, lived={NOTHING: one.lived[NOTHING], BY_BILL: one.lived[BY_BILL]})
    assert peak_pricing_choice(without) is None


def test_the_figures_of_a_replay_name_the_choice():
    one = replayed(by_bill=[400] * 4, by_value=[390] * 4)
    document = replay_document(Replay(plan=replace(TWO_MONTHS, months_alone=False), sites=(one,)))
    told = document["sites"][SITE.name]["peak_pricing"]
    assert told["pricing"] == "month_value"
    assert told["months_better"] == 4

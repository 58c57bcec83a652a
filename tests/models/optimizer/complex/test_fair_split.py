"""The joint saving is shared out whole, and nobody is worse off than alone."""

import numpy as np
import pytest

from models.optimizer.complex.fair_split import NoFairSplitError, split_saving
from models.optimizer.complex.plan import plan_complex
from models.optimizer.complex.terms import SharedTerms, entitled_shares
from tests.models.optimizer.complex.example_complex import (
    GRID,
    a_complex,
    some_terms,
    with_battery,
)

DEAR = some_terms(peak_krw_per_kw=20_000.0)


@pytest.mark.parametrize(
    ("method", "jobs"),
    [("prices", False), ("prices", True), ("shapley_sampled", False), ("shapley", False)],
)
def test_the_parts_add_up_to_the_saving_and_none_is_negative(method: str, jobs: bool) -> None:
    up_to = {"shapley_up_to": 5 * (method == "shapley"), "sampled_up_to": 5 * (method != "prices")}
    members = a_complex(3, jobs=jobs)
    terms = with_battery(DEAR, members[0])
    schedule = plan_complex(members, terms)

    split = split_saving(members, terms, schedule, **up_to)

    alone_krw = sum(member.alone_krw for member in split.members)
    assert split.method == method
    assert split.saved_krw == pytest.approx(alone_krw - schedule.cost_krw)
    assert split.saved_krw > 10_000
    assert min(member.saved_krw for member in split.members) >= 0
    assert sum(member.pays_krw for member in split.members) == pytest.approx(schedule.cost_krw)
    assert split.put_right_krw <= 0.05 * split.saved_krw


def test_alone_a_firm_pays_the_shared_price_on_its_own_peak() -> None:
    members = a_complex(2, jobs=False)
    split = split_saving(members, DEAR, plan_complex(members, DEAR))

    for member, part in zip(members, split.members, strict=True):
        alone = plan_complex([member], DEAR)
        peak_kw = alone.demand_kw[32:88].max()
        assert part.alone_krw == pytest.approx(
            alone.members[0].cost.total_krw + 20_000 * peak_kw, rel=1e-6
        )


def test_two_firms_share_a_saving_half_and_half() -> None:
    members = a_complex(2, jobs=False)

    split = split_saving(members, DEAR, plan_complex(members, DEAR))

    assert split.members[0].saved_krw == pytest.approx(split.members[1].saved_krw)


def test_what_is_shared_belongs_to_the_firms_by_contract_power() -> None:
    members = a_complex(3)  # 600, 800 and 1,000 kW

    assert entitled_shares(members) == pytest.approx([0.25, 1 / 3, 5 / 12])


def test_a_firm_that_cannot_live_with_its_share_of_the_feeder_is_named() -> None:
    members = a_complex(2, jobs=False)
    terms = SharedTerms(feeder_limit_kw=np.full(GRID.steps, 2000.0))
    schedule = plan_complex(members, terms)
    tight = SharedTerms(feeder_limit_kw=np.full(GRID.steps, 200.0))

    with pytest.raises(NoFairSplitError, match="works_0 alone cannot keep"):
        split_saving(members, tight, schedule)

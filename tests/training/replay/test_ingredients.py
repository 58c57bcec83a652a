"""An ingredient is switched only by what a firm's own months, lived again, say of it: dated."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from feature_store.entities.firm import Contract
from feature_store.entities.replay_choices import keeping_choices
from feature_store.settings import Settings
from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import STEPS_PER_DAY
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from tests.builders import SEOUL
from tests.made_replay import APRIL, MAY, TWO_MONTHS, a_firm_with_battery, a_site
from training.replay.adopt import adopt, check_adoptable
from training.replay.files import replay_document
from training.replay.ingredients import INGREDIENTS, policies_of, verdicts
from training.replay.lived_site import LivedSite, MonthFigures
from training.replay.not_replayable import NotReplayableError
from training.replay.plan import BY_BILL, BY_VALUE, NOTHING, POLICIES, STOCHASTIC
from training.replay.report.ingredient_words import INGREDIENT_MEANINGS, ingredient_rows
from training.replay.report.texts import texts_in
from training.replay.run import Replay, ReplayedSite, replay

SITE = a_site()
NOW = datetime(2026, 8, 3, 9, tzinfo=SEOUL)
BILLS = [400] * 4
PAYS, DOES_NOT_PAY = [390, 390, 390, 410], [390, 410, 410, 410]
MONTH_VALUE, LOOK_UP = INGREDIENTS


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


def replayed(by_value, by_bill=None, by_look_up=None) -> ReplayedSite:
    by_bill = by_bill or BILLS[: len(by_value)]
    named = {NOTHING: [500] * len(by_value), BY_BILL: by_bill, BY_VALUE: by_value}
    if by_look_up is not None:
        named[STOCHASTIC] = by_look_up
    named[PERFECT_FORESIGHT] = [300] * len(by_value)
    return ReplayedSite(site=SITE, lived={name: lived(name, told) for name, told in named.items()})


def a_replay(*by_value, end=date(2026, 7, 1), **bills) -> Replay:
    return Replay(plan=replace(TWO_MONTHS, end=end), sites=(replayed(*by_value, **bills),))


@pytest.mark.parametrize(
    ("by_bill", "by_value", "declare"),
    [
        ([400, 400, 400, 400], [390, 390, 390, 410], "month_value"),
        ([400, 400, 400, 400], [400, 400, 400, 400], "bill"),  # nothing gained
        ([400, 400, 400, 400], [100, 410, 410, 410], "bill"),  # one month alone is luck
        ([400, 400, 400, 400], [390, 390, 390, 500], "bill"),  # dearer together
        ([400, 400, 400, 400], [398, 399, 400, 400], "bill"),  # under a hundredth of 800 won
        ([400, 400, 400], [300, 395, 406], "bill"),  # without the best month nothing is gained
        ([400, 400], [300, 300], None),  # too few months to tell
    ],
)
def test_an_ingredient_pays_where_it_gains_in_all_in_most_months_and_without_the_best(
    by_bill, by_value, declare
):
    (verdict,) = verdicts(replayed(by_value, by_bill))
    assert verdict.declare == declare
    assert verdict.gain_krw == sum(by_bill) - sum(by_value)
    assert verdict.months == len(by_bill)


def test_an_ingredient_is_a_pair_of_policies_and_is_judged_only_where_both_were_lived():
    one = replayed(DOES_NOT_PAY, by_look_up=PAYS)
    assert [verdict.ingredient for verdict in verdicts(one)] == [MONTH_VALUE, LOOK_UP]
    without = replace(one, lived={NOTHING: one.lived[NOTHING], BY_BILL: one.lived[BY_BILL]})
    assert verdicts(without) == ()
    assert set(policies_of()) == {BY_BILL, BY_VALUE, STOCHASTIC}
    assert set(policies_of()) <= {policy.name for policy in POLICIES}
    assert set(INGREDIENT_MEANINGS) == {one.choice for one in INGREDIENTS}


def test_the_figures_of_a_replay_tell_every_verdict():
    told = replay_document(a_replay(PAYS))["sites"][SITE.name]
    assert told["adopted"] is None
    assert told["ingredients"] == {
        "peak_pricing": {
            "declare": "month_value",
            "finding": "pays",
            "with": BY_VALUE,
            "without": BY_BILL,
            "months": 4,
            "months_better": 3,
            "gain_krw": 20.0,
            "least_gain_krw": 8.0,
        }
    }


@pytest.fixture
def ledger(tmp_path):
    with closing(open_store(Settings(home=tmp_path))) as ledger:
        ledger.declare(SITE.firm, known_at=APRIL)
        yield ledger


def chosen(ledger, known_at=NOW, on=None):
    firm = ledger.as_of(known_at).firm(SITE.firm.firm_id, on)
    return firm.peak_pricing, firm.battery_operation, firm.replayed_to


def test_what_pays_is_switched_on_from_the_date_and_taken_back_by_a_newer_replay(ledger):
    july, august = date(2026, 7, 1), date(2026, 8, 1)
    done = adopt(a_replay(PAYS, end=july, by_look_up=DOES_NOT_PAY), ledger, NOW)
    assert done[SITE.name].changed == ("peak_pricing", "battery_operation")
    assert chosen(ledger) == ("month_value", "plan", july)
    just_before = NOW - timedelta(seconds=1)
    assert chosen(ledger, just_before) == ("bill", "look_up", None)
    assert chosen(ledger, NOW, on=just_before) == ("bill", "look_up", None)
    later = NOW + timedelta(days=1)
    back = adopt(a_replay(DOES_NOT_PAY, end=august, by_look_up=PAYS), ledger, later)
    assert back[SITE.name].changed == ("peak_pricing", "battery_operation")
    assert chosen(ledger, later) == ("bill", "look_up", august)
    older = adopt(a_replay(PAYS, end=july), ledger, later)
    assert older[SITE.name].newer_replay_to == "2026-08-01"
    assert chosen(ledger, later) == ("bill", "look_up", august)


def test_the_look_up_is_judged_against_the_plan_that_the_firm_would_follow():
    by_value, look_up = [350] * 4, [380] * 4  # dearer than the plan with the month's value
    told = verdicts(replayed(by_value, by_look_up=look_up))
    assert [verdict.declare for verdict in told] == ["month_value", "plan"]
    told = verdicts(replayed([420] * 4, by_look_up=look_up))
    assert [verdict.declare for verdict in told] == ["bill", "look_up"]


def test_nothing_is_adopted_of_a_firm_that_was_declared_anew_meanwhile(ledger):
    ledger.declare(a_firm_with_battery(capacity_kwh=300), known_at=NOW - timedelta(hours=1))
    done = adopt(a_replay(PAYS), ledger, NOW)
    assert done[SITE.name].declared_anew
    assert chosen(ledger) == ("bill", "look_up", None)
    (row,) = ingredient_rows(texts_in("en"), a_replay(PAYS), done)
    assert row.said == "left as it is: the firm was declared anew while its months were lived"


def test_choices_outlast_a_declaration_for_a_few_days(ledger):
    closed = SITE.firm.model_copy(update={"closure_days": (date(2026, 8, 4),)})
    soon, then = NOW + timedelta(days=3), NOW + timedelta(days=7)
    ledger.declare(closed, known_at=NOW, valid_from=NOW - timedelta(days=1), valid_to=soon)
    adopt(a_replay(PAYS), ledger, NOW)
    assert chosen(ledger, NOW)[0] == "month_value"
    assert ledger.as_of(NOW).firm(SITE.firm.firm_id).closure_days
    assert chosen(ledger, NOW, on=then)[0] == "month_value"
    assert not ledger.as_of(NOW).firm(SITE.firm.firm_id, then).closure_days


def test_too_few_months_change_nothing(ledger):
    done = adopt(a_replay([300, 300], by_look_up=[450, 450]), ledger, NOW)
    assert done[SITE.name].changed == ()
    assert chosen(ledger) == ("bill", "look_up", None)


def test_a_contract_that_is_declared_for_later_stays(ledger):
    october = datetime(2026, 10, 1, tzinfo=SEOUL)
    dearer = SITE.firm.model_copy(update={"contract": Contract(power_kw=900)})
    ledger.declare(dearer, known_at=APRIL, valid_from=october)
    adopt(a_replay(PAYS), ledger, NOW)
    assert chosen(ledger)[0] == "month_value"
    then = ledger.as_of(NOW).firm(SITE.firm.firm_id, october)
    assert (then.contract.power_kw, then.peak_pricing) == (900, "bill")


def test_a_declaration_that_says_nothing_of_them_keeps_the_choices_of_the_same_equipment(ledger):
    adopt(a_replay(PAYS, by_look_up=DOES_NOT_PAY), ledger, NOW)
    before = ledger.as_of(NOW).firm(SITE.firm.firm_id)
    again = SITE.firm.model_copy(update={"closure_days": (date(2026, 12, 31),)})
    kept = keeping_choices(again, before)
    assert (kept.peak_pricing, kept.battery_operation) == ("month_value", "plan")
    own = type(again).model_validate(
        again.model_dump(exclude_unset=True) | {"peak_pricing": "bill"}
    )
    assert keeping_choices(own, before).peak_pricing == "bill"
    other = a_firm_with_battery(capacity_kwh=300)
    assert keeping_choices(other, before) == other


@pytest.mark.parametrize(
    ("site", "plan", "said"),
    [
        (SITE, replace(MAY, months_alone=False), "add --months-alone"),
        (a_site(capacity_kwh=300), MAY, "other equipment or another contract"),
        (a_site("press_shop"), MAY, "declares no such firm"),
        (SITE, replace(MAY, end=date(2026, 9, 1)), "today is 2026-08-03, and --to 2026-09-01"),
    ],
    ids=["months together", "another battery", "unknown", "not over"],
)
def test_what_cannot_be_adopted_is_refused_before_anything_is_lived(ledger, site, plan, said):
    check_adoptable([SITE], MAY, ledger, NOW)
    with pytest.raises(NotReplayableError, match=said):
        check_adoptable([site], plan, ledger, NOW)


def test_nothing_that_comes_after_the_replays_end_decides(tmp_path):
    """The threshold rule stands for an ingredient: bills, and so verdicts, are the same."""
    (rule,) = (replace(MONTH_VALUE, with_it="threshold", without=NOTHING),)
    end = int(SITE.history.grid.starts.searchsorted(np.datetime64("2026-05-31T15:00")))
    demand_kw = SITE.history.demand_kw.copy()
    demand_kw[end:] = 3 * demand_kw[end:] + 40
    other = replace(SITE, history=replace(SITE.history, demand_kw=demand_kw))
    told = [
        verdicts(replay([site], MAY, tmp_path / str(number)).sites[0], [rule])
        for number, site in enumerate((SITE, other))
    ]
    assert told[0] == told[1]
    assert told[0][0].gain_krw != 0
    json.dumps(told[0][0].document())  # of a fresh replay too


def test_the_page_says_what_was_switched_in_both_languages(ledger):
    done = a_replay(PAYS, by_look_up=DOES_NOT_PAY)
    before = ingredient_rows(texts_in("en"), done, {})
    assert [row.said for row in before] == [
        "pays: gain of 20 won, in 3 of 4 months",
        "not shown to pay: gain of −40 won, in 0 of 4 months",
    ]
    first = adopt(done, ledger, NOW)
    english, korean = (ingredient_rows(texts_in(one), done, first) for one in ("en", "ko"))
    assert [row.said.split(":")[0] for row in english] == ["switched on", "switched off"]
    assert korean[0].said == "켰습니다: 이득 20원, 4개월 중 3개월"
    again = ingredient_rows(texts_in("en"), done, adopt(done, ledger, NOW))
    assert [row.said for row in again] == [
        "stays on: gain of 20 won, in 3 of 4 months",
        "left off: gain of −40 won, in 0 of 4 months",
    ]
    few = a_replay([300, 300])
    (row,) = ingredient_rows(texts_in("en"), few, {})
    assert row.said == "left as it is: of 2 months nothing is told, 3 are needed"

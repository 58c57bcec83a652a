"""Each firm is cut at its own end, nothing is learned from there on, and all are scored alike."""

import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from feature_store.errors import NotEnoughReadingsError
from feature_store.time_grid import STEP, STEPS_PER_DAY, utc_instant
from models.forecasting.next_day_maximum import NextDayPeaks
from models.forecasting.same_day_type_mean import SameDayTypeMean
from models.forecasting.similar_day import SimilarDay
from tests.builders import MONDAY, a_firm, a_history
from tests.fakes.made_load import a_made_load
from tests.training.evaluation.studies import RULES, a_plan, a_study
from training.backtest import backtest_firm
from training.evaluation.firm_figures import firm_figures
from training.evaluation.overall_figures import overall_figures
from training.evaluation.report.page import report_page
from training.evaluation.run import each_at_its_own_end, evaluate, known_before
from training.fit_pooled import fit_pooled
from training.metrics import score

ISSUES = 28
"""Noon and midnight of the days that leave a day and a half."""
KILN = a_made_load(70)
PRESS = a_made_load(80, firm_id="press_shop", start=MONDAY - timedelta(days=4 * 365), seed=1)


def held_back_of(*histories, plan=None):
    firms = [a_firm(one.firm_id, holiday_country=None) for one in histories]
    by_id = {one.firm_id: one for one in histories}
    return each_at_its_own_end(firms, by_id, plan or a_plan())


def test_every_firm_is_tested_on_the_last_days_of_its_own_series(tmp_path):
    kiln, press = a_study(tmp_path, KILN, PRESS).firms
    for history, found in ((KILN, kiln), (PRESS, press)):
        assert found.held_back.end == history.end
        assert found.held_back.start == history.end - timedelta(days=15)
        assert found.asked == found.issue_times == ISSUES


def test_the_figures_are_those_of_the_forecasts_made_one_firm_at_a_time(tmp_path):
    """The same days forecast by hand, rule by rule."""
    study = a_study(tmp_path, KILN, PRESS)
    start = utc_instant(PRESS.end - timedelta(days=15))
    issues = start + np.arange(ISSUES) * (STEPS_PER_DAY // 2) * STEP
    steps = 3 * STEPS_PER_DAY // 2
    at = ((issues - PRESS.grid.starts[0]) // STEP).astype(int)[:, None] + np.arange(steps)
    firm = a_firm("press_shop", holiday_country=None)
    expected = score(PRESS.demand_kw[at], SimilarDay().predict_many(firm, PRESS, issues, steps))
    assert study.firms[1].of["similar-day"].scores == expected


def test_what_may_be_learned_of_a_firm_ends_where_its_test_begins():
    held_back, _ = held_back_of(KILN, PRESS)
    for one, history in zip(held_back, (KILN, PRESS), strict=True):
        known = known_before(one)
        assert known.grid.end == known.end == one.held_back.start
        np.testing.assert_array_equal(known.demand_kw, history.demand_kw[: known.grid.steps])


def test_a_reading_of_before_that_came_after_the_cut_is_not_learned():
    known_at = KILN.known_at.copy()
    known_at[100] = KILN.known_at[-1]
    (late,), _ = held_back_of(replace(KILN, known_at=known_at))
    assert np.isnan(known_before(late).demand_kw[100])


def test_the_model_learns_nothing_from_any_firms_own_test():
    """Poison both firms from their own cuts on: the forecasts of days before stay the same."""
    forecasts = []
    for poison in (1.0, 1e3):
        histories = []
        for history in (KILN, PRESS):
            demand_kw = history.demand_kw.copy()
            demand_kw[-15 * STEPS_PER_DAY :] *= poison
            histories.append(replace(history, demand_kw=demand_kw))
        held_back, _ = held_back_of(*histories)
        known = {one.firm.firm_id: known_before(one) for one in held_back}
        model = fit_pooled([one.firm for one in held_back], known)
        firm, history = held_back[1].firm, histories[1]
        before = history.grid.starts[[-16 * STEPS_PER_DAY]]
        forecasts.append(model.predict_many(firm, history, before, STEPS_PER_DAY))
    np.testing.assert_array_equal(*forecasts)


def test_a_series_too_short_is_left_out_and_named_and_the_others_are_tested(tmp_path):
    short = a_made_load(50, firm_id="newcomer")
    study = a_study(tmp_path, KILN, short)
    assert [firm.firm_id for firm in study.firms] == ["kiln_works"]
    assert study.left_out == {
        "newcomer": "newcomer: 35 days of readings lie before the last 15, 42 are needed to train "
        "on; give a longer series or test fewer days"
    }


def test_a_firm_that_stood_still_has_nothing_to_be_measured_by(tmp_path):
    demand_kw = KILN.demand_kw.copy()
    demand_kw[-16 * STEPS_PER_DAY :] = 0.0
    still = a_history(demand_kw.tolist(), firm_id="mothballed")
    study = a_study(tmp_path, KILN, still)
    assert list(study.left_out) == ["mothballed"]


def test_when_no_firm_is_left_every_reason_is_told(tmp_path):
    with pytest.raises(NotEnoughReadingsError, match=r"no firm can be tested:\n.*newcomer: 35"):
        a_study(tmp_path, a_made_load(50, firm_id="newcomer"))
    with pytest.raises(NotEnoughReadingsError, match="no issue time"):
        a_study(tmp_path, KILN, plan=a_plan(test_days=1))


def test_an_issue_time_that_one_forecaster_cannot_answer_counts_for_none():
    (held_back,), _ = held_back_of(KILN)
    rules = {"similar-day": SimilarDay(), "mean": SameDayTypeMean(), "fussy": _Fussy()}
    test = backtest_firm(held_back.firm, KILN, rules, held_back.held_back)
    assert test.asked == ISSUES
    assert len(test.issue_times) == ISSUES // 2
    noon = (test.issue_times - utc_instant(MONDAY)) % (STEPS_PER_DAY * STEP)
    assert set(noon) == {np.timedelta64(12, "h")}
    for forecast_kw in test.demand_kw.values():
        assert np.isfinite(forecast_kw).all()


def test_a_firm_that_is_younger_than_the_test_has_the_figures_that_there_can_be(tmp_path):
    """As the ledger has it, where one moment cuts all firms."""
    young = a_made_load(14, firm_id="newcomer", start=KILN.end - timedelta(days=14))
    (kiln,), _ = held_back_of(KILN)
    both = (kiln, replace(kiln, firm=a_firm("newcomer", holiday_country=None), history=young))
    study = evaluate(both, a_plan("similar-day"), tmp_path)
    kiln_found, young_found = study.firms
    assert 0 < young_found.issue_times < kiln_found.issue_times
    assert np.isfinite(young_found.of["similar-day"].scores.wql)
    assert np.isnan([young_found.mean_kw, young_found.of["similar-day"].figures["brier_0.9"]]).all()
    page = report_page(study, overall_figures(study.firms))
    assert "nan" not in re.sub(r'src="[^"]*"', "", page).lower()


def test_firms_side_by_side_give_the_figures_of_one_after_the_other(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = (
        a_study(tmp_path / name, KILN, PRESS, plan=a_plan(jobs=jobs))
        for name, jobs in (("one", 1), ("two", 2))
    )
    for alone, beside in zip(one.firms, two.firms, strict=True):
        assert alone.firm_id == beside.firm_id
        for name in RULES:
            assert alone.of[name].figures == beside.of[name].figures


def test_a_forecaster_that_tells_the_peak_itself_is_scored_on_what_it_tells():
    (held_back,), _ = held_back_of(KILN)
    test = backtest_firm(
        held_back.firm, KILN, {"seer": _Seer(), "plain": SimilarDay()}, held_back.held_back
    )
    assert set(test.peaks) == {"seer"}
    found = firm_figures(held_back.firm, KILN, held_back.held_back, test)
    assert found.of["seer"].peak_crps_told == 0.0
    assert found.of["seer"].peak_hit_told == 1.0
    assert found.of["seer"].scores.peak_hit == found.of["plain"].scores.peak_hit < 1
    assert found.of["seer"].peak_crps == found.of["plain"].peak_crps > 0
    assert found.of["plain"].peak_crps_told is None


class _Fussy(SimilarDay):
    """Answers only at noon."""

    def predict_many(self, firm, history, issue_times, steps):
        """Give what similar days say, at noon."""
        demand_kw = super().predict_many(firm, history, issue_times, steps)
        midnight = (issue_times - utc_instant(MONDAY)) % (STEPS_PER_DAY * STEP) == 0 * STEP
        demand_kw[midnight] = np.nan
        return demand_kw


class _Seer(SimilarDay):
    """Knows the day's peak for certain."""

    def next_day_peaks(self, firm, history, issue_times):
        """Look it up."""
        del firm
        at = ((issue_times - history.grid.starts[0]) // STEP).astype(int)
        days_kw = history.demand_kw[at[:, None] + np.arange(STEPS_PER_DAY)]
        return NextDayPeaks(
            quantiles_kw=np.repeat(days_kw.max(axis=1)[:, None], 11, axis=1),
            likeliest_step=days_kw.argmax(axis=1),
        )

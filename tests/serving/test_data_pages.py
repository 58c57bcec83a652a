"""Operators and programs see whether meters report, what checks found, and the daily peaks."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import numpy as np
import pytest

from feature_store.storage.meter_checks import check_firm
from feature_store.storage.meter_watch import MeterWatch
from feature_store.time_grid import INTERVAL, STEPS_PER_DAY, STEPS_PER_HOUR
from models.tariffs.billed_demand import demand_floor_kw
from models.tariffs.billing_month import BillingMonth
from tests.builders import MONDAY, a_batch
from tests.fakes.scheduler import OneJobScheduler
from tests.serving.conftest import DAYS, FIRM, NOW, Served, serve
from tests.serving.outline import Outline

HOUR = timedelta(hours=1)


@pytest.fixture
def serve_at(serve_with, settings):
    """Serve the complex as it is known some time after the last reading."""
    serve_with()
    opened = []

    def start(after: timedelta) -> Served:
        later = settings.model_copy(update={"replay_time": NOW + after})
        opened.append(serve(later, OneJobScheduler()))
        return opened[-1]

    yield start
    for served in opened:
        served.application.close()


def watch_of(served: Served) -> MeterWatch:
    return MeterWatch.of(served.application.ledger)


def check(served: Served, firm_id: str = FIRM) -> None:
    known = served.application.ledger.as_of(served.planner.now())
    watch_of(served).findings.record(check_firm(known, known.firm(firm_id)))


def append_after_a_gap(served: Served, *, steps: int = STEPS_PER_HOUR) -> None:
    """The day after the last reading, of which the first intervals are missing."""
    rest = a_batch([20.0] * (STEPS_PER_DAY - steps), firm_id=FIRM, start=NOW + steps * INTERVAL)
    served.application.ledger.append(rest, recorded_at=NOW + timedelta(days=1))


def row_of(html: str, firm_id: str) -> str:
    return html.split(f'href="/firms/{firm_id}"')[1].split("</tr>", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("after", "state", "ko", "en"),
    [
        (timedelta(0), "green", "정상 수신", "Reporting"),
        (timedelta(minutes=40), "amber", "지연", "Late"),
        (3 * HOUR, "red", "수신 끊김", "Silent"),
    ],
)
def test_each_page_tells_freshness_with_age_and_reason(serve_at, after, state, ko, en):
    client = serve_at(after).client
    for path in ("/", f"/firms/{FIRM}"):
        for language, word in (("ko", ko), ("en", en)):
            html = client.get(f"{path}?lang={language}").text
            shown = row_of(html, FIRM) if path == "/" else html
            assert f'class="signal signal-{state}"' in shown
            assert word in shown
            reason = "마지막 검침 후" if language == "ko" else "The newest reading is"
            assert reason in shown
    if after:
        assert re.search(r'class="age">(3 h 0 min|40 min)<', shown)


def test_a_firm_that_never_reported_is_red_and_says_so(served: Served):
    row = row_of(served.client.get("/?lang=en").text, "dye_works")
    assert "signal-red" in row
    assert "No reading was ever received." in row


def test_the_page_says_when_nothing_was_checked_and_when_nothing_was_found(served: Served):
    page = served.client.get("/firms/dye_works?lang=en").text
    assert "These readings have not been checked yet." in page
    assert "Nothing was found." not in page
    check(served, "dye_works")
    page = served.client.get("/firms/dye_works?lang=en").text
    assert "Nothing was found." in page
    assert "Checked as of Mon 23 Mar 2026 00:00." in page
    assert "이상이 없습니다." in served.client.get("/firms/dye_works?lang=ko").text


def test_findings_are_listed_with_time_severity_and_advice_in_both_languages(serve_at):
    served = serve_at(timedelta(days=1))
    append_after_a_gap(served)
    check(served)
    for language, words in {
        "ko": ["결측", "3월 23일 (월) 00:00–01:00", "참고", "다시 내려받아 올리세요"],
        "en": ["missing readings", "Mon 23 Mar 00:00–01:00", "notice", "import it"],
    }.items():
        page = served.client.get(f"/firms/{FIRM}?lang={language}").text
        table = page.split('<table class="findings')[1].split("</table>")[0]
        assert all(word in table for word in words[:3])
        assert words[3] in page.split('<dl class="advice">')[1]


def test_a_finding_that_is_gone_is_no_longer_shown(serve_at):
    served = serve_at(timedelta(days=1))
    append_after_a_gap(served)
    check(served)
    assert "missing readings" in served.client.get(f"/firms/{FIRM}?lang=en").text
    late = a_batch([20.0] * STEPS_PER_HOUR, firm_id=FIRM, start=NOW)
    served.application.ledger.append(late, recorded_at=NOW + timedelta(days=1))
    check(served)
    assert "missing readings" not in served.client.get(f"/firms/{FIRM}?lang=en").text


def test_many_findings_are_folded_away_after_the_newest(serve_at):
    served = serve_at(timedelta(days=1))
    every_other = np.full(STEPS_PER_DAY, 20.0)
    every_other[:24:2] = np.nan
    served.application.ledger.append(
        a_batch(every_other, firm_id=FIRM, start=NOW), recorded_at=NOW + timedelta(days=1)
    )
    check(served)
    page = served.client.get(f"/firms/{FIRM}?lang=en").text
    assert page.count('<table class="findings') == 2
    assert page.index("05:00–05:15") < page.index("00:30–00:45")


def figure_of(html: str) -> str:
    return html.split('<figure class="peaks')[1].split("</figure>", maxsplit=1)[0]


def test_the_daily_peaks_are_drawn_and_stand_in_a_table(served: Served):
    html = served.client.get(f"/firms/{FIRM}?lang=en").text
    figure = figure_of(html)
    assert figure.count('class="days"') == 2  # wide and narrow
    assert figure.count("<desc>The highest was 120 kW") == 2
    (row,) = re.findall(r'<tr role="row">\s*<th role="rowheader".*?</tr>', figure, re.DOTALL)
    assert "Mar 2026" in row
    assert "120 kW" in row
    assert f">{DAYS}<" in row
    outline = Outline(html)
    assert outline.unclosed == []


def test_the_figure_names_what_the_month_is_billed_for_as_the_tariff_does(served: Served):
    firm = served.planner.firm(FIRM)
    history = served.planner.store.as_of(NOW).history(FIRM)
    floor = demand_floor_kw(history, firm.contract, firm.zone, BillingMonth(2026, 3))
    assert floor == 150.0
    figure = figure_of(served.client.get(f"/firms/{FIRM}?lang=en").text)
    assert "billed for 150 kW so far: the least share of the contract power" in figure
    served.application.ledger.append(
        a_batch([70.0] * STEPS_PER_DAY, firm_id=FIRM, start=NOW - timedelta(days=3)),
        recorded_at=NOW,
    )
    figure = figure_of(served.client.get(f"/firms/{FIRM}?lang=en").text)
    assert "billed for 280 kW so far: this month&#39;s own peak" in figure


def test_a_firm_without_readings_has_no_figure_but_the_section(served: Served):
    html = served.client.get("/firms/dye_works?lang=en").text
    assert '<figure class="peaks' not in html
    assert "Condition of the readings" in html


def test_looking_at_a_page_keeps_the_daily_loads_for_the_next_look(served: Served):
    served.client.get(f"/firms/{FIRM}")
    assert watch_of(served).daily_loads.refresh(FIRM) == 0


def quality(served: Served, **query):
    answer = served.client.get(f"/v1/firms/{FIRM}/readings/quality", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def gaps(told):
    """The made load repeats its days, which is told too."""
    return [one for one in told["findings"] if one["kind"] == "gap"]


def test_the_api_tells_freshness_and_findings(serve_at):
    served = serve_at(timedelta(days=1))
    assert quality(served)["checked_at"] is None
    append_after_a_gap(served)
    check(served)
    told = quality(served)
    (meter,) = told["freshness"]
    assert (meter["meter_id"], meter["state"], meter["age_s"]) == (FIRM, "green", 0.0)
    (finding,) = gaps(told)
    assert (finding["kind"], finding["meter_id"]) == ("gap", FIRM)
    assert finding["start"] == NOW.isoformat()
    assert datetime.fromisoformat(finding["found_at"]) == NOW + timedelta(days=1)
    assert finding["advice"]["ko"] != finding["advice"]["en"]
    assert told["checked_at"] == told["as_of"] == (NOW + timedelta(days=1)).isoformat()


def test_the_api_tells_what_was_believed_at_an_earlier_moment(serve_at):
    served = serve_at(timedelta(days=1))
    append_after_a_gap(served)
    check(served)
    before = quality(served, as_of=NOW.isoformat())
    assert before["findings"] == []
    assert before["freshness"][0]["newest_end"] == NOW.isoformat()
    later = (NOW + 4 * HOUR).isoformat()
    assert quality(served, as_of=later)["findings"] == []
    assert len(gaps(quality(served))) == 1


def test_the_api_tells_only_the_days_asked_about(serve_at):
    served = serve_at(timedelta(days=1))
    append_after_a_gap(served, steps=1)
    check(served)
    everything, last_day = quality(served)["findings"], quality(served, days=1)["findings"]
    assert 0 < len(last_day) < len(everything)
    assert all(datetime.fromisoformat(one["end"]) > NOW for one in last_day)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/firms/nobody/readings/quality", 404),
        (f"/v1/firms/{FIRM}/readings/quality?days=0", 422),
        (f"/v1/firms/{FIRM}/readings/quality?as_of=2099-01-01T00:00:00Z", 422),
        (f"/v1/firms/{FIRM}/readings/quality?dayz=3", 422),
    ],
)
def test_a_wrong_question_is_a_problem(served: Served, path, status):
    answer = served.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_year_before_is_where_the_figure_begins(served: Served):
    old = a_batch([60.0] * STEPS_PER_DAY, firm_id=FIRM, start=MONDAY - timedelta(days=390))
    served.application.ledger.append(old, recorded_at=NOW)
    assert "240 kW" not in figure_of(served.client.get(f"/firms/{FIRM}?lang=en").text)
    inside = a_batch([60.0] * STEPS_PER_DAY, firm_id=FIRM, start=MONDAY - timedelta(days=340))
    served.application.ledger.append(inside, recorded_at=NOW)
    assert "240 kW" in figure_of(served.client.get(f"/firms/{FIRM}?lang=en").text)

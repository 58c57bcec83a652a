"""An operator in a real browser proposes, accepts and rejects, in both languages, on any screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from serving.web.rendering import HTMX, UPLOT, VENDOR
from tests.serving.conftest import FIRM

pytestmark = pytest.mark.browser

WORDS = {
    "ko": {
        "firm": "가마 공장",
        "suggest": "계획 제안받기",
        "name": "이름",
        "reason": "사유",
        "accept": "계획 수락",
        "reject": "거절",
        "accepted": "수락됨",
        "rejected": "거절됨",
        "needs reason": "거절 사유를 적어",
        "conflict": "이미 결정된 제안입니다",
    },
    "en": {
        "firm": "Kiln works",
        "suggest": "Suggest a plan",
        "name": "Your name",
        "reason": "Reason",
        "accept": "Accept the plan",
        "reject": "Reject",
        "accepted": "Accepted",
        "rejected": "Rejected",
        "needs reason": "Write why you reject",
        "conflict": "decided already",
    },
}
has_libraries = pytest.mark.skipif(
    not all((VENDOR / name).is_file() for name in (HTMX, *UPLOT)),
    reason="the script libraries are not there; fetch them with 'make web'",
)
with_and_without_script = pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
in_both_languages = pytest.mark.parametrize("language", ["ko", "en"])


def open_firm(page, pages, language):
    """From the list to the firm, and a plan proposed there."""
    words = WORDS[language]
    page.goto(f"{pages.url}/?lang={language}")
    page.get_by_role("link", name=words["firm"]).click()
    page.get_by_role("button", name=words["suggest"]).click()
    expect(page.locator("#decision")).to_be_visible()
    return words


@with_and_without_script
@in_both_languages
def test_accepting_is_kept_and_shown(pages, open_page, language, script):
    page = open_page(script=script)
    words = open_firm(page, pages, language)
    page.get_by_label(words["name"]).fill("김운영")
    page.get_by_role("button", name=words["accept"]).click()
    expect(page.locator("#decision .chip")).to_have_text(words["accepted"])
    expect(page.locator("#decision")).to_contain_text("김운영")
    page.reload()
    expect(page.locator("#decision .chip")).to_have_text(words["accepted"])
    page.goto(pages.url)
    expect(page.locator("table .chip")).to_have_text(words["accepted"])


@with_and_without_script
@in_both_languages
def test_rejecting_needs_a_reason_and_keeps_what_was_typed(pages, open_page, language, script):
    page = open_page(script=script)
    words = open_firm(page, pages, language)
    page.get_by_label(words["name"]).fill("박반장")
    page.get_by_role("button", name=words["reject"]).click()
    expect(page.get_by_role("alert")).to_contain_text(words["needs reason"])
    expect(page.get_by_label(words["name"])).to_have_value("박반장")
    page.get_by_label(words["reason"]).fill("정비 중")
    page.get_by_role("button", name=words["reject"]).click()
    expect(page.locator("#decision .chip")).to_have_text(words["rejected"])
    expect(page.locator("#decision")).to_contain_text("정비 중")
    decision = pages.planner.suggestions.of_firm(FIRM, limit=1)[0].decision
    assert (decision.decided_by, decision.reason) == ("박반장", "정비 중")


@with_and_without_script
@in_both_languages
def test_who_comes_second_is_shown_the_decision_that_stands(pages, open_page, language, script):
    first, second = open_page(script=script), open_page(script=script)
    words = open_firm(first, pages, language)
    second.goto(f"{pages.url}/firms/{FIRM}?lang={language}")
    for page, name, button in ((first, "김운영", "accept"), (second, "박반장", "accept")):
        page.get_by_label(words["name"]).fill(name)
        page.get_by_role("button", name=words[button]).click()
        expect(page.locator("#decision")).to_contain_text("김운영")
    expect(second.get_by_role("alert")).to_be_visible()
    if not script:
        expect(second.get_by_role("heading", level=1)).to_contain_text(words["conflict"])


@has_libraries
def test_with_script_the_decision_is_taken_in_place(pages, open_page):
    page = open_page()
    words = open_firm(page, pages, "ko")
    page.evaluate("window.sameDocument = true")
    page.get_by_label(words["name"]).fill("김운영")
    page.get_by_role("button", name=words["accept"]).click()
    expect(page.locator("#decision .chip")).to_have_text(words["accepted"])
    assert page.evaluate("window.sameDocument")
    expect(page.locator("#decision")).to_be_focused()


@has_libraries
def test_with_script_the_chart_tells_the_values_under_the_pointer(pages, open_page):
    page = open_page()
    open_firm(page, pages, "en")
    expect(page.locator("figure.chart[data-live]")).to_be_visible()
    expect(page.locator("figure.chart svg.drawing")).to_have_count(0)
    page.locator("figure.chart .u-over").hover()
    expect(page.locator(".readout")).to_contain_text("Forecast, median")
    expect(page.locator(".readout")).to_contain_text("kW")


def test_without_script_the_chart_is_drawn(pages, open_page):
    page = open_page(script=False)
    open_firm(page, pages, "ko")
    expect(page.locator("figure.chart svg.wide")).to_be_visible()
    expect(page.locator("figure.chart svg.narrow")).to_be_hidden()
    narrow = open_page(script=False, width=390)
    narrow.goto(f"{pages.url}/firms/{FIRM}")
    expect(narrow.locator("figure.chart svg.narrow")).to_be_visible()


@in_both_languages
def test_nothing_is_wider_than_the_screen(pages, open_page, language):
    for number, width in enumerate([390, 820, 1366]):
        page = open_page(width=width)
        if number == 0:
            open_firm(page, pages, language)
        for path in (f"/firms/{FIRM}", "/", "/docs", "/nowhere"):
            page.goto(f"{pages.url}{path}?lang={language}")
            excess = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert excess <= 0, (path, width)


def test_the_keyboard_reaches_the_content_and_the_decision(pages, open_page):
    page = open_page()
    open_firm(page, pages, "en")
    page.goto(f"{pages.url}/firms/{FIRM}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Your name").focus()
    page.keyboard.type("Park")
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Accept the plan")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#decision .chip")).to_have_text("Accepted")

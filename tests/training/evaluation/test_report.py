"""The report is one page that fetches nothing, tells every firm and figure, and shows pictures."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from tests.fakes.made_load import a_made_load
from tests.training.evaluation.studies import a_plan, a_study
from training.evaluation.overall_figures import overall_figures
from training.evaluation.report.page import MOST_SHOWN_FIRMS, report_page, shown_firms

KILN, PRESS = a_made_load(70), a_made_load(75, firm_id="press_shop", seed=1)
PICTURES = 7
"""Beside the days: calibration, reliability, two by lead time, three by firm."""


class Outline(HTMLParser):
    """The tags of a page with their attributes, and whether each is closed."""

    VOID = ("meta", "link", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.open = [], []

    def handle_starttag(self, tag, attrs):
        """Keep a tag, and note what must be closed."""
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Close what was opened last."""
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return a_study(
        tmp_path_factory.mktemp("parts"), KILN, PRESS, a_made_load(50, firm_id="newcomer")
    )


@pytest.fixture(scope="module")
def page(study):
    return report_page(study, overall_figures(study.firms))


def outline(page):
    found = Outline()
    found.feed(page)
    assert found.open == []
    return found.tags


def test_nothing_is_fetched(page):
    addresses = [
        value
        for _, attributes in outline(page)
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "data", "action"}
    ]
    assert addresses
    assert [one[:40] for one in addresses if not one.startswith("data:")] == []
    assert re.findall(r"@import|url\(", page) == []


def test_every_picture_is_a_drawing_with_words_for_it(page, study):
    pictures = [attributes for tag, attributes in outline(page) if tag == "img"]
    days = 5 + sum(len(firm.shown.typical) for firm in study.firms)
    assert len(pictures) == PICTURES + days
    for one in pictures:
        assert one["alt"]
        kind, _, content = one["src"].partition(",")
        assert kind == "data:image/svg+xml;base64"
        assert ET.fromstring(base64.b64decode(content)).tag.endswith("svg")  # noqa: S314


def test_every_firm_every_forecaster_and_who_was_left_out_is_told(page, study):
    for firm in study.firms:
        assert f'<th scope="row">{firm.firm_id}</th>' in page
        for figures in firm.of.values():
            assert f"{figures.scores.wql:.3f}" in page
    for name in study.plan.forecasters:
        assert f"</i>{name}</th>" in page
    assert "newcomer: 35 days of readings lie before the last 15" in page


def test_the_loss_against_the_other_forecaster_is_told_with_its_interval(page, study):
    ratio = overall_figures(study.firms)["similar-day"].loss_ratio_to["seasonal-naive"]
    assert f"<td>{ratio.value:.3f}</td><td>{ratio.low:.3f}–{ratio.high:.3f}</td>" in page


def test_a_single_forecaster_is_compared_with_none(tmp_path):
    alone = a_study(tmp_path, KILN, plan=a_plan("similar-day"))
    page = report_page(alone, overall_figures(alone.firms))
    assert "over that of the others" not in page
    assert 'class="best"' not in page


def test_a_strangers_words_are_letters_on_the_page_and_no_markup(study):
    left_out = {"x": "<script>alert(1)</script>"}
    page = report_page(replace(study, left_out=left_out), overall_figures(study.firms))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_same_figures_make_the_same_page(page, study):
    assert report_page(study, overall_figures(study.firms)) == page


def test_of_very_many_firms_some_have_pictures_from_the_best_to_the_worst(study):
    scores = study.firms[0].of["similar-day"].scores

    def firm(number):
        of = {
            name: replace(one, scores=replace(scores, wql=1 / (1 + number)))
            for name, one in study.firms[0].of.items()
        }
        return replace(study.firms[0], firm_id=f"firm{number}", of=of)

    many = [firm(number) for number in range(3 * MOST_SHOWN_FIRMS)]
    shown = [one.firm_id for one in shown_firms(many)]
    assert len(set(shown)) == len(shown) == MOST_SHOWN_FIRMS
    assert {many[0].firm_id, many[-1].firm_id} <= set(shown)
    assert shown_firms(many[:3]) == many[:3]

"""Every word of the pages exists in Korean, and figures read as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from feature_store.quality.finding import Words
from serving.web.texts import texts_in
from serving.web.words import (
    ACTIONS,
    ALTERNATIVES,
    BANDS,
    BATTERY_CHARGES,
    BATTERY_NOW,
    BINDING_LIMITS,
    DEMAND_ORIGINS,
    EQUIPMENT_KINDS,
    FORECAST_PARTS,
    FORECAST_QUALITIES,
    FORECAST_REASONS,
    FRESHNESS,
    LIMITS,
    MODEL_NOTICES,
    PROBLEM_TITLES,
    REASONS,
    SEVERITIES,
    STATES,
    TARIFF_CLASSES,
    UNEXPLAINED,
    VOLTAGES,
)
from tests.builders import SEOUL
from tests.serving.extract import FOLDER, message_ids

CATALOGUE = FOLDER / "locale" / "ko" / "LC_MESSAGES" / "messages.po"
PLACE = re.compile(r"{(\w+)}")
TABLES = (
    ACTIONS,
    ALTERNATIVES,
    BANDS,
    BATTERY_CHARGES,
    BATTERY_NOW,
    BINDING_LIMITS,
    DEMAND_ORIGINS,
    EQUIPMENT_KINDS,
    FORECAST_PARTS,
    FORECAST_QUALITIES,
    FORECAST_REASONS,
    FRESHNESS,
    LIMITS,
    MODEL_NOTICES,
    PROBLEM_TITLES,
    REASONS,
    SEVERITIES,
    STATES,
    TARIFF_CLASSES,
    UNEXPLAINED,
    VOLTAGES,
)


@pytest.fixture(scope="module")
def korean() -> dict[str, str]:
    with CATALOGUE.open("rb") as lines:
        return {str(entry.id): str(entry.string) for entry in read_po(lines) if entry.id}


def test_every_text_is_translated_and_none_is_left_over(korean):
    assert {message for message in message_ids() if not korean.get(message)} == set()
    assert set(korean) - message_ids() == set()


def test_every_word_of_the_tables_is_translated(korean):
    words = {word for table in TABLES for word in table.values()}
    assert words <= set(korean)


def test_translations_fill_the_same_places(korean):
    for message, translation in korean.items():
        assert set(PLACE.findall(message)) == set(PLACE.findall(translation)), message


def test_no_template_says_a_word_that_is_not_translated():
    """What stands between tags is either marked for translation or no word at all."""
    for template in Path(FOLDER / "templates").glob("*.html"):
        if template.name == "docs.html":  # the interface for programs is described in English
            continue
        text = template.read_text("utf-8")
        text = re.sub(r"({{.*?}}|{%.*?%}|{#.*?#})", " ", text, flags=re.DOTALL)
        words = re.sub(r"<[^>]*>", " ", text)
        words = words.replace("kW", "").replace("sandan firms declare FILE.yaml", "")
        assert not re.search(r"[A-Za-z가-힣]", words), f"{template.name}: {words.split()}"


def test_money_power_and_time_are_written_as_each_language_does():
    ko, en = texts_in("ko"), texts_in("en")
    moment = datetime(2026, 11, 19, 6, 0, tzinfo=SEOUL)
    assert (ko.won(96498.4), en.won(96498.4)) == ("96,498원", "₩96,498")
    assert (ko.won(-1500), en.won(-0.4)) == ("−1,500원", "₩0")
    assert ko.kw(1234.4) == en.kw(1234.4) == "1,234 kW"
    assert ko.full_moment(moment) == "2026년 11월 19일 (목) 06:00"
    assert en.full_moment(moment) == "Thu 19 Nov 2026 06:00"
    assert ko.clock(moment.replace(hour=18)) == "18:00"
    assert (ko.month(moment), en.month(moment)) == ("2026년 11월", "Nov 2026")
    assert (ko.short_month(moment), en.short_month(moment)) == ("11월", "Nov")
    assert ko.kwh(1234.4) == en.kwh(1234.4) == "1,234 kWh"
    assert (ko.signed(-20.4), en.signed(1234.56, 1)) == ("−20", "+1,234.6")
    assert (ko.signed(-0.4), en.signed(0.04, 1)) == ("0", "0.0")
    words = Words(ko="결측", en="missing readings")
    assert (ko.of(words), en.of(words)) == (words.ko, words.en)
    assert ko.span(moment, moment.replace(hour=8)) == "11월 19일 (목) 06:00–08:00"


@given(st.floats(-1e12, 1e12))
def test_an_amount_reads_back_as_the_same_won(amount):
    for texts in (texts_in("ko"), texts_in("en")):
        digits = re.sub(r"[원₩,]", "", texts.won(amount)).replace("−", "-")
        assert abs(float(digits) - amount) <= 0.5


def test_a_time_is_told_on_the_clock_of_its_own_zone():
    moment = datetime(2026, 11, 18, 21, tzinfo=UTC).astimezone(SEOUL)
    assert texts_in("en").moment(moment) == "Thu 19 Nov 06:00"

"""Whatever stands in a file, what is shown of it prints and can be told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feature_store.ingestion.visible_text import visible


@given(st.text(alphabet=st.characters()))
def test_all_that_is_shown_prints(text):
    assert visible(text).isprintable()


@pytest.mark.parametrize("text", ["12.5", "가마 공장", "a b", "[b]", "°C"])
def test_ordinary_text_is_left_alone(text):
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"), [("\x1b[2J", r"\x1b[2J"), ("a\tb\n", r"a\tb\n"), ("\u202e1", r"\u202e1")]
)
def test_what_moves_the_cursor_or_turns_the_text_is_escaped(text, shown):
    assert visible(text) == shown


def test_long_text_is_cut_and_says_so():
    assert visible("x" * 9, most=8) == "x" * 8 + "…"
    assert visible("x" * 8, most=8) == "x" * 8

"""Won and billed quantities are rounded, cut and printed as the terms of supply say."""

from decimal import Decimal
from fractions import Fraction

import pytest

from models.tariffs.bill.amounts import cut, cut_to_coin, exact, half_up, measured, shown


@pytest.mark.parametrize(
    ("figure", "whole"),
    [("0.5", 1), ("0.49", 0), ("-0.5", -1), ("-0.49", 0), ("76.5", 77), ("-76.5", -77), ("0", 0)],
)
def test_halves_are_rounded_away_from_zero(figure, whole):
    assert half_up(exact(figure)) == whole


def test_won_are_cut_toward_zero_and_coins_to_ten():
    assert [cut(exact(won)) for won in ("9.99", "-9.99")] == [9, -9]
    assert [cut_to_coin(Fraction(won)) for won in (9, 19, -19, 20)] == [0, 10, -10, 20]


def test_a_metered_figure_loses_the_noise_beyond_the_sixth_decimal():
    assert measured(0.1 + 0.2) == Fraction(3, 10)
    assert measured(1.0000004) == 1
    assert measured(1.0000006) == exact("1.000001")


def test_a_printed_figure_has_no_trailing_zeros_and_no_exponent():
    assert str(shown(Fraction(120_000))) == "120000"
    assert str(shown(exact("163.80"))) == "163.8"
    assert shown(Fraction(915, 30_000)) == Decimal("0.0305")
    assert shown(Fraction(1, 3)) == Decimal("0.333333")

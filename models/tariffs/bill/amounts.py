"""Money and billed quantities in exact arithmetic, rounded as the terms of supply say.

Source: KEPCO terms of supply, 기본공급약관 제7조 (kW, kWh, kvarh and % half-up to 1; the sum cut
below 10 won); the rules of the lines are read off printed bills.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

SMALLEST_COIN_KRW = 10
"""Fund and total are cut to it."""
_HALF = Fraction(1, 2)
_SHOWN_DECIMALS = 6
"""Enough for listed rates (one decimal), a fund share weighted by days, and what meters give."""


@lru_cache(maxsize=4096)  # a bill meets the same few hundred rates and shares over and over
def exact(figure: float | Decimal | str) -> Fraction:
    """Return a figure as the decimal it is written as, not as its nearest binary float.

    Example:
        >>> exact(60.7) * 10
        Fraction(607, 1)
    """
    return Fraction(str(figure))


def measured(figure: float) -> Fraction:
    """Return a metered figure without the noise of floating point in its far digits.

    Example:
        >>> measured(0.1 + 0.2)
        Fraction(3, 10)
    """
    return exact(round(float(figure), _SHOWN_DECIMALS))


def half_up(figure: Fraction) -> int:
    """Round to the nearest whole number, halves away from zero.

    Example:
        >>> half_up(exact(76.5)), half_up(exact(-76.5))
        (77, -77)
    """
    nearest = int(abs(figure) + _HALF)
    return nearest if figure >= 0 else -nearest


def whole(figure: float) -> int:
    """Return a metered figure half-up to 1, as kW, kWh and % are billed.

    Example:
        >>> whole(500.499999), whole(500.4999999999)
        (500, 501)
    """
    return half_up(measured(figure))


def cut(figure: Fraction) -> int:
    """Cut to 1 toward zero.

    Example:
        >>> cut(exact("2558727.6")), cut(exact("-27289.6"))
        (2558727, -27289)
    """
    return int(figure)


def cut_to_coin(figure: Fraction) -> int:
    """Cut to 10 won toward zero.

    Example:
        >>> cut_to_coin(exact("1419199.5"))
        1419190
    """
    return int(figure / SMALLEST_COIN_KRW) * SMALLEST_COIN_KRW


def shown(figure: Fraction) -> Decimal:
    """Return a figure as a decimal to print, without trailing zeros.

    Example:
        >>> shown(Fraction(915, 30000)), shown(Fraction(8320))
        (Decimal('0.0305'), Decimal('8320'))
    """
    decimal = round(Decimal(figure.numerator) / Decimal(figure.denominator), _SHOWN_DECIMALS)
    return decimal.quantize(Decimal(1)) if decimal == int(decimal) else decimal.normalize()

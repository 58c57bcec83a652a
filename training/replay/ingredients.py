"""What a firm's own months, lived again, say of each ingredient: whether it pays.

An ingredient is a pair of policies that differ in one thing, and the choice of a firm's declaration
that switches that thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from feature_store.entities.replay_choices import Choice
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from training.replay.plan import BY_BILL, BY_VALUE, NOTHING, STOCHASTIC
from training.replay.run import ReplayedSite

LEAST_MONTHS = 3
"""Of fewer months lived again one lucky day would decide."""
LEAST_GAIN_SHARE = 0.01
"""Of the saving of perfect foresight that an ingredient has to gain: a hundredth of capture, less
than which no choice of a setting could be told from chance."""

Finding = Literal["pays", "does_not_pay", "too_few_months"]


@dataclass(frozen=True, kw_only=True)
class Ingredient:
    """One thing that plans or set-points may be made with."""

    choice: Choice
    """Field of the declaration that switches it."""
    on: str
    off: str
    with_it: str
    """Policy that has it."""
    without: str
    """Policy that has it not, all else equal."""


INGREDIENTS: tuple[Ingredient, ...] = (
    Ingredient(
        choice="peak_pricing",
        on="month_value",
        off="bill",
        with_it=BY_VALUE,
        without=BY_BILL,
    ),
    Ingredient(
        choice="battery_operation",
        on="look_up",
        off="plan",
        with_it=STOCHASTIC,
        without=BY_BILL,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a site's months say of an ingredient."""

    ingredient: Ingredient
    finding: Finding
    months: int
    months_better: int
    """Months whose bill it made lower."""
    gain_krw: float
    """By which it made the bills of all months lower."""
    least_gain_krw: float
    """Less is taken for chance."""

    @property
    def declare(self) -> str | None:
        """What to declare; None leaves what is declared."""
        declared = {"pays": self.ingredient.on, "does_not_pay": self.ingredient.off}
        return declared.get(self.finding)

    def document(self) -> dict[str, Any]:
        """Return it as a replay's figures tell it."""
        return {
            "declare": self.declare,
            "finding": self.finding,
            "with": self.ingredient.with_it,
            "without": self.ingredient.without,
            "months": self.months,
            "months_better": self.months_better,
            "gain_krw": self.gain_krw,
            "least_gain_krw": self.least_gain_krw,
        }


def policies_of(ingredients: Sequence[Ingredient] = INGREDIENTS) -> tuple[str, ...]:
    """Return the policies that have to be lived for all ingredients to be judged."""
    return tuple(dict.fromkeys(name for one in ingredients for name in (one.without, one.with_it)))


def verdicts(
    one: ReplayedSite, ingredients: Sequence[Ingredient] = INGREDIENTS
) -> tuple[Verdict, ...]:
    """Return what a site's own months say of every ingredient both of whose policies were lived."""
    told: list[Verdict] = []
    for ingredient in ingredients:
        against = _against_its_plan(ingredient, one, told)
        if {against.with_it, against.without} <= one.lived.keys():
            told.append(_verdict(one, against))
    return tuple(told)


def _against_its_plan(
    ingredient: Ingredient, one: ReplayedSite, told: Sequence[Verdict]
) -> Ingredient:
    """Return the look-up against the plan that the firm would follow without it."""
    if ingredient.choice != "battery_operation":
        return ingredient
    pricing: str = one.site.firm.peak_pricing
    for verdict in told:
        if verdict.ingredient.choice == "peak_pricing":
            pricing = verdict.declare or pricing
    return replace(ingredient, without=BY_VALUE) if pricing == "month_value" else ingredient


def _verdict(one: ReplayedSite, ingredient: Ingredient) -> Verdict:
    """Judge an ingredient; each month was lived with what was known in it.

    It pays where it lowers the bills of at least ``LEAST_MONTHS`` months together by at least
    ``LEAST_GAIN_SHARE`` of what foresight saves, those of more than half of them, and those of all
    but the best of them: what one month gained may be luck.
    """
    gains_krw = [
        without.bill_krw - with_it.bill_krw
        for without, with_it in zip(
            one.lived[ingredient.without].months, one.lived[ingredient.with_it].months, strict=True
        )
    ]
    months, better = len(gains_krw), sum(bool(gain_krw > 0) for gain_krw in gains_krw)
    saved_krw = one.lived[NOTHING].bill_krw - one.lived[PERFECT_FORESIGHT].bill_krw
    least_krw = LEAST_GAIN_SHARE * max(saved_krw, 0.0)
    total_krw = sum(gains_krw)
    pays = (
        total_krw > 0
        and total_krw >= least_krw
        and 2 * better > months
        and total_krw > max(gains_krw)
    )
    finding: Finding = "pays" if pays else "does_not_pay"
    return Verdict(
        ingredient=ingredient,
        finding=finding if months >= LEAST_MONTHS else "too_few_months",
        months=months,
        months_better=better,
        gain_krw=total_krw,
        least_gain_krw=least_krw,
    )

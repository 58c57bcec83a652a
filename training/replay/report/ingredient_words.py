"""What the page says of each site's ingredients: whether each pays, and what was done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feature_store.entities.replay_choices import Choice
from training.replay.adopt import Adopted
from training.replay.ingredients import LEAST_MONTHS, Verdict, verdicts
from training.replay.report.texts import Texts, marked
from training.replay.run import Replay

INGREDIENT_MEANINGS: dict[Choice, str] = {
    "peak_pricing": marked("plans price their peak by what it is expected to cost"),
    "battery_operation": marked("batteries are run by look-up instead of by following the plan"),
}
PAYS = marked("pays: gain of {gain}, in {better} of {months} months")
DOES_NOT_PAY = marked("not shown to pay: gain of {gain}, in {better} of {months} months")
SWITCHED_ON = marked("switched on: gain of {gain}, in {better} of {months} months")
STAYS_ON = marked("stays on: gain of {gain}, in {better} of {months} months")
SWITCHED_OFF = marked("switched off: gain of {gain}, in {better} of {months} months")
LEFT_OFF = marked("left off: gain of {gain}, in {better} of {months} months")
TOO_FEW = marked("left as it is: of {months} months nothing is told, {least} are needed")
NEWER = marked("left as it is: a replay to {newer} has chosen before")
DECLARED_ANEW = marked("left as it is: the firm was declared anew while its months were lived")


@dataclass(frozen=True, kw_only=True)
class IngredientRow:
    """A site and an ingredient in the table of what pays."""

    site: str
    meaning: str
    declares: str
    """How it is declared."""
    said: str


def ingredient_rows(
    texts: Texts, replay: Replay, adopted: Mapping[str, Adopted]
) -> list[IngredientRow]:
    """Return what is said of every ingredient that was lived both ways, by site."""
    return [
        IngredientRow(
            site=one.site.name,
            meaning=INGREDIENT_MEANINGS[verdict.ingredient.choice],
            declares=f"{verdict.ingredient.choice}: {verdict.ingredient.on}",
            said=said_of(texts, verdict, adopted.get(one.site.name)),
        )
        for one in replay.sites
        for verdict in verdicts(one)
    ]


def said_of(texts: Texts, verdict: Verdict, adopted: Adopted | None) -> str:
    """Return what the months say, and whether it was switched for it."""
    return texts.gettext(
        _message(verdict, adopted),
        gain=texts.won(verdict.gain_krw),
        better=verdict.months_better,
        months=verdict.months,
        least=LEAST_MONTHS,
        newer=adopted.newer_replay_to if adopted else "",
    )


def _message(verdict: Verdict, adopted: Adopted | None) -> str:
    if adopted is not None and adopted.newer_replay_to is not None:
        return NEWER
    if adopted is not None and adopted.declared_anew:
        return DECLARED_ANEW
    if verdict.finding == "too_few_months":
        return TOO_FEW
    pays = verdict.finding == "pays"
    if adopted is None:
        return PAYS if pays else DOES_NOT_PAY
    if verdict.ingredient.choice in adopted.changed:
        return SWITCHED_ON if pays else SWITCHED_OFF
    return STAYS_ON if pays else LEFT_OFF

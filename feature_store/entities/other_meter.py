"""A file that names another meter than the one whose readings a firm has: what is to be said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from feature_store.entities.meter_numbers import MeterNumbers, plain_number
from feature_store.entities.reading_batch import BadRow
from feature_store.entities.told_meters import CameBefore, ToldMeters

_METER_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,62}")
"""What a meter's id may be; a cell of a broken file is anything."""

_CUSTOMER_NUMBER = re.compile(r"[\w*][\w* ./-]{0,39}")
"""What is taken for a customer number, hidden digits too; it can stand in quotes in YAML."""

_SECOND = "-2"
"""Behind the first meter's id, the id of the other one where the file tells none."""
_ROOM = 63 - len(_SECOND)
"""Letters of the first one's id that are kept, so that the other one's is not too long."""

_LONGEST_TOLD = 60
"""Letters of numbers and of a file's name in a reason: four times a customer number."""


@dataclass(frozen=True, kw_only=True)
class OtherMeter:
    """A file names meters that are not those whose readings a firm has."""

    firm_id: str
    before: CameBefore
    now: ToldMeters

    @property
    def bad_row(self) -> BadRow:
        """The fault of the file."""
        last = self.before.told[-1]
        came = f"{_short(last.told)} in {_short(last.source_name)}"
        one = len(last.numbers) == len(self.now.numbers) == 1
        return BadRow(
            row=0,
            column="고객번호 / 계기번호",
            value=self.now.told,
            reason=(
                f"is another meter than the readings of {self.firm_id} came from ({came}); "
                f"{self._declare_both() if one else self._take_the_same()}, or add --same-meter "
                "if it is the same one under a new number"
            ),
        )

    def _declare_both(self) -> str:
        before, now = self.before.told[-1].numbers[0], self.now.numbers[0]
        meter_id = self.before.meter_id
        first = f"{{meter_id: '{meter_id}', customer_number: {_told_apart(before, now)}}}"
        other = _as_meter_id(now.meter) if now.meter else f"'{meter_id[:_ROOM]}{_SECOND}'"
        second = f"{{meter_id: {other}"
        if now.customer and not before.has(now.customer):
            second += f", customer_number: {_as_customer_number(now.customer)}"
        return f"declare both with 'sandan firms declare', as meters: [{first}, {second}}}]"

    def _take_the_same(self) -> str:
        same = " ".join(
            f"--meter {_short(each.meter or each.customer or '')}"
            for each in self.before.told[-1].numbers
        )
        return f"take the same ones as before with {_short(same)}"


def other_meters(
    told: Mapping[str, ToldMeters], before: Mapping[str, CameBefore]
) -> tuple[OtherMeter, ...]:
    """Return what contradicts the numbers that came before, by firm.

    Args:
        told: By firm, what a file tells of its meter.
        before: By firm, what its readings came under; firms of which none tell are left out.
    """
    return tuple(
        OtherMeter(firm_id=firm_id, before=before[firm_id], now=now)
        for firm_id, now in sorted(told.items())
        if firm_id in before and not before[firm_id].may_be(now)
    )


def _told_apart(before: MeterNumbers, now: MeterNumbers) -> str:
    """A number of the earlier meter that the other one has not."""
    own = [number for number in (before.customer, before.meter) if number]
    return _as_customer_number(next((number for number in own if not now.has(number)), own[0]))


def _as_meter_id(number: str) -> str:
    """The number in quotes, without which YAML reads digits as no text.

    If it has letters that no id may have, it is written without typography: the same number still.
    """
    written = number if _METER_ID.fullmatch(number) else plain_number(number)
    return f"'{written}'" if _METER_ID.fullmatch(written) else "NUMBER"


def _as_customer_number(number: str) -> str:
    return f"'{number}'" if _CUSTOMER_NUMBER.fullmatch(number) else "NUMBER"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else text[:_LONGEST_TOLD] + "…"

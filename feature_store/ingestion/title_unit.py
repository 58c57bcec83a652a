"""The unit that titles tell of a whole table, apart from units of the numbers beside them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from feature_store.ingestion.column_name import column_name
from feature_store.ingestion.export_form import ExportForm

_UNIT_SAID = re.compile(r"단위(.*)")
_ENERGY_OR_POWER = re.compile(r"(?<![a-z])kwh?(?![a-z])")


def units_of_values(rows: Iterable[Sequence[str]], form: ExportForm) -> set[str]:
    """Which of ``kwh`` and ``kw`` the cells of titles tell of the values below them.

    What is told behind the word 단위 is, and what stands in brackets at the end of a name of such
    values, or by itself. What stands at a number, as in "최대수요 500kW" or "계약전력(kW) 500",
    is the unit of that number.
    """
    told = set()
    for row in rows:
        for cell, beside in zip(row, [*row[1:], ""], strict=True):
            plain = "".join(unicodedata.normalize("NFKC", cell).lower().split())
            said = _UNIT_SAID.search(plain)
            if said:
                told |= set(_ENERGY_OR_POWER.findall(said.group(1)))
            elif not beside[:1].isdecimal():
                told |= _in_brackets(plain, form)
    return told


def _in_brackets(plain: str, form: ExportForm) -> set[str]:
    name = column_name(plain)
    if name.unit not in {"kwh", "kw"} or not plain.endswith((")", "]")):
        return set()
    of_unit = form.energy if name.unit == "kwh" else form.power
    words = {"", *form.day, *of_unit}
    return {name.unit} if name.words in words or name.words.endswith(tuple(of_unit)) else set()

"""A column's name as Korean exports write it: the words, and the unit in brackets."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


@dataclass(frozen=True, kw_only=True)
class ColumnName:
    """What a name says, whatever its blanks and brackets."""

    words: str
    """Without blanks, small letters."""
    unit: str
    """What stands in brackets, small letters; empty if nothing does."""


def column_name(written: str) -> ColumnName:
    """Take a name apart.

    Example:
        >>> column_name("순방향 유효전력량(KWH)")
        ColumnName(words='순방향유효전력량', unit='kwh')
        >>> column_name("최대수요［㎾］").unit
        'kw'
    """
    plain = _plain(written)
    unit = _UNIT.search(plain)
    return ColumnName(words=_UNIT.sub("", plain), unit=unit.group(1) if unit else "")


def _plain(written: str) -> str:
    return "".join(unicodedata.normalize("NFKC", written).lower().split())

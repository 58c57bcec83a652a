"""What the page of a replay says, in one language. The message ids are the English texts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from babel.dates import format_date
from babel.messages.pofile import read_po

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
UNKNOWN = "–"

_DAY_PATTERN: dict[Language, str] = {"ko": "M월 d일", "en": "d MMM"}
_NAMES: dict[Language, str] = {"ko": "한국어", "en": "English"}


def marked(text: str) -> str:
    """Mark a text kept in a table as one to translate; it is looked up when it is shown."""
    return text


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Words and figures in one language."""

    language: Language
    messages: Mapping[str, str]

    @property
    def name(self) -> str:
        """The language's own name."""
        return _NAMES[self.language]

    def gettext(self, message: str, **values: object) -> str:
        """Translate a message and fill its ``{places}``; a missing one stays English."""
        return self.messages.get(message, message).format(**values)

    def number(self, value: float, decimals: int = 0) -> str:
        """Group the digits: 1,234."""
        if not math.isfinite(value):
            return UNKNOWN
        written = f"{abs(value):,.{decimals}f}"
        minus = value < 0 and any(digit in "123456789" for digit in written)
        return f"{'−' if minus else ''}{written}"

    def kw(self, value: float) -> str:
        """Write a power, to the kW."""
        return f"{self.number(value)} kW"

    def kwh(self, value: float) -> str:
        """Write an energy, to the kWh."""
        return f"{self.number(value)} kWh"

    def won(self, value: float) -> str:
        """Write an amount of money, to the won."""
        return f"{self.number(value)}원" if self.language == "ko" else f"{self.number(value)} won"

    def share(self, value: float, decimals: int = 1) -> str:
        """Write a share as per cent."""
        return f"{self.number(100 * value, decimals)}%" if math.isfinite(value) else UNKNOWN

    def moment(self, moment: datetime) -> str:
        """Write day and time of day."""
        day = format_date(moment, _DAY_PATTERN[self.language], locale=self.language)
        return f"{day} {moment:%H:%M}"


@cache
def texts_in(language: Language) -> Texts:
    """Return the texts of a language; the catalogue is read once."""
    catalogue = (
        files("training.replay.report") / "locale" / language / "LC_MESSAGES" / "messages.po"
    )
    if not catalogue.is_file():  # English: the ids are the texts
        return Texts(language=language, messages={})
    with catalogue.open("rb") as lines:
        messages = {
            str(entry.id): str(entry.string)
            for entry in read_po(lines, locale=language)
            if entry.id and entry.string and not entry.fuzzy
        }
    return Texts(language=language, messages=messages)

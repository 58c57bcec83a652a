"""What a page says, in one language: texts, numbers and times.

The message ids are the English texts. ``locale/<language>/LC_MESSAGES/messages.po`` holds the
translations and is read as it is; nothing has to be compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from babel.dates import format_date, format_time
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from feature_store.quality.finding import Words

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "ko"

_DAY_PATTERN: dict[Language, str] = {"ko": "M월 d일 (EEE)", "en": "EEE d MMM"}
_SHORT_DAY_PATTERN: dict[Language, str] = {"ko": "d일 (EEE)", "en": "EEE d"}
_MONTH_PATTERN: dict[Language, str] = {"ko": "y년 M월", "en": "MMM y"}
_SHORT_MONTH_PATTERN: dict[Language, str] = {"ko": "M월", "en": "MMM"}
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
        pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
        return format_decimal(value, format=pattern, locale=self.language)

    def kw(self, value: float) -> str:
        """Write a power, to the kW."""
        return f"{self.number(value)} kW"

    def signed(self, value: float, decimals: int = 0) -> str:
        """Write what is added or taken away."""
        sign = "" if round(value, decimals) == 0 else "−" if value < 0 else "+"
        return f"{sign}{self.number(abs(value), decimals)}"

    def kwh(self, value: float) -> str:
        """Write an energy, to the kWh."""
        return f"{self.number(value)} kWh"

    def won(self, value: float) -> str:
        """Write an amount of money, to the won."""
        figure = self.number(abs(value))
        sign = "−" if round(value) < 0 else ""
        return f"{sign}{figure}원" if self.language == "ko" else f"{sign}₩{figure}"

    def share(self, value: float) -> str:
        """Write a share as per cent."""
        return format_percent(value, format="#,##0%", locale=self.language)

    def clock(self, moment: datetime) -> str:
        """Write the time of day, 24 hours."""
        return format_time(moment, "HH:mm", tzinfo=moment.tzinfo, locale=self.language)

    def day(self, moment: date) -> str:
        """Write the day without the year."""
        return format_date(moment, _DAY_PATTERN[self.language], locale=self.language)

    def short_day(self, moment: date) -> str:
        """Write the day without the month, where room is short."""
        return format_date(moment, _SHORT_DAY_PATTERN[self.language], locale=self.language)

    def month(self, moment: date) -> str:
        """Write the month with its year."""
        return format_date(moment, _MONTH_PATTERN[self.language], locale=self.language)

    def short_month(self, moment: date) -> str:
        """Write the month alone, where room is short."""
        return format_date(moment, _SHORT_MONTH_PATTERN[self.language], locale=self.language)

    def of(self, words: Words) -> str:
        """Take what is told in both languages in this one."""
        return words.ko if self.language == "ko" else words.en

    def moment(self, moment: datetime) -> str:
        """Write day and time of day."""
        return f"{self.day(moment)} {self.clock(moment)}"

    def full_moment(self, moment: datetime) -> str:
        """Write year, day and time of day, for the record."""
        year = f"{moment.year}년 " if self.language == "ko" else ""
        after = f" {moment.year}" if self.language == "en" else ""
        return f"{year}{self.day(moment)}{after} {self.clock(moment)}"

    def span(self, start: datetime, end: datetime) -> str:
        """Write a stretch of time; the day is not repeated when it is the same."""
        if start.date() == end.date():
            return f"{self.moment(start)}–{self.clock(end)}"
        return f"{self.moment(start)} – {self.moment(end)}"


@cache
def texts_in(language: Language) -> Texts:
    """Return the texts of a language; the catalogue is read once."""
    catalogue = files("serving.web") / "locale" / language / "LC_MESSAGES" / "messages.po"
    if not catalogue.is_file():  # English: the ids are the texts
        return Texts(language=language, messages={})
    with catalogue.open("rb") as lines:
        messages = {
            str(entry.id): str(entry.string)
            for entry in read_po(lines, locale=language)
            if entry.id and entry.string and not entry.fuzzy
        }
    return Texts(language=language, messages=messages)

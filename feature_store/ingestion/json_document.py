"""JSON as text cells: what a stranger wrote, not what a parser makes of it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import NoReturn

from feature_store.ingestion.limits import MOST_JSON_VALUES
from feature_store.ingestion.sheet import UnreadableSheetError

Json = str | bool | None | list["Json"] | dict[str, "Json"]
"""A document. A number stays the text that it was written as: 0.10 is not read as 0.1."""


@dataclass(frozen=True)
class UnreadableLine:
    """A line that is no JSON, among others that may be."""

    text: str
    reason: str
    """What is wrong, a semicolon, and how to mend it."""


JsonLine = Json | UnreadableLine


def parsed_json(text: str) -> Json:
    """Return a JSON document; a key given twice in an object is refused, as is deep nesting.

    So is one of too many values, before it is parsed: each is behind a comma or begins a list or an
    object. Commas inside of texts count too.
    """
    refuse_many_values(text)
    try:
        document: Json = _DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableSheetError(f"is not JSON ({error}); save it again as received") from None
    return document


def refuse_many_values(text: str) -> None:
    """Refuse JSON, or lines of it, whose objects would take too much memory together."""
    if len(text) > MOST_JSON_VALUES and sum(map(text.count, ",[{")) > MOST_JSON_VALUES:
        raise UnreadableSheetError(
            f"holds more than {MOST_JSON_VALUES:,} values; send a month at a time, or CSV"
        )


def parsed_line(text: str) -> JsonLine:
    """Return one line of an NDJSON file, null for a blank one."""
    if not text.strip():
        return None
    try:
        return parsed_json(text)
    except UnreadableSheetError as error:
        return UnreadableLine(text.strip(), str(error))


def written(value: Json) -> str | None:
    """Return a value as the text of a cell; null and an empty text are both no text.

    Half of a UTF-16 pair, which JSON can write and no text can hold, becomes its escape.
    """
    match value:
        case None | "":
            return None
        case str():
            whole = value if value.isascii() else _without_halves(value)
            return whole.strip() or None
        case _:
            return _without_halves(json.dumps(value, ensure_ascii=False))


def _without_halves(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = {sys.intern(key): value for key, value in pairs}
    if len(found) < len(pairs):
        _refuse_twice([key for key, _ in pairs])
    return found


def _refuse_twice(keys: list[str]) -> NoReturn:
    twice = next(key for key in keys if keys.count(key) > 1)
    raise UnreadableSheetError(f"has the key {twice!r} twice in one object; keep one of them")


_DECODER = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object
)
"""Made once: it takes longer to make than a line takes to parse."""

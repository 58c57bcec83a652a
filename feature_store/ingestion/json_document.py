"""JSON as text cells: what a stranger wrote, not what a parser makes of it."""

from __future__ import annotations

import json
from typing import NoReturn

from feature_store.ingestion.sheet import UnreadableSheetError

Json = str | bool | None | list["Json"] | dict[str, "Json"]
"""A document. A number stays the text that it was written as: 0.10 is not read as 0.1."""


def parsed_json(text: str) -> Json:
    """Return a JSON document; a key given twice in an object is refused, as is deep nesting."""
    try:
        document: Json = json.loads(
            text,
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=_object,
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableSheetError(f"is not JSON ({error}); save it again as received") from None
    return document


def written(value: Json) -> str | None:
    """Return a value as the text of a cell; null and an empty text are both no text."""
    match value:
        case None | "":
            return None
        case str():
            return value.strip() or None
        case _:
            return json.dumps(value, ensure_ascii=False)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        _refuse_twice([key for key, _ in pairs])
    return found


def _refuse_twice(keys: list[str]) -> NoReturn:
    twice = next(key for key in keys if keys.count(key) > 1)
    raise UnreadableSheetError(f"has the key {twice!r} twice in one object; keep one of them")

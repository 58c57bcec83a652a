"""Answers of Korea's public data portal: the same envelope around every service's items."""

from __future__ import annotations

from feature_store.ingestion.json_document import Json
from feature_store.ingestion.sheet import UnreadableSheetError

_GOOD = {"00", "0000"}
"""``resultCode`` of an answer that was given."""


def items_of(document: Json) -> list[dict[str, Json]]:
    """Return the items of an answer, of a list of them (pages), or a bare list of items.

    An answer that is an error is refused in its own words.
    """
    match document:
        case {"response": {"header": {"resultCode": str(code)}, "body": dict(body)}}:
            if code in _GOOD:
                return items_of(_items(body))
            raise UnreadableSheetError(f"is the error {code}; fetch it again")
        case {"response": {"header": {"resultCode": str(code), "resultMsg": str(said)}}}:
            raise UnreadableSheetError(f"is the error {code} ({said}); fetch it again")
        case list():
            if all(isinstance(each, dict) and "response" not in each for each in document):
                return [each for each in document if isinstance(each, dict)]
            return [item for each in document for item in items_of(each)]
        case _:
            raise UnreadableSheetError("is no answer of the public data portal; fetch it again")


def _items(body: dict[str, Json]) -> Json:
    match body:
        case {"items": {"item": list(items)}}:
            return items
        case _:
            return []

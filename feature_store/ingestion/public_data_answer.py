"""Answers of Korea's public data portal: the same envelope around every service's items."""

from __future__ import annotations

from collections.abc import Iterator

from feature_store.ingestion.json_document import Json, written
from feature_store.ingestion.sheet import UnreadableSheetError

_GOOD = {"00", "0000"}
"""``resultCode`` of an answer that was given."""
_NO_DATA = "03"
"""``resultCode`` of an answer to a question that has none: NODATA_ERROR."""


def items_of(document: Json) -> list[dict[str, Json]]:
    """Return the items of an answer, of a list of them (pages), or a bare list of items.

    An answer that is an error is refused in its own words; so are answers that hold fewer items
    than they say, by themselves or as pages of one answer.
    """
    answers = document if isinstance(document, list) else [document]
    if all(isinstance(each, dict) and "response" not in each for each in answers):
        if not isinstance(document, list):
            raise UnreadableSheetError("is no answer of the public data portal; fetch it again")
        return [each for each in answers if isinstance(each, dict)]
    bodies = [_body(each) for each in answers]
    pages = [_items(body) for body in bodies]
    _refuse_missing(bodies, [len(page) for page in pages])
    return [item for page in pages for item in page]


def why_nothing(document: Json) -> str | None:
    """Say why answers of the portal hold nothing to read; None if they do, or are no answers."""
    answers = document if isinstance(document, list) else [document]
    if not any(isinstance(each, dict) and "response" in each for each in answers):
        return None
    try:
        found = items_of(document)
    except UnreadableSheetError as error:
        return str(error)
    return None if found else "holds no data: the answer has no item; ask for other days"


def _body(answer: Json) -> dict[str, Json]:
    match answer:
        case {"response": {"header": {"resultCode": str(code)}, "body": dict(body)}} if (
            code in _GOOD
        ):
            return body
        case {"response": {"header": dict(header)}} if written(header.get("resultCode")):
            code = written(header["resultCode"]) or ""
            if code == _NO_DATA:
                raise UnreadableSheetError(f"holds no data (answer {code}); ask for other days")
            said = f" ({told})" if (told := written(header.get("resultMsg"))) else ""
            raise UnreadableSheetError(f"is the error {code}{said}; fetch it again")
        case _:
            raise UnreadableSheetError("is no answer of the public data portal; fetch it again")


def _items(body: dict[str, Json]) -> list[dict[str, Json]]:
    """The items; the portal writes a single one without the list around it, and none as a text."""
    match body.get("items"):
        case None | "" | {"item": None | ""}:
            return []
        case {"item": dict(item)}:
            return [item]
        case {"item": list(items)}:
            found = [item for item in items if isinstance(item, dict)]
            if len(found) == len(items):
                return found
    raise UnreadableSheetError("has items of another shape than a list of objects; fetch it again")


def _refuse_missing(bodies: list[dict[str, Json]], items: list[int]) -> None:
    """Refuse an answer with fewer items than its page has, and pages of which one is missing."""
    told = list(zip(map(_numbers, bodies), items, strict=True))
    for (total, rows, page), found in told:
        if total is None:
            continue
        due = total if rows is None or page is None else min(rows, total - (page - 1) * rows)
        if found < due:
            raise UnreadableSheetError(
                f"holds {found} of the {due} items it tells of; fetch it again"
            )
    for total, rows, page in {numbers for numbers, _ in told}:
        if total is None or not rows or page is None:
            continue
        for other in _pages(total, rows):
            if (total, rows, other) not in {numbers for numbers, _ in told}:
                raise UnreadableSheetError(
                    f"holds page {page} and not page {other} of {total} items; bring all pages "
                    "in one file"
                )


def _pages(total: int, rows: int) -> Iterator[int]:
    return iter(range(1, -(-total // rows) + 1))


def _numbers(body: dict[str, Json]) -> tuple[int | None, int | None, int | None]:
    """Items of the whole answer, items of a page, and which page it is, where they are told."""
    total, rows, page = (written(body.get(key)) for key in ("totalCount", "numOfRows", "pageNo"))
    return _number(total), _number(rows), _number(page)


def _number(told: str | None) -> int | None:
    return int(told) if told is not None and told.isascii() and told.isdigit() else None

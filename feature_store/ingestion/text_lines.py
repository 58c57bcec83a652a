"""The lines of a text, one at a time: a text in a buffer takes four times its room."""

from __future__ import annotations

from collections.abc import Iterator

from feature_store.ingestion.limits import MOST_LINE_LETTERS
from feature_store.ingestion.sheet import UnreadableSheetError


def lines_of(text: str) -> Iterator[str]:
    """Yield every line with its end; one too long to be a row of cells is refused."""
    at, number = 0, 1
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end + 1
        if end - at > MOST_LINE_LETTERS:
            raise UnreadableSheetError(
                f"line {number} has {end - at:,} letters, more columns than any export; "
                "export it again"
            )
        yield text[at:end]
        at, number = end, number + 1

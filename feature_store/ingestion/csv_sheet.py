"""The grid of a text file with commas or tabs."""

from __future__ import annotations

import csv

from feature_store.ingestion.decoded_text import DecodedText
from feature_store.ingestion.sheet import Sheet, UnreadableSheetError, sheet_rows
from feature_store.ingestion.text_lines import lines_of


def csv_sheet(decoded: DecodedText) -> Sheet:
    """Return the rows of a comma-separated text; tab-separated if it has more tabs."""
    text = decoded.text
    tabs, commas = (text.count(letter, 0, _LOOKED_AT) for letter in "\t,")
    delimiter = "\t" if tabs > commas else ","
    lines = csv.reader(lines_of(text), delimiter=delimiter)
    try:
        return Sheet(rows=tuple(sheet_rows(lines)), encoding=decoded.encoding)
    except csv.Error as error:
        raise UnreadableSheetError(f"cannot be read as CSV ({error}); export it again") from None


_LOOKED_AT = 4096
"""Letters in which the delimiter shows: titles and the header."""

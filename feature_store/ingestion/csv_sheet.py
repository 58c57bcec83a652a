"""The grid of a text file with commas, tabs or semicolons."""

from __future__ import annotations

import csv
import re

from feature_store.ingestion.decoded_text import DecodedText
from feature_store.ingestion.sheet import Sheet, UnreadableSheetError, sheet_rows
from feature_store.ingestion.text_lines import lines_of


def csv_sheet(decoded: DecodedText) -> Sheet:
    """Return the rows of a text, parted by what stands in it most often."""
    lines = csv.reader(lines_of(decoded.text), delimiter=_delimiter(decoded.text[:_LOOKED_AT]))
    try:
        return Sheet(rows=tuple(sheet_rows(lines)), encoding=decoded.encoding)
    except csv.Error as error:
        raise UnreadableSheetError(f"cannot be read as CSV ({error}); export it again") from None


def _delimiter(head: str) -> str:
    r"""Return what parts the cells; commas of thousands part none.

    Example:
        >>> _delimiter("a;b;c\n1;1,234.5;1,234,567"), _delimiter("a,b\n1,2"), _delimiter("a\tb")
        (';', ',', '\t')
    """
    counts = {",": len(_COMMA.findall(head)), "\t": head.count("\t"), ";": head.count(";")}
    return max(counts, key=lambda letter: counts[letter])


_COMMA = re.compile(r",(?!(?<=[0-9],)[0-9]{3}(?![0-9]))")
_LOOKED_AT = 4096
"""Letters in which the delimiter shows: titles and the header."""

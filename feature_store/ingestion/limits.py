"""How much of a stranger's file is looked at: what no honest export reaches, and memory can bear.

Together they keep the reading of any file, good or hostile, within 256 MiB and 10 seconds;
``tests/feature_store/ingestion/test_hostile_files.py`` measures the first, ``bench`` the second.
"""

from __future__ import annotations

MEBIBYTE = 2**20

MOST_TEXT_BYTES = 32 * MEBIBYTE
"""CSV and NDJSON: 15 years of one meter in the canonical form, some 45 bytes a row."""

MOST_HTML_BYTES = 24 * MEBIBYTE
"""An export that is HTML is some ten times its cells: a year of eight columns takes 14 MiB."""

MOST_JSON_BYTES = 4 * MEBIBYTE
"""One JSON document becomes objects of some 30 times its size. A year of one meter as the EDS
interface answers it is 0.8 MiB."""

MOST_WORKBOOK_BYTES = 16 * MEBIBYTE
"""A year in eight columns is 2 MiB as .xlsx and 8 MiB as .xls."""

MOST_ARROW_BYTES = 96 * MEBIBYTE
"""On disk and unpacked: two million rows of a firm, a time as text and a number."""

MOST_COLUMNS = 512
"""The widest form, a day a row, has a hundred; a sheet of Excel can have 16,384."""

MOST_LINE_LETTERS = 2**17
"""Of a text file: 512 columns of 256 letters."""

MOST_CELLS = 1_000_000
"""Three years of a meter in ten columns. As text in memory they are some 60 MiB. No file has more
lines than that either, blank ones counted."""

MOST_ROWS = 2_000_000
"""Of Parquet and Arrow files, whose size says little: a year of 57 meters."""

"""How much of a stranger's file is looked at: what no honest export reaches, and memory can bear.

Together they keep the reading of any file, good or hostile, within 208 MiB and 10 seconds;
``tests/feature_store/ingestion/test_hostile_files.py`` measures the first, ``bench`` the second.
"""

from __future__ import annotations

MEBIBYTE = 2**20

MOST_TEXT_BYTES = 32 * MEBIBYTE
"""CSV and NDJSON: more than ``MOST_READINGS`` rows of the canonical form take."""

MOST_ASTRAL_BYTES = 8 * MEBIBYTE
"""UTF-8 with any letter beyond U+FFFF, e.g. an emoji: in memory every letter then takes four."""

MOST_HTML_BYTES = 24 * MEBIBYTE
"""An export that is HTML is some ten times its cells: a year of eight columns takes 14 MiB."""

MOST_JSON_BYTES = 4 * MEBIBYTE
"""One JSON document becomes objects of some 30 times its size. A year of one meter as the EDS
interface answers it is 0.8 MiB."""

MOST_JSON_VALUES = 500_000
"""Of a document held whole: ``{"":0},`` is seven letters and 250 bytes of memory. A year of a
meter is 37,000 as the EDS interface answers it, 140,000 in the canonical form."""

MOST_WORKBOOK_BYTES = 16 * MEBIBYTE
"""A year in eight columns is 2 MiB as .xlsx and 8 MiB as .xls."""

MOST_COLUMNAR_BYTES = 32 * MEBIBYTE
"""Parquet and Arrow on disk, and what is wanted of it unpacked: ``MOST_READINGS`` rows of a firm, a
time as text and two numbers, take half of it."""

MOST_COLUMNS = 512
"""The widest form, a day a row, has a hundred; a sheet of Excel can have 16,384."""

MOST_LINE_LETTERS = 2**17
"""Of a text file: 512 columns of 256 letters."""

MOST_CELLS = 1_000_000
"""Rows times columns, in any form: three years of a meter in ten columns. As text in memory they
are some 60 MiB."""

MOST_READINGS = 200_000
"""Rows that are checked at once, each some 400 bytes with all that is parsed of it: five years
of a meter, or a day of 2,000 meters."""

MOST_LINES = 500_000
"""Of a text file, blank ones counted: twice ``MOST_READINGS``, for a blank one behind each."""

MOST_SHEET_ROWS = 150_000
"""Of a sheet that are not blank: ``MOST_EXPORT_VALUES`` with titles and totals, or 17 years of
weather by the hour. As Python's texts they take as long to find as to check."""

MOST_EXPORT_VALUES = 100_000
"""Of exports and answers of KEPCO, whose every value is looked at with its label and what stands
beside it, some 1.5 kB together: almost three years of a meter in one file."""

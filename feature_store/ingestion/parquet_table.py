"""A stranger's Parquet file as a table, opened at arm's length."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from feature_store.ingestion import parquet_process
from feature_store.ingestion.limits import (
    MEBIBYTE,
    MOST_CELLS,
    MOST_COLUMNAR_BYTES,
    MOST_COLUMNS,
    MOST_READINGS,
)
from feature_store.ingestion.sheet import UnreadableSheetError

_MEMORY = 112 * MEBIBYTE
"""Data of the process that opens the file: the library takes 40 MiB of it before it has read any.
With the some 60 MiB that the process that asks holds of its own, it stays within 208 MiB."""

_CPU_SECONDS = 8
"""The largest file that is taken needs one."""

_PATIENCE_SECONDS = 120
"""On a busy machine a process of eight seconds may wait; that it hangs is then certain."""

_REFUSED_STATUS = 3
"""How the program ends that has written a refusal."""


def parquet_names(path: Path) -> tuple[str, ...]:
    """Return the column names, of a file with too many the first ones and one more.

    Raises:
        UnreadableSheetError: It is no Parquet file that can be taken.
    """
    return tuple(map(str, json.loads(_answer(path, ()))))


def parquet_columns(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Return columns of a file; one that is too large or cannot be read is refused.

    A page of a Parquet file unpacks to what it likes, and a corrupt one can end the process that
    reads it. So it is read in a process whose memory and time the operating system bounds.

    Raises:
        UnreadableSheetError: It is no Parquet file that can be taken.
    """
    if path.stat().st_size > MOST_COLUMNAR_BYTES:
        raise UnreadableSheetError(
            f"has more than {MOST_COLUMNAR_BYTES // MEBIBYTE} MiB; split it by firm or by year"
        )
    return pl.read_ipc_stream(io.BytesIO(_answer(path, columns)))


def _answer(path: Path, columns: Sequence[str]) -> bytes:
    limits = (_MEMORY, _CPU_SECONDS, MOST_COLUMNS, MOST_READINGS, MOST_CELLS, MOST_COLUMNAR_BYTES)
    program = [sys.executable, "-I", str(Path(parquet_process.__file__))]
    try:
        ended = subprocess.run(  # noqa: S603  our own program; the rest are arguments of it
            [*program, str(path.resolve()), json.dumps(columns), *map(str, limits)],
            capture_output=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        ended = None
    if ended is not None and ended.returncode == 0:
        return ended.stdout
    if ended is not None and ended.returncode == _REFUSED_STATUS:
        raise UnreadableSheetError(json.loads(ended.stderr)["refused"])
    raise UnreadableSheetError(
        f"takes more than {_MEMORY // MEBIBYTE} MiB or {_CPU_SECONDS} seconds to open; "
        "write it again, in row groups of 10,000 rows, or as CSV"
    )

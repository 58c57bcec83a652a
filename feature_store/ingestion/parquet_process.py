"""The program that opens one Parquet file, in a process of its own; see ``parquet_table``.

It is run by its path, imports nothing of this product, and writes the columns that it is asked for
as an Arrow stream of plain columns, or, asked for none, one JSON list of the names. A refusal is
written to the standard error as ``{"refused": "reason; what to do"}`` and ends it with status 3.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # the others reserve far more than they use
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each thread has memory of its own

import pyarrow as pa
from pyarrow import parquet

try:
    import resource
except ImportError:  # Windows: only the limits of the parent hold there
    resource = None  # type: ignore[assignment]

_REFUSED_STATUS = 3

_BATCH_ROWS = 2048
"""Rows unpacked at a time: of words of a kilobyte each, some megabytes a column."""


class RefusedError(Exception):
    """The file is not taken; the message says why and what to do."""


def limit_this_process(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Have the operating system end this process when it takes more.

    Memory is what can be written to: of the address space, libraries alone take twice that.
    """
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))


@dataclass(frozen=True, kw_only=True)
class Most:
    """How much is taken."""

    columns: int
    rows: int
    cells: int
    unpacked_bytes: int


def names_of(path: str, most: Most) -> list[str]:
    """Return the column names, of a file with too many the first ones and one more."""
    with parquet.ParquetFile(path) as opened:
        names: list[str] = opened.schema_arrow.names[: most.columns + 1]
    return names


def write_columns(path: str, columns: Sequence[str], out: pa.NativeFile, most: Most) -> None:
    """Write columns as an Arrow stream, unless they are too much by the file's account or ours."""
    with parquet.ParquetFile(path, pre_buffer=False) as opened:
        _check_account(opened.metadata, columns, most)
        wanted = [opened.schema_arrow.field(name) for name in columns]
        schema = pa.schema([pa.field(field.name, _plain_type(field)) for field in wanted])
        written = 0
        with pa.ipc.new_stream(out, schema) as stream:
            batches = opened.iter_batches(_BATCH_ROWS, columns=list(columns), use_threads=False)
            for batch in batches:
                plain = pa.record_batch(
                    [batch.column(field.name).cast(field.type, safe=False) for field in schema],
                    schema=schema,
                )
                written += plain.nbytes
                if written > most.unpacked_bytes:
                    raise RefusedError(_unpacks_to_too_much(most))
                stream.write_batch(plain)


def _check_account(told: parquet.FileMetaData, columns: Sequence[str], most: Most) -> None:
    """Refuse what is too much by the footer, before any page is unpacked."""
    most_rows = min(most.rows, most.cells // len(columns))
    if told.num_rows > most_rows:
        raise RefusedError(
            f"holds {told.num_rows:,} rows, more than {most_rows:,} of {len(columns)} columns; "
            "split it by firm or by year"
        )
    groups = map(told.row_group, range(told.num_row_groups))
    chunks = (group.column(at) for group in groups for at in range(group.num_columns))
    wanted = (chunk for chunk in chunks if chunk.path_in_schema in columns)
    if sum(chunk.total_uncompressed_size for chunk in wanted) > most.unpacked_bytes:
        raise RefusedError(_unpacks_to_too_much(most))


def _unpacks_to_too_much(most: Most) -> str:
    mebibytes = most.unpacked_bytes / 2**20
    return f"unpacks to more than {mebibytes:.0f} MiB; split it by firm or by year"


def _plain_type(field: pa.Field) -> pa.DataType:
    """The type that cells are handed on in: words one by one, times in microseconds."""
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_nested(kind):
        raise RefusedError(f"holds {str(kind)[:100]} in {field.name}; write texts and numbers")
    if pa.types.is_timestamp(kind):  # a zone's name is a stranger's too, and is not looked up
        return pa.timestamp("us", None if kind.tz is None else "UTC")
    return kind


def main() -> int:
    """Read the file that the command line names; return the status to end with."""
    path, columns, *numbers = sys.argv[1:]
    wanted = json.loads(columns)
    memory, cpu_seconds, most_columns, rows, cells, unpacked = map(int, numbers)
    limit_this_process(memory_bytes=memory, cpu_seconds=cpu_seconds)
    most = Most(columns=most_columns, rows=rows, cells=cells, unpacked_bytes=unpacked)
    try:
        if wanted:
            write_columns(path, wanted, pa.PythonFile(sys.stdout.buffer, mode="w"), most)
        else:
            sys.stdout.write(json.dumps(names_of(path, most)))
    except RefusedError as refused:
        reason = str(refused)
    except (pa.ArrowException, MemoryError, OSError, ValueError, KeyError) as error:
        said = str(error).partition("\n")[0][:200] or type(error).__name__
        reason = f"cannot be read as parquet ({said}); write it again"
    else:
        return 0
    sys.stderr.write(json.dumps({"refused": reason}))
    return _REFUSED_STATUS


if __name__ == "__main__":
    sys.exit(main())

"""A stranger's Arrow file or stream as a table, within bounds that are known before it is unpacked.

Its bytes tell a reader how much to allocate. So the messages are looked at one by one first, and
the one library that answers corrupt ones with an error, not with the end of the process, reads it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import polars as pl
import pyarrow as pa

from feature_store.ingestion.arrow_end import FILE_MAGIC
from feature_store.ingestion.limits import (
    MEBIBYTE,
    MOST_CELLS,
    MOST_COLUMNAR_BYTES,
    MOST_COLUMNS,
    MOST_READINGS,
)
from feature_store.ingestion.sheet import UnreadableSheetError

_MOST_WORD_BYTES = 64
"""Of a word in a dictionary, which stands once in the file and once a row in memory."""

_RECORD_BATCH, _DICTIONARY = "record batch", "dictionary"
_DICTIONARIES, _RECORD_BATCHES = 2, 3
"""Fields of a file's footer."""
_FOOTER_END = 4 + len(FILE_MAGIC)
"""Behind the footer stand its length and the magic."""
_BLOCK_BYTES, _BUFFER_BYTES = 24, 16
"""A message's place in a file: offset, length of its head and of its body; a buffer's place in a
message: offset and length; 64 bit each."""


@dataclass(frozen=True, kw_only=True)
class _Amount:
    """What a batch unpacks to, by its own account."""

    rows: int
    unpacked_bytes: int


def arrow_names(content: bytes) -> list[str]:
    """Return the column names; an ``UnreadableSheetError`` says why there are none."""
    with _told():
        opened = pa.ipc.open_file if content.startswith(FILE_MAGIC) else pa.ipc.open_stream
        names: list[str] = opened(pa.py_buffer(content)).schema.names
    return names


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises about corrupt bytes into a refusal."""
    try:
        yield
    except (pa.ArrowException, OSError, EOFError, ValueError, MemoryError, struct.error) as error:
        said = str(error)[:200] or type(error).__name__
        raise UnreadableSheetError(f"cannot be read as Arrow ({said}); write it again") from None


def read_arrow(content: bytes, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return the columns named, or all, whose cells are texts, numbers, times or nothing."""
    with _told():
        reader, messages = _opened(content)
        _refuse_too_much(len(reader.schema), messages)
        table = reader.read_all()
        table.validate(full=True)
        if columns is not None:
            table = table.select(list(columns))
        table = pa.table(
            [_plain(table.column(at), name) for at, name in enumerate(table.column_names)],
            names=table.column_names,
        )
        found = pl.from_arrow(table)
    if not isinstance(found, pl.DataFrame):
        raise TypeError(f"a table of Arrow became {type(found)}")
    return found


_Reader: TypeAlias = pa.RecordBatchFileReader | pa.RecordBatchStreamReader


def _opened(content: bytes) -> tuple[_Reader, Iterator[pa.Message]]:
    """Return what reads the table, and its messages to be looked at before."""
    buffer = pa.py_buffer(content)
    if content.startswith(FILE_MAGIC):
        return pa.ipc.open_file(buffer), _messages_of_file(content)
    return pa.ipc.open_stream(buffer), pa.ipc.MessageReader.open_stream(buffer)


def _messages_of_file(content: bytes) -> Iterator[pa.Message]:
    """Read the messages that the Footer of File.fbs names, its second and third list."""
    end = len(content) - _FOOTER_END
    footer = content[end - struct.unpack_from("<i", content, end)[0] : end]
    for number in (_DICTIONARIES, _RECORD_BATCHES):
        place = _field(footer, _root(footer), number)
        if not place:
            continue
        vector = _follow(footer, place)
        (blocks,) = struct.unpack_from("<I", footer, vector)
        places = footer[vector + 4 : vector + 4 + blocks * _BLOCK_BYTES]
        for offset, _, _ in struct.iter_unpack("<qqq", places):
            yield pa.ipc.read_message(pa.BufferReader(pa.py_buffer(memoryview(content)[offset:])))


def _refuse_too_much(columns: int, messages: Iterator[pa.Message]) -> None:
    """Refuse what unpacks to too much by its own account; no buffer is unpacked."""
    if columns > MOST_COLUMNS:
        raise UnreadableSheetError(f"has {columns:,} columns; keep those it needs")
    rows = unpacked = 0
    for message in messages:
        if message.type not in {_RECORD_BATCH, _DICTIONARY}:
            continue
        amount = _amount(message)
        rows, unpacked = rows + amount.rows, unpacked + amount.unpacked_bytes
        most = min(MOST_READINGS, MOST_CELLS // max(columns, 1))
        if rows > most:
            raise UnreadableSheetError(
                f"holds more than {most:,} rows of {columns} columns; split it by firm or by year"
            )
        if unpacked > MOST_COLUMNAR_BYTES:
            raise UnreadableSheetError(
                f"unpacks to more than {MOST_COLUMNAR_BYTES // MEBIBYTE} MiB; "
                "split it by firm or by year"
            )


def _amount(message: pa.Message) -> _Amount:
    """Read a RecordBatch of Message.fbs, that of a DictionaryBatch being its second field."""
    head = message.metadata.to_pybytes()
    batch = _field(head, _root(head), 2)
    if message.type == _DICTIONARY:
        batch = _field(head, _follow(head, batch), 1)
    batch = _follow(head, batch)
    length = _field(head, batch, 0)
    rows = struct.unpack_from("<q", head, length)[0] if length else 0
    if rows < 0:
        raise ValueError("a batch has less than no rows")
    vector = _follow(head, _field(head, batch, 2))
    packed = bool(_field(head, batch, 3))
    (buffers,) = struct.unpack_from("<I", head, vector)
    places = struct.iter_unpack("<qq", head[vector + 4 : vector + 4 + buffers * _BUFFER_BYTES])
    unpacked = sum(
        _unpacked(message, offset, length) if packed and length else length
        for offset, length in places
    )
    return _Amount(rows=rows, unpacked_bytes=unpacked)


def _unpacked(message: pa.Message, offset: int, length: int) -> int:
    """Bytes of a packed buffer once unpacked: its first eight say it, or -1 that it is not."""
    (told,) = struct.unpack("<q", message.body[offset : offset + 8].to_pybytes())
    return length if told < 0 else int(told)


def _root(head: bytes) -> int:
    return _follow(head, 0)


def _follow(head: bytes, at: int) -> int:
    """Where the offset that stands at a place leads, as FlatBuffers count."""
    return at + int(struct.unpack_from("<I", head, at)[0])


def _field(head: bytes, table: int, number: int) -> int:
    """Where a field of a FlatBuffers table stands; 0 if it has its default."""
    vtable = table - struct.unpack_from("<i", head, table)[0]
    (size,) = struct.unpack_from("<H", head, vtable)
    entry = 4 + 2 * number
    if entry >= size:
        return 0
    (offset,) = struct.unpack_from("<H", head, vtable + entry)
    return table + int(offset) if offset else 0


def _plain(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return a column whose cells have a text, its times as microseconds in UTC or in no zone."""
    kind = column.type
    if pa.types.is_dictionary(kind) and any(one(kind.value_type) for one in _TEXTS):
        longest = max((len(word.as_buffer()) for word in _words(column)), default=0)
        if longest > _MOST_WORD_BYTES:
            raise UnreadableSheetError(f"has words of {longest:,} bytes in {name}; shorten them")
        return column
    if pa.types.is_timestamp(kind):  # a zone's name is a stranger's too, and is not looked up
        return column.cast(pa.timestamp("us", None if kind.tz is None else "UTC"), safe=False)
    if any(one(kind) for one in _TAKEN):
        return column
    raise UnreadableSheetError(f"holds {kind} in {name}; write texts, numbers and times")


def _words(column: pa.ChunkedArray) -> Iterator[pa.StringScalar]:
    for chunk in column.chunks:
        yield from (word for word in chunk.dictionary if word.is_valid)


_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_TAKEN = (
    *_TEXTS,
    pa.types.is_floating,
    pa.types.is_integer,
    pa.types.is_boolean,
    pa.types.is_decimal128,
    pa.types.is_date,
    pa.types.is_null,
)
"""Kinds of columns of which a cell has a text."""

"""Whether an Arrow file or stream arrived whole: fewer rows than were sent are not a table."""

from __future__ import annotations

FILE_MAGIC = b"ARROW1"
"""Begins and ends a file; Arrow Columnar Format, IPC File Format."""

_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""A continuation mark and a length of nothing; the same, IPC Streaming Format."""


def cut_off(content: bytes) -> str | None:
    """Say why it may be cut off; None if it ends as it should.

    The format lets the writer of a stream leave the mark out, but then a stream that was cut off
    between two batches is a whole one of fewer rows.
    """
    if content.startswith(FILE_MAGIC):
        whole = content.endswith(FILE_MAGIC) and len(content) > 2 * len(FILE_MAGIC)
        return None if whole else "has no footer, so it is cut off; write it again"
    if content.endswith(_END_OF_STREAM):
        return None
    return "has no end-of-stream mark, so it may be cut off; write it again"

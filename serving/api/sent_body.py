"""What a request may bring readings in, and the body as a file that any reader takes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, get_args

from fastapi import Depends, Request

from feature_store.errors import SandanError
from feature_store.ingestion.source_file import Container, SourceFile
from feature_store.ingestion.visible_text import visible


class UnsupportedMediaTypeError(SandanError):
    """A body comes in a form, or packed in a way, that no reader is for."""


class BodyOfAnotherTypeError(SandanError):
    """A body is not what its media type says."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A media type that is taken."""

    suffix: str
    """Ending of the name that it is kept under; empty: as the sender names it."""
    containers: frozenset[Container]
    """What the content must then be."""


_JSON = Form(suffix=".json", containers=frozenset({"json", "ndjson"}))
_LINES = Form(suffix=".ndjson", containers=frozenset({"ndjson"}))
_ARROW = Form(suffix=".arrow", containers=frozenset({"arrow", "arrow-stream"}))
_PARQUET = Form(suffix=".parquet", containers=frozenset({"parquet"}))
_ANY_FILE = Form(suffix="", containers=frozenset(get_args(Container)))
FORMS = {
    "application/json": _JSON,
    "application/x-ndjson": _LINES,
    "application/vnd.apache.arrow.stream": _ARROW,
    "application/vnd.apache.arrow.file": _ARROW,
    "application/vnd.apache.parquet": _PARQUET,
    "text/csv": _ANY_FILE,
    "application/octet-stream": _ANY_FILE,
}
"""Every media type that readings may come in."""

_MOST_NAME_BYTES = 200
"""Of the longest file name that a file system takes, 255 bytes, with room for a suffix."""


@dataclass(frozen=True, kw_only=True)
class SentBody:
    """A body that arrived whole."""

    content: bytes
    media_type: str

    @contextmanager
    def as_file(self, name: str) -> Iterator[Path]:
        """Give the body as a file for as long as the block lasts.

        Raises:
            BodyOfAnotherTypeError: It is not what its media type says.
        """
        form = FORMS[self.media_type]
        kept = _file_name(name, form.suffix)
        with tempfile.TemporaryDirectory(prefix="sandan-delivery-") as folder:
            path = Path(folder) / kept
            path.write_bytes(self.content)
            container = SourceFile(path).container
            if self.content and container not in form.containers:
                raise BodyOfAnotherTypeError(
                    f"the body is {container}, not {self.media_type}; name its own media type, or "
                    "send it again whole"
                )
            yield path


async def _sent_body(request: Request) -> SentBody:
    """Take the body in, after its media type."""
    told = request.headers.get("content-type", "")
    media_type = told.partition(";")[0].strip().lower()
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type not in FORMS:
        came = visible(media_type, most=100) or "a body of no media type"
        raise UnsupportedMediaTypeError(
            f"readings do not come as {came}; say in Content-Type which it is of {', '.join(FORMS)}"
        )
    if packed != "identity":
        raise UnsupportedMediaTypeError(
            f"the body is packed ({visible(packed, most=100)}); send it without Content-Encoding"
        )
    return SentBody(content=await request.body(), media_type=media_type)


BodySent = Annotated[SentBody, Depends(_sent_body)]


def _file_name(told: str, suffix: str) -> str:
    """Return a name of one file, whatever was told, that ends as its form does."""
    last = PurePosixPath(PureWindowsPath(told).name).name
    name = visible(last).encode()[:_MOST_NAME_BYTES].decode(errors="ignore").strip(". ")
    name = name or "readings"
    return name if name.lower().endswith(suffix) else name + suffix

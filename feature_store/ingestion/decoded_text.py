"""Bytes as text, by strict tries: a guess that is wrong would be read as other letters."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_KOREAN = ("euc-kr", "cp949")
"""CP949 writes every letter of EUC-KR with the same bytes and thousands more: tried after it, so
that the narrower name is told where it holds."""


@dataclass(frozen=True, kw_only=True)
class DecodedText:
    """A text and the encoding that it was written in."""

    text: str
    encoding: str
    """``utf-8``, ``utf-8-sig``, ``utf-16``, ``euc-kr`` or ``cp949``."""


def decoded(content: bytes) -> DecodedText | None:
    r"""Return the text, or None if no encoding of Korean exports fits every byte of it.

    Example:
        >>> decoded("검침일".encode("cp949")).encoding, decoded("똠".encode("cp949")).encoding
        ('euc-kr', 'cp949')
        >>> decoded(b"\xff\x00\x01") is None
        True
    """
    for encoding in _candidates(content):
        try:
            return DecodedText(text=content.decode(encoding), encoding=encoding)
        except UnicodeDecodeError:
            continue
    return None


def _candidates(content: bytes) -> tuple[str, ...]:
    if content.startswith(codecs.BOM_UTF8):
        return ("utf-8-sig",)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)  # "Unicode text" as Excel saves it
    return ("utf-8", *_KOREAN)

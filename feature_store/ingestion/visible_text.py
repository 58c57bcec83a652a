"""Text from a stranger's file, fit for a terminal."""

from __future__ import annotations


def visible(text: str, *, most: int | None = None) -> str:
    r"""Return ``text`` with what does not print written as an escape, cut after ``most``.

    A control sequence in a cell must not reach the terminal, nor a reversal of the text's
    direction.

    Example:
        >>> visible("a\x1b[2Jb"), visible("12345", most=3)
        ('a\\x1b[2Jb', '123…')
    """
    kept = text if most is None or len(text) <= most else text[:most] + "…"
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in kept
    )

"""What the commands print is whole, in letters of either width."""

import io

from rich.console import Console
from rich.table import Table

from cli.console import folded


def test_a_line_of_wide_letters_that_just_fits_is_not_cut():
    table = Table("제약 held by")
    table.add_row("작업 순서 order of jobs (kiln)")
    printed = Console(width=27, file=io.StringIO())
    printed.print(folded(table))
    said = printed.file.getvalue()
    assert "작업 순서 order of jobs │" in said
    assert "(kiln)" in said

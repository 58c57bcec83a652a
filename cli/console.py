"""Where the commands print: results to standard output, progress and errors beside it."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from feature_store.errors import SandanError

_WIDTH_IN_A_FILE = 120
"""Columns when nobody's terminal tells its width: room for a table of bad rows."""


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr, width=None if stream.isatty() else _WIDTH_IN_A_FILE, highlight=False
    )


RESULT = _console(stderr=False)
"""What the command was called for."""
INFO = _console(stderr=True)
"""Progress, reports and errors: not mixed into a result that is piped on."""


def folded(table: Table) -> Table:
    """Return a table whose full cells fold: cut, a line of wide letters loses what just fits."""
    for column in table.columns:
        column.overflow = "fold"
    return table


def print_error(error: SandanError) -> None:
    """Print what is wrong and what to do, without a traceback."""
    INFO.print("[bold red]error:[/bold red]", end=" ")
    INFO.print(str(error), markup=False, soft_wrap=True)

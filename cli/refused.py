"""``sandan readings refused``: what was not taken, and why."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import INFO, RESULT

if TYPE_CHECKING:  # the database library takes a second to import
    from feature_store.storage.refusals import Refusal

SHOWN_REFUSALS = 20
"""A screenful, the newest; those before them are asked for by id."""

SHOWN_FAULTS = 20
"""A screenful; ``--faults`` writes all."""

SHOWN_LETTERS = 200
"""Of a name or a cell, which is a stranger's and may be long."""


def refused(
    refusal_id: Annotated[
        int | None,
        typer.Argument(help="Which refusal to show. Default: list the newest.", metavar="[ID]"),
    ] = None,
    *,
    faults: Annotated[
        Path | None,
        typer.Option(help="CSV file to write the refusal's faults to.", metavar="FILE"),
    ] = None,
) -> None:
    """List what was refused, or show one refusal with its faults."""
    from feature_store.errors import SandanError
    from feature_store.ingestion.faults_file import write_faults
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    if refusal_id is None and faults is not None:
        raise SandanError("--faults writes those of one refusal; name its id")
    with closing(open_store(Settings())) as store:
        if refusal_id is None:
            _print_refusals(store.refusals.newest(limit=SHOWN_REFUSALS))
            return
        refusal = store.refusals.get(refusal_id)
        bad_rows = store.refusals.bad_rows(refusal_id)
    _print_refusals((refusal,))
    table = Table("row", "column", "value", "reason")
    for bad in bad_rows[:SHOWN_FAULTS]:
        table.add_row(str(bad.row), _cell(bad.column), _cell(bad.value), _cell(bad.reason))
    RESULT.print(table)
    if len(bad_rows) < refusal.faults:
        INFO.print(f"the first {len(bad_rows):,} of {refusal.faults:,} faults are kept")
    if faults is not None:
        write_faults(bad_rows, faults)
        INFO.print(f"the faults are in {faults}", markup=False, soft_wrap=True)
    elif len(bad_rows) > SHOWN_FAULTS:
        INFO.print("add --faults FILE.csv to have all of them written to that file", markup=False)


def _print_refusals(refusals: tuple[Refusal, ...]) -> None:
    if not refusals:
        RESULT.print("nothing was refused")
        return
    table = Table("refusal", "file", "when", "rows at fault", "the others")
    for one in refusals:
        table.add_row(
            str(one.refusal_id),
            _cell(one.source_name),
            f"{one.recorded_at.astimezone():%Y-%m-%d %H:%M}",
            f"{one.rows_refused:,}",
            "stored" if one.rest_stored else "not stored",
        )
    RESULT.print(table)


def _cell(text: str) -> str:
    from feature_store.ingestion.visible_text import visible

    return escape(visible(text, most=SHOWN_LETTERS))

"""``sandan readings``: take meter files in and write readings out."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import INFO, RESULT
from cli.moments import moment_of

if TYPE_CHECKING:  # polars and the database library take a second to import
    from feature_store.entities.firm import Firm
    from feature_store.entities.reading_batch import ReadingBatch, Refused
    from feature_store.storage.append_outcome import AppendOutcome

SHOWN_BAD_ROWS = 20
"""A screenful; a file with a systematic fault has it in every row."""

SHOWN_LETTERS = 200
"""More than any reason; a cell of a file that is no table may have no end."""

app = typer.Typer(no_args_is_help=True, help="Take meter files in and write readings out.")


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet file of readings.", metavar="FILE")],
    firm: Annotated[
        str | None,
        typer.Option(
            help="Whose readings they are. Needed if the file does not say.", metavar="ID"
        ),
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option("--format", help="Name of the format. Default: recognised.", metavar="NAME"),
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option(help="CSV file to write every fault to, if there are any.", metavar="FILE"),
    ] = None,
) -> None:
    """Take FILE whole, or, if any row is no reading, not at all; then every such row is named.

    The first faults are shown; --faults writes all of them.
    """
    from feature_store.entities.reading_batch import Refused
    from feature_store.errors import SandanError
    from feature_store.ingestion.faults_file import write_faults
    from feature_store.ingestion.read_file import read_file
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    if faults is not None and faults.resolve() == file.resolve():
        raise SandanError(f"{faults}: is the file to import; name another one for its faults")
    settings = Settings()
    now = settings.now()
    with closing(open_store(settings)) as store:
        known = store.as_of(now)
        if firm is not None:
            known.firm(firm)
        batch = read_file(file, firm_id=firm, now=now, format_name=format_name)
        if isinstance(batch, Refused):
            if faults is not None:
                write_faults(batch, faults)
            print_refusal(batch, faults)
            raise typer.Exit(code=1)
        firms = [known.firm(firm_id) for firm_id in batch.rows["firm_id"].unique().sort()]
        print_outcome(store.append(batch, recorded_at=now))
    print_coverage(batch, firms)


@app.command()
def export(
    firm: Annotated[str, typer.Option(help="Whose readings.", metavar="ID")],
    out: Annotated[Path, typer.Option(help="File to write: .csv or .parquet.", metavar="FILE")],
    as_of: Annotated[
        str | None,
        typer.Option(help="As known at this RFC 3339 time. Default: now.", metavar="TIME"),
    ] = None,
) -> None:
    """Write a firm's readings in the canonical form, which imports again unchanged."""
    from feature_store.ingestion.canonical_export import write_canonical
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    settings = Settings()
    moment = settings.now() if as_of is None else moment_of(as_of)
    with closing(open_store(settings)) as store:
        known = store.as_of(moment)
        known.firm(firm)
        rows = write_canonical(known.history(firm), out, reactive=known.reactive_energy(firm))
    RESULT.print(
        f"{out}: {rows:,} readings of {firm}, as known at {moment.isoformat()}", markup=False
    )


def print_outcome(outcome: AppendOutcome) -> None:
    """Say what became of a file that was good."""
    from feature_store.storage.append_outcome import Appended

    if isinstance(outcome, Appended):
        RESULT.print(
            f"import {outcome.import_id}: {counted(outcome.rows_added, 'row')} added, of which "
            f"{counted(outcome.corrections, 'correction')}; "
            f"{outcome.rows_already_known:,} already known"
        )
    elif outcome.import_id is None:
        RESULT.print(f"nothing new: all {outcome.rows_already_known:,} rows are already known")
    else:
        RESULT.print(f"nothing new: this file was received before, as import {outcome.import_id}")


def print_coverage(batch: ReadingBatch, firms: list[Firm]) -> None:
    """Say which period a file covers and what is missing inside it, firm by firm."""
    from feature_store.time_grid import INTERVAL

    for firm in firms:
        starts = batch.rows.filter(firm_id=firm.firm_id)["period_start"].to_list()
        first, end = starts[0].astimezone(firm.zone), (starts[-1] + INTERVAL).astimezone(firm.zone)
        missing = (end - first) // INTERVAL - len(starts)
        text = f"{firm.firm_id}: {first:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} ({firm.timezone})"
        if not missing:
            RESULT.print(f"{text}, no gaps")
            continue
        gap = next(
            before + INTERVAL for before, after in pairwise(starts) if after - before != INTERVAL
        ).astimezone(firm.zone)
        RESULT.print(
            f"{text}, {counted(missing, 'interval')} missing, the first at {gap:%Y-%m-%d %H:%M}"
        )


def print_refusal(refused: Refused, faults: Path | None) -> None:
    """List the rows at fault, the first of them if there are many; ``faults`` holds them all."""
    from feature_store.ingestion.visible_text import visible

    def cell(text: str) -> str:
        return escape(visible(text, most=SHOWN_LETTERS))

    table = Table("row", "column", "value", "reason", title=cell(refused.source_name))
    for bad in refused.bad_rows[:SHOWN_BAD_ROWS]:
        table.add_row(str(bad.row), cell(bad.column), cell(bad.value), cell(bad.reason))
    RESULT.print(table)
    total, rows = len(refused.bad_rows), len({bad.row for bad in refused.bad_rows})
    shown = f" (the first {SHOWN_BAD_ROWS} above)" if total > SHOWN_BAD_ROWS else ""
    INFO.print(
        f"[bold red]error:[/bold red] {counted(total, 'fault')} in {counted(rows, 'row')}{shown}; "
        "nothing was stored, mend the file and import it again"
    )
    if faults is not None:
        INFO.print(f"every fault is in {faults}", markup=False, soft_wrap=True)
    elif shown:
        INFO.print("add --faults FILE.csv to have every fault written to that file", markup=False)


def counted(number: int, noun: str) -> str:
    """Return ``1 row`` or ``2 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

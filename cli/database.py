"""``sandan db``: the ledger's database itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import INFO, RESULT
from cli.progress import stages

if TYPE_CHECKING:  # the database library takes a second to import
    from feature_store.storage.ledger_store import LedgerStore

app = typer.Typer(
    no_args_is_help=True, help="Upgrade, back up, restore, check and roll up the ledger."
)


@app.command()
def upgrade() -> None:
    """Bring the tables to the shape that this version reads and writes, all or nothing."""
    from feature_store.storage.migrate import newest_revision, upgrade

    with _ledger() as store:
        upgrade(store.engine)
    RESULT.print(f"the ledger is at revision {newest_revision()}")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="File to write; it must not exist.", metavar="FILE")],
) -> None:
    """Write a consistent copy of the whole ledger to FILE while others go on writing."""
    from feature_store.storage.backup import backup

    with _ledger() as store:
        backup(store.engine, file)
    RESULT.print(f"{file}: {file.stat().st_size:,} bytes", markup=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="File that 'db backup' wrote.", metavar="FILE")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of what the database holds.")
    ] = False,
) -> None:
    """Put a backup into the database, all of it or nothing; stop the service first."""
    from feature_store.storage.backup import restore

    with _ledger() as store:
        restore(store.engine, file, replace=replace)
    RESULT.print(f"{file}: restored; look at it with 'sandan db check'", markup=False)


@app.command()
def check() -> None:
    """Look whether the ledger is whole; exits with 1 if it is not. Nothing is changed."""
    from feature_store.storage.check import check_database

    with _ledger() as store:
        found = check_database(store.engine)
    table = Table("table")
    table.add_column("rows", justify="right")
    for name, rows in found.rows_by_table.items():
        table.add_row(name, f"{rows:,}")
    RESULT.print(table)
    for fault in found.faults:
        INFO.print("[bold red]error:[/bold red]", end=" ")
        INFO.print(fault, markup=False, soft_wrap=True)
    if found.faults:
        raise typer.Exit(code=1)
    RESULT.print(f"the ledger is whole, at revision {found.revision}")


@app.command()
def rollup(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Work out every day again, whatever is kept.")
    ] = False,
) -> None:
    """Bring the daily loads that pages show up to date with the readings, firm by firm.

    Pages are right without it, and faster with it; it may run at any time.
    """
    from feature_store.settings import Settings
    from feature_store.storage.daily_loads import DailyLoadStore
    from feature_store.storage.ledger_store import open_store

    with closing(open_store(Settings())) as ledger, stages() as on_progress:
        store = DailyLoadStore(ledger=ledger)
        firm_ids = store.firm_ids()
        days = 0
        for number, firm_id in enumerate(firm_ids, start=1):
            days += store.refresh(firm_id, rebuild=rebuild)
            on_progress("daily loads", number, len(firm_ids))
    RESULT.print(f"daily loads of {len(firm_ids):,} firms: {days:,} days worked out")


@contextmanager
def _ledger() -> Iterator[LedgerStore]:
    """Open the ledger as it is, of whatever shape."""
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import store_as_it_is

    with closing(store_as_it_is(Settings())) as store:
        yield store

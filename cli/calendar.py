"""``sandan firms calendar``: declare closures, shutdowns, shifts, plans and outages from a file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from cli.console import RESULT
from cli.moments import moment_of
from cli.readings import counted, print_faults


def calendar(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV or YAML file: firm_id,kind,from,to,hours,output,note.", metavar="FILE"
        ),
    ],
    firm: Annotated[
        str | None,
        typer.Option(help="Whose calendar. Needed if the file does not say.", metavar="ID"),
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option(help="Since when it is known, RFC 3339. Default: now.", metavar="TIME"),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take back what these firms declared before.")
    ] = False,
) -> None:
    """Declare the closures, summer shutdowns, shifts, production plans and outages of FILE.

    All of them or, if any row is wrong, none; then every such row is named.
    """
    from feature_store.calendar.work_periods import with_periods
    from feature_store.entities.reading_batch import Refused
    from feature_store.ingestion.calendar_file import read_calendar
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    settings = Settings()
    moment = settings.now() if known_at is None else moment_of(known_at)
    with closing(open_store(settings)) as store:
        known = {one.firm_id: one for one in store.as_of(moment).firms()}
        declared = read_calendar(file, known_firms=known.keys(), firm_id=firm)
        if isinstance(declared, Refused):
            print_faults(declared.source_name, declared.bad_rows, None, stored=False)
            raise typer.Exit(code=1)
        for firm_id, periods in declared.by_firm.items():
            changed = with_periods(known[firm_id], periods, replacing=replace)
            outcome = store.declare(changed, known_at=moment)
            in_all = counted(len(changed.work_calendar), "period")
            RESULT.print(f"{firm_id}: {outcome}, {in_all} declared", markup=False)

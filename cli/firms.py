"""``sandan firms``: declare firms and look at what is declared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.calendar import calendar
from cli.console import RESULT
from cli.moments import moment_of

if TYPE_CHECKING:  # the database library takes a second to import
    from feature_store.entities.firm import Firm
    from feature_store.storage.ledger_knowledge import LedgerKnowledge
    from feature_store.storage.ledger_store import LedgerStore

AsOf = Annotated[
    str | None, typer.Option(help="As known at this RFC 3339 time. Default: now.", metavar="TIME")
]
On = Annotated[
    str | None,
    typer.Option(help="As declared for this RFC 3339 time. Default: as --as-of.", metavar="TIME"),
]

app = typer.Typer(no_args_is_help=True, help="Declare firms and look at what is declared.")
app.command()(calendar)


@app.command()
def declare(
    file: Annotated[
        Path, typer.Argument(help="YAML or JSON file with a list of firms.", metavar="FILE")
    ],
    known_at: Annotated[
        str | None,
        typer.Option(help="Since when it is known, RFC 3339. Default: now.", metavar="TIME"),
    ] = None,
) -> None:
    """Declare the firms of FILE, or change what was declared; earlier versions are kept.

    An entry with valid_from or valid_to changes what holds in that time alone.
    """
    from feature_store.calendar.work_periods import keeping_calendar
    from feature_store.entities.replay_choices import keeping_choices
    from feature_store.ingestion.firms_file import read_firms_file

    declarations = read_firms_file(file).declarations
    with _ledger() as (store, now):
        moment = now if known_at is None else moment_of(known_at)
        known = {firm.firm_id: firm for firm in store.as_of(moment).firms()}
        for one in declarations:
            before = known.get(one.firm.firm_id)
            firm = keeping_choices(keeping_calendar(one.firm, before), before)
            declared = store.declare(
                firm, known_at=moment, valid_from=one.valid_from, valid_to=one.valid_to
            )
            RESULT.print(f"{firm.firm_id}: {declared}", markup=False)


@app.command(name="list")
def list_firms(as_of: AsOf = None, on: On = None) -> None:
    """List the firms that are declared."""
    with _ledger() as (store, now):
        firms = _known(store, now, as_of).firms(None if on is None else moment_of(on))
    if not firms:
        RESULT.print("No firm is declared yet; declare some with 'sandan firms declare FILE.yaml'.")
        return
    table = Table("id", "이름", "name", "tariff")
    table.add_column("contract kW", justify="right")
    table.add_column("equipment", justify="right")
    for firm in firms:
        table.add_row(
            firm.firm_id,
            firm.name_ko,
            firm.name_en,
            _tariff(firm),
            f"{firm.contract.power_kw:g}",
            str(len(firm.equipment)),
        )
    RESULT.print(table)


@app.command()
def show(
    firm_id: Annotated[str, typer.Argument(help="Id of a firm.", metavar="ID")],
    as_of: AsOf = None,
    on: On = None,
) -> None:
    """Print one firm as YAML, in the form that can be declared again."""
    import yaml

    with _ledger() as (store, now):
        firm = _known(store, now, as_of).firm(firm_id, None if on is None else moment_of(on))
    document = {"firms": [firm.model_dump(mode="json")]}
    typer.echo(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), nl=False)


@contextmanager
def _ledger() -> Iterator[tuple[LedgerStore, datetime]]:
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store

    settings = Settings()
    with closing(open_store(settings)) as store:
        yield store, settings.now()


def _known(store: LedgerStore, now: datetime, as_of: str | None) -> LedgerKnowledge:
    return store.as_of(now if as_of is None else moment_of(as_of))


def _tariff(firm: Firm) -> str:
    contract = firm.contract
    return f"{contract.tariff_class} {contract.voltage} {contract.option}"

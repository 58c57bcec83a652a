"""``sandan bill``: a firm's bill of a month, line by line, and worked bills computed again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.console import INFO, RESULT
from cli.moments import day_of, moment_of
from feature_store.errors import SandanError

if TYPE_CHECKING:  # the tariff formulas bring a modelling library that takes seconds to import
    from models.tariffs.bill.statement import Bill, PastMonths
    from models.tariffs.bill.verification import Verification
    from models.tariffs.bill.what_if import WhatIf
    from models.tariffs.billing_month import BillingMonth
    from models.tariffs.switches import Switches

_ORIGIN = {
    "this_month": "당월 최대수요 (peak of this month)",
    "earlier_month": "직전 12개월 최대수요 (ratchet: peak of an earlier month)",
    "floor": "계약전력 30 % (floor: 30 % of the contract power)",
    "contract_power": "계약전력 (contract power: no demand meter)",
}

app = typer.Typer(
    invoke_without_command=True, help="Bill a firm's month, or compute worked bills again."
)


@app.callback()
def bill(  # noqa: PLR0913, PLR0917  typer reads each option from a parameter
    context: typer.Context,
    firm: Annotated[str | None, typer.Option(help="Whose bill.", metavar="ID")] = None,
    month: Annotated[
        str | None, typer.Option(help="Billing month, named by its last day.", metavar="YYYY-MM")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="As known at this RFC 3339 time. Default: now.", metavar="TIME"),
    ] = None,
    tariff_class: Annotated[
        str | None,
        typer.Option("--class", help="What if: under this tariff class.", metavar="CLASS"),
    ] = None,
    voltage: Annotated[
        str | None, typer.Option(help="What if: at this voltage.", metavar="VOLTAGE")
    ] = None,
    option: Annotated[
        str | None, typer.Option(help="What if: under this option.", metavar="I|II|III")
    ] = None,
    contract_power: Annotated[
        float | None, typer.Option(help="What if: with this contract power.", metavar="KW")
    ] = None,
    tariff_date: Annotated[
        str | None,
        typer.Option(help="What if: by the tables in force on this day.", metavar="YYYY-MM-DD"),
    ] = None,
    peak: Annotated[
        list[str] | None,
        typer.Option(
            help="Peak that KEPCO's statement printed, instead of the readings'; may be repeated.",
            metavar="YYYY-MM=KW",
        ),
    ] = None,
    switch: Annotated[
        list[str] | None,
        typer.Option(help="Read an uncertain rule so; may be repeated.", metavar="NAME=VALUE"),
    ] = None,
) -> None:
    """Bill a firm's month as KEPCO prints it, to the won; declared terms can be changed."""
    if context.invoked_subcommand is not None:
        return
    if firm is None or month is None:
        raise SandanError(
            "no firm or no month is named; write 'sandan bill --firm ID --month YYYY-MM', "
            "or 'sandan bill verify FILE'"
        )
    from models.tariffs.bill.document import bill_document
    from models.tariffs.bill.statement import told_peaks
    from models.tariffs.bill.what_if import WhatIf
    from models.tariffs.billing_month import BillingMonth
    from models.tariffs.switches import switched

    what_if = WhatIf(
        tariff_class=tariff_class,
        voltage=voltage,
        option=option,
        power_kw=contract_power,
        tariff_date=None if tariff_date is None else day_of(tariff_date),
    )
    asked = _Asked(
        month=BillingMonth.parse(month),
        what_if=what_if,
        past=told_peaks(peak or ()),
        switches=switched(switch or ()),
    )
    made = _bill(firm, asked, as_of)
    if as_json:
        typer.echo(bill_document(made).model_dump_json(indent=1))
    else:
        _print(firm, made)


@app.command()
def verify(
    file: Annotated[
        Path, typer.Argument(help="YAML or JSON file of worked bills.", metavar="FILE")
    ],
) -> None:
    """Compute every bill of FILE again; each line that differs is printed, then it exits with 1."""
    from models.tariffs.bill.bill_cases import read_bill_cases
    from models.tariffs.bill.verification import verify as verified

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise SandanError(
            f"{file} cannot be read ({unreadable}); name a UTF-8 file of worked bills"
        ) from unreadable
    checked = verified(read_bill_cases(text, what=file.name))
    _print_verification(file, checked)
    if checked.differing:
        raise typer.Exit(code=1)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What is billed, and how."""

    month: BillingMonth
    what_if: WhatIf
    past: PastMonths
    switches: Switches


def _bill(firm_id: str, asked: _Asked, as_of: str | None) -> Bill:
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store
    from models.diagnosis.known_firm import KnownFirm

    settings = Settings()
    moment = None if as_of is None else moment_of(as_of)
    with closing(open_store(settings)) as store:
        firm = KnownFirm.at(store, firm_id, as_of=moment, now=settings.now())
        return firm.bill(
            asked.month, what_if=asked.what_if, past=asked.past, switches=asked.switches
        )


def _print(firm_id: str, made: Bill) -> None:
    contract = made.contract
    table = Table(
        "항목",
        "line",
        title=f"{firm_id} {made.month} ({made.first_day} ~ {made.last_day})",
        caption=f"{contract.tariff_class} {contract.voltage} {contract.option}, "
        f"계약전력 (contract power) {contract.power_kw:g} kW",
    )
    for heading in ("quantity", "won per unit", "won"):
        table.add_column(heading, justify="right")
    for line in made.lines:
        quantity = "" if line.quantity is None else f"{line.quantity:,} {line.unit}"
        rate = "" if line.rate is None else f"{line.rate:,}"
        table.add_row(line.name.ko, line.name.en, quantity, rate, f"{line.amount_krw:,}")
    RESULT.print(table)
    demand = made.demand
    whose = "" if demand.month is None else f", {demand.month}"
    RESULT.print(
        f"요금적용전력 (billed demand): {demand.kw} kW, {_ORIGIN[demand.origin]}{whose}",
        markup=False,
    )
    if demand.unknown:
        months = ", ".join(map(str, demand.unknown))
        RESULT.print(f"  최대수요 미확인 월 (peak not known of): {months}", markup=False)
    if demand.partly_read:
        months = ", ".join(map(str, demand.partly_read))
        RESULT.print(f"  일부 검침 누락 월 (counted hours partly unread): {months}", markup=False)
    _print_missing(made)
    for choice in made.switches.choices():
        RESULT.print(f"해석 (switch) {choice.name} = {choice.value}: {choice.why}", markup=False)
    for figure in made.less_certain:
        RESULT.print(f"확인 필요 (less certain): {figure}", markup=False)


def _print_missing(made: Bill) -> None:
    missing = made.missing
    if not missing.count:
        return
    RESULT.print(
        f"누락 검침 (missing readings): {missing.count} of {missing.of}, filled with "
        f"{missing.filled_kwh:,.1f} kWh: {missing.rule}",
        markup=False,
    )
    for gap in missing.gaps:
        RESULT.print(
            f"  {gap.start:%Y-%m-%d %H:%M} ~ {gap.end:%Y-%m-%d %H:%M}: {gap.filled_kwh:,.1f} kWh"
        )


def _print_verification(file: Path, checked: Verification) -> None:
    differing = checked.differing
    if differing:
        table = Table("case", "line", title=escape(str(file)))
        for heading in ("expected", "computed"):
            table.add_column(heading, justify="right")
        for line in differing:
            computed = "cannot be computed" if line.computed is None else str(line.computed)
            table.add_row(*map(escape, (line.case, line.line, str(line.expected), computed)))
        RESULT.print(table)
    if checked.not_checked:
        INFO.print(
            f"not checked, round figures only: {', '.join(checked.not_checked)}", markup=False
        )
    RESULT.print(
        f"{checked.cases} cases, {len(checked.lines)} lines, {len(differing)} differ", markup=False
    )

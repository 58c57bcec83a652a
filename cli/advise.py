"""``sandan advise``: the contract that would have been cheapest for a firm's last year."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import RESULT
from cli.moments import day_of, moment_of

if TYPE_CHECKING:  # the tables and polars take a second to import
    from feature_store.entities.firm import Contract
    from models.diagnosis.contract_advice import Advice, Alternative
    from models.diagnosis.power_factor_advice import PowerFactorAdvice


_REACTIVE = {"lagging": "지상역률 (lagging)", "leading": "진상역률 (leading)"}


def advise(
    firm: Annotated[str, typer.Option(help="Whose contract.", metavar="ID")],
    last_change: Annotated[
        str | None,
        typer.Option(help="Day on which the option was last changed, YYYY-MM-DD.", metavar="DATE"),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="As known at this RFC 3339 time. Default: now.", metavar="TIME"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Bill a firm's last year under every contract it could have, and say what would save."""
    from feature_store.settings import Settings
    from feature_store.storage.ledger_store import open_store
    from models.diagnosis.document import advice_document
    from models.diagnosis.known_firm import KnownFirm

    settings = Settings()
    moment = None if as_of is None else moment_of(as_of)
    changed_on = None if last_change is None else day_of(last_change)
    with closing(open_store(settings)) as store:
        known = KnownFirm.at(store, firm, as_of=moment, now=settings.now())
        advice = known.advice(changed_on)
    if as_json:
        typer.echo(advice_document(firm, advice).model_dump_json(indent=2, by_alias=True))
    else:
        print_advice(firm, advice)


def print_advice(firm_id: str, advice: Advice) -> None:
    """Print the alternatives as a table, and what has to be known beside it."""
    first, last = advice.months[0], advice.months[-1]
    RESULT.print(
        f"{firm_id}: {first} ~ {last} ({len(advice.months)}개월 months), "
        f"요금표 tables of {advice.day}; won with VAT and fund"
    )
    table = Table("구분", "what", "계약 contract")
    table.add_column("요금 bills, won", justify="right")
    table.add_column("절감 saved, won", justify="right")
    rows = [("현재", "today", [advice.current])]
    rows += [("선택요금", "option", _others(advice.options))]
    rows += [("종별", "class", list(advice.classes))]
    rows += [("계약전력", "contract power", _others(advice.powers))]
    rows += [("최적", "best", [advice.best])]
    for ko, en, alternatives in rows:
        for one in alternatives:
            name = _name(one.contract)
            table.add_row(ko, en, name, f"{one.year_krw:,}", f"{one.saved_krw:+,}")
    RESULT.print(table)
    for line in _remarks(advice):
        RESULT.print(line, markup=False)


def _remarks(advice: Advice) -> list[str]:
    remarks = []
    if not advice.best.changes:
        remarks.append("현재 계약이 가장 쌉니다. Today's contract is the cheapest.")
    if not advice.option_rule.free:
        remarks.append(
            f"선택요금은 {advice.option_rule.free_from}부터 바꿀 수 있습니다 (제67조⑦). The option "
            f"may be changed from {advice.option_rule.free_from} on, a year after the last change."
        )
    remarks.append(
        f"최대수요 largest demand {advice.largest_kw:,} kW; a contract power below it is charged "
        "for the excess."
    )
    remarks += [f"{closed.tariff_class}: {closed.reason}." for closed in advice.closed]
    if advice.unknown_peaks:
        months = ", ".join(map(str, advice.unknown_peaks))
        remarks.append(f"Peaks of {months} are not known; real bills may be higher.")
    if advice.filled_readings:
        remarks.append(f"{advice.filled_readings:,} missing readings were filled.")
    return remarks + _factor_remarks(advice.power_factor)


def _factor_remarks(advice: PowerFactorAdvice | None) -> list[str]:
    if advice is None:
        return ["역률 power factor: not metered (no kvarh); import lagging_kvarh, leading_kvarh."]
    kind = "surcharge" if advice.charged_krw > 0 else "bonus"
    return [
        f"역률요금 power factor: {kind} of {abs(advice.charged_krw):,} won, before VAT.",
        *(
            f"  {_REACTIVE[target.kind]} {target.percent} %: {target.saved_krw:+,} won, "
            f"{target.compensation_kvar:,.0f} kvar to compensate."
            for target in advice.targets
        ),
    ]


def _others(alternatives: tuple[Alternative, ...]) -> list[Alternative]:
    return [one for one in alternatives if one.changes]


def _name(contract: Contract) -> str:
    return (
        f"{contract.tariff_class} {contract.voltage} {contract.option}, {contract.power_kw:,g} kW"
    )

"""Whose readings a file with customer and meter numbers holds: said by the caller, never guessed.

A file of one meter is taken for the firm that the caller names. One of several is refused, and
the numbers in it told, unless the caller says which to take and for whom, or the firm has declared
several meters: then each row is of the one whose number it tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from feature_store.entities.meter import Meter
from feature_store.entities.meter_numbers import MeterNumbers, plain_number
from feature_store.entities.reading_batch import MOST_FAULTS_TOLD, BadRow
from feature_store.entities.told_meters import ToldMeters, numbered
from feature_store.ingestion.read_request import MeterForFirm, ReadRequest
from feature_store.ingestion.row_check import and_more
from feature_store.ingestion.text_table import RAGGED_REASON, ROW, text
from feature_store.time_grid import INTERVAL

SOURCE = "source"
"""Column that tells the meter a row is of, as :attr:`MeterNumbers.told`."""

_TOLD = 8
"""Numbers listed in a refusal; whoever holds more knows them from a list of their own."""


def meters_in(table: pl.DataFrame) -> tuple[MeterNumbers, ...]:
    """Every meter of a table with the text columns ``customer`` and ``meter``."""
    pairs = table.select(customer=text("customer"), meter=text("meter")).unique()
    return tuple(
        MeterNumbers(customer=customer, meter=meter)
        for customer, meter in pairs.sort("customer", "meter").iter_rows()
    )


def firms_of(
    meters: Iterable[MeterNumbers], request: ReadRequest
) -> dict[MeterNumbers, str] | BadRow:
    """Return the firm of every meter that is to be taken, or why that is not clear."""
    found = tuple(meters)
    chosen = _chosen(found, request)
    if isinstance(chosen, BadRow):
        return chosen
    firms = {}
    for meter, firm_id in chosen.items():
        if firm_id is None:
            return _unclear("firm_id", "", "is not in this format; name the firm with --firm")
        declared = _customer_numbers(request.declared_meters.get(firm_id, ()))
        known = {plain_number(number) for number in declared}
        one_meter = not _declares_several(firm_id, request)  # else see `declared_ids`
        if one_meter and known and meter.customer and plain_number(meter.customer) not in known:
            return _unclear(
                "고객번호",
                meter.customer,
                f"is not a customer number of {firm_id} ({', '.join(sorted(declared))}); "
                "this is another firm's file, or declare the number for the firm",
            )
        firms[meter] = firm_id
    return firms


def declared_ids(
    firms: Mapping[MeterNumbers, str], request: ReadRequest
) -> dict[MeterNumbers, str] | BadRow:
    """Return which meter each meter of the file is, where its firm has declared several.

    The number on its face decides, else the customer number if only one meter has it.
    """
    ids = {}
    for meter, firm_id in firms.items():
        declared = request.declared_meters.get(firm_id, ())
        if not _declares_several(firm_id, request):  # its rows can be of no other
            continue
        fitting = [one for one in declared if meter.is_known_by(one.meter_id)] or [
            one for one in declared if one.customer_number and meter.has(one.customer_number)
        ]
        if len(fitting) != 1:
            told = ", ".join(one.meter_id for one in declared[:_TOLD])
            which = "could be several" if fitting else "is none"
            return _unclear(
                "계기번호",
                meter.told,
                f"{which} of the meters of {firm_id} ({told}); declare the number on its face as "
                "meter_id, or a customer_number that no other meter of the firm has",
            )
        ids[meter] = fitting[0].meter_id
    return ids


def told_meters(
    firms: Mapping[MeterNumbers, str], ids: Mapping[MeterNumbers, str], source_name: str
) -> dict[str, ToldMeters]:
    """Return by firm the numbers of its meters in the file, where no declaration knows them."""
    by_firm: dict[str, list[MeterNumbers]] = {}
    for meter, firm_id in firms.items():
        if meter not in ids:
            by_firm.setdefault(firm_id, []).append(meter)
    told = {firm_id: numbered(meters, source_name) for firm_id, meters in by_firm.items()}
    return {firm_id: meters for firm_id, meters in told.items() if meters is not None}


def _declares_several(firm_id: str | None, request: ReadRequest) -> bool:
    return firm_id is not None and len(request.declared_meters.get(firm_id, ())) > 1


def _customer_numbers(meters: Iterable[Meter]) -> frozenset[str]:
    return frozenset(meter.customer_number for meter in meters if meter.customer_number)


def _chosen(
    found: tuple[MeterNumbers, ...], request: ReadRequest
) -> dict[MeterNumbers, str | None] | BadRow:
    numbers = ", ".join(meter.told or "one without a number" for meter in found[:_TOLD])
    numbers += ", …" if len(found) > _TOLD else ""
    if not request.meters:
        if len(found) == 1 or _declares_several(request.firm_id, request):
            return dict.fromkeys(found, request.firm_id)
        return _unclear(
            "계기번호",
            numbers,
            f"are {len(found)} meters in one file; name those to take, each with "
            "--meter NUMBER (for --firm, several are summed) or --meter NUMBER=FIRM",
        )
    chosen: dict[MeterNumbers, str | None] = {}
    for wanted in request.meters:
        fitting = [meter for meter in found if meter.has(wanted.number)]
        if not fitting:
            return _unclear("", wanted.number, f"is in no row of this file; it holds {numbers}")
        for meter in fitting:
            if meter in chosen:
                return _named_twice(meter, wanted)
            chosen[meter] = wanted.firm_id or request.firm_id
    return chosen


def _named_twice(meter: MeterNumbers, wanted: MeterForFirm) -> BadRow:
    reason = f"is named by two --meter, of which one is {wanted.number}; name each meter once"
    return _unclear("", meter.told, reason)


def of_chosen_meters(
    table: pl.DataFrame, firms: Mapping[MeterNumbers, str], ids: Mapping[MeterNumbers, str]
) -> pl.DataFrame:
    """Return the rows of the meters in ``firms``, with ``firm_id``, ``meter_id`` and ``source``.

    ``meter_id`` is null where ``ids`` has none; ``summands`` is how many meters of the file are to
    be summed with the row's own. A row whose cells do not fit the columns stays: whose it is cannot
    be known, so it is told.
    """
    mapping = pl.DataFrame(
        [
            (meter.customer, meter.meter, firm_id, ids.get(meter), meter.told)
            for meter, firm_id in firms.items()
        ],
        schema=dict.fromkeys(("customer", "meter", "firm_id", "meter_id", SOURCE), pl.String),
        orient="row",
    ).with_columns(summands=pl.len().over("firm_id", "meter_id"))
    keyed = table.with_columns(customer=text("customer"), meter=text("meter"))
    joined = keyed.join(
        mapping, on=["customer", "meter"], how="left", nulls_equal=True, maintain_order="left"
    )
    return joined.filter(pl.col("firm_id").is_not_null() | pl.col(RAGGED_REASON).is_not_null())


def summed(rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[BadRow, ...]]:
    """Return the sum of the file's meters that are one to us, and what not all of them tell.

    Meters of the file are one to us where they are of one firm and, if it declared several, of one
    of these. A sum without one of them would be a reading that is too low.
    """
    if not rows.height or rows["summands"].max() == 1:
        return rows, ()
    kvarh = [
        pl.when(pl.col(name).is_not_null().all()).then(pl.col(name).sum()).alias(name)
        for name in ("lagging_kvarh", "leading_kvarh")
    ]
    sums = rows.group_by("firm_id", "meter_id", "period_start", maintain_order=True).agg(
        pl.col("kwh").sum(),
        pl.col("known_at").max(),
        *kvarh,
        pl.len(),
        pl.col("summands").first(),
        pl.col(SOURCE),
        pl.col(ROW).min(),
        *([pl.col("quality").drop_nulls().first()] if "quality" in rows.columns else []),
    )
    partial = sums.filter(pl.col("len") < pl.col("summands")).sort(ROW)
    told, untold = partial.head(MOST_FAULTS_TOLD), partial.slice(MOST_FAULTS_TOLD)
    faults = tuple(
        BadRow(
            row=row,
            column="계기번호",
            value=", ".join(numbers),
            reason=f"of {total} meters to be summed, the others tell nothing for the interval "
            f"from {start.isoformat()} to {(start + INTERVAL).isoformat()}; export all of them "
            "for the same period",
        )
        for row, numbers, total, start in told.select(
            ROW, SOURCE, "summands", "period_start"
        ).iter_rows()
    )
    if untold.height:
        faults += (and_more(untold[ROW][0], faults=untold.height, rows=untold.height - 1),)
    return sums.filter(pl.col("len") == pl.col("summands")), faults


def _unclear(column: str, value: str, reason: str) -> BadRow:
    return BadRow(row=0, column=column, value=value, reason=reason)

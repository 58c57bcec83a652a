"""What of a compiled problem is a limit, and whose: told from the names of its variables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.optimizer.linear_program import LinearProgram, Positions

SITE = "site"
"""Owner of the variables that are no equipment's."""
JOINED = " & "
"""Between the jobs that a relation is about, in the names of its variables."""
WORDS = {
    "charge_kw": "charging power",
    "discharge_kw": "discharging power",
    "soc_kwh": "window of the state of charge",
    "initial_soc_kwh": "state of charge at the start",
    "reserve_kwh": "reserve",
    "start_on": "runs within their windows",
    "reduction_kw": "largest reduction",
    "announced_kw": "reductions announced in time",
    "again_kw": "what earlier reductions draw again",
    "drawn_again_kw": "what earlier reductions draw again",
    "so_far_on": "longest reduction",
    "past_on": "run under way at the start",
    "curtailed_kw": "expected generation",
    "draw_kw": "hours and largest draw",
    "fed_kw": "largest output",
    "level_on": "hours in which it may run",
    "remaining_kwh": "energy still to be drawn",
    "starts_left": "starts in a day",
    "starts_done": "starts in a day",
    "export_kw": "largest power fed back into the grid",
    "exclusive_on": "never at the same time",
    "crew_on": "no more at the same time than the crew can serve",
    "order_on": "one only after the other is over",
}
"""What operators call a quantity; others are called by their name in the declaration."""
SUMS = {
    "level_on": "work of a day",
    "draw_kw": "energy asked for",
    "discharge_kw": "energy discharged in a day",
    "reduction_kw": "energy given up in a day",
    "started_on": "starts in a day",
    "reduced_on": "longest reduction",
}
"""What operators call a limit on the sum of one quantity."""
TIMES = {
    "started_on": "least time on",
    "stopped_on": "least time off",
    "held_on": "run under way at the start",
    "barred_on": "pause under way at the start",
}
"""What operators call a limit that ties such a decision to running."""
PAIRS = {
    frozenset({"running_on", "fed_kw"}): "least and largest output",
    frozenset({"reduced_on", "reduction_kw"}): "least and largest reduction",
}
"""What operators call a limit on two quantities of one piece of equipment."""
WRITTEN_DOWN = frozenset({"begun_on", "over_on"})
"""What only follows from when a job runs: rows on it define it and are no limit."""
NO_EXPORT = "no power is fed back into the grid"
CONTRACT_POWER = "the contract power"
END_STATE = "state of charge at the end"
_UNITS = ("_kwh", "_kw", "_krw", "_share", "_celsius")


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One kind of limit of one piece of equipment, or of several together."""

    equipment: tuple[str, ...]
    """Empty for a limit of the site."""
    what: str

    @property
    def text(self) -> str:
        """The limit as operators say it."""
        return f"{' and '.join(self.equipment) or 'the site'}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class LimitRows:
    """Where one limit stands in a program."""

    limit: Limit
    rows: Positions
    """Rows that are kept as rows."""
    bounding_rows: Positions
    """Places in :class:`models.optimizer.linear_program.BoundingRows`."""
    declared_columns: Positions
    """Columns whose bounds are declared with the variable."""


def limits_of(linear: LinearProgram) -> tuple[LimitRows, ...]:
    """Return the limits in the order in which one would rather do without them.

    What is asked of the end comes first: it says less than the state at the start, from which it
    follows. Then come the limits of single columns, then the others.

    A limit is what bounds quantities of the problem itself, or asks a single one of them to have a
    value. What links quantities (a state of charge and a power, a draw and its parts) defines them
    and is no limit, nor is what only serves to write down a cost.
    """
    owner = _owners(linear)
    found = [*_declared_bounds(linear), *_bounding(linear, owner), *_rows(linear, owner)]
    return tuple(sorted(found, key=lambda one: one.limit.what != END_STATE))


def _owners(linear: LinearProgram) -> npt.NDArray[np.intp]:
    """Which of the problem's variables each column belongs to, -1 for none, shape (columns,)."""
    owner = np.full(linear.columns, -1)
    for number, (variable, first) in enumerate(linear.variables):
        owner[first : first + variable.size] = number
    return owner


def _declared_bounds(linear: LinearProgram) -> list[LimitRows]:
    """Bounds that variables are declared with; a yes or no is no limit."""
    found = []
    for variable, first in linear.variables:
        columns = np.arange(first, first + variable.size, dtype=np.int32)
        if not np.isin(columns, linear.integer).any():
            found.append(
                LimitRows(
                    limit=_limit((variable.name(),)),
                    rows=_none(),
                    bounding_rows=_none(),
                    declared_columns=columns,
                )
            )
    return found


def _bounding(linear: LinearProgram, owner: npt.NDArray[np.intp]) -> list[LimitRows]:
    """Rows that bound single columns, one limit a constraint."""
    rows = linear.bounding
    block = linear.block_of(rows.row)
    found = []
    for one in np.unique(block):
        at = np.flatnonzero((block == one) & (owner[rows.column] >= 0))
        if at.size == 0:
            continue
        names = _names(linear, owner[rows.column[at]])
        states = linear.parameter_names(rows.right_of, at)
        is_equality, is_upper = bool(rows.is_equality[at[0]]), bool(rows.coefficient[at[0]] > 0)
        limit = _limit(names)
        if names[0].partition(".")[0] == SITE:
            limit = Limit(equipment=(), what=CONTRACT_POWER if is_upper else NO_EXPORT)
        elif not is_equality and any(
            state.rpartition(".")[2].startswith(("initial_", "final_")) for state in states
        ):
            limit = Limit(equipment=limit.equipment, what=END_STATE)
        elif states:
            limit = _limit(states)
        found.append(
            LimitRows(
                limit=limit,
                rows=_none(),
                bounding_rows=at.astype(np.int32),
                declared_columns=_none(),
            )
        )
    return found


def _rows(linear: LinearProgram, owner: npt.NDArray[np.intp]) -> list[LimitRows]:
    """Rows over several columns, one limit a constraint."""
    column = np.repeat(np.arange(linear.columns), np.diff(linear.matrix_starts))
    row_block = linear.block_of(linear.kept_row)
    entry_block = row_block[linear.matrix_rows]
    found = []
    for one in np.unique(row_block):
        owners = np.unique(owner[column[entry_block == one]])
        rows = np.flatnonzero(row_block == one).astype(np.int32)
        is_definition = linear.is_equality[rows[0]] and owners.size > 1
        if owners.size == 0 or owners[0] < 0 or is_definition:
            continue
        names = _names(linear, owners)
        if _is_written_down(names):
            continue
        found.append(
            LimitRows(
                limit=_limit_of_rows(names, is_single=rows.size == 1),
                rows=rows,
                bounding_rows=_none(),
                declared_columns=_none(),
            )
        )
    return found


def _names(linear: LinearProgram, owners: npt.NDArray[np.intp]) -> tuple[str, ...]:
    return tuple(linear.variables[number][0].name() for number in np.unique(owners))


def _is_written_down(names: tuple[str, ...]) -> bool:
    """Whether rows on these quantities only write down what follows from others."""
    quantities = {name.rpartition(".")[2] for name in names}
    of_the_site = all(name.rpartition(".")[0] == SITE for name in names)
    return bool(quantities & WRITTEN_DOWN) or (of_the_site and "export_kw" in quantities)


def _limit(names: tuple[str, ...]) -> Limit:
    """Return the limit on quantities called ``equipment.quantity``."""
    parted = [name.rpartition(".") for name in names]
    return Limit(
        equipment=_equipment(names),
        what=" and ".join(dict.fromkeys(_word(quantity) for _, _, quantity in parted)),
    )


def _limit_of_rows(names: tuple[str, ...], *, is_single: bool) -> Limit:
    """Return the limit that rows on these quantities are; ``is_single`` if it is one row."""
    quantities = frozenset(name.rpartition(".")[2] for name in names)
    what = PAIRS.get(quantities)
    if len(quantities) > 1:
        what = next((TIMES[one] for one in TIMES if one in quantities), what)
    elif is_single or quantities != {"level_on"}:  # of a job with levels: one sum, or each step
        what = SUMS.get(min(quantities), what)
    if what is None:
        return _limit(names)
    return Limit(equipment=_equipment(names), what=what)


def _equipment(names: tuple[str, ...]) -> tuple[str, ...]:
    owners = [name.rpartition(".")[0] for name in names]
    each = [one for owner in owners for one in owner.split(JOINED)]
    return tuple(dict.fromkeys(one for one in each if one not in {SITE, ""}))


def _word(quantity: str) -> str:
    if quantity in WORDS:
        return WORDS[quantity]
    for unit in _UNITS:
        quantity = quantity.removesuffix(unit)
    return quantity.replace("_", " ")


def _none() -> Positions:
    return np.zeros(0, dtype=np.int32)

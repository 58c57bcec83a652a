"""What the caller knows about a file that the file itself may not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from feature_store.entities.known_meters import KnownMeters
from feature_store.entities.meter import Meter
from feature_store.entities.meter_numbers import plain_number
from feature_store.errors import SandanError

Unit = Literal["kWh", "kW"]

Labels = Literal["start", "end"]
"""What the label of an interval is."""

KnownAt = Literal["measured", "import"]
"""Since when a row is taken as known: the end of its interval, or the moment of the import."""


@dataclass(frozen=True, kw_only=True)
class MeterForFirm:
    """A meter or customer number of the file, and whose readings it gives."""

    number: str
    firm_id: str | None
    """None: those of the firm that the whole file is named for."""


@dataclass(frozen=True, kw_only=True)
class ReadRequest:
    """How to take a file."""

    now: datetime
    """Nothing measured can lie later than this; timezone-aware."""
    firm_id: str | None = None
    """Whose readings they are, if the file does not say."""
    meters: tuple[MeterForFirm, ...] = ()
    """Which numbers to take, each once. Empty: the file may hold only one meter. Several of one
    firm are summed."""
    unit: Unit | None = None
    """Of values whose header tells none."""
    declared_meters: Mapping[str, tuple[Meter, ...]] = field(default_factory=dict)
    """By firm, the meters that it has declared; of any other firm, any number is taken."""
    labels: Labels | None = None
    """Which side of its interval a label is, where the file leaves that open."""
    known_at: KnownAt = "measured"
    """Since when rows are known of which the file does not tell it. A history that is brought in
    is as a meter gave it, at once; of files that come regularly, the lateness is part of the
    truth."""
    same_meter: bool = False
    """Whether the file is of the meter that the firm has, though it names another number."""
    known_meters: KnownMeters | None = None
    """What rows are held against; None: any firm and meter is taken."""

    @property
    def firms_named(self) -> frozenset[str]:
        """The firms that the caller names."""
        named = {self.firm_id, *(meter.firm_id for meter in self.meters)}
        return frozenset(firm_id for firm_id in named if firm_id is not None)

    @property
    def selection(self) -> str:
        """What was chosen from the file, as one text; empty if all of it was taken as it is."""
        chosen = sorted(f"{meter.number}={meter.firm_id or ''}" for meter in self.meters)
        asked = [
            self.unit or "",
            f"labels={self.labels}" if self.labels else "",
            "known=import" if self.known_at == "import" else "",
            "same-meter" if self.same_meter else "",
        ]
        return ";".join([*chosen, *filter(None, asked)])


def read_request(  # noqa: PLR0913  one parameter an option
    *,
    now: datetime,
    firm_id: str | None,
    meters: list[str],
    unit: str | None,
    labels: str | None = None,
    known_at: str | None = None,
    same_meter: bool = False,
) -> ReadRequest:
    """Return what the options of a command, or of a query, ask for as they are written."""
    if firm_id is not None and any("=" in each for each in meters):
        raise SandanError("--firm and --meter NUMBER=FIRM both name a firm; use one of the two")
    return ReadRequest(
        now=now,
        firm_id=firm_id,
        meters=meters_of(meters),
        unit=None if unit is None else unit_of(unit),
        labels=None if labels is None else labels_of(labels),
        known_at="measured" if known_at is None else known_at_of(known_at),
        same_meter=same_meter,
    )


def meters_of(written: list[str]) -> tuple[MeterForFirm, ...]:
    """Parse ``NUMBER`` or ``NUMBER=FIRM`` as the command line takes them.

    Example:
        >>> meters_of(["0612345678=bakery"])[0].firm_id
        'bakery'
    """
    found = []
    for each in written:
        number, _, firm_id = each.partition("=")
        if not plain_number(number):
            raise SandanError(f"--meter {each}: has no number; write NUMBER or NUMBER=FIRM")
        found.append(MeterForFirm(number=number.strip(), firm_id=firm_id.strip() or None))
    numbers = [plain_number(meter.number) for meter in found]
    for number in numbers:
        if numbers.count(number) > 1:
            raise SandanError(f"--meter {number}: is given twice; name each number once")
    return tuple(found)


def unit_of(written: str) -> Unit:
    """Parse ``kWh`` or ``kW`` as the command line takes them, in letters of any size."""
    match written.strip().lower():
        case "kwh":
            return "kWh"
        case "kw":
            return "kW"
        case _:
            raise SandanError(f"--unit {written}: is neither kWh nor kW; write one of the two")


def labels_of(written: str) -> Labels:
    """Parse ``start`` or ``end`` as the command line takes them, in letters of any size."""
    match written.strip().lower():
        case "start":
            return "start"
        case "end":
            return "end"
        case _:
            raise SandanError(f"--labels {written}: is neither start nor end; write one of the two")


def known_at_of(written: str) -> KnownAt:
    """Parse ``measured`` or ``import`` as the command line takes them, in letters of any size."""
    match written.strip().lower():
        case "measured":
            return "measured"
        case "import":
            return "import"
        case _:
            raise SandanError(
                f"--known-at {written}: is neither measured nor import; write one of the two"
            )

"""Where findings are kept: a row when one is made, changes or no longer holds, none is removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, delete, insert, select

from feature_store.quality.document import FindingDocument
from feature_store.quality.finding import Finding
from feature_store.storage.database import lock_name, with_write_lock
from feature_store.storage.meter_checks import FirmCheck
from feature_store.storage.moments import epoch_seconds, moment_of_seconds
from feature_store.storage.tables import FINDING_MARKS, FINDINGS

Status = Literal["found", "gone"]
_Place = tuple[str, str, int]
"""What makes two findings the same one: meter, kind, start."""


@dataclass(frozen=True, kw_only=True)
class KnownFinding:
    """A finding that held at some moment."""

    meter_id: str
    found_at: datetime
    """Since when it is believed as it stands."""
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """The check brought the record up to date."""

    found: int
    """Findings that are new or have changed."""
    gone: int
    """Findings that no longer hold: late or corrected readings, a declared closure."""


@dataclass(frozen=True, kw_only=True)
class OutOfDate:
    """The firm was checked as of a later moment before, so nothing was recorded."""

    checked_at: datetime


RecordOutcome = Recorded | OutOfDate


@dataclass(frozen=True, kw_only=True)
class FindingStore:
    """Findings in the ledger's database."""

    engine: Engine

    def record(self, check: FirmCheck) -> RecordOutcome:
        """Store what a check has news of, as believed from its moment on.

        A finding is the same as an earlier one of its meter, kind and start; it is news when its
        end, its severity or its first number differs. That number is read off the readings alone,
        where the others also rest on what is usual, which moves a little every day.
        """
        moment = epoch_seconds(check.moment)
        firm_id = check.firm.firm_id
        with with_write_lock(self.engine).begin() as connection:
            lock_name(connection, f"sandan: findings of {firm_id}")
            checked_at = _checked_at(connection, firm_id)
            if checked_at is not None and checked_at > moment:
                return OutOfDate(checked_at=moment_of_seconds(checked_at))
            news = list(_news(check, _held(connection, firm_id, known_by=moment)))
            if news:
                told = {"firm_id": firm_id, "found_at": moment}
                connection.execute(insert(FINDINGS), [told | row for row in news])
            if checked_at != moment:
                mark = {"firm_id": firm_id, "checked_at": moment}
                connection.execute(delete(FINDING_MARKS).where(FINDING_MARKS.c.firm_id == firm_id))
                connection.execute(insert(FINDING_MARKS), mark)
        gone = sum(row["status"] == "gone" for row in news)
        return Recorded(found=len(news) - gone, gone=gone)

    def findings_known(
        self, moment: datetime, firm_id: str, *, since: datetime | None = None
    ) -> tuple[KnownFinding, ...]:
        """Return what was believed at ``moment``, in the order of time.

        With ``since``, only findings that end after it.
        """
        with self.engine.connect() as connection:
            held = _held(connection, firm_id, known_by=epoch_seconds(moment))
        after = None if since is None else epoch_seconds(since)
        rows = (row for row in held.values() if after is None or row.period_end > after)
        return tuple(
            KnownFinding(
                meter_id=row.meter_id,
                found_at=moment_of_seconds(row.found_at),
                finding=FindingDocument.model_validate_json(row.document).finding(
                    firm_id, row.meter_id
                ),
            )
            for row in sorted(rows, key=lambda row: (row.period_start, row.meter_id, row.kind))
        )

    def checked_at(self, firm_id: str) -> datetime | None:
        """Return as of when the firm was last checked and recorded, None if it never was."""
        with self.engine.connect() as connection:
            second = _checked_at(connection, firm_id)
        return None if second is None else moment_of_seconds(second)


def _checked_at(connection: Connection, firm_id: str) -> int | None:
    wanted = select(FINDING_MARKS.c.checked_at).where(FINDING_MARKS.c.firm_id == firm_id)
    return connection.execute(wanted).scalar_one_or_none()


def _held(connection: Connection, firm_id: str, *, known_by: int) -> dict[_Place, Row[Any]]:
    """Return the row that holds of each finding, those that were told gone left out."""
    wanted = (
        select(FINDINGS)
        .where(FINDINGS.c.firm_id == firm_id, FINDINGS.c.found_at <= known_by)
        .order_by(FINDINGS.c.found_at, FINDINGS.c.id)
    )
    latest = {(row.meter_id, row.kind, row.period_start): row for row in connection.execute(wanted)}
    return {place: row for place, row in latest.items() if row.status == "found"}


def _news(check: FirmCheck, held: dict[_Place, Row[Any]]) -> Iterator[dict[str, object]]:
    found = {
        (meter_id, one.kind, epoch_seconds(one.start)): FindingDocument.of(one)
        for meter_id, ones in check.by_meter.items()
        for one in ones
    }
    for place, document in found.items():
        before = held.get(place)
        if before is None or _differs(document, before):
            yield _row(place, epoch_seconds(document.end), "found", document.model_dump_json())
    looked_at_from = epoch_seconds(check.since)
    for place, before in held.items():
        if place not in found and before.period_start >= looked_at_from:
            yield _row(place, before.period_end, "gone", before.document)


def _differs(document: FindingDocument, before: Row[Any]) -> bool:
    stored = FindingDocument.model_validate_json(before.document)
    return (document.end, document.severity, document.seen[:1]) != (
        stored.end,
        stored.severity,
        stored.seen[:1],
    )


def _row(place: _Place, period_end: int, status: Status, document: str) -> dict[str, object]:
    meter_id, kind, period_start = place
    return {
        "meter_id": meter_id,
        "kind": kind,
        "period_start": period_start,
        "period_end": period_end,
        "status": status,
        "document": document,
    }

"""Where suggestions and decisions are kept: appended to, never changed, read after a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select
from sqlalchemy.exc import IntegrityError

from models.forecasting.load_forecast import LoadForecast
from models.optimizer.problem_file.firm_now import NOTHING_TOLD, FirmNow
from models.optimizer.schedule import Schedule
from serving.suggestions.documents import (
    ForecastDocument,
    ScheduleDocument,
    forecast_document,
    forecast_of,
    schedule_document,
    schedule_of,
)
from serving.suggestions.expectations import Document
from serving.suggestions.made_with import FORECAST_ALONE, MadeWith
from serving.suggestions.suggestion import (
    AlreadyDecidedError,
    Decision,
    NothingToDecideError,
    Suggestion,
    SuggestionExpiredError,
    UnknownSuggestionError,
    suggestion_id_of,
)
from serving.suggestions.tables import DECISIONS, SUGGESTIONS


class StoredDocument(Document):
    """What one row of ``suggestions`` holds."""

    forecast: ForecastDocument
    schedule: ScheduleDocument
    told: FirmNow = NOTHING_TOLD
    previous_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class SuggestionStore:
    """Suggestions in the ledger's database."""

    engine: Engine

    def propose(
        self,
        forecast: LoadForecast,
        schedule: Schedule,
        *,
        zone: ZoneInfo,
        created_at: datetime,
        made_with: MadeWith = FORECAST_ALONE,
    ) -> Suggestion:
        """Store a suggestion, or return the one already stored for the same forecast and state.

        Two requests that propose the same at once both get the one that was first.
        """
        suggestion_id = suggestion_id_of(
            schedule.firm_id, schedule.issue_time, forecast.model_version, made_with
        )
        document = StoredDocument(
            forecast=forecast_document(forecast, zone),
            schedule=schedule_document(schedule, forecast, zone),
            told=made_with.told,
            previous_id=made_with.previous_id,
        )
        row = {
            "id": suggestion_id,
            "firm_id": schedule.firm_id,
            "issue_time": int(schedule.issue_time.timestamp()),
            "model_version": forecast.model_version,
            "document": document.model_dump_json(),
            "created_at": int(created_at.timestamp()),
        }
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(SUGGESTIONS), row)
        except IntegrityError:  # the id is taken: somebody proposed the same before
            return self.get(suggestion_id)
        return self.get(suggestion_id)

    def get(self, suggestion_id: str) -> Suggestion:
        """Return one suggestion with its decision, if any."""
        found = self.find(suggestion_id)
        if found is None:
            raise UnknownSuggestionError(
                f"no suggestion {suggestion_id!r}; list a firm's suggestions for its ids"
            )
        return found

    def find(self, suggestion_id: str) -> Suggestion | None:
        """Return one suggestion, or None if it was never made."""
        with self.engine.connect() as connection:
            row = connection.execute(_joined().where(SUGGESTIONS.c.id == suggestion_id)).first()
        return None if row is None else _suggestion(row)

    def of_firm(self, firm_id: str, *, limit: int) -> tuple[Suggestion, ...]:
        """Return a firm's newest suggestions, newest issue time first."""
        return self._newest(_joined().where(SUGGESTIONS.c.firm_id == firm_id), limit)

    def accepted_of(self, firm_id: str, *, limit: int) -> tuple[Suggestion, ...]:
        """Return a firm's newest accepted suggestions, newest issue time first."""
        accepted = DECISIONS.c.decision == "accepted"
        return self._newest(_joined().where(SUGGESTIONS.c.firm_id == firm_id, accepted), limit)

    def newest_by_firm(self) -> dict[str, Suggestion]:
        """Return each firm's newest suggestion."""
        newest = (
            func.row_number()
            .over(
                partition_by=SUGGESTIONS.c.firm_id,
                order_by=(SUGGESTIONS.c.issue_time.desc(), SUGGESTIONS.c.created_at.desc()),
            )
            .label("place")
        )
        ranked = select(SUGGESTIONS.c.id, newest).subquery()
        wanted = _joined().join(ranked, ranked.c.id == SUGGESTIONS.c.id).where(ranked.c.place == 1)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return {row.firm_id: _suggestion(row) for row in rows}

    def decide(self, suggestion_id: str, decision: Decision, *, now: datetime) -> Suggestion:
        """Record the one decision on a suggestion.

        Args:
            suggestion_id: The suggestion decided on.
            decision: Who decided what, when and why.
            now: The moment the product takes as now: a horizon that is over by then is closed.

        Raises:
            AlreadyDecidedError: There is a decision, even one made in the same moment.
            NothingToDecideError: The plan moves nothing.
            SuggestionExpiredError: The horizon is over.
            UnknownSuggestionError: There is no such suggestion.
        """
        suggestion = self.get(suggestion_id)
        if suggestion.decision is not None:
            raise AlreadyDecidedError(suggestion_id, suggestion.decision)
        if now >= suggestion.schedule.grid.end:
            raise SuggestionExpiredError(
                f"suggestion {suggestion_id}: its horizon ended at "
                f"{suggestion.schedule.grid.end.isoformat()}; ask for a new suggestion"
            )
        if not suggestion.schedule.moves:
            raise NothingToDecideError(
                f"suggestion {suggestion_id}: it moves nothing, the usual operation is the "
                "cheapest known; ask for a new suggestion once newer readings are known"
            )
        try:
            with self.engine.begin() as connection:
                _append_decision(connection, suggestion_id, decision)
        except IntegrityError as error:
            first = self.get(suggestion_id).decision
            if first is None:  # another constraint failed: not for us to explain away
                raise
            raise AlreadyDecidedError(suggestion_id, first) from error
        return self.get(suggestion_id)

    def _newest(self, wanted: Select[*tuple[object, ...]], limit: int) -> tuple[Suggestion, ...]:
        newest_first = (SUGGESTIONS.c.issue_time.desc(), SUGGESTIONS.c.created_at.desc())
        with self.engine.connect() as connection:
            rows = connection.execute(wanted.order_by(*newest_first).limit(limit))
            return tuple(_suggestion(row) for row in rows)


def _append_decision(connection: Connection, suggestion_id: str, decision: Decision) -> None:
    connection.execute(
        insert(DECISIONS),
        {
            "suggestion_id": suggestion_id,
            "decision": decision.verdict,
            "reason": decision.reason,
            "decided_by": decision.decided_by,
            "decided_at": int(decision.decided_at.timestamp()),
        },
    )


def _joined() -> Select[*tuple[object, ...]]:
    return select(
        SUGGESTIONS.c.id,
        SUGGESTIONS.c.firm_id,
        SUGGESTIONS.c.document,
        SUGGESTIONS.c.created_at,
        DECISIONS.c.decision,
        DECISIONS.c.reason,
        DECISIONS.c.decided_by,
        DECISIONS.c.decided_at,
    ).outerjoin_from(SUGGESTIONS, DECISIONS)


def _suggestion(row: Row[*tuple[object, ...]]) -> Suggestion:
    # What a newer version told beside is passed over, as everywhere in a stored document.
    document = StoredDocument.model_validate_json(row.document, extra="ignore")
    zone = ZoneInfo(document.schedule.timezone)
    decision = None
    if row.decision is not None:
        decision = Decision(
            verdict=row.decision,
            reason=row.reason,
            decided_by=row.decided_by,
            decided_at=datetime.fromtimestamp(row.decided_at, UTC).astimezone(zone),
        )
    return Suggestion(
        suggestion_id=row.id,
        forecast=forecast_of(document.forecast),
        schedule=schedule_of(document.schedule),
        created_at=datetime.fromtimestamp(row.created_at, UTC).astimezone(zone),
        decision=decision,
        made_with=MadeWith(told=document.told, previous_id=document.previous_id),
    )

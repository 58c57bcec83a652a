"""Which accepted plan is being run at a moment, as far as it was known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feature_store.time_grid import STEPS_PER_DAY
from serving.suggestions.suggestion import Decision, Suggestion
from serving.suggestions.suggestion_store import SuggestionStore

LOOKED_BACK_SUGGESTIONS = 2 * STEPS_PER_DAY
"""Newest accepted ones that are looked at: one each quarter hour fills the two days of a plan, and
what is older has ended."""


@dataclass(frozen=True, kw_only=True)
class AcceptedPlans:
    """The accepted ones among stored suggestions."""

    suggestions: SuggestionStore
    lived_again: bool
    """Whether a past day is lived again: its decisions are made today, so all of them count."""

    def at(
        self, firm_id: str, moment: datetime, known_at: datetime | None = None
    ) -> Suggestion | None:
        """Return the newest suggestion that was accepted and covers a moment, if any.

        Args:
            firm_id: Whose.
            moment: That it covers.
            known_at: Later suggestions and decisions are not looked at; None looks at all.
        """
        for suggestion in self.suggestions.accepted_of(firm_id, limit=LOOKED_BACK_SUGGESTIONS):
            grid, decision = suggestion.schedule.grid, suggestion.decision
            if decision is None or not grid.start <= moment < grid.end:
                continue
            if known_at is None or self._was_known(suggestion.issue_time, decision, known_at):
                return suggestion
        return None

    def _was_known(self, issue_time: datetime, decision: Decision, moment: datetime) -> bool:
        return issue_time <= moment and (self.lived_again or decision.decided_at <= moment)

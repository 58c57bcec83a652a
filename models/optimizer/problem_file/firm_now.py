"""What is told of a declared firm when it is planned, in the words of a problem."""

from __future__ import annotations

from pydantic import Field

from feature_store.entities.firm import Firm
from feature_store.time_grid import TimeGrid
from models.optimizer.grid_terms import GridTerms
from models.optimizer.problem_file.document import Amount, PreviousPart, SiteNowPart
from models.optimizer.problem_file.previous import previous_plan
from models.optimizer.problem_file.stated import events_of, running_of
from models.optimizer.problem_file.states import equipment_now
from models.optimizer.schedule import Schedule
from models.optimizer.site_now import SiteNow
from models.site import site_of


class FirmNow(SiteNowPart):
    """What is measured of a firm and agreed about its next hours."""

    keep_unless_saves_krw: Amount | None = Field(default=None, examples=[5000.0])
    """The accepted plan that covers the time is carried on unless a new one saves more than this,
    won. Left out: it is planned anew."""

    @property
    def is_measured(self) -> bool:
        """Whether something of the running quarter hour is told."""
        return bool(self.states) or self.running is not None


NOTHING_TOLD = FirmNow()
"""Equipment is as declared, no event is agreed and no plan is kept."""


def site_now(
    told: FirmNow, firm: Firm, grid: TimeGrid, accepted: Schedule | None = None
) -> SiteNow:
    """Return what holds of a firm on a grid that starts now.

    Whatever is wrong with what is told is a
    :class:`models.optimizer.problem_file.errors.ProblemError`.

    Args:
        told: What was measured and agreed.
        firm: As declared.
        grid: That is planned.
        accepted: The plan of the firm's equipment that is kept if ``told`` asks for it.
    """
    equipment = None
    if told.states:
        equipment = equipment_now(
            firm.equipment,
            told.states,
            now=grid.start,
            max_age_minutes=told.max_state_age_minutes,
        )
    terms = GridTerms(
        running=running_of(told.running, may_feed_back=False),
        events=events_of(told.events, grid),
    )
    previous = None
    if accepted is not None and told.keep_unless_saves_krw is not None:
        part = PreviousPart(
            start=accepted.grid.start,
            equipment_kw={name: kw.tolist() for name, kw in accepted.equipment_kw.items()},
            keep_unless_saves_krw=told.keep_unless_saves_krw,
        )
        previous = previous_plan(part, site_of(firm), grid)
    return SiteNow(equipment=equipment, terms=terms, previous=previous)

"""What holds between the jobs of a firm: order, exclusion, and how many people there are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from feature_store.entities.declared import Declared

QuarterHour = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):(00|15|30|45)|24:00)$")]
"""A time of day, or a length of time, on a quarter hour: ``HH:MM``."""


class Precedence(Declared):
    """One job starts only when another of the same day is over."""

    kind: Literal["precedence"]
    """Which relation it is."""
    first: str
    """Name of the job that comes first: all its runs of the day."""
    then: str
    """Name of the job that comes after it."""
    gap: QuarterHour = "00:00"
    """Least time between the two."""


class Exclusion(Declared):
    """Jobs that never run at once, e.g. for they share a tool."""

    kind: Literal["exclusion"]
    """Which relation it is."""
    jobs: tuple[str, ...] = Field(min_length=2)
    """Names of the jobs."""


class Crew(Declared):
    """Jobs of which only so many run at once, for somebody has to stand by."""

    kind: Literal["crew"]
    """Which relation it is."""
    jobs: tuple[str, ...] = Field(min_length=2)
    """Names of the jobs."""
    at_most: int = Field(ge=1)
    """How many of them run at once at most."""
    from_time: QuarterHour = "00:00"
    """When of a day the limit begins, and again each day."""
    to_time: QuarterHour = "24:00"
    """When it ends; before ``from_time``, on the day after."""


JobRelation = Annotated[Precedence | Exclusion | Crew, Field(discriminator="kind")]
"""One thing that holds between jobs."""


def related_jobs(relation: JobRelation) -> tuple[str, ...]:
    """Return the names of the jobs that ``relation`` is about."""
    match relation:
        case Precedence():
            return (relation.first, relation.then)
        case Exclusion() | Crew():
            return relation.jobs

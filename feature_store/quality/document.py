"""What checks say about readings, as it is written in JSON: stored, printed and answered alike."""

from __future__ import annotations

from datetime import timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from feature_store.quality.finding import Finding, Quantity, Severity, Words
from feature_store.quality.freshness import Freshness, FreshnessState

_DIGITS = 3
"""After the point: a watt of a kW and a watt hour of a kWh, finer than any meter here tells."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class WordsDocument(_Document):
    """A text for operators."""

    ko: str
    """In Korean."""
    en: str
    """In English."""

    @classmethod
    def of(cls, words: Words) -> WordsDocument:
        """Write a text."""
        return cls(ko=words.ko, en=words.en)

    def words(self) -> Words:
        """Read it back."""
        return Words(ko=self.ko, en=self.en)


class QuantityDocument(_Document):
    """A number that was seen or learnt."""

    name: str
    """What it is, in words."""
    value: float
    """To three digits after the point."""
    unit: str
    """Its unit; empty for a count."""

    @classmethod
    def of(cls, quantity: Quantity) -> QuantityDocument:
        """Write a number."""
        return cls(name=quantity.name, value=round(quantity.value, _DIGITS), unit=quantity.unit)

    def quantity(self) -> Quantity:
        """Read it back."""
        return Quantity(name=self.name, value=self.value, unit=self.unit)


class FindingDocument(_Document):
    """Readings of a meter that cannot be believed, or are missing, and what to do about it."""

    kind: str = Field(examples=["gap"])
    """Id of the check that found it."""
    name: WordsDocument
    """What operators call it."""
    start: AwareDatetime
    """Start of the first interval concerned, in the firm's zone."""
    end: AwareDatetime
    """The instant after the last interval concerned."""
    severity: Severity
    """A notice may be left alone; a warning touches a forecast or a bill; a fault makes both wrong.
    """
    seen: tuple[QuantityDocument, ...]
    """What was measured of it."""
    rule: str
    """The rule that the readings broke."""
    learnt: QuantityDocument | None
    """The threshold of the rule where it is learnt from this meter's own readings."""
    advice: WordsDocument
    """What the operator should do."""

    @classmethod
    def of(cls, finding: Finding) -> FindingDocument:
        """Write a finding."""
        return cls(
            kind=finding.kind,
            name=WordsDocument.of(finding.name),
            start=finding.start,
            end=finding.end,
            severity=finding.severity,
            seen=tuple(QuantityDocument.of(one) for one in finding.seen),
            rule=finding.rule,
            learnt=None if finding.learnt is None else QuantityDocument.of(finding.learnt),
            advice=WordsDocument.of(finding.advice),
        )

    def finding(self, firm_id: str, meter_id: str) -> Finding:
        """Read it back; a document does not say whose it is."""
        return Finding(
            firm_id=firm_id,
            meter_id=meter_id,
            kind=self.kind,
            name=self.name.words(),
            start=self.start,
            end=self.end,
            severity=self.severity,
            seen=tuple(one.quantity() for one in self.seen),
            rule=self.rule,
            learnt=None if self.learnt is None else self.learnt.quantity(),
            advice=self.advice.words(),
        )


class FreshnessDocument(_Document):
    """Whether a meter still reports."""

    state: FreshnessState
    """Green up to the usual age, amber beyond it, red beyond twice that and the longest wait."""
    newest_end: AwareDatetime | None
    """End of the newest interval known; null without readings."""
    age_s: float | None
    """Seconds from there to the moment asked about; null without readings."""
    usual_age_s: float
    """Age in seconds that the newest reading usually reaches before the next ones arrive."""
    learnt: bool
    """Whether that comes from this meter's own past."""
    reason: WordsDocument
    """The age and what is usual, in words."""

    @classmethod
    def of(cls, fresh: Freshness) -> FreshnessDocument:
        """Write how fresh a meter is."""
        return cls(
            state=fresh.state,
            newest_end=fresh.newest_end,
            age_s=None if fresh.age is None else fresh.age / timedelta(seconds=1),
            usual_age_s=fresh.usual_age / timedelta(seconds=1),
            learnt=fresh.learnt,
            reason=WordsDocument.of(fresh.reason),
        )

"""Write what months lived again say into a firm's declaration, dated as every other change is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from feature_store.entities.firm import Firm
from feature_store.entities.replay_choices import runs_alike
from feature_store.storage.declarations import FOR_GOOD, Declared, timeline
from feature_store.storage.ledger_store import LedgerStore
from feature_store.storage.moments import epoch_seconds
from training.replay.ingredients import INGREDIENTS, Ingredient, Verdict, verdicts
from training.replay.not_replayable import NotReplayableError
from training.replay.plan import ReplayPlan
from training.replay.run import Replay, ReplayedSite
from training.replay.site import ReplaySite


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """What became of a site's verdicts."""

    since: datetime
    """When its firm's declaration was looked at, and changed where it had to be."""
    changed: tuple[str, ...]
    """Choices that were switched."""
    newer_replay_to: str | None = None
    """End of a newer replay that has chosen before; nothing is changed then."""
    declared_anew: bool = False
    """Whether equipment or contract were declared anew while months were lived: they say nothing of
    the firm any more, and nothing is changed."""


def check_adoptable(
    sites: Sequence[ReplaySite], plan: ReplayPlan, ledger: LedgerStore, now: datetime
) -> None:
    """Refuse, before anything is lived, what could not be adopted afterwards.

    Raises:
        NotReplayableError: Months remember each other or are not over, a firm is named twice, or
            what is declared of it is not what is lived.
    """
    if not plan.months_alone:
        raise NotReplayableError(
            "--adopt judges months one by one, and where they remember each other one lucky peak "
            "counts in each of them; add --months-alone"
        )
    ids = [site.firm.firm_id for site in sites]
    if twice := sorted({firm_id for firm_id in ids if ids.count(firm_id) > 1}):
        raise NotReplayableError(
            f"{', '.join(twice)}: is in the file for several times; --adopt wants the firm as it "
            "is declared now, once"
        )
    for site in sites:
        today = now.astimezone(site.firm.zone).date()
        if plan.end > today:
            raise NotReplayableError(
                f"{site.firm.firm_id}: today is {today}, and --to {plan.end} lies after it; what "
                "has not come yet decides nothing: end with a month that is over"
            )
    declared = {firm.firm_id: firm for firm in ledger.as_of(now).firms()}
    for site in sites:
        firm = declared.get(site.firm.firm_id)
        if firm is None or not runs_alike(firm, site.firm):
            what = "no such firm" if firm is None else "other equipment or another contract"
            raise NotReplayableError(
                f"{site.firm.firm_id}: the ledger declares {what} than the one that is lived; "
                "declare it with 'sandan firms declare', or live it without --adopt"
            )


def adopt(
    replay: Replay,
    ledger: LedgerStore,
    now: datetime,
    ingredients: Sequence[Ingredient] = INGREDIENTS,
) -> dict[str, Adopted]:
    """Switch each firm's choices on or off as its own months say, and return it by site.

    A choice whose months are too few stays as it is; so do all of them where a replay that ends
    later has chosen. Declarations for a time to come take the choices over as long as they are of
    the same equipment and contract, up to the first that is not.
    """
    return {
        one.site.name: _adopt(one, verdicts(one, ingredients), replay.plan, ledger, now)
        for one in replay.sites
    }


def _adopt(
    one: ReplayedSite,
    told: Sequence[Verdict],
    plan: ReplayPlan,
    ledger: LedgerStore,
    now: datetime,
) -> Adopted:
    firm = ledger.as_of(now).firm(one.site.firm.firm_id)
    if not runs_alike(firm, one.site.firm):
        return Adopted(since=now, changed=(), declared_anew=True)
    if firm.replayed_to is not None and firm.replayed_to > plan.end:
        return Adopted(since=now, changed=(), newer_replay_to=firm.replayed_to.isoformat())
    chosen = {
        verdict.ingredient.choice: verdict.declare
        for verdict in told
        if verdict.declare is not None
    }
    changed = tuple(name for name, value in chosen.items() if getattr(firm, name) != value)
    if chosen:
        for held in _held_from(firm, ledger, now):
            told_of = held.firm.model_dump() | chosen | {"replayed_to": plan.end}
            ledger.declare(
                Firm.model_validate(told_of),
                known_at=now,
                valid_from=max(now, _moment(held.span.start)),
                valid_to=_moment(held.span.end) if held.span.end < FOR_GOOD else None,
            )
    return Adopted(since=now, changed=changed)


def _held_from(firm: Firm, ledger: LedgerStore, now: datetime) -> Iterator[Declared]:
    """What is declared for now and after, up to other equipment or another contract."""
    second = epoch_seconds(now)
    for held in timeline(ledger.declarations().by_firm[firm.firm_id].declared):
        if held.span.end > second:
            if not runs_alike(held.firm, firm):
                return
            yield held


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(max(second, 0), UTC)

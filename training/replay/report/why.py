"""Why a peak was not held lower, in a sentence or two, as far as the numbers tell."""

from __future__ import annotations

from training.replay.report.peak_event import Cause, PeakEvent
from training.replay.report.texts import Texts, marked

MUCH_SHARE = 0.1
"""Of a battery's window: charge given too early is told of from here on."""

CAUSES: dict[Cause, str] = {
    "energy": marked(
        "The peak is not what was missed: it came to {peak} against {foreseen} with perfect "
        "foresight. {share} of the missed {missed} lie in energy and wear: the battery traded less "
        "well between cheap and dear hours."
    ),
    "empty": marked(
        "The battery held too little at the peak. At {at} staying under the {foreseen} of perfect "
        "foresight took {wanting}; with {held} of charge left it could give {reach}, and {peak} "
        "were drawn."
    ),
    "limited": marked(
        "The battery had given what it may discharge on a day. At {at} staying under the "
        "{foreseen} of perfect foresight took {wanting}; with {held} of charge left it could give "
        "no more than {reach}, and {peak} were drawn."
    ),
    "charging": marked(
        "The battery was charging. At {at} it drew {drawn} on top of the load and made the month's "
        "peak of {peak}; perfect foresight held {foreseen}."
    ),
    "given_up": marked(
        "The target was given up with charge left. At {at} the battery held {held} and could give "
        "{reach}, yet it gave {given} and let the peak rise to {peak}; perfect foresight held "
        "{foreseen}."
    ),
}
SPENT_EARLY = marked(
    "In the day before it gave {early} while less than {foreseen} was drawn anyway."
)


def why_of(texts: Texts, event: PeakEvent) -> str:
    """Return the reason in the words of a language."""
    why = event.why
    said = texts.gettext(
        CAUSES[why.cause],
        at=texts.moment(event.at),
        peak=texts.kw(why.peak_kw),
        foreseen=texts.kw(why.foreseen_peak_kw),
        wanting=texts.kw(why.wanting_kw),
        given=texts.kw(max(why.given_kw, 0.0)),
        drawn=texts.kw(max(-why.given_kw, 0.0)),
        reach=texts.kw(why.reach_kw),
        held=texts.kwh(why.held_kwh),
        missed=texts.won(why.missed_krw),
        share=texts.share(why.missed_energy_share, 0),
    )
    window_kwh = event.store.most_kwh - event.store.least_kwh
    if why.cause != "empty" or why.early_kwh < MUCH_SHARE * window_kwh:
        return said
    early = texts.gettext(
        SPENT_EARLY, early=texts.kwh(why.early_kwh), foreseen=texts.kw(why.foreseen_peak_kw)
    )
    return f"{said} {early}"

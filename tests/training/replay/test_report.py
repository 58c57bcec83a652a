"""The page of a replay: whole in itself, in both languages, with the reason of the worst peaks."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import training.replay.report
from feature_store.time_grid import HOURS_PER_STEP, STEPS_PER_DAY, STEPS_PER_HOUR
from models.dispatch.perfect_foresight import NAME as PERFECT_FORESIGHT
from tests.builders import a_history
from tests.made_jobs import JOB, REDUCIBLE
from tests.made_replay import APRIL, MAY, a_firm_with_battery
from training.replay.files import FIGURES, KOREAN_REPORT, REPORT, write_files
from training.replay.lived_site import LivedSite, MonthFigures
from training.replay.months import Calendar
from training.replay.plan import NOTHING, POLICIES, STOCHASTIC
from training.replay.report.heat import UNKNOWN, colour_of
from training.replay.report.page import MOST_SHOWN_SITES, report_page
from training.replay.report.peak_event import peak_event
from training.replay.report.policy_words import MEANINGS, colours_of
from training.replay.report.texts import texts_in
from training.replay.report.why import why_of
from training.replay.run import Replay, ReplayedSite
from training.replay.site import replay_site

FOLDER = Path(training.replay.report.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
PLACE = re.compile(r"{(\w+)}")
LOAD_KW = 100.0
PEAK = 14 * STEPS_PER_DAY + 15 * STEPS_PER_HOUR
"""15 May 2026 at 15:00, a Friday: the load's only step above 100 kW, in May."""


def message_ids() -> set[str]:
    keywords = {"_": None, "gettext": None, "marked": None}
    return {str(one) for _, _, one, _, _ in extract_from_dir(FOLDER, METHODS, keywords=keywords)}


@pytest.fixture(scope="module")
def korean() -> dict[str, str]:
    with (FOLDER / "locale/ko/LC_MESSAGES/messages.po").open("rb") as lines:
        return {str(entry.id): str(entry.string) for entry in read_po(lines) if entry.id}


def a_flat_site():
    """100 kW at all times, 200 kW in one interval."""
    load_kw = np.full(50 * STEPS_PER_DAY, LOAD_KW)
    load_kw[11 * STEPS_PER_DAY + PEAK] = 200.0
    history = a_history(load_kw.tolist(), start=APRIL)
    return replay_site(a_firm_with_battery(), history)


def lived_by(site, policy: str, power_kw: np.ndarray) -> LivedSite:
    """A May with these powers, priced at 100 won a kWh and 1,000 won a kW."""
    calendar = Calendar.of(site, MAY.first, MAY.end)
    steps = calendar.months[0].steps
    import_kw = site.history.demand_kw[steps] + power_kw
    counted_kw = np.where(calendar.prices.counted[steps], import_kw, -np.inf)
    month = MonthFigures(
        month="2026-05",
        energy_krw=100 * HOURS_PER_STEP * float(import_kw.sum()),
        demand_krw=1000 * float(counted_kw.max()),
        wear_krw=0,
        peak_kw=float(counted_kw.max()),
        peak_step=int(counted_kw.argmax()),
        billed_kw=float(counted_kw.max()),
        cycles=1,
    )
    return LivedSite(site=site.name, policy=policy, months=(month,), power_kw=power_kw)


def rest() -> np.ndarray:
    return np.zeros(31 * STEPS_PER_DAY)


def replayed(power_kw: np.ndarray, *, name: str = "kiln_works") -> ReplayedSite:
    """The product's policy gave ``power_kw``; foresight gave 50 kW at the peak."""
    site = replace(a_flat_site(), name=name)
    foreseen_kw = rest()
    foreseen_kw[PEAK] = -50.0
    powers = {NOTHING: rest(), "threshold": rest(), STOCHASTIC: power_kw}
    powers[PERFECT_FORESIGHT] = foreseen_kw
    lived = {policy: lived_by(site, policy, power) for policy, power in powers.items()}
    return ReplayedSite(site=site, lived=lived)


def a_replay(sites: int = 1) -> Replay:
    power_kw = rest()
    power_kw[PEAK] = -20.0
    return Replay(
        plan=MAY,
        sites=tuple(replayed(power_kw, name=f"site-{number}") for number in range(sites)),
    )


def given_up() -> np.ndarray:
    power_kw = rest()
    power_kw[PEAK] = -20.0
    return power_kw


def charging() -> np.ndarray:
    power_kw = rest()
    power_kw[PEAK] = 30.0
    return power_kw


def empty() -> np.ndarray:
    """Gives all it has in the morning, when 100 kW are drawn and nobody asks for it."""
    power_kw = rest()
    power_kw[PEAK - 12 : PEAK - 4] = -100 * 0.95 / (8 * HOURS_PER_STEP)
    return power_kw


def flat_peak_but_waste() -> np.ndarray:
    """Holds the peak as foresight does, and draws energy all month for nothing."""
    power_kw = rest()
    power_kw[PEAK] = -50.0
    power_kw[: PEAK - STEPS_PER_DAY] = 3.0
    return power_kw


@pytest.mark.parametrize(
    ("power_kw", "cause", "said"),
    [
        (
            given_up(),
            "given_up",
            "could give 60 kW, yet it gave 20 kW and let the peak rise to 180",
        ),
        (charging(), "charging", "drew 30 kW on top of the load"),
        (empty(), "empty", "with 0 kWh of charge left it could give 0 kW"),
        (flat_peak_but_waste(), "energy", "The peak is not what was missed"),
    ],
    ids=["given up", "charging", "empty", "energy"],
)
def test_the_reason_of_a_missed_peak_is_told(power_kw, cause, said):
    event = peak_event(replayed(power_kw), STOCHASTIC, 0, MAY)
    assert event.why.cause == cause
    assert said in why_of(texts_in("en"), event)
    assert "kW" in why_of(texts_in("ko"), event)


def test_charge_spent_before_it_was_needed_is_told():
    event = peak_event(replayed(empty()), STOCHASTIC, 0, MAY)
    assert event.why.early_kwh == pytest.approx(95.0)
    assert "In the day before it gave 95 kWh" in why_of(texts_in("en"), event)


def test_a_peak_is_shown_with_a_day_on_either_side():
    event = peak_event(replayed(given_up()), STOCHASTIC, None, MAY)
    assert (event.place, len(event.hours)) == (STEPS_PER_DAY, 2 * STEPS_PER_DAY)
    assert f"{event.at:%Y-%m-%d %H:%M}" == "2026-05-15 15:00"
    assert (
        event.load_kw[STEPS_PER_DAY],
        event.import_kw[STEPS_PER_DAY],
        event.foreseen_kw[STEPS_PER_DAY],
    ) == (200, 180, 150)
    assert (event.so_far_kw[STEPS_PER_DAY - 1], event.so_far_kw[STEPS_PER_DAY]) == (100, 180)
    assert (event.hours[0], event.first_day.day) == (15.0, 14)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_stands_alone_and_names_every_policy(language):
    page = report_page(a_replay(), language)
    assert set(re.findall(r'<img src="([^:]+):', page)) == {"data"}
    assert "http" not in re.sub(r'src="[^"]*"', "", page)
    assert "<script" not in page
    for policy in (NOTHING, "threshold", STOCHASTIC, PERFECT_FORESIGHT):
        assert f"</i>{policy}" in page
    other = "report.html" if language == "ko" else "report.ko.html"
    assert f'href="{other}"' in page


def test_the_headline_is_the_products_capture_beside_the_best_other():
    page = report_page(a_replay(), "en")
    assert re.search(r"<dt>capture, mean</dt><dd>40\.\d%", page)
    assert re.search(r"<dt>best other policy</dt><dd>0\.0%<small>threshold", page)


def test_a_replay_of_bounds_alone_has_a_page_too():
    one = replayed(rest())
    lived = {name: one.lived[name] for name in (NOTHING, PERFECT_FORESIGHT)}
    page = report_page(Replay(plan=MAY, sites=(replace(one, lived=lived),)), "en")
    assert "No policy was asked for that could be run" in page


def test_without_the_products_policy_the_best_of_the_others_is_told():
    one = replayed(rest())
    names = (NOTHING, "threshold", PERFECT_FORESIGHT)
    lived = {name: one.lived[name] for name in names}
    page = report_page(Replay(plan=MAY, sites=(replace(one, lived=lived),)), "en")
    assert "run by the policy “threshold”" in page


def test_where_nothing_could_be_saved_a_dash_stands():
    one = replayed(rest())
    lived = dict.fromkeys(one.lived, one.lived[NOTHING])
    page = report_page(Replay(plan=MAY, sites=(replace(one, lived=lived),)), "en")
    assert '<td style="background:#ffffff">–</td>' in page


def test_months_billed_together_are_compared_by_policy():
    page = report_page(replace(a_replay(), plan=replace(MAY, months_alone=False)), "en")
    assert "By site and policy" in page
    assert "Months remember each other" in page


def test_of_many_sites_some_are_drawn_and_all_are_in_the_table():
    many = MOST_SHOWN_SITES + 6
    page = report_page(a_replay(many), "en")
    assert page.count("Monthly peaks of") == MOST_SHOWN_SITES
    assert len(re.findall(r'<tr><th scope="row">site-\d+</th>', page)) == many


def with_jobs(one: ReplayedSite) -> ReplayedSite:
    """The product's policy moved a job by 30 kW, two hours before the peak, and gave 10 kW up."""
    firm = one.site.firm
    firm = firm.model_copy(update={"equipment": (*firm.equipment, JOB, REDUCIBLE)})
    beside_kw = rest()
    beside_kw[PEAK - 2 * STEPS_PER_HOUR] = 30.0
    beside_kw[PEAK] = -40.0
    lived = {name: replace(each, beside_kw=rest()) for name, each in one.lived.items()}
    (may,) = lived[STOCHASTIC].months
    may = replace(may, runs=21, moved_kwh=7.5, given_up_kwh=2.5, given_up_krw=750.0)
    lived[STOCHASTIC] = replace(lived[STOCHASTIC], beside_kw=beside_kw, months=(may,))
    (resting,) = lived[NOTHING].months
    lived[NOTHING] = replace(lived[NOTHING], months=(replace(resting, runs=21),))
    return replace(one, site=replay_site(firm, one.site.history), lived=lived)


@pytest.mark.parametrize(
    ("language", "runs", "lead"),
    [
        ("en", "With every policy 21 runs", "Battery, jobs and reducible load, run by"),
        ("ko", "작업 21회", "배터리, 작업, 줄일 수 있는 부하"),
    ],
)
def test_what_was_run_beside_the_battery_is_told(language, runs, lead):
    site = with_jobs(replayed(given_up()))
    page = report_page(Replay(plan=MAY, sites=(site,)), language)
    assert runs in page
    assert lead in page
    assert re.search(rf"</i>{STOCHASTIC}</th><td>8</td><td>2</td><td>750</td>", page)
    assert re.search(rf"</i>{NOTHING}</th><td>0</td><td>0</td><td>0</td>", page)
    assert "kWh" in page


def test_without_jobs_nothing_is_said_of_them():
    page = report_page(a_replay(), "en")
    assert "runs" not in page
    assert "The battery, run by" in page


def test_the_load_around_a_peak_is_that_with_the_jobs_where_they_were():
    event = peak_event(with_jobs(replayed(given_up())), STOCHASTIC, None, MAY)
    two_hours_before = STEPS_PER_DAY - 2 * STEPS_PER_HOUR
    assert event.load_kw[two_hours_before] == event.import_kw[two_hours_before] == 130.0
    assert (event.load_kw[STEPS_PER_DAY], event.import_kw[STEPS_PER_DAY]) == (160.0, 140.0)


def test_runs_that_the_readings_do_not_hold_are_told():
    one = with_jobs(replayed(given_up()))
    job = JOB.model_copy(update={"parameters": JOB.parameters | {"profile_kw": [101.0] * 4}})
    firm = one.site.firm.model_copy(update={"equipment": (one.site.firm.equipment[0], job)})
    site = replay_site(firm, one.site.history)
    page = report_page(Replay(plan=MAY, sites=(replace(one, site=site),)), "en")
    assert "do not hold were lived on top of them" in page
    assert f"{site.name} {site.runs_not_found_kwh:.0f}." in page


def test_gaps_that_were_filled_are_told():
    one = a_replay().sites[0]
    filled = replace(one, site=replace(one.site, filled=7))
    assert "site-0 7." in report_page(Replay(plan=MAY, sites=(filled,)), "en")


def test_the_folder_gets_figures_and_a_page_in_each_language(tmp_path):
    write_files(a_replay(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {FIGURES, REPORT, KOREAN_REPORT}
    assert "포착률" in (tmp_path / KOREAN_REPORT).read_text("utf-8")


def test_every_text_is_translated_and_none_is_left_over(korean):
    assert {message for message in message_ids() if not korean.get(message)} == set()
    assert set(korean) - message_ids() == set()


def test_translations_fill_the_same_places(korean):
    for message, translation in korean.items():
        assert set(PLACE.findall(message)) == set(PLACE.findall(translation)), message


def test_every_policy_has_a_meaning_and_a_colour_of_its_own():
    names = [*(policy.name for policy in POLICIES), PERFECT_FORESIGHT]
    assert set(MEANINGS) == set(names)
    assert len(set(colours_of(names).values())) == len(names)


def test_captures_are_coloured_from_orange_to_blue():
    low, high = colour_of(-2.0), colour_of(1.0)
    assert int(low[1:3], 16) > int(low[5:7], 16)
    assert int(high[1:3], 16) < int(high[5:7], 16)
    assert colour_of(float("nan")) == UNKNOWN


def test_figures_read_as_people_write_them():
    english, korean = texts_in("en"), texts_in("ko")
    assert english.won(-1234567.2) == "−1,234,567 won"
    assert korean.won(1234.0) == "1,234원"
    assert english.number(-0.2) == "0"
    assert english.share(float("nan")) == "–"

"""The firm's page tells why the forecast is what it is, and the peaks to come."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from feature_store.storage.ledger_store import open_store
from feature_store.time_grid import STEPS_PER_DAY
from models.forecasting.mixture import Mixture
from models.forecasting.ridge_anchor import REGRESSORS, RidgeAnchor
from serving.web.texts import texts_in
from serving.web.words import FORECAST_PARTS, UNEXPLAINED
from tests.builders import a_firm
from tests.fakes.fitted_model import a_fitted_model
from tests.made_weather import PLACE, a_weather
from tests.serving.conftest import FIRM
from tests.serving.explained_works import DAYS, NEW, NOW, SILENT, fill_home, serve_explained
from tests.serving.outline import Outline

EN, KO = texts_in("en"), texts_in("ko")
SIGNED = re.compile(r">([+−][\d,.]+)<")


@pytest.fixture
def settings(tmp_path):
    return fill_home(tmp_path)


@pytest.fixture
def serve_model(settings):
    opened = []

    def start(model, **changed):
        opened.append(serve_explained(settings.model_copy(update=changed), model))
        return opened[-1]

    yield start
    for served in opened:
        served.application.close()


def panel(html: str, title: str) -> str:
    """The text of the section with this title."""
    return html.split(f'aria-labelledby="{title}"')[1].split("</section>", maxsplit=1)[0]


def why(served, path: str = f"/firms/{FIRM}", lang: str = "en") -> str:
    return panel(served.client.get(f"{path}?lang={lang}").text, "why-title")


def ahead(served, firm_id: str = FIRM, lang: str = "en") -> str:
    return panel(served.client.get(f"/firms/{firm_id}?lang={lang}").text, "ahead-title")


@pytest.mark.parametrize("proposed", [False, True], ids=["a fresh forecast", "a stored one"])
def test_the_parts_at_the_highest_median_of_the_day_are_shown(serve_model, proposed):
    served = serve_model(a_fitted_model())
    if proposed:
        served.planner.suggest(FIRM)
    shown, told = why(served), served.planner.explanation(FIRM)
    day_kw = told.forecast.median_kw[:STEPS_PER_DAY]
    step = int(day_kw.argmax())
    assert EN.moment(told.forecast.grid.at(step)) in shown
    assert f">{EN.number(day_kw[step])}<" in shown
    listed = {
        reason: EN.signed(float(part_kw[step]))
        for reason, part_kw in told.parts_kw.items()
        if reason != "weekday_profile" and round(float(part_kw[step])) != 0
    }
    assert set(SIGNED.findall(shown)) == set(listed.values())
    usual_kw = float(told.parts_kw["weekday_profile"][step])
    assert f">{EN.number(usual_kw)}<" in shown
    for reason, words in FORECAST_PARTS.items():
        assert (words in shown) == (reason in (*listed, "weekday_profile")), reason
    assert shown.count("part-lowers") == sum("−" in written for written in listed.values()) > 0
    for reason in listed:
        assert KO.gettext(FORECAST_PARTS[reason]) in why(served, lang="ko")


def test_the_part_of_the_weather_is_shown_in_korean_and_in_english(serve_model, settings):
    """Ten degrees more than usual are ahead, and a model that answers with a fifth of the level."""
    with closing(open_store(settings)) as ledger:
        ledger.declare(
            a_firm(FIRM, holiday_country=None, weather_place=PLACE),
            known_at=NOW - timedelta(days=80),
        )
        celsius = np.where(np.arange((DAYS + 4) * 24) < DAYS * 24, 20.0, 30.0).tolist()
        foretold = a_weather(celsius, known_at=NOW - timedelta(days=1))
        ledger.append_weather(foretold, recorded_at=NOW)
    served = serve_model(answering_to_temperature(a_fitted_model()))
    parts_kw = served.planner.explanation(FIRM).parts_kw
    assert parts_kw["weather"][:STEPS_PER_DAY].mean() > 5
    assert ">Weather<" in why(served)
    assert ">날씨<" in why(served, lang="ko")


def answering_to_temperature(mixture):
    """The same model, whose ridge adds a fifth of the level for ten degrees more than usual."""
    pool = mixture.boosters.ridge.pool.copy()
    pool[:, REGRESSORS.index("temperature_off_profile_k")] = 0.2
    ridge = RidgeAnchor(pool=pool, of_firm={})
    return Mixture(boosters=replace(mixture.boosters, ridge=ridge), version=mixture.version)


def test_bars_go_from_zero_to_their_side_and_stay_in_the_drawing(serve_model):
    shown = why(serve_model(a_fitted_model()))
    zero = float(re.search(r'part-zero" x1="([\d.]+)"', shown)[1])
    bars = re.findall(r'part-(raises|lowers)" x="([\d.]+)" y="2" width="([\d.]+)"', shown)
    assert {side for side, _, _ in bars} == {"raises", "lowers"}
    for side, x, width in bars:
        near, far = float(x), float(x) + float(width)
        assert 0 <= near < far <= 120.1
        assert (near if side == "raises" else far) == pytest.approx(zero, abs=0.15)


@pytest.mark.parametrize("proposed", [False, True])
def test_a_forecast_without_the_model_is_said_to_be_one_and_its_peaks_stand(serve_model, proposed):
    served = serve_model(None)
    if proposed:
        served.planner.suggest(FIRM)
    assert UNEXPLAINED["without_model"] in why(served)
    assert KO.gettext(UNEXPLAINED["without_model"]) in why(served, lang="ko")
    assert "<table" not in why(served)
    assert "<table" in ahead(served)


def test_a_stored_forecast_is_never_explained_by_what_did_not_make_it(serve_model):
    without, model = serve_model(None), a_fitted_model()
    fallback = without.planner.suggest(FIRM)
    first = serve_model(model)
    assert UNEXPLAINED["without_model"] in why(first, f"/suggestions/{fallback.suggestion_id}")
    made = first.planner.suggest(FIRM)
    assert "<table" in why(first, f"/suggestions/{made.suggestion_id}")
    for later in (without, serve_model(replace(model, version="load-forecaster/2"))):
        shown = why(later, f"/suggestions/{made.suggestion_id}")
        assert UNEXPLAINED["changed"] in shown
        assert "<table" not in shown


def test_an_earlier_plan_is_explained_as_of_its_own_time(serve_model):
    served = serve_model(a_fitted_model())
    made = served.planner.suggest(FIRM, NOW - timedelta(days=3))
    shown = why(served, f"/suggestions/{made.suggestion_id}")
    step = int(np.argmax(made.forecast.median_kw[:STEPS_PER_DAY]))
    assert EN.moment(made.forecast.grid.at(step)) in shown
    assert f">{EN.number(made.forecast.median_kw[step])}<" in shown


@pytest.mark.parametrize("model", [None, a_fitted_model()], ids=["no model", "model"])
def test_the_peaks_to_come_are_those_of_the_api(serve_model, model):
    served = serve_model(model)
    shown = ahead(served)
    asked = {"issue_time": NOW.isoformat()}
    told = served.client.get(f"/v1/firms/{FIRM}/peaks", params=asked).json()
    assert len(told["days"]) == 2
    for day in told["days"]:
        low, middle, high = (day["counted_quantiles"][level] for level in ("q0.1", "q0.5", "q0.9"))
        assert f"<strong>{EN.number(middle)}</strong>" in shown
        assert f">{EN.number(low)}–{EN.number(high)}<" in shown
    times = re.findall(r'datetime="([^"]+)"', shown)
    assert [time[:10] for time in times] == [day["day"] for day in told["days"]]
    assert "Today" in shown
    assert EN.moment(NOW) in shown
    level = told["month"]["ratchet"]
    assert EN.kw(level["level_kw"]) in shown
    assert "오늘" in ahead(served, lang="ko")


def test_a_day_without_counted_hours_is_said_to_have_none(serve_model):
    saturday = NOW - timedelta(days=2)
    shown = ahead(serve_model(a_fitted_model(), replay_time=saturday))
    assert shown.count("No hour to come counts for the bill.") == 1  # Sunday


@pytest.mark.parametrize("firm_id", [NEW, SILENT])
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_firms_with_hardly_a_reading_have_a_whole_page(serve_model, firm_id, lang):
    answer = serve_model(a_fitted_model()).client.get(f"/firms/{firm_id}?lang={lang}")
    assert answer.status_code == 200
    assert Outline(answer.text).unclosed == []
    texts = {"ko": KO, "en": EN}[lang]
    assert texts.gettext(UNEXPLAINED["without_model"]) in panel(answer.text, "why-title")
    assert 'id="ahead-title"' in answer.text

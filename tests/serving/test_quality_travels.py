"""How good a forecast is goes with it: to the API, the stored suggestion, the page and the list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from feature_store.entities.firm import Firm
from feature_store.entities.load_history import LoadHistory
from models.forecasting.load_forecast import LoadForecast, QualityReason
from serving.api.answers import ForecastRequest, ScheduleRequest
from serving.api.prediction import answer_forecast, answer_schedule
from serving.suggestions.documents import ForecastDocument, ScheduleDocument, forecast_of
from serving.web.words import FORECAST_QUALITIES, FORECAST_REASONS
from tests.fakes.forecaster import LastWeekForecaster
from tests.serving.conftest import FIRM, Served

REASONS: tuple[QualityReason, ...] = ("readings_missing", "level_shift")
GAPS_KO, GAPS_EN = "일부 자료가 빠진 예측", "Forecast with gaps"
MISSING_KO, MISSING_EN = "최근 24시간의 계량값이 빠져", "Readings of the last 24 hours are missing"


@dataclass(frozen=True)
class Flagged(LastWeekForecaster):
    """Last week again, with gaps."""

    def predict(
        self, firm: Firm, history: LoadHistory, issue_time: datetime, steps: int
    ) -> LoadForecast:
        """Forecast, and flag it."""
        made = super().predict(firm, history, issue_time, steps)
        return replace(made, quality="reduced", reasons=REASONS)


@pytest.fixture
def flagged(serve_with) -> Served:
    return serve_with(forecaster=Flagged())


def test_forecast_and_schedule_are_answered_with_it(flagged: Served):
    forecast = answer_forecast(flagged.planner, ForecastRequest(firm_id=FIRM))
    schedule = answer_schedule(flagged.planner, ScheduleRequest(firm_id=FIRM))
    assert isinstance(schedule, ScheduleDocument)
    assert (forecast.quality, forecast.reasons) == ("reduced", list(REASONS))
    assert (schedule.forecast_quality, schedule.forecast_reasons) == ("reduced", list(REASONS))


def test_a_stored_suggestion_still_has_it(flagged: Served):
    path = f"/v1/suggestions/{flagged.suggestion_id()}"
    stored = flagged.client.get(path).json()
    assert stored["forecast"]["quality"] == stored["schedule"]["forecast_quality"] == "reduced"
    assert stored["forecast"]["reasons"] == list(REASONS)
    read = flagged.planner.suggest(FIRM).forecast
    assert (read.quality, read.reasons) == ("reduced", REASONS)


def test_a_suggestion_stored_before_there_was_a_quality_is_read_as_full(flagged: Served):
    document = flagged.client.get(f"/v1/suggestions/{flagged.suggestion_id()}").json()["forecast"]
    del document["quality"], document["reasons"]
    read = forecast_of(ForecastDocument.model_validate(document))
    assert (read.quality, read.reasons) == ("full", ())


def test_the_flag_stands_beside_the_forecast_in_korean_and_in_english(flagged: Served):
    client = flagged.client
    before = client.get(f"/firms/{FIRM}?lang=ko").text
    assert GAPS_KO in before
    assert MISSING_KO in before
    flagged.suggestion_id()
    for path in (f"/firms/{FIRM}", "/"):
        korean, english = (client.get(f"{path}?lang={language}").text for language in ("ko", "en"))
        assert GAPS_KO in korean
        assert MISSING_KO in korean
        assert GAPS_EN in english
        assert MISSING_EN in english


def test_a_full_forecast_has_no_flag(served: Served):
    served.suggestion_id()
    for path in (f"/firms/{FIRM}", "/"):
        assert 'class="flag' not in served.client.get(path).text


def test_the_api_document_lists_every_quality_and_reason(served: Served):
    schemas = served.client.get("/openapi.json").json()["components"]["schemas"]
    forecast, schedule = (schemas[f"{name}Document"]["properties"] for name in NAMES)
    assert forecast["quality"]["enum"] == schedule["forecast_quality"]["enum"]
    assert set(forecast["quality"]["enum"]) == set(FORECAST_QUALITIES)
    assert set(forecast["reasons"]["items"]["enum"]) == set(FORECAST_REASONS)


NAMES = ("Forecast", "Schedule")

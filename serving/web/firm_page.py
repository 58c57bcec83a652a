"""A firm's page: the forecast, the plan, what it moves and saves, and the decision on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from feature_store.entities.firm import Firm
from feature_store.errors import SandanError
from feature_store.storage.meter_watch import MeterWatch
from feature_store.time_grid import STEPS_PER_DAY, TimeGrid
from models.forecasting.load_forecast import LoadForecast
from models.optimizer.schedule import Block, Move, Schedule
from serving.planner import Planner
from serving.suggestions.suggestion import Proposed, State, Suggestion
from serving.web.data_section import DataSection, data_section
from serving.web.forecast_parts import ForecastParts, Unexplained, forecast_parts
from serving.web.load_chart import LoadChart, load_chart
from serving.web.peaks_to_come import PeaksToCome, peaks_to_come

PAST_SUGGESTIONS = 10
"""Earlier suggestions listed on the page: two or three days of an operator's decisions."""


@dataclass(frozen=True, kw_only=True)
class MoveRow:
    """A move, with only the blocks that differ from the usual day."""

    move: Move
    usual: tuple[Block, ...]
    planned: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class FirmPage:
    """Everything a firm's page shows."""

    firm: Firm
    suggestion: Suggestion | None
    state: State | None
    chart: LoadChart | None
    no_forecast: str | None
    """Why there is no chart, if there is none."""
    parts: ForecastParts | Unexplained | None
    """What the charted forecast is made of; None without a chart."""
    peaks_ahead: PeaksToCome | None
    readings_end: datetime | None
    newer_readings: bool
    """Whether readings are known that the suggestion did not see."""
    other_model: bool
    """Whether another model serves now than the suggestion was made with."""
    earlier: tuple[tuple[Suggestion, State], ...]
    data: DataSection

    @property
    def schedule(self) -> Schedule | None:
        """The plan that is suggested."""
        return self.suggestion.schedule if self.suggestion else None

    @property
    def moves(self) -> tuple[MoveRow, ...]:
        """What the plan moves."""
        return tuple(_move_row(move) for move in self.schedule.moves) if self.schedule else ()

    @property
    def can_decide(self) -> bool:
        """Whether a decision is awaited."""
        return isinstance(self.state, Proposed)


def firm_page(
    planner: Planner, watch: MeterWatch, firm: Firm, suggestion: Suggestion | None
) -> FirmPage:
    """Read a firm's page; without a suggestion its load is forecast for the chart."""
    end = planner.readings_end(firm.firm_id)
    chart: LoadChart | None = None
    parts: ForecastParts | Unexplained | None = None
    no_forecast = None
    try:
        forecast = _shown_forecast(planner, firm, suggestion)
        chart = _chart(planner, firm, forecast, suggestion)
        parts = forecast_parts(planner, firm, forecast, readings_end=end)
    except SandanError as error:
        no_forecast = str(error)
    now = planner.now()
    history = planner.suggestions.of_firm(firm.firm_id, limit=PAST_SUGGESTIONS)
    shown = suggestion.suggestion_id if suggestion else None
    return FirmPage(
        firm=firm,
        suggestion=suggestion,
        state=suggestion.state(now) if suggestion else None,
        chart=chart,
        no_forecast=no_forecast,
        parts=parts,
        peaks_ahead=peaks_to_come(planner, firm) if chart else None,
        readings_end=end and end.astimezone(firm.zone),
        newer_readings=bool(suggestion and end and end > suggestion.issue_time),
        other_model=suggestion is not None and planner.makes_otherwise(suggestion),
        earlier=tuple((one, one.state(now)) for one in history if one.suggestion_id != shown),
        data=data_section(watch, firm, now=now),
    )


def newest_suggestion(planner: Planner, firm_id: str) -> Suggestion | None:
    """Return the suggestion that a firm's page opens with."""
    newest = planner.suggestions.of_firm(firm_id, limit=1)
    return newest[0] if newest else None


def chart_of(planner: Planner, firm: Firm, suggestion: Suggestion | None) -> LoadChart:
    """Chart a suggestion, or a fresh forecast while there is none."""
    return _chart(planner, firm, _shown_forecast(planner, firm, suggestion), suggestion)


def _shown_forecast(planner: Planner, firm: Firm, suggestion: Suggestion | None) -> LoadForecast:
    return planner.forecast(firm.firm_id) if suggestion is None else suggestion.forecast


def _chart(
    planner: Planner, firm: Firm, forecast: LoadForecast, suggestion: Suggestion | None
) -> LoadChart:
    grid = _shown_grid(forecast)
    measured_kw = planner.measured_on(firm.firm_id, grid)
    schedule = None if suggestion is None else suggestion.schedule
    return load_chart(firm, grid, measured_kw, forecast, schedule)


def _shown_grid(forecast: LoadForecast) -> TimeGrid:
    """The forecast's own grid with the day before it."""
    return TimeGrid(
        forecast.grid.start - timedelta(days=1), steps=STEPS_PER_DAY + forecast.grid.steps
    )


def _move_row(move: Move) -> MoveRow:
    return MoveRow(
        move=move,
        usual=tuple(block for block in move.usual if block not in move.planned),
        planned=tuple(block for block in move.planned if block not in move.usual),
    )

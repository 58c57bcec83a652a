"""The Gantt of a plan: usual blocks outlined, planned blocks solid, a lane for each equipment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from feature_store.time_grid import TimeGrid
from models.assets.action import Action
from models.optimizer.schedule import Block, Move, Schedule
from serving.web.chart_drawing import Tick, time_ticks, x_of
from serving.web.figure_sizes import FigureSize

LANE_HEIGHT = 46
"""Room for a name above a bar."""
BAR_HEIGHT = 18
_AXIS_HEIGHT = 34
_SHORTEST_BAR = 2.0
"""A bar is never thinner than this, so that a quarter hour can be seen on a narrow screen."""
_WIDTHS = (("wide", 1080, 6), ("narrow", 350, 24))


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One block as a bar."""

    block: Block
    x: float
    width: float

    @property
    def action(self) -> Action:
        """What the equipment does in it."""
        return self.block.action


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One piece of equipment."""

    equipment: str
    top: int
    usual: tuple[Bar, ...]
    planned: tuple[Bar, ...]

    @property
    def bar_top(self) -> int:
        """Where the bars begin, below the name."""
        return self.top + LANE_HEIGHT - BAR_HEIGHT - 6


@dataclass(frozen=True, kw_only=True)
class GanttDrawing:
    """The Gantt in one size."""

    size: FigureSize
    lanes: tuple[Lane, ...]
    time_ticks: tuple[Tick, ...]


def draw_gantt(schedule: Schedule, zone: ZoneInfo) -> tuple[GanttDrawing, ...]:
    """Draw the moves of a schedule in every size; nothing if there are none."""
    if not schedule.moves:
        return ()
    return tuple(
        _draw(schedule, zone, _size(name, width, hours, lanes=len(schedule.moves)))
        for name, width, hours in _WIDTHS
    )


def _size(name: str, width: int, hours_per_tick: int, *, lanes: int) -> FigureSize:
    return FigureSize(
        name="wide" if name == "wide" else "narrow",
        width=width,
        height=lanes * LANE_HEIGHT + _AXIS_HEIGHT + 4,
        left=4,
        right=4,
        top=4,
        bottom=_AXIS_HEIGHT,
        hours_per_tick=hours_per_tick,
    )


def _draw(schedule: Schedule, zone: ZoneInfo, size: FigureSize) -> GanttDrawing:
    return GanttDrawing(
        size=size,
        lanes=tuple(
            _lane(move, size.top + place * LANE_HEIGHT, schedule.grid, size)
            for place, move in enumerate(schedule.moves)
        ),
        time_ticks=time_ticks(schedule.grid, zone, size),
    )


def _lane(move: Move, top: int, grid: TimeGrid, size: FigureSize) -> Lane:
    return Lane(
        equipment=move.equipment,
        top=top,
        usual=tuple(_bar(block, grid, size) for block in move.usual),
        planned=tuple(_bar(block, grid, size) for block in move.planned),
    )


def _bar(block: Block, grid: TimeGrid, size: FigureSize) -> Bar:
    left, right = _edge(block.start, grid, size), _edge(block.end, grid, size)
    return Bar(block=block, x=left, width=max(round(right - left, 1), _SHORTEST_BAR))


def _edge(moment: datetime, grid: TimeGrid, size: FigureSize) -> float:
    return x_of(moment, grid, size)

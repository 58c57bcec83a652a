"""What ``sandan schedule --explain`` prints below the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from cli.console import RESULT, folded

if TYPE_CHECKING:  # the modelling library takes seconds to import
    from models.optimizer.problem_file.answer_document import (
        AnsweredAlternative,
        AnsweredExplanation,
        AnsweredPeakHour,
        AnsweredWorth,
    )

_SITE = "수전 site"
_LIMITS = {
    "contract_power_kw": "계약전력 contract power, kW",
    "battery_kwh": "용량 capacity, kWh",
    "battery_kw": "출력 power, kW",
    "battery_reserve_kwh": "예비량 축소 reserve, kWh less",
    "battery_day_kwh": "하루 방전량 discharge of a day, kWh",
    "thermal_kwh": "저장 용량 thermal band, kWh",
    "thermal_kw": "기기 출력 machine power, kW",
    "charger_kw": "충전 출력 charging power, kW",
    "generator_kw": "발전 출력 generator output, kW",
    "reduction_kw": "최대 감축 largest reduction, kW",
    "earliest_start_step": "시작을 15분 앞당김 window 15 min earlier",
    "latest_end_step": "종료를 15분 늦춤 window 15 min later",
    "arrival_step": "도착을 15분 앞당김 arrival 15 min earlier",
    "departure_step": "출발을 15분 늦춤 departure 15 min later",
    "crew_jobs": "동시 작업 1개 추가 crew for one job more",
}
_PLANS = {
    "cheapest": "가장 싼 계획 cheapest",
    "fewest_moves": "가장 적게 바꾸는 계획 fewest moves",
    "safest": "피크에 가장 안전한 계획 safest",
}


def print_explanation(explanation: AnsweredExplanation) -> None:
    """Print what sets the peak, what limits are worth, and the plans to choose from."""
    for heading, peak in (
        ("평소 피크 usual peak", explanation.usual_peak),
        ("계획 피크 planned peak", explanation.planned_peak),
    ):
        if peak is not None:
            RESULT.print(f"{heading}: {_told(peak)}", markup=False, soft_wrap=True)
    if explanation.limits_worth:
        _print_worth(explanation.limits_worth)
    if len(explanation.alternatives) > 1:
        _print_alternatives(explanation.alternatives)


def _told(peak: AnsweredPeakHour) -> str:
    parts = "".join(f", {one.name} {one.power_kw:+,.1f} kW" for one in peak.equipment)
    return (
        f"{peak.at:%Y-%m-%d %H:%M} {peak.demand_kw:,.1f} kW "
        f"(고정 부하 base load {peak.base_kw:,.1f} kW{parts})"
    )


def _print_worth(limits: list[AnsweredWorth]) -> None:
    table = Table("설비 equipment", "한도 limit")
    table.add_column("단위당 절감 saved per unit, won", justify="right")
    for one in limits:
        whose = _SITE if one.equipment is None else one.equipment
        table.add_row(escape(whose), _LIMITS[one.limit], f"{one.saved_krw_per_unit:,.0f}")
    RESULT.print(folded(table))


def _print_alternatives(plans: list[AnsweredAlternative]) -> None:
    table = Table("계획 plan")
    for heading in ("절감 saved, won", "피크 peak, kW", "여유 피크 peak if load is high, kW"):
        table.add_column(heading, justify="right")
    table.add_column("바꾸는 설비 moved")
    for one in plans:
        table.add_row(
            _PLANS[one.name],
            f"{one.saved_krw:+,.0f}",
            f"{one.peak_kw:,.1f}",
            f"{one.safe_peak_kw:,.1f}",
            escape(", ".join(one.moved)) or "-",
        )
    RESULT.print(folded(table))

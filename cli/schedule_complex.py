"""What ``sandan schedule`` prints of a complex: each firm's bill and part, and what is shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from cli.console import RESULT, folded

if TYPE_CHECKING:  # the modelling library takes seconds to import
    from models.optimizer.problem_file.complex_answer_document import (
        AnsweredSplit,
        ComplexAnswerDocument,
        PlannedComplex,
    )

_METHODS = {
    "shapley": "섀플리 값 Shapley's value",
    "shapley_sampled": "섀플리 값(표본) Shapley's value, sampled",
    "prices": "한계 가격 marginal prices",
}


def print_complex(answer: ComplexAnswerDocument) -> None:
    """Print every firm's bill, what is shared, and who gets how much of the saving."""
    plan = answer.plan
    if plan is None:
        RESULT.print(
            f"계획 없음 no plan ({answer.outcome}): {answer.reason}", markup=False, soft_wrap=True
        )
        return
    _print_bills(plan)
    RESULT.print(
        f"공동 피크 shared peak {plan.peak_kw:,.1f} kW, 공동 비용 shared cost "
        f"{plan.shared_krw:,.0f} won, 합계 total {plan.total_krw:,.0f} won, "
        f"증명된 차이 proved to {plan.gap_share:.3%}",
        markup=False,
        soft_wrap=True,
    )
    if plan.split is not None:
        _print_split(plan.split)
    if plan.split_refused is not None:
        RESULT.print(f"분배 없음 no split: {plan.split_refused}", markup=False, soft_wrap=True)


def _print_bills(plan: PlannedComplex) -> None:
    first, last = plan.valid_times[0], plan.valid_times[-1]
    bills = Table("업체 firm", title=f"{first:%Y-%m-%d %H:%M} ~ {last:%m-%d %H:%M}")
    for heading in ("평소 usual, won", "계획 planned, won", "차이 difference, won"):
        bills.add_column(heading, justify="right")
    for member in plan.members:
        usual_krw, planned_krw = member.usual_cost.total_krw, member.planned_cost.total_krw
        bills.add_row(
            escape(member.site_id),
            f"{usual_krw:,.0f}",
            f"{planned_krw:,.0f}",
            f"{planned_krw - usual_krw:+,.0f}",
        )
    RESULT.print(folded(bills))


def _print_split(split: AnsweredSplit) -> None:
    title = f"절감 분배 split of the saving, {_METHODS[split.method]}"
    parts = Table("업체 firm", title=title)
    for heading in ("단독 alone, won", "절감 saved, won", "부담 pays, won"):
        parts.add_column(heading, justify="right")
    for part in split.members:
        error_krw = part.standard_error_krw
        known_to = "" if error_krw is None else f" ±{error_krw:,.0f}"
        parts.add_row(
            escape(part.site_id),
            f"{part.alone_krw:,.0f}",
            f"{part.saved_krw:,.0f}{known_to}",
            f"{part.pays_krw:,.0f}",
        )
    RESULT.print(folded(parts))
    if split.largest_objection_krw is not None:
        RESULT.print(
            f"가장 큰 이의 largest objection of a group {split.largest_objection_krw:,.0f} won",
            markup=False,
            soft_wrap=True,
        )
    if split.not_shapley is not None:
        RESULT.print(
            f"가격 분배 이유 split by prices: {split.not_shapley}", markup=False, soft_wrap=True
        )

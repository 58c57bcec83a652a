"""``sandan schedule``: the cheapest schedule of a problem that a file describes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.binding_limits import BINDING_LIMITS
from cli.console import INFO, RESULT, folded
from cli.schedule_complex import print_complex
from cli.schedule_explained import print_explanation
from feature_store.errors import SandanError

if TYPE_CHECKING:  # the modelling library takes seconds to import
    from models.assets.action import Action
    from models.optimizer.problem_file.answer_document import (
        AnswerDocument,
        AnsweredBlock,
        AnsweredLimit,
        AnsweredRisk,
        PlannedSite,
    )
    from models.optimizer.problem_file.complex_answer_document import ComplexAnswerDocument

STANDARD_STREAM = "-"
_COSTS = (
    ("전력량요금", "energy", "energy_krw"),
    ("기본요금", "demand", "demand_krw"),
    ("마모·불편", "wear", "wear_krw"),
    ("역송 수입", "earned by export", "export_earned_krw"),
    ("수요반응 정산", "earned in events", "events_earned_krw"),
    ("합계", "total", "total_krw"),
)
_ACTIONS: Mapping[Action, str] = {
    "run": "운전 run",
    "charge": "충전 charge",
    "discharge": "방전 discharge",
    "reduce": "감축 reduce",
    "generate": "발전 generate",
}
_REASONS = {
    "cheaper_hours": "싼 시간대 cheaper hours",
    "lower_peak": "피크 절감 lower peak",
    "cheaper_hours_and_lower_peak": "싼 시간대, 피크 절감 cheaper hours, lower peak",
}


def schedule(  # noqa: PLR0913, PLR0917  typer reads each option from a parameter
    problem: Annotated[
        str | None,
        typer.Option(help="Problem to schedule, JSON; - is standard input.", metavar="FILE"),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            help="File to write the answer to as JSON; - is standard output.", metavar="FILE"
        ),
    ] = None,
    table: Annotated[
        bool, typer.Option("--table", help="Print the plan as a table, beside --out too.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Tell too what sets the peak, what more of each limit is worth and what other "
            "plans there are; takes up to the time limit once more.",
        ),
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a problem and end.")
    ] = False,
    of_complex: Annotated[
        bool,
        typer.Option("--complex", help="With --schema: of a complex of firms, not of a site."),
    ] = False,
) -> None:
    """Find the cheapest schedule of a site, or of firms that share something, told by a JSON file.

    Which of both the file's format says.

    Without --out the plan is printed as a table. Exits with 1 where no plan was proved cheapest.
    """
    if schema:
        _print_schema(of_complex=of_complex)
        return
    if problem is None:
        raise SandanError(
            "no problem is named; write 'sandan schedule --problem FILE.json', or ask for the form "
            "with 'sandan schedule --schema'"
        )
    answer, print_table = _answer(_text(problem), explain=explain)
    if out is not None:
        _write(answer, out)
    if table or out is None:
        print_table()
    if answer.outcome != "solved":
        if out is not None and not table:
            INFO.print(answer.reason, markup=False, soft_wrap=True)
        raise typer.Exit(code=1)


def _text(name: str) -> bytes:
    if name == STANDARD_STREAM:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as unreadable:
        raise SandanError(
            f"{name} cannot be read ({unreadable.strerror}); name a JSON file of a problem"
        ) from unreadable


def _print_schema(*, of_complex: bool) -> None:
    from models.optimizer.problem_file.complex_document import ComplexDocument
    from models.optimizer.problem_file.document import ProblemDocument

    form = ComplexDocument if of_complex else ProblemDocument
    typer.echo(json.dumps(form.model_json_schema(), indent=1, ensure_ascii=False))


def _answer(
    text: bytes, *, explain: bool
) -> tuple[AnswerDocument | ComplexAnswerDocument, Callable[[], None]]:
    """Return the answer, and what prints it as a table."""
    from models.optimizer.problem_file.complex_reading import tells_a_complex

    if not tells_a_complex(text):
        of_site = _answer_of_site(text, explain=explain)
        return of_site, lambda: print_answer(of_site)
    if explain:
        raise SandanError(
            "a complex is not explained; leave out --explain, or ask of one firm's problem alone"
        )
    answer = _answer_of_complex(text)
    return answer, lambda: print_complex(answer)


def _answer_of_complex(text: bytes) -> ComplexAnswerDocument:
    from models.optimizer.complex.schedule_complex import schedule_complex
    from models.optimizer.problem_file.complex_answer import answer_of_complex
    from models.optimizer.problem_file.complex_reading import read_complex

    told = read_complex(text)
    outcome = schedule_complex(
        told.members,
        told.terms,
        split=told.split,
        gap_share=told.gap_share,
        time_limit_s=told.time_limit_s,
    )
    return answer_of_complex(told, outcome)


def _answer_of_site(text: bytes, *, explain: bool) -> AnswerDocument:
    from models.optimizer.plan_limits import plan_limits
    from models.optimizer.problem_file.answer import answer_of
    from models.optimizer.problem_file.reading import read_problem
    from models.optimizer.schedule import Solved
    from models.optimizer.schedule_site import schedule_site

    told = read_problem(text)
    outcome = schedule_site(told.problem, time_limit_s=told.time_limit_s)
    limits = None
    if explain and isinstance(outcome, Solved):
        limits = plan_limits(
            told.problem, outcome.schedule.equipment_kw, time_limit_s=told.time_limit_s
        )
    return answer_of(told.problem, outcome, limits)


def _write(answer: AnswerDocument | ComplexAnswerDocument, out: str) -> None:
    written = answer.model_dump_json(indent=1)
    if out == STANDARD_STREAM:
        typer.echo(written)
        return
    try:
        Path(out).write_text(written + "\n", encoding="utf-8")
    except OSError as unwritable:
        raise SandanError(
            f"{out} cannot be written ({unwritable.strerror}); name a file in a folder that exists"
        ) from unwritable
    INFO.print(f"the answer is in {out}", markup=False, soft_wrap=True)


def print_answer(answer: AnswerDocument) -> None:
    """Print the bill with and without the plan, the peaks, and every move."""
    if answer.outcome != "solved":
        what = "계획 없음 no plan" if answer.plan is None else "증명 안 된 계획 unproved plan"
        RESULT.print(
            f"{answer.site_id}: {what} ({answer.outcome}): {answer.reason}",
            markup=False,
            soft_wrap=True,
        )
    if answer.plan is None:
        return
    _print_bill(answer.site_id, answer.plan)
    _print_peaks(answer.plan)
    if answer.plan.moves:
        _print_moves(answer.plan)
    else:
        RESULT.print("바꿀 것이 없습니다. Nothing is worth changing.")
    for event in answer.plan.events:
        takes = "참여 takes part" if event.takes_part else "불참 declines"
        RESULT.print(
            f"{event.name}: {takes}, {event.credited_kwh:,.1f} kWh, {event.earned_krw:+,.0f} won",
            markup=False,
        )
    if answer.plan.kept_previous:
        RESULT.print("이전 계획 유지 the plan made before is kept: a new one saves too little")
    if answer.plan.explanation is not None:
        print_explanation(answer.plan.explanation)


def _print_bill(site_id: str, plan: PlannedSite) -> None:
    first, last = plan.valid_times[0], plan.valid_times[-1]
    bill = Table("항목", "part", title=f"{site_id} {first:%Y-%m-%d %H:%M} ~ {last:%m-%d %H:%M}")
    for heading in ("평소 usual, won", "계획 planned, won", "절감 saved, won"):
        bill.add_column(heading, justify="right")
    usual, planned = plan.usual_cost.model_dump(), plan.planned_cost.model_dump()
    for korean, english, name in _COSTS:
        sign = -1 if name.endswith("_earned_krw") else 1
        if sign < 0 and not usual[name] and not planned[name]:
            continue
        saved = sign * (usual[name] - planned[name])
        bill.add_row(
            korean, english, f"{usual[name]:,.0f}", f"{planned[name]:,.0f}", f"{saved:+,.0f}"
        )
    RESULT.print(folded(bill))


def _print_peaks(plan: PlannedSite) -> None:
    if not plan.peaks:
        return
    peaks = Table("피크 peak")
    for heading in ("won/kW", "확정 billed anyway, kW", "평소 usual, kW", "계획 planned, kW"):
        peaks.add_column(heading, justify="right")
    with_risks = any(peak.passing_risk is not None for peak in plan.peaks)
    if with_risks:
        peaks.add_column("확정 초과 확률 chance to pass it", justify="right")
    for peak in plan.peaks:
        peaks.add_row(
            escape(peak.name),
            f"{peak.krw_per_kw:,.0f}",
            f"{peak.floor_kw:,.1f}",
            f"{peak.usual_kw:,.1f}",
            f"{peak.planned_kw:,.1f}",
            *([_chance(peak.passing_risk)] if with_risks else []),
        )
    RESULT.print(folded(peaks))


def _chance(risk: AnsweredRisk | None) -> str:
    return "" if risk is None else f"{risk.usual:.0%} → {risk.planned:.0%}"


def _print_moves(plan: PlannedSite) -> None:
    moves = Table("설비 equipment", "계획 planned", "이유 reason", "제약 held by")
    moves.add_column("절감 saved, won", justify="right")
    for move in plan.moves:
        blocks = "\n".join(_told(block) for block in move.planned)
        moves.add_row(
            escape(move.equipment),
            blocks,
            _REASONS[move.reason],
            ",\n".join(_held_by(limit) for limit in move.limits),
            f"{move.saved_krw:+,.0f}",
        )
    RESULT.print(folded(moves))


def _held_by(limit: AnsweredLimit) -> str:
    others = f" ({', '.join(limit.others)})" if limit.others else ""
    return escape(f"{BINDING_LIMITS[limit.limit]}{others}")


def _told(block: AnsweredBlock) -> str:
    when = f"{block.start:%m-%d %H:%M} ~ {block.end:%H:%M}"
    return f"{_ACTIONS[block.action]} {when} {block.power_kw:+,.1f} kW"

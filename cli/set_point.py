"""``sandan set-point``: what a firm's batteries do in the running quarter hour."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import RESULT
from cli.moments import moment_of
from feature_store.errors import SandanError

if TYPE_CHECKING:  # the service's rooms take seconds to import
    from datetime import datetime

    from models.dispatch.set_point_terms import Because
    from serving.api.set_point_answers import BatteryMeasured, SetPointAnswer

_BECAUSE: dict[Because, str] = {
    "holds_peak": "방전하여 최대수요를 지킵니다. Discharges to hold the peak.",
    "lowers_peak": "새 최대수요를 낮춥니다. Discharges to keep the new peak low.",
    "lets_peak_pass": "더 큰 수요에 대비해 남겨 둡니다. "
    "Lets this peak pass: the charge is worth more later.",
    "empty": "방전할 전력량이 없습니다. Nothing is left to give.",
    "charges": "앞으로 쓸 전력을 채웁니다. Charges for what is to come.",
    "discharges": "지금 쓰는 것이 더 이익입니다. Discharges: it saves more now than later.",
    "rests": "쉽니다. Rests.",
    "follows_plan": "수락한 계획을 따릅니다. Follows the accepted plan.",
}


def set_point(  # noqa: PLR0913  one parameter an option
    *,
    firm: Annotated[str, typer.Argument(help="Whose batteries.", metavar="FIRM")],
    load_kw: Annotated[
        float, typer.Option(help="Load of the running interval without the batteries, kW.")
    ],
    charge_kwh: Annotated[
        list[str],
        typer.Option(help="What is in a battery, kWh; once for each.", metavar="NAME=KWH"),
    ],
    discharged_today_kwh: Annotated[
        list[str] | None,
        typer.Option(
            help="What a battery with a limit a day gave today, kWh; once for each.",
            metavar="NAME=KWH",
        ),
    ] = None,
    peak_so_far_kw: Annotated[
        float | None,
        typer.Option(help="The month's peak by the billing meter, kW. Default: of the readings."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="At this RFC 3339 time, as known then. Default: now.", metavar="TIME"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Say what a firm's batteries do now, by price and by what charge and peak will be worth.

    Nothing is switched. The first asking values the day, which takes some seconds.
    """
    from pydantic import ValidationError

    from feature_store.settings import Settings
    from serving.api.set_point_answers import SetPointRequest, set_point_answer
    from serving.bootstrap import build
    from serving.set_points import SetPoints

    moment = None if at is None else moment_of(at)
    try:
        asked = SetPointRequest(
            load_kw=load_kw,
            batteries=_batteries(charge_kwh, discharged_today_kwh or []),
            peak_so_far_kw=peak_so_far_kw,
        )
    except ValidationError as invalid:
        first = invalid.errors()[0]
        raise SandanError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}; mend it") from None
    settings = Settings()
    with closing(build(settings)) as application:
        measured = asked.measured(moment or settings.now())
        found = SetPoints(planner=application.planner).now(firm, measured, moment)
    answer = set_point_answer(found)
    if as_json:
        typer.echo(answer.model_dump_json(indent=2))
    else:
        print_set_point(answer)


def print_set_point(answer: SetPointAnswer) -> None:
    """Print what each battery does, and why."""
    start, until = (_clock(one) for one in (answer.interval_start, answer.holds_until))
    RESULT.print(
        f"{answer.firm_id}: {answer.interval_start:%Y-%m-%d} {start} ~ {until}, "
        f"{answer.krw_per_kwh:g} won/kWh, {_BECAUSE[answer.because]}",
        markup=False,
    )
    table = Table("배터리 battery", "동작 does")
    table.add_column("설정 set-point, kW", justify="right")
    table.add_column("충전량 charge, kWh", justify="right")
    for one in answer.batteries:
        table.add_row(
            one.name,
            _does(one.power_kw),
            f"{one.power_kw:+,.1f}",
            f"{one.charge_kwh:,.1f} → {one.after_kwh:,.1f}",
        )
    RESULT.print(table)
    RESULT.print(
        f"부하 load {answer.load_kw:,.1f} kW → 계량 meter {answer.import_kw:,.1f} kW; "
        f"지키는 최대수요 peak that is held {answer.held_kw:,.1f} kW"
        + ("" if answer.counted else " (이 시간은 요금적용전력에 들지 않음 does not count now)")
    )
    on = answer.decided_on
    if answer.decided_by == "look_up_without_plan":
        RESULT.print(
            "지금 따를 수락한 계획이 없어 요금과 충전량의 가치로 정했습니다. "
            "No accepted plan of this equipment covers now, so price and value decide.",
            soft_wrap=True,
        )
    forecast = f"{_clock(on.issue_time)} ({on.model_version}, {on.quality})"
    RESULT.print(
        f"예측 forecast of {forecast}, 다음 next {_clock(on.next_forecast)}"
        if on.plan_id is None
        else f"계획 plan {on.plan_id}, 예측 forecast of {forecast}",
        markup=False,
    )


def _batteries(charge_kwh: list[str], discharged_today_kwh: list[str]) -> list[BatteryMeasured]:
    from serving.api.set_point_answers import BatteryMeasured

    given_kwh = dict(map(_named_kwh, discharged_today_kwh))
    charges_kwh = [_named_kwh(told) for told in charge_kwh]
    if unknown := sorted(set(given_kwh) - {name for name, _ in charges_kwh}):
        raise SandanError(
            f"{', '.join(unknown)}: what it gave today is told, but not its charge; tell it with "
            "--charge-kwh"
        )
    return [
        BatteryMeasured(name=name, charge_kwh=kwh, discharged_today_kwh=given_kwh.get(name))
        for name, kwh in charges_kwh
    ]


def _named_kwh(told: str) -> tuple[str, float]:
    """Read ``NAME=KWH``."""
    name, _, kwh = told.rpartition("=")
    with suppress(ValueError):
        if name:
            return name, float(kwh)
    raise SandanError(f"{told!r} is not the energy of a battery; write it like ESS=310, in kWh")


def _does(power_kw: float) -> str:
    if power_kw > 0:
        return "충전 charge"
    return "방전 discharge" if power_kw < 0 else "대기 rest"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}"

"""The BentoML service: forecasts and schedules as its own API, everything else mounted in it.

``sandan serve`` runs it; so does ``bentoml serve serving.service:service``, whose own process reads
its settings before it imports this module (see docs/operating.md).
"""

from __future__ import annotations

import os
from typing import Any

from feature_store.settings import Settings

for _name, _value in Settings().library_environment.items():
    os.environ.setdefault(_name, _value)  # BentoML reads them when it is imported

import bentoml  # noqa: E402
from starlette.responses import Response  # noqa: E402

from feature_store.errors import SandanError  # noqa: E402
from serving.api.answers import ForecastRequest, ScheduleAnswer, ScheduleRequest  # noqa: E402
from serving.api.prediction import answer_forecast, answer_schedule  # noqa: E402
from serving.api.problem import Problem, problem_of, problem_response  # noqa: E402
from serving.bootstrap import GUARDS, build, connect, create_app  # noqa: E402
from serving.suggestions.documents import ForecastDocument  # noqa: E402

LONGEST_ANSWER_S = 120
"""A request may wait behind other schedules, each up to the solver's time limit."""
THREADS = 4
"""So that a forecast of milliseconds does not wait for a schedule of seconds; more would only
divide the same cores."""

mounted = create_app()


class SandanService:
    """Forecasts firms' loads and plans their equipment."""

    def __init__(self) -> None:
        self.application = build(Settings())
        connect(mounted, self.application)

    def __is_ready__(self) -> bool:
        """See :class:`serving.health.Readiness`."""
        return self.application.readiness.is_ready()

    @bentoml.api(route="/v1/forecast", output_spec=ForecastDocument)  # type: ignore[untyped-decorator]
    def forecast(self, asked: ForecastRequest, /) -> ForecastDocument | Response:
        """Forecast a firm's load as quantiles."""
        try:
            return answer_forecast(self.application.planner, asked)
        except SandanError as error:
            return problem_response(problem_of(error))

    @bentoml.api(route="/v1/schedule", output_spec=ScheduleAnswer)  # type: ignore[untyped-decorator]
    def schedule(self, asked: ScheduleRequest, /) -> ScheduleAnswer | Response:
        """Plan a firm's equipment without proposing the plan."""
        try:
            answer = answer_schedule(self.application.planner, asked)
        except SandanError as error:
            return problem_response(problem_of(error))
        return problem_response(answer) if isinstance(answer, Problem) else answer

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """Let go of the database."""
        self.application.close()


def _served() -> Any:  # noqa: ANN401 (mypy skips BentoML, whose types are noise at our boundary)
    """Make BentoML's service of the class, with the mounted routes and the guards around all."""
    decorated = bentoml.service(
        name="sandan", workers=1, threads=THREADS, traffic={"timeout": LONGEST_ANSWER_S}
    )(bentoml.asgi_app(mounted, path="/")(SandanService))
    for guard in GUARDS:
        decorated.add_asgi_middleware(guard)
    return decorated


service = _served()

"""What a backtest leaves in its folder: forecasts, figures, times and a page, all or none."""

from __future__ import annotations

import json
import math
import platform
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from feature_store.errors import SandanError
from feature_store.time_grid import INTERVAL
from models.forecasting.load_forecast import QUANTILES, quantile_key
from training.evaluation.firm_figures import FirmFigures, ForecasterFigures
from training.evaluation.forecast_files import FORECASTS, OTHER_FORECASTS, join_parts
from training.evaluation.named_forecasters import MODEL
from training.evaluation.overall_figures import OverallFigures, overall_figures
from training.evaluation.report.page import report_page
from training.evaluation.run import Evaluation
from training.scores.bootstrap import Interval, interval
from training.scores.calibration import Calibration
from training.scores.exceedance import BINS, Reliability

METRICS, TIMES, REPORT = "metrics.json", "time.json", "report.html"
FILES = (METRICS, TIMES, REPORT, OTHER_FORECASTS, FORECASTS)
"""In the order in which they are put in place: forecasts come last, so with them all is there."""
LIBRARIES = ("sandan", "lightgbm", "numpy", "polars", "holidays")
"""What decides the forecasts."""


@dataclass(frozen=True, kw_only=True)
class OutputFolder:
    """A folder whose files change all together when a run is done."""

    out: Path
    unfinished: Path
    """Where files are made; it is gone afterwards."""

    @property
    def parts(self) -> Path:
        """Where the firms' forecasts are kept meanwhile."""
        return self.unfinished / "parts"

    def finish(self, evaluation: Evaluation) -> dict[str, OverallFigures]:
        """Write every file and put them in place of those of a run before."""
        made = self.unfinished
        overall = overall_figures(evaluation.firms)
        join_parts(self.parts, [firm.firm_id for firm in evaluation.firms], made)
        _write_json(made / METRICS, metrics_document(evaluation, overall))
        _write_json(made / TIMES, times_document(evaluation))
        (made / REPORT).write_text(report_page(evaluation, overall), encoding="utf-8")
        for name in FILES:
            if (made / name).exists():
                (made / name).replace(self.out / name)
            else:
                (self.out / name).unlink(missing_ok=True)
        return overall


@contextmanager
def output_folder(out: Path) -> Iterator[OutputFolder]:
    """Open a folder to write to; whatever ends the block early leaves its files as they were."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        unfinished = tempfile.TemporaryDirectory(dir=out, prefix=".unfinished-")
    except OSError as error:
        raise SandanError(
            f"{out}: cannot be written to ({error.strerror}); name another folder with --out"
        ) from None
    with unfinished as made:
        folder = OutputFolder(out=out, unfinished=Path(made))
        folder.parts.mkdir()
        yield folder


def metrics_document(
    evaluation: Evaluation, overall: Mapping[str, OverallFigures]
) -> dict[str, Any]:
    """Every figure, as it is written in JSON; null where there is none."""
    plan = evaluation.plan
    return {
        "protocol": {
            "test_days": plan.test_days,
            "issue_hours": list(plan.issue_hours),
            "steps": plan.steps,
            "minutes_per_step": INTERVAL.total_seconds() / 60,
            "seed": plan.seed,
            "quantiles": list(QUANTILES),
            "forecasters": list(plan.forecasters),
        },
        "forecasters": {name: _overall(one) for name, one in overall.items()},
        "firms": {firm.firm_id: _firm(firm) for firm in evaluation.firms},
        "left_out": dict(evaluation.left_out),
        "versions": versions(),
    }


def times_document(evaluation: Evaluation) -> dict[str, Any]:
    """CPU seconds by firm, of the forecaster under test and of each other.

    The model is fitted on all firms at once: each has an equal share of it. A firm's forecasts are
    made together; the seconds are those of one of them.
    """
    first, *others = evaluation.plan.forecasters
    return {
        "forecaster": first,
        **_seconds(evaluation, first),
        "others": {name: _seconds(evaluation, name) for name in others},
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of what decides the forecasts."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


def _seconds(evaluation: Evaluation, name: str) -> dict[str, Any]:
    learned = evaluation.fit_cpu_seconds / len(evaluation.firms) if name == MODEL else 0.0
    return {
        "fit_cpu_seconds": {firm.firm_id: learned for firm in evaluation.firms},
        "predict_cpu_seconds": {
            firm.firm_id: [firm.of[name].predict_cpu_seconds] for firm in evaluation.firms
        },
    }


def _firm(firm: FirmFigures) -> dict[str, Any]:
    levels = next(iter(firm.of.values())).exceedances
    return {
        "timezone": firm.timezone,
        "test_start": firm.held_back.start.isoformat(),
        "test_end": firm.held_back.end.isoformat(),
        "issue_times": firm.issue_times,
        "issue_times_asked": firm.asked,
        "mean_kw_before": firm.mean_kw,
        "levels_kw": {f"{one.level_share:g}": one.level_kw for one in levels},
        "levels_exceeded_share": {f"{one.level_share:g}": one.observed_share for one in levels},
        "forecasters": {name: _forecaster(one) for name, one in firm.of.items()},
    }


def _forecaster(figures: ForecasterFigures) -> dict[str, Any]:
    return {
        **figures.figures,
        "intervals": {name: _ends(interval([one])) for name, one in figures.weekly.items()},
        "by_lead": [asdict(window) for window in figures.windows],
        "share_below": _share_below(figures.calibration),
    }


def _overall(figures: OverallFigures) -> dict[str, Any]:
    return {
        **figures.mean,
        "intervals": {name: _ends(one) for name, one in figures.intervals.items()},
        "wql_ratio_to": {
            name: {"ratio": one.value, **_ends(one)} for name, one in figures.loss_ratio_to.items()
        },
        "by_lead": [asdict(window) for window in figures.windows],
        "share_below": _share_below(figures.calibration),
        "reliability": _reliability(figures.reliability),
    }


def _ends(found: Interval) -> dict[str, float]:
    return {"low": found.low, "high": found.high}


def _share_below(calibration: Calibration) -> dict[str, float]:
    shares = calibration.share_below
    return {quantile_key(level): float(one) for level, one in zip(QUANTILES, shares, strict=True)}


def _reliability(reliability: Reliability) -> list[dict[str, float | int]]:
    bins = zip(reliability.count, reliability.said, reliability.happened, strict=True)
    return [
        {
            "from": number / BINS,
            "to": (number + 1) / BINS,
            "count": int(count),
            "mean_probability": float(said / count) if count else math.nan,
            "observed_share": float(happened / count) if count else math.nan,
        }
        for number, (count, said, happened) in enumerate(bins)
    ]


def _write_json(path: Path, document: dict[str, Any]) -> None:
    text = json.dumps(_without_nan(document), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _without_nan(value: Any) -> Any:  # noqa: ANN401  anything that JSON can hold
    """The same with null for what is no number: JSON has no NaN."""
    match value:
        case dict():
            return {name: _without_nan(one) for name, one in value.items()}
        case list():
            return [_without_nan(one) for one in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value

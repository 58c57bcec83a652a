"""What a replay leaves in its folder: every figure as JSON, and a page in each language."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from training.replay.adopt import Adopted
from training.replay.figures import cells, policy_figures
from training.replay.ingredients import verdicts
from training.replay.report.page import report_page
from training.replay.run import Replay

FIGURES, REPORT, KOREAN_REPORT = "replay.json", "report.html", "report.ko.html"


def write_files(
    replay: Replay, out: Path, adopted: Mapping[str, Adopted] = MappingProxyType({})
) -> None:
    """Write the figures and the pages, each put in place when it is whole.

    Args:
        replay: What was lived.
        out: The folder.
        adopted: By site, where the verdicts were written into declarations.
    """
    figures = _finite(replay_document(replay, adopted))
    document = json.dumps(figures, indent=1, ensure_ascii=False, default=datetime.isoformat)
    texts = {
        FIGURES: document + "\n",
        REPORT: report_page(replay, "en", adopted),
        KOREAN_REPORT: report_page(replay, "ko", adopted),
    }
    for name, text in texts.items():
        unfinished = out / f".{name}.unfinished"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(out / name)


def replay_document(
    replay: Replay, adopted: Mapping[str, Adopted] = MappingProxyType({})
) -> dict[str, Any]:
    """Return every figure of a replay."""
    plan = replay.plan
    return {
        "first": plan.first.isoformat(),
        "end": plan.end.isoformat(),
        "months_alone": plan.months_alone,
        "policies": [asdict(one) for one in policy_figures(replay)],
        "cells": [asdict(cell) for cell in cells(replay)],
        "sites": {
            one.site.name: {
                "filled_intervals": one.site.filled,
                "runs_not_found_kwh": one.site.runs_not_found_kwh,
                "ingredients": {
                    verdict.ingredient.choice: verdict.document() for verdict in verdicts(one)
                },
                "adopted": asdict(adopted[one.site.name]) if one.site.name in adopted else None,
                "months": {
                    policy: [
                        {**asdict(month), "bill_krw": month.bill_krw} for month in lived.months
                    ]
                    for policy, lived in one.lived.items()
                },
            }
            for one in replay.sites
        },
    }


def _finite(value: Any) -> Any:  # noqa: ANN401  whatever JSON can hold
    """Write what is no number as null."""
    match value:
        case dict():
            return {key: _finite(one) for key, one in value.items()}
        case list() | tuple():
            return [_finite(one) for one in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value

"""What a replay leaves in its folder: every figure as JSON, and a page in each language."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.replay.figures import cells, policy_figures
from training.replay.peak_pricing import peak_pricing_choice
from training.replay.report.page import report_page
from training.replay.run import Replay

FIGURES, REPORT, KOREAN_REPORT = "replay.json", "report.html", "report.ko.html"


def write_files(replay: Replay, out: Path) -> None:
    """Write the figures and the pages, each put in place when it is whole."""
    document = json.dumps(_finite(replay_document(replay)), indent=1, ensure_ascii=False)
    texts = {
        FIGURES: document + "\n",
        REPORT: report_page(replay, "en"),
        KOREAN_REPORT: report_page(replay, "ko"),
    }
    for name, text in texts.items():
        unfinished = out / f".{name}.unfinished"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(out / name)


def replay_document(replay: Replay) -> dict[str, Any]:
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
                "peak_pricing": asdict(choice) if (choice := peak_pricing_choice(one)) else None,
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

"""Do the random tests pass in their long form?

A thousand sequences of new, repeated, corrected, late and shuffled deliveries end on both databases
as plain lists end; a thousand changes of what became known after a moment leave every feature, and
every forecast, of that moment bit-identical; three hundred random frames equal plain loops; five
hundred hot solves equal cold ones, and of three hundred problems without a plan the conflict is
named; a thousand questions about bills are answered or refused by name. The short form of the same
tests runs with ``make test``.

``SOAK_FOLDERS``, parted by commas, runs some of the folders; what was found of the others is kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.figures import RESULTS, Figure, print_figures, write

ROOT = Path(__file__).parents[1]
FOLDERS = (
    "tests/feature_store/storage",
    "tests/feature_store/features/test_what_comes_later_changes_nothing.py",
    "tests/feature_store/features/test_training_rows_are_what_was_served.py",
    "tests/feature_store/features/test_frames_against_plain_rows.py",
    "tests/models/forecasting/test_mixture.py",
    "tests/models/optimizer/complex",
    "tests/models/optimizer/test_conflict.py",
    "tests/models/optimizer/test_der_vet.py",
    "tests/models/optimizer/test_hot_problem.py",
    "tests/models/optimizer/test_mutated_plans.py",
    "tests/serving/test_bills_api.py",
    "tests/serving/test_worked_bills_api.py",
)


def main() -> list[Figure]:
    """Run the tests of each folder and write down how many passed; a stop loses one folder."""
    known = _known()
    figures: list[Figure] = []
    asked = os.environ.get("SOAK_FOLDERS", ",".join(FOLDERS)).split(",")
    for folder in asked:
        known[folder] = _run(folder)
        figures = [figure for one in FOLDERS if one in known for figure in known[one]]
        write("soak", (__doc__ or "").strip(), figures)
    return figures


def _known() -> dict[str, list[Figure]]:
    """Return what was found last time, by folder."""
    known: dict[str, list[Figure]] = {}
    last = RESULTS / "soak.json"
    names = {field.name for field in fields(Figure)}
    for row in json.loads(last.read_text("utf-8"))["figures"] if last.exists() else ():
        folder = row["name"].partition(": ")[0]
        known.setdefault(folder, []).append(Figure(**{name: row[name] for name in names}))
    return known


def _run(folder: str) -> list[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        subprocess.run(  # noqa: S603  our own tests
            [sys.executable, "-m", "pytest", "--quiet", f"--junitxml={report}", folder],
            cwd=ROOT,
            env=os.environ | {"SANDAN_SOAK": "1"},
            check=False,
        )
        return told_by(report, folder)


def told_by(report: Path, folder: str) -> list[Figure]:
    """Return what pytest's report of a folder says."""
    suites = list(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314  our own

    def total(*names: str) -> float:
        return sum(float(suite.get(name, 0)) for suite in suites for name in names)

    return [
        Figure(name=f"{folder}: tests run", value=total("tests") - total("skipped")),
        Figure(name=f"{folder}: tests skipped", value=total("skipped")),
        Figure(name=f"{folder}: tests failed", value=total("failures", "errors"), at_most=0),
        Figure(name=f"{folder}: time", value=total("time") / 60, unit="min"),
    ]


if __name__ == "__main__":
    print_figures(main())

"""Do the random tests pass in their long form?

A thousand sequences of new, repeated, corrected, late and shuffled deliveries end on both databases
as plain lists end; a thousand changes of what became known after a moment leave every feature, and
every forecast, of that moment bit-identical; three hundred random frames equal plain loops; five
hundred hot solves equal cold ones, and of three hundred problems without a plan the conflict is
named; a thousand questions about bills are answered or refused by name. The short form of the same
tests runs with ``make test``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.figures import Figure, print_figures, write

ROOT = Path(__file__).parents[1]
FOLDERS = (
    "tests/feature_store/storage",
    "tests/feature_store/features",
    "tests/models/forecasting/test_mixture.py",
    "tests/models/optimizer/complex",
    "tests/models/optimizer/test_conflict.py",
    "tests/models/optimizer/test_hot_problem.py",
    "tests/models/optimizer/test_mutated_plans.py",
    "tests/serving/test_bills_api.py",
    "tests/serving/test_worked_bills_api.py",
)


def main() -> list[Figure]:
    """Run the tests of each folder and write down how many passed."""
    figures = [figure for folder in FOLDERS for figure in _run(folder)]
    write("soak", (__doc__ or "").strip(), figures)
    return figures


def _run(folder: str) -> list[Figure]:
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        subprocess.run(  # noqa: S603  our own tests
            [sys.executable, "-m", "pytest", "--quiet", f"--junitxml={report}", folder],
            cwd=ROOT,
            env=os.environ | {"SANDAN_SOAK": "1"},
            check=False,
        )
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

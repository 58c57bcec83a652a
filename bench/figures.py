"""A measured figure, the goal it is held against, and how a page of them is written."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
_GROUPED_FROM = 1000
LIBRARIES = ("lightgbm", "cvxpy", "highspy", "polars", "mlflow", "bentoml")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number with its unit."""

    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def goal(self) -> str:
        """The bound in words; empty where there is none."""
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return "" if self.at_least is None else f"at least {self.at_least:g}"

    @property
    def shown(self) -> str:
        """The value as people read it: four digits, or whole and grouped from a thousand on."""
        whole = abs(self.value) >= _GROUPED_FROM
        return f"{self.value:,.0f}" if whole else f"{self.value:.4g}"

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None where there is none."""
        if self.at_most is not None:
            return bool(self.value <= self.at_most)
        return None if self.at_least is None else bool(self.value >= self.at_least)


def write(topic: str, question: str, figures: Sequence[Figure]) -> None:
    """Write the figures of one script as JSON and as a page below ``bench/results``."""
    RESULTS.mkdir(exist_ok=True)
    rows = [
        asdict(figure)
        | {"value": float(figure.value), "goal": figure.goal, "met": figure.met}  # numpy's, too
        for figure in figures
    ]
    document = {"topic": topic, "question": question, "machine": machine(), "figures": rows}
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (RESULTS / f"{topic}.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / f"{topic}.md").write_text(page(topic, question, figures), encoding="utf-8")


def page(topic: str, question: str, figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    marks = {True: "met", False: "**missed**", None: ""}
    lines = [
        f"# {topic}",
        "",
        question,
        "",
        "| figure | value | unit | goal | |",
        "|---|--:|---|---|---|",
    ]
    lines += [
        f"| {one.name} | {one.shown} | {one.unit} | {one.goal} | {marks[one.met]} |"
        for one in figures
    ]
    about = ", ".join(f"{name} {value}" for name, value in machine().items())
    return "\n".join([*lines, "", about, ""])


def print_figures(figures: Sequence[Figure]) -> None:
    """Print the figures one a line."""
    for figure in figures:
        verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
        print(f"{figure.name:<70} {figure.shown:>10} {figure.unit:<4} {figure.goal} {verdict}")


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    versions = {name: version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), "cores": str(os.cpu_count()), **versions}

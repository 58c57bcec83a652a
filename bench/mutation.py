"""How many small changes of the tariff rooms does a test notice?

mutmut makes the changes (an operator, a number, an argument, a text), each in a copy of its
function; :mod:`bench.mutation_pytest` tries them. mutmut leaves functions with a decorator as they
are, properties and the cached ones among them, and so does this measure.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import dedent

import yaml
from mutmut.mutation.data import LineSpan
from mutmut.mutation.file_mutation import mutate_file_contents

from bench.figures import RESULTS, Figure, machine, page, print_figures

ROOT = Path(__file__).parent.parent
WORK = ROOT / ".mutation"
TREE = WORK / "tree"
COPIED = ("bench", "cli", "docs", "feature_store", "models", "serving", "tests", "training")
COPIED_FILES = ("pyproject.toml", "README.md", "CONTRIBUTING.md")
ROOMS = ("models/tariffs", "models/diagnosis")
TESTS = (
    "tests/models/tariffs",
    "tests/models/diagnosis",
    "tests/golden",
    "tests/contracts/test_every_tariff.py",
    "tests/contracts/test_every_month_is_billed.py",
    "tests/models/optimizer/test_later_months.py",
)
"""What shows the rooms; other tests pass through them too and are not asked."""
REASONS = Path(__file__).parent / "mutation_survivors.yaml"
LEAST_KILLED_SHARE = 0.85
PROCESSES = 2
MOST_SECONDS = 10
"""CPU time of the tests that a mutant meets, the quickest first: the share is a lower bound."""
NO_REASON = "no reason given"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change, where it is in the file as it stands."""

    name: str
    module: str
    function: str
    line: int
    change: str
    """Lines taken away and put in, each behind its sign."""


@dataclass(frozen=True, kw_only=True)
class Survivor:
    """A change that no test notices, and why none has to."""

    mutant: Mutant
    reason: str


def main() -> list[Figure]:
    """Try every mutant; with ``again`` as argument only those that were not killed last time."""
    again = sys.argv[1:] == ["again"]
    mutants = _prepare()
    tried = _tried() if again else {}
    wanted = [one.name for one in mutants if tried.get(one.name) not in {"killed", "cut short"}]
    if not again:
        (WORK / "tried.jsonl").unlink(missing_ok=True)
    _try(wanted)
    outcomes = _tried()
    survivors = list(_explained([one for one in mutants if outcomes[one.name] in UNKILLED]))
    figures = _figures(mutants, outcomes, survivors)
    _write(figures, mutants, outcomes, survivors)
    return figures


UNKILLED = ("survived", "no test", "not told")


def _prepare() -> list[Mutant]:
    """Copy the tree with all mutants written into it."""
    shutil.rmtree(TREE, ignore_errors=True)
    for folder in COPIED:
        shutil.copytree(ROOT / folder, TREE / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in COPIED_FILES:
        shutil.copy2(ROOT / name, TREE / name)
    found: list[Mutant] = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            module = path.relative_to(ROOT).as_posix()
            source = path.read_text("utf-8")
            mutated = mutate_file_contents(module, source)
            (TREE / module).write_text(mutated.code, encoding="utf-8")
            found += _mutants(module, source, mutated.code, mutated.line_span_by_function_name)
    return found


def _mutants(
    module: str, source: str, code: str, spans: Mapping[str, LineSpan]
) -> Iterator[Mutant]:
    """Every mutant of a file, told as a change of the file as it stands."""
    lines, begins = code.splitlines(), _first_lines(source)
    dotted = module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    for generated in spans:
        mangled, _, number = generated.partition("__mutmut_")
        if not number.isdigit():
            continue
        qualified = mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        before, after = (
            _body(lines, spans[name], name) for name in (f"{mangled}__mutmut_orig", generated)
        )
        changed = [
            line
            for line in difflib.unified_diff(before, after, n=0, lineterm="")
            if not line.startswith(("---", "+++"))
        ]
        offset = int((re.search(r"-(\d+)", changed[0]) or [0, 1])[1]) - 1
        yield Mutant(
            name=f"{dotted}.{generated}",
            module=module,
            function=qualified,
            line=begins[qualified] + offset,
            change="\n".join(line[0] + line[1:].strip() for line in changed if line[0] != "@"),
        )


def _body(lines: Sequence[str], span: LineSpan, name: str) -> list[str]:
    """A generated function from its ``def`` on."""
    text = dedent("\n".join(lines[span.start - 1 : span.end])).replace(name, "_")
    body = text.splitlines()
    first = next(at for at, line in enumerate(body) if line.startswith(("def ", "async def ")))
    return body[first:]


def _first_lines(source: str) -> dict[str, int]:
    """The line of each function's ``def``, methods behind the name of their class."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node.lineno
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    found[f"{node.name}.{method.name}"] = method.lineno
    return found


def _try(names: Sequence[str]) -> None:
    plan = {
        "mutants": list(names),
        "processes": PROCESSES,
        "seconds": MOST_SECONDS,
    }
    (WORK / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    options = ["-q", "-s", "-p", "bench.mutation_pytest", "-p", "no:cacheprovider"]
    one_thread = {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", *options, *TESTS],
        cwd=TREE,
        env=os.environ | one_thread | {"SANDAN_MUTANTS": str(WORK)},
        check=True,
    )


def _tried() -> dict[str, str]:
    """The last outcome of each mutant."""
    lines = (WORK / "tried.jsonl").read_text("utf-8").splitlines()
    return {told["mutant"]: told["outcome"] for told in map(json.loads, lines)}


def _explained(unkilled: Sequence[Mutant]) -> Iterator[Survivor]:
    rules = [
        (where, re.compile(pattern), group["reason"])
        for group in yaml.safe_load(REASONS.read_text("utf-8")) or ()
        for where, patterns in group["changes"].items()
        for pattern in patterns
    ]
    for mutant in unkilled:
        place = f"{mutant.module} {mutant.function}"
        found = (
            reason
            for where, pattern, reason in rules
            if re.fullmatch(where, place) and pattern.search(mutant.change)
        )
        yield Survivor(mutant=mutant, reason=next(found, NO_REASON))


def _figures(
    mutants: Sequence[Mutant], outcomes: Mapping[str, str], survivors: Sequence[Survivor]
) -> list[Figure]:
    count = Counter(outcomes[one.name] for one in mutants)
    killed = len(mutants) - len(survivors)
    return [
        Figure(name="small changes tried", value=len(mutants)),
        Figure(name="noticed by a test", value=killed),
        Figure(name="of these by a test that was cut short", value=count["cut short"]),
        Figure(
            name="share noticed",
            value=killed / len(mutants),
            at_least=LEAST_KILLED_SHARE,
        ),
        Figure(name="not noticed", value=len(survivors)),
        Figure(
            name="of these without a reason",
            value=sum(one.reason == NO_REASON for one in survivors),
        ),
    ]


def _write(
    figures: Sequence[Figure],
    mutants: Sequence[Mutant],
    outcomes: Mapping[str, str],
    survivors: Sequence[Survivor],
) -> None:
    question = (__doc__ or "").splitlines()[0]
    tried = Counter(one.module for one in mutants)
    left = Counter(one.mutant.module for one in survivors)
    modules = [
        {"module": name, "tried": count, "noticed": count - left[name]}
        for name, count in sorted(tried.items())
    ]
    document = {
        "topic": "mutation",
        "question": question,
        "machine": machine(),
        "figures": [asdict(one) | {"goal": one.goal, "met": one.met} for one in figures],
        "modules": modules,
        "survivors": [
            asdict(one.mutant) | {"reason": one.reason, "outcome": outcomes[one.mutant.name]}
            for one in survivors
        ],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (RESULTS / "mutation.json").write_text(text + "\n", encoding="utf-8")
    rows = [
        f"| {name} | {tried[name]} | {tried[name] - left[name]} "
        f"| {1 - left[name] / tried[name]:.1%} |"
        for name in sorted(tried)
    ]
    told = [
        page("mutation", question, figures),
        "## By module\n\n| module | tried | noticed | share |\n|---|--:|--:|--:|",
        *rows,
        "\n## Not noticed\n",
        *_told(survivors),
    ]
    (RESULTS / "mutation.md").write_text("\n".join(told), encoding="utf-8")


def _told(survivors: Sequence[Survivor]) -> Iterator[str]:
    """The survivors by their reason, the most frequent first, those without one before all."""
    count = Counter(one.reason for one in survivors)
    for reason in sorted(count, key=lambda reason: (reason != NO_REASON, -count[reason], reason)):
        yield f"### {reason[0].upper()}{reason[1:]} ({count[reason]})\n\n```diff"
        for one in survivors:
            if one.reason == reason:
                yield f"@@ {one.mutant.module}:{one.mutant.line} {one.mutant.function} @@"
                yield one.mutant.change
        yield "```\n"


if __name__ == "__main__":
    print_figures(main())

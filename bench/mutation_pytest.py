"""Try mutants: the plugin that stands in pytest's place while :mod:`bench.mutation` measures.

The tests are collected once. Each mutant then gets a copy of this process that has run nothing
yet (no threads that a copy would lack, no caches that would hide a mutant), in which the tests
that reach its function run, the quickest first, until one fails. Hypothesis draws fewer examples,
the same ones each time, and does not look for the smallest: that one fails is all that is asked.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import _lru_cache_wrapper, partial
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import TypedDict

import pytest
from hypothesis import Phase, settings
from mutmut.mutation.trampoline import get_mutant_under_test, set_mutant_under_test
from mutmut.state import state

FOLDER = "SANDAN_MUTANTS"
"""Names the folder of ``plan.json`` and of what is written beside it."""
MOST_EXAMPLES = 5
"""Enough for what properties say of every month; rare cases have tests of their own."""
MOST_CPU_SECONDS = 60
"""Six times what the tests that a mutant meets take: one that takes more has an endless loop."""
OUTCOMES = {0: "survived", 1: "killed"}
"""By the exit status of the copy; one that a signal ended was cut short, by CPU time mostly."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make each property quick and repeatable."""
    for item in items:
        test = getattr(item, "obj", None)
        test = getattr(test, "__func__", test)
        # where @settings leaves what it was given, and where Hypothesis looks for it
        own = getattr(test, "_hypothesis_internal_use_settings", None)
        if test is not None and hasattr(test, "hypothesis"):
            test._hypothesis_internal_use_settings = settings(  # noqa: SLF001 - no public way
                own,
                max_examples=min(own.max_examples if own else MOST_EXAMPLES, MOST_EXAMPLES),
                phases=(Phase.explicit, Phase.generate),
                derandomize=True,
                database=None,
                deadline=None,
            )


class Noted(TypedDict):
    """What the tests did without a mutant."""

    tests: dict[str, list[str]]
    """Those that reach a function, by its name."""
    seconds: dict[str, float]
    """CPU time of each."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Note which tests reach which function, then try every mutant of the plan."""
    folder = Path(os.environ[FOLDER])
    plan = json.loads((folder / "plan.json").read_text("utf-8"))
    import_module("holidays.countries")  # what else every copy would import for itself
    if os.waitstatus_to_exitcode(os.waitpid(_copy(partial(_note, session, folder)), 0)[1]):
        pytest.exit(f"the tests fail without any mutant; see {folder / 'failed.txt'}", returncode=1)
    noted: Noted = json.loads((folder / "noted.json").read_text("utf-8"))
    by_name = {item.nodeid: item for item in session.items}
    running: dict[int, str] = {}
    gc.freeze()  # what the copies share with this process stays shared
    with (folder / "tried.jsonl").open("a", encoding="utf-8", buffering=1) as tried:
        for mutant in plan["mutants"]:
            reaching = noted["tests"].get(mutant.partition("__mutmut_")[0], ())
            tests = _chosen(reaching, noted["seconds"], plan["seconds"])
            if not tests:
                tried.write(json.dumps({"mutant": mutant, "outcome": "no test"}) + "\n")
                continue
            while len(running) >= plan["processes"]:
                tried.write(_ended(running))
            items = [by_name[name] for name in tests]
            running[_copy(partial(_try, session, mutant, items))] = mutant
        while running:
            tried.write(_ended(running))
    return True


def _ended(running: dict[int, str]) -> str:
    """Wait for the next copy to end and return the line that tells its outcome."""
    pid, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    outcome = "cut short" if code < 0 else OUTCOMES.get(code, "not told")
    return json.dumps({"mutant": running.pop(pid), "outcome": outcome}) + "\n"


def _chosen(
    reaching: Sequence[str], seconds: Mapping[str, float], most_seconds: float
) -> list[str]:
    """Of the tests that reach a function the quickest, as many as fit into the time.

    Each further case of the same test counts as that much slower: it tells less than another test.
    """
    cases: Counter[str] = Counter()
    ranked = []
    for name in sorted(reaching, key=lambda name: seconds[name]):
        test = name.partition("[")[0]
        cases[test] += 1
        ranked.append((cases[test] * seconds[name], name))
    names = [name for _, name in sorted(ranked)]
    ends = accumulate(seconds[name] for name in names)
    return [name for name, end in zip(names, ends, strict=True) if end <= most_seconds] or names[:1]


def _copy(work: Callable[[], int]) -> int:
    """Return the id of a copy of this process that does ``work`` and ends with its status."""
    pid = os.fork()
    if pid:
        return pid
    status = 2
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        status = work()
    finally:
        os._exit(status)


def _try(session: pytest.Session, mutant: str, items: Sequence[pytest.Item]) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS + 1))
    set_mutant_under_test(mutant)
    forget()
    for item, following in zip(items, [*items, None][1:], strict=True):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> None:
    """End a copy at the first failure: telling it well takes longer than the tests."""
    failed = call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception)
    if failed and get_mutant_under_test() not in {"", "stats"}:
        os._exit(1)


def _note(session: pytest.Session, folder: Path) -> int:
    """Run each test with empty caches, so that it makes what it needs; note what it reaches."""
    set_mutant_under_test("stats")
    noted: Noted = {"tests": {}, "seconds": {}}
    for item, following in zip(session.items, [*session.items, None][1:], strict=True):
        forget()
        state()._stats.clear()  # noqa: SLF001 - where mutmut's trampolines note their names
        begun = time.process_time()
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        noted["seconds"][item.nodeid] = time.process_time() - begun
        for function in state()._stats:  # noqa: SLF001 - as above
            noted["tests"].setdefault(function, []).append(item.nodeid)
        if session.testsfailed:
            (folder / "failed.txt").write_text(f"{item.nodeid} fails\n", encoding="utf-8")
            return 1
    (folder / "noted.json").write_text(json.dumps(noted), encoding="utf-8")
    return 0


def forget() -> None:
    """Empty every cache of ours."""
    for name, module in list(sys.modules.items()):
        if name.startswith("models."):
            for kept in list(vars(module).values()):
                if isinstance(kept, _lru_cache_wrapper):
                    kept.cache_clear()

"""The house keeps its own rules: directions, sizes, names, locks, and what may not be written."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
ROOMS = ("feature_store", "models", "training", "serving", "cli")
LOCKS = sorted(
    [*(ROOT / "requirements").glob("*.txt"), *(ROOT / "bench/peers/requirements").glob("*.txt")]
)
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

MOST_LINES_OF_A_MODULE = 400
MOST_LINES_OF_A_FUNCTION = 80

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "base", "misc"}
RUNS_CODE_WHEN_READ = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
# Joined here so that this file does not name them itself.
REGISTRY_HOSTS = [
    f"{name}.{end}"
    for end, names in {
        "org": ("pypi", "pythonhosted", "npmjs", "yarnpkg", "deb.debian"),
        "com": ("npmjs", "yarnpkg", "unpkg", "artifactory"),
        "net": ("jsdelivr",),
    }.items()
    for name in names
]
KEYWORDS_ASKED_FOR = dict.fromkeys(
    ("serving/web/texts.py gettext", "training/replay/report/texts.py gettext"),
    "Jinja2's translations pass the values so",
)
UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b"
)
PATH_OF_A_MACHINE = re.compile(r"(?<![\w.:/-])/(home|root|Users|work)/")
SHOWN_THOUGH_DOTTED = {".ci", ".npmrc", ".editorconfig"}
NOT_OURS = {"node_modules", "vendor", "var", "dist", "__pycache__", "results"}
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".txt",
    ".in",
    ".html",
    ".css",
    ".js",
    ".po",
    "",
}


@cache
def our_files() -> tuple[Path, ...]:
    """Every file of the project; what was installed beside it is not walked through."""
    found = []
    for folder, below, names in os.walk(ROOT):
        here = Path(folder)
        below[:] = [name for name in below if name not in NOT_OURS and not hidden(here / name)]
        found += [here / name for name in names if name not in NOT_OURS and not hidden(here / name)]
    return tuple(sorted(path for path in found if path.is_file()))


def hidden(path: Path) -> bool:
    return (
        path.parent == ROOT and path.name.startswith(".") and path.name not in SHOWN_THOUGH_DOTTED
    )


def modules(*folders: str) -> list[Path]:
    return [
        path
        for path in our_files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for path in modules(*folders):
        yield name_of(path), tree_of(path)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def pinned(lock: Path) -> dict[str, list[Requirement]]:
    """Requirements of a lock by name; a package may stand twice, for different Pythons."""
    found: dict[str, list[Requirement]] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix("\\").strip())
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def test_imports_run_one_way_and_never_in_a_circle() -> None:
    # A process of its own: it silences the loggers of the one that it runs in. Without its cache,
    # which 'make lint' may be writing at the same time.
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    said = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-c", lint, "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


def test_modules_stay_short_enough_to_be_read_in_one_sitting() -> None:
    long = [
        f"{name_of(path)}: {lines} lines"
        for path in modules(*ROOMS, "bench")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES_OF_A_MODULE
    ]

    assert not long


def test_functions_stay_short() -> None:
    long = [
        f"{name}:{node.lineno} {node.name}: {lines} lines"
        for name, tree in trees(*ROOMS, "bench", "tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    ]

    assert not long


def test_no_file_is_named_after_nothing_in_particular() -> None:
    vague = [
        name_of(path)
        for path in our_files()
        if VAGUE_NAMES.intersection((*path.parent.relative_to(ROOT).parts, path.stem))
    ]

    assert not vague


def test_nothing_is_left_for_later_in_the_text() -> None:
    unfinished = [
        f"{name_of(path)}:{number} {line.strip()}"
        for path in our_files()
        if path.suffix in TEXT and path.name not in {"package-lock.json", "LICENSE"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]

    assert not unfinished


def test_nothing_that_runs_code_when_it_is_read_is_imported() -> None:
    unsafe = [
        f"{name} imports {module}"
        for name, tree in trees(*ROOMS)
        for module in imported(tree)
        if module.split(".")[0] in RUNS_CODE_WHEN_READ
    ]

    assert not unsafe


def test_no_function_of_ours_takes_whatever_it_is_given() -> None:
    open_ended = [
        f"{name}:{node.lineno} {node.name}(**{node.args.kwarg.arg})"
        for name, tree in trees(*ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.args.kwarg
        and f"{name} {node.name}" not in KEYWORDS_ASKED_FOR
    ]

    assert not open_ended


def test_tests_neither_sleep_nor_replace_our_own_code() -> None:
    lazy = [
        f"{name} imports {module}"
        for name, tree in trees("tests")
        for module in imported(tree)
        if module in {"time.sleep", "unittest.mock", "mock"}
    ]
    lazy += [
        f"{name}:{node.lineno} sleeps"
        for name, tree in trees("tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "sleep"
        and isinstance(node.value, ast.Name)
        and node.value.id in {"time", "asyncio"}
    ]

    assert not lazy


def test_each_test_file_opens_by_saying_what_it_shows() -> None:
    silent = [
        name
        for name, tree in trees("tests")
        if Path(name).name.startswith("test_") and not (ast.get_docstring(tree) or "").strip()
    ]

    assert not silent


def test_no_text_names_a_registry_or_a_path_of_one_machine() -> None:
    told = [
        f"{name_of(path)}:{number} {line.strip()[:100]}"
        for path in our_files()
        if path.suffix in TEXT
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(host in line for host in REGISTRY_HOSTS) or PATH_OF_A_MACHINE.search(line)
    ]

    assert not told


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_pins_every_file_by_hash_and_names_no_host(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = [
        line
        for line in text.replace("\\\n", " ").splitlines()
        if line and not line.lstrip().startswith("#")
    ]

    assert entries
    assert [
        line[:60]
        for line in entries
        if not re.match(r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ] == []
    assert "://" not in text
    assert " @ " not in text


def test_the_npm_lock_pins_every_file_by_hash_and_names_no_host() -> None:
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}

    assert packages
    assert [
        name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")
    ] == []
    assert "resolved" not in text
    assert "://" not in text


@pytest.mark.parametrize(
    ("lock", "declared"),
    [
        ("run", PYPROJECT["project"]["dependencies"]),
        ("dev", PYPROJECT["project"]["dependencies"] + PYPROJECT["dependency-groups"]["dev"]),
    ],
)
def test_a_lock_satisfies_every_declared_bound(lock: str, declared: list[str]) -> None:
    locked = pinned(ROOT / "requirements" / f"{lock}.txt")

    for wanted in map(Requirement, declared):
        assert ">=" in str(wanted.specifier), f"{wanted.name} needs a lower bound"
        versions = [
            str(one.specifier).removeprefix("==") for one in locked[canonicalize_name(wanted.name)]
        ]
        assert all(wanted.specifier.contains(version) for version in versions), (
            f"{wanted}: 'make lock'"
        )


def test_the_locks_agree_with_each_other() -> None:
    run, dev, bootstrap = (
        pinned(ROOT / "requirements" / f"{lock}.txt") for lock in ("run", "dev", "bootstrap")
    )

    assert {name: dev.get(name) for name in run} == run
    assert bootstrap == {"uv": dev["uv"]}

"""What the documents say exists: commands, settings, endpoints, files, examples, decisions."""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bench.quoted import QUOTED, table, with_figures
from cli.main import app as sandan
from feature_store.entities.reading_batch import ReadingBatch
from feature_store.ingestion.firms_file import read_firms_file
from feature_store.ingestion.read_file import read_file
from feature_store.settings import Settings
from models.site import site_of
from serving.api.answers import DecisionRequest, ForecastRequest
from serving.api.openapi import openapi_document
from serving.api.problem import EVERY_KIND
from serving.bootstrap import create_app

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "bench/README.md"])
DECISIONS = sorted((ROOT / "docs/adr").glob("*.md"))
NOT_A_SETTING = {"SANDAN_REQUIRE_BROWSER", "SANDAN_REQUIRE_POSTGRES"}
"""Read by the tests alone: what must be there, where it is else skipped."""
LINES_OF_A_PAGE = 70


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def snippets(document: Path) -> Iterator[str]:
    """Everything a document writes as code, one line at a time, comments left out."""
    text = document.read_text(encoding="utf-8")
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    inline = re.findall(
        r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    )
    for piece in [*fenced, *inline]:
        for line in piece.splitlines():
            yield line.split("  #")[0].strip()


def table_rows(name: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text_of(name).splitlines()
        if line.startswith("|")
    ]


def block(name: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", text_of(name), re.DOTALL | re.MULTILINE)
    assert found, f"{name} has no {language} example"
    return found.group(1)


def named(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def test_the_readme_opens_with_the_two_commands() -> None:
    first = block("README.md", "sh").splitlines()

    assert [line.split("#")[0].strip() for line in first] == ["make demo", "make test"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    wanted = {
        word for line in snippets(document) for word in re.findall(r"\bmake ([a-z]+)\b", line)
    }

    assert wanted <= targets


def missing_from_the_command_line(line: str) -> str | None:
    """What of one line ``sandan ...`` the command line does not know."""
    command: Any = get_command(sandan)
    words = line.split("sandan ", 1)[1].split()
    while words and hasattr(command, "commands") and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        word = words.pop(0)
        if word not in command.commands:
            return f"no command {word!r} in: {line}"
        command = command.commands[word]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("--") and word not in options]
    return f"no option {unknown} in: {line}" if unknown else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_sandan_command_that_a_document_names_exists(document: Path) -> None:
    lines = [line for line in snippets(document) if re.search(r"(^|/bin/)sandan ", line)]

    assert [problem for line in lines if (problem := missing_from_the_command_line(line))] == []


def test_every_command_is_in_the_readme() -> None:
    commands = set(get_command(sandan).commands)  # type: ignore[attr-defined]  # typer's own group
    told = " ".join(snippets(ROOT / "README.md"))

    assert {name for name in commands if f"sandan {name}" not in told} == set()


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(field: str) -> None:
    default = Settings.model_fields[field].default
    told = {row[0]: row[1] for row in table_rows("docs/operating.md") if len(row) > 1}[
        f"`SANDAN_{field.upper()}`"
    ]

    if default not in ("", None):
        written = f"{default:g}" if isinstance(default, float) else str(default)
        assert told == f"`{written}`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_no_document_names_a_setting_that_does_not_exist(document: Path) -> None:
    known = {f"SANDAN_{field.upper()}" for field in Settings.model_fields} | NOT_A_SETTING
    told = set(re.findall(r"SANDAN_[A-Z_]+", document.read_text(encoding="utf-8")))

    assert told <= known


def served() -> set[str]:
    paths: dict[str, dict[str, object]] = openapi_document(create_app())["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_the_api_document_lists_exactly_what_is_served() -> None:
    told = {
        row[0].strip("`") for row in table_rows("docs/api.md") if re.match(r"`[A-Z]+ /", row[0])
    }

    assert told == served()


def test_every_kind_of_problem_is_explained_with_its_status() -> None:
    told = {
        row[0].strip("`"): row[1] for row in table_rows("docs/api.md") if "/problems/" in row[0]
    }

    assert told == {f"/problems/{kind.slug}": str(kind.status) for kind in EVERY_KIND}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    inside = [
        link.split("#")[0] for link in links if "://" not in link and not link.startswith("#")
    ]

    assert [link for link in inside if not (document.parent / link).exists()] == []


def test_the_example_of_a_meter_file_is_taken(tmp_path: Path) -> None:
    example = tmp_path / "readings.csv"
    example.write_text(block("docs/data-formats.md", "csv"), encoding="utf-8")

    batch = read_file(example, firm_id="metal-works", now=datetime.now(UTC))

    assert isinstance(batch, ReadingBatch)
    assert batch.rows.height == example.read_text(encoding="utf-8").count("\n") - 1


def test_the_example_of_declared_firms_makes_a_site(tmp_path: Path) -> None:
    example = tmp_path / "firms.yaml"
    example.write_text(block("docs/data-formats.md", "yaml"), encoding="utf-8")

    assert [site_of(firm) for firm in read_firms_file(example).firms]


def test_the_examples_of_requests_are_requests() -> None:
    examples = re.findall(r"/v1/\S*?(\w+) -H[^\n]*\n\s+-d '(.*)'", text_of("docs/api.md"))
    bodies = {"forecast": ForecastRequest, "decision": DecisionRequest}

    assert {kind for kind, _ in examples} == set(bodies)
    assert [bodies[kind].model_validate_json(body) for kind, body in examples]


@pytest.mark.parametrize("decision", DECISIONS, ids=named)
def test_a_decision_is_one_page_with_context_decision_and_consequences(decision: Path) -> None:
    lines = decision.read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith(f"# {int(decision.name[:4])}. ")
    assert re.fullmatch(r"Status: (accepted|superseded by .+), \d{4}-\d{2}-\d{2}", lines[2])
    assert [line for line in lines if line.startswith("## ")] == [
        "## Context",
        "## Decision",
        "## Consequences",
    ]
    assert len(lines) <= LINES_OF_A_PAGE


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(decision.name[:4]) for decision in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_every_dependency_has_its_reason_in_the_decision_about_them() -> None:
    told = text_of("docs/adr/0009-dependencies.md").lower()
    project = tomllib.loads(text_of("pyproject.toml"))
    declared = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    names = {re.split(r"[<>=!~ ;\[]", one)[0] for one in declared} - {
        "types-pyyaml",
        "types-psutil",
    }

    assert {name for name in names if not re.search(rf"\b{name}\b", told)} == set()


def test_the_architecture_document_tells_the_layers_that_are_checked() -> None:
    told = re.sub(r"\s+", " ", text_of("docs/architecture.md"))
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = [" > ".join(one["layers"]) for one in contracts if one["type"] == "layers"]

    assert [one for one in layers if one not in told] == []


@pytest.mark.parametrize("document", QUOTED)
def test_quoted_figures_are_the_last_measured_ones(document: str) -> None:
    assert text_of(document) == with_figures(document)
    assert table(document) in text_of(document)

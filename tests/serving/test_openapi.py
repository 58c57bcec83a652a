"""One OpenAPI document says all that is served, with schemas, units and problems."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from models.optimizer.problem_file.firm_now import FirmNow
from serving.api.answers import ScheduleRequest
from serving.bootstrap import create_app
from serving.service import mounted, service
from tests.serving.conftest import Served

QUANTITY = re.compile(r"_(kw|kwh|krw)$")
UNITS = {"kw": "kW", "kwh": "kWh", "krw": "won"}


@pytest.fixture(scope="module")
def document() -> dict:
    app = create_app()
    route = next(route for route in app.routes if getattr(route, "path", "") == "/openapi.json")
    return route.endpoint()


def operations(document: dict) -> list[tuple[str, str, dict]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_mounted_route_of_the_api_is_documented(document):
    served = {
        (path, method.lower())
        for route in mounted.routes
        for path, methods in _paths(route)
        for method in methods
        if path.startswith("/v1")
    }
    assert served
    assert served <= {(path, method) for path, method, _ in operations(document)}


def _paths(route) -> list[tuple[str, set[str]]]:
    if isinstance(route, APIRoute):
        return [(route.path, route.methods)]
    included = getattr(route, "original_router", None)  # how FastAPI keeps an included router
    return [pair for inner in getattr(included, "routes", []) for pair in _paths(inner)]


def test_every_api_that_bentoml_serves_itself_is_documented_with_the_same_models(document):
    assert set(service.apis) == {"forecast", "schedule"}
    for api in service.apis.values():
        operation = document["paths"][api.route]["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        taken = document["components"]["schemas"][body.rpartition("/")[2]]["properties"]
        given = document["components"]["schemas"][answer.rpartition("/")[2]]["properties"]
        assert set(taken) == set(api.input_spec.model_fields)
        assert set(given) == set(api.output_spec.model_fields)


def test_health_is_documented(document):
    assert {"/livez", "/readyz", "/metrics"} <= set(document["paths"])


def test_every_operation_has_words_an_answer_schema_and_its_problems(document):
    for path, _, operation in operations(document):
        assert operation["summary"], path
        if not path.startswith("/v1"):
            continue
        good = [body for status, body in operation["responses"].items() if status[0] == "2"]
        if path.endswith(".csv"):
            assert list(good[0]["content"]) == ["text/csv"], path
        else:
            assert "$ref" in good[0]["content"]["application/json"]["schema"], path
        problems = {s: body for s, body in operation["responses"].items() if s[0] in "45"}
        assert "500" in problems, path
        for body in problems.values():
            assert list(body["content"]) == ["application/problem+json"], path
        if "{" in path:
            assert "404" in problems, path


def test_what_a_route_takes_decides_what_it_may_refuse(document):
    for path, method, operation in operations(document):
        if not path.startswith("/v1"):
            continue
        asked = "requestBody" in operation or any(
            parameter["in"] == "query" for parameter in operation.get("parameters", [])
        )
        writes = method == "post"
        assert ("422" in operation["responses"]) == asked, path
        assert ("403" in operation["responses"]) == writes, path
        assert ("413" in operation["responses"]) == writes, path


def test_every_property_is_described(document):
    missing = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, described in schema.get("properties", {}).items()
        if not described.get("description")
    ]
    assert missing == []


def test_every_reference_in_the_document_leads_somewhere(document):
    found = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert found <= set(document["components"]["schemas"])


def test_every_quantity_states_its_unit(document):
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            unit = QUANTITY.search(field)
            if unit:
                assert UNITS[unit.group(1)] in described.get("description", ""), f"{name}.{field}"


def test_every_question_about_costs_is_described_with_what_may_be_written(document):
    asked = document["paths"]["/v1/firms/{firm_id}/bills/{month}"]["get"]["parameters"]
    told = {one["name"]: one for one in asked}
    assert set(told) == {
        "firm_id",
        "month",
        "as_of",
        "tariff_class",
        "voltage",
        "option",
        "contract_power_kw",
        "tariff_date",
        "peak",
        "switch",
    }
    assert all(one["description"] for one in asked)
    assert told["month"]["schema"]["pattern"] == "^(20[0-9]{2})-(0[1-9]|1[0-2])$"
    assert told["option"]["schema"]["anyOf"][0]["enum"] == ["none", "I", "II", "III"]
    assert [one["name"] for one in asked if one["required"]] == ["firm_id", "month"]


def test_the_examples_of_what_a_firm_is_told_to_be_are_taken(document):
    told = document["components"]["schemas"]["ScheduleRequest"]["properties"]
    examples = {
        name: part["examples"][0]
        for name, part in told.items()
        if name in FirmNow.model_fields and "examples" in part
    }
    assert set(examples) == {"states", "running", "events", "keep_unless_saves_krw"}
    assert ScheduleRequest.model_validate({"firm_id": "works"} | examples).told.events


def test_the_guide_shows_how_a_question_is_written(served: Served):
    page = served.client.get("/docs").text
    assert "Example: 2026-10<" in page
    assert "Example: 2026-11-19T06:00:00+09:00<" in page
    assert "industrial_gab_1" in page


def test_the_guide_tells_every_path_and_every_problem_without_script(served: Served, document):
    page = served.client.get("/docs").text
    for path, method, operation in operations(document):
        assert f"<code>{path}</code>" in page, path
        assert method.upper() in page
        for response in operation["responses"].values():
            for slug in re.findall(r"/problems/[\w-]+", response["description"]):
                assert slug in page
    assert "<script>" not in page

"""No page of another site writes through an operator's browser, and no body is read without end."""

from __future__ import annotations

import pytest

from serving.api.guards import BODY_LIMIT_BYTES
from tests.serving.app_client import ORIGIN
from tests.serving.conftest import FIRM, Served

PATH = f"/v1/firms/{FIRM}/suggestions"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": ORIGIN},
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"origin": f"{ORIGIN}:8080"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [PATH, f"/firms/{FIRM}/suggestions"])
def test_a_write_from_another_site_is_refused_and_does_nothing(served: Served, headers, path):
    refused = served.client.post(path, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/cross-site")
    assert served.client.get(PATH).json()["suggestions"] == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": ORIGIN}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}],
    ids=str,
)
def test_programs_and_our_own_pages_may_write(served: Served, headers):
    assert served.client.post(PATH, headers=headers).status_code == 201


def test_reading_from_another_site_is_the_browsers_business(served: Served):
    headers = {"sec-fetch-site": "cross-site"}
    assert served.client.get("/", headers=headers).status_code == 200


def test_a_body_over_the_limit_is_refused_even_if_its_length_is_not_said(served: Served):
    async def parts():
        for _ in range(BODY_LIMIT_BYTES // 1024 + 1):
            yield b" " * 1024

    for body in (b" " * (BODY_LIMIT_BYTES + 1), parts()):
        refused = served.client.post(PATH, content=body)
        assert (refused.status_code, refused.json()["type"]) == (413, "/problems/body-too-large")


def test_a_body_within_the_limit_arrives_whole(served: Served):
    reason = "가" * 1900
    path = f"/v1/suggestions/{served.suggestion_id()}/decision"
    body = {"decision": "rejected", "decided_by": "Park", "reason": reason}
    assert served.client.post(path, json=body).json()["decided"]["reason"] == reason


@pytest.mark.parametrize("path", ["/", "/v1/firms", "/nothing", "/static/style.css"])
def test_every_answer_forbids_inline_script_framing_and_guessing(served: Served, path):
    headers = served.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"

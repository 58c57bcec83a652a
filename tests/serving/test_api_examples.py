"""The answers that the API's document shows are those of the sample complex, shortened."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bench.sample_ledger import sample_ledger
from feature_store.sample.complex import load_sample
from feature_store.settings import Settings
from tests.fakes.scheduler import OneJobScheduler
from tests.serving.conftest import serve

TEXT = (Path(__file__).parents[2] / "docs/api.md").read_text("utf-8")
ASKED = r"""```sh\ncurl -s "?http://[^/]+(/[^\s"]+)"?(?: --json '([^']+)')?\n```"""
EXAMPLES = re.findall(ASKED + r"\n\n```json\n(.*?)```", TEXT, re.DOTALL)
"""Path, body and answer of each."""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    sample, home = load_sample(), tmp_path_factory.mktemp("home")
    sample_ledger(home, sample).close()
    served = serve(Settings(home=home, replay_time=sample.demo_time), OneJobScheduler())
    yield served.client
    served.application.close()


def shortened(shown: object, answered: object) -> bool:
    """Whether what is shown is the answer with parts left out."""
    match shown, answered:
        case dict(), dict():
            return all(
                name in answered and shortened(part, answered[name]) for name, part in shown.items()
            )
        case list(), list():
            left = iter(answered)
            return all(any(shortened(part, one) for one in left) for part in shown)
        case _:
            return shown == answered


def test_each_kind_of_question_about_costs_has_an_example():
    asked = [path.split("?")[0].split("/") for path, _, _ in EXAMPLES]
    assert {path[-1] for path in asked} == {
        "2026-10",
        "2026-11",
        "verify",
        "advice",
        "value-of-kw",
    }


@pytest.mark.parametrize(("path", "body", "shown"), EXAMPLES, ids=[path for path, *_ in EXAMPLES])
def test_the_answer_is_the_one_that_is_shown(client, path, body, shown):
    answer = client.post(path, json=json.loads(body)) if body else client.get(path)
    assert shortened(json.loads(shown), answer.json()), answer.text

"""A suggestion gets one decision: kept with who, when and why, for good, whoever asks how often.

On both databases: which of two decisions stands is for the database to say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from feature_store.settings import Settings
from models.optimizer.schedule import Outcome, Solved
from serving.suggestions.suggestion import AlreadyDecidedError, Decision
from serving.suggestions.tables import DECISIONS
from tests.fakes.scheduler import OneJobScheduler
from tests.serving.conftest import FIRM, NOW, Served, serve

ACCEPT = {"decision": "accepted", "decided_by": "김운영", "reason": "좋습니다"}
REJECT = {"decision": "rejected", "decided_by": "Park", "reason": "The kiln is in repair"}


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(home=tmp_path, database_url=database_url, replay_time=NOW)


def test_a_decision_is_answered_with_who_when_and_why(served: Served):
    suggestion_id = served.suggestion_id()
    answer = served.client.post(f"/v1/suggestions/{suggestion_id}/decision", json=REJECT)
    assert answer.status_code == 201
    decided = answer.json()["decided"]
    assert (decided["decision"], decided["decided_by"]) == ("rejected", "Park")
    assert decided["reason"] == "The kiln is in repair"
    assert decided["decided_at"].endswith("+09:00")
    assert answer.json()["state"] == "rejected"


def test_a_second_decision_is_a_conflict_that_names_the_first(served: Served):
    path = f"/v1/suggestions/{served.suggestion_id()}/decision"
    served.client.post(path, json=ACCEPT)
    second = served.client.post(path, json=REJECT)
    assert second.status_code == 409
    assert second.headers["content-type"] == "application/problem+json"
    assert second.json()["type"] == "/problems/already-decided"
    assert second.json()["decided"]["decided_by"] == "김운영"
    assert second.json()["decided"]["decision"] == "accepted"
    assert "김운영" in second.json()["detail"]


def test_of_decisions_made_at_once_one_stands_and_the_others_are_told(served: Served):
    suggestion_id = served.suggestion_id()
    store = served.planner.suggestions
    together = Barrier(4)
    stood: list[str] = []
    told: list[str] = []

    def decide(name: str) -> None:
        decision = Decision(verdict="accepted", reason="", decided_by=name, decided_at=NOW)
        together.wait()
        try:
            store.decide(suggestion_id, decision, now=NOW)
        except AlreadyDecidedError as error:
            told.append(error.decision.decided_by)
        else:
            stood.append(name)

    threads = [Thread(target=decide, args=(f"operator {k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stood) == 1
    assert told == stood * 3
    with store.engine.connect() as connection:
        assert len(connection.execute(select(DECISIONS)).all()) == 1


def test_a_decision_that_read_before_another_was_written_still_loses(served: Served, monkeypatch):
    """The check before writing is for the message; the primary key is what decides."""
    suggestion_id = served.suggestion_id()
    store = served.planner.suggestions
    undecided = store.get(suggestion_id)
    first = Decision(verdict="accepted", reason="", decided_by="first", decided_at=NOW)
    store.decide(suggestion_id, first, now=NOW)
    answers = iter([undecided])
    # Both requests must have read before either wrote, which no fake can bring about.
    real_get = type(store).get
    monkeypatch.setattr(
        type(store), "get", lambda self, name: next(answers, None) or real_get(self, name)
    )
    late = Decision(verdict="rejected", reason="no", decided_by="second", decided_at=NOW)
    with pytest.raises(AlreadyDecidedError, match="first"):
        store.decide(suggestion_id, late, now=NOW)


def test_a_decision_survives_a_restart(served: Served, settings: Settings):
    suggestion_id = served.suggestion_id()
    served.client.post(f"/v1/suggestions/{suggestion_id}/decision", json=ACCEPT)
    served.application.close()

    again = serve(settings, OneJobScheduler())
    answer = again.client.get(f"/v1/suggestions/{suggestion_id}").json()
    second = again.client.post(f"/v1/suggestions/{suggestion_id}/decision", json=REJECT)
    again.application.close()
    assert answer["decided"]["decided_by"] == "김운영"
    assert second.status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "rejected", "decided_by": "Park"},
        {"decision": "rejected", "decided_by": "Park", "reason": "  "},
        {"decision": "accepted", "decided_by": "  "},
        {"decision": "accepted"},
        {"decision": "maybe", "decided_by": "Park"},
        {"decision": "accepted", "decided_by": "Park", "resaon": "typing error"},
    ],
    ids=["no reason", "blank reason", "blank name", "no name", "unknown", "unknown key"],
)
def test_an_incomplete_decision_is_refused_and_nothing_is_kept(served: Served, body):
    suggestion_id = served.suggestion_id()
    refused = served.client.post(f"/v1/suggestions/{suggestion_id}/decision", json=body)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert served.client.get(f"/v1/suggestions/{suggestion_id}").json()["decided"] is None


def test_accepting_needs_no_reason(served: Served):
    body = {"decision": "accepted", "decided_by": "Park"}
    path = f"/v1/suggestions/{served.suggestion_id()}/decision"
    assert served.client.post(path, json=body).json()["state"] == "accepted"


def test_a_plan_whose_horizon_is_over_cannot_be_decided(serve_with, settings: Settings):
    suggestion_id = serve_with().suggestion_id()
    later = settings.model_copy(update={"replay_time": NOW + timedelta(days=2)})
    served = serve(later, OneJobScheduler())
    refused = served.client.post(f"/v1/suggestions/{suggestion_id}/decision", json=ACCEPT)
    listed = served.client.get(f"/v1/firms/{FIRM}/suggestions").json()["suggestions"]
    served.application.close()
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/suggestion-expired")
    assert listed[0]["state"] == "expired"


class StillScheduler(OneJobScheduler):
    """Finds that the usual operation is the cheapest."""

    def __call__(self, *asked, **limits) -> Outcome:
        """Return a schedule without moves."""
        schedule = super().__call__(*asked, **limits).schedule
        return Solved(
            schedule=replace(
                schedule,
                planned_import_kw=schedule.usual_import_kw,
                planned_cost=schedule.usual_cost,
                planned_peak_kw=schedule.usual_peak_kw,
                moves=(),
            )
        )


@pytest.mark.parametrize("body", [ACCEPT, REJECT], ids=["accept", "reject"])
def test_a_plan_that_moves_nothing_awaits_no_decision_and_takes_none(serve_with, body):
    served = serve_with(StillScheduler())
    path = f"/v1/suggestions/{served.suggestion_id()}"
    refused = served.client.post(f"{path}/decision", json=body)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/nothing-to-decide")
    answer = served.client.get(path).json()
    assert (answer["state"], answer["saved_krw"], answer["decided"]) == (
        "nothing_to_change",
        0,
        None,
    )
    page = served.client.get(f"/firms/{FIRM}").text
    assert "chip-unchanged" in page
    assert "결정할 것이 없습니다" in page
    assert "chip-new" not in served.client.get("/").text


def test_an_unknown_suggestion_is_not_found(served: Served):
    refused = served.client.post("/v1/suggestions/nothing/decision", json=ACCEPT)
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/unknown-suggestion")

"""A library gets an interpreter that is new enough, or the user reads what to do."""

import sys

import pytest

from bench.peer_environments import NoEnvironmentError, interpreter


def test_the_interpreter_that_the_user_names_is_taken(monkeypatch):
    monkeypatch.setenv("PYTHON", sys.executable)

    assert interpreter((3, 11)) == sys.executable


@pytest.mark.parametrize("named", ["", "/nowhere/python"])
def test_without_one_that_is_new_enough_the_error_says_how_to_name_it(monkeypatch, named):
    monkeypatch.setenv("PYTHON", named)

    with pytest.raises(NoEnvironmentError, match="make bench-forecast PYTHON="):
        interpreter((99, 0))

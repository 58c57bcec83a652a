"""Work is done once an item, in processes that end with their caller and whose loss is told."""

import multiprocessing
import operator
import os
import signal

import pytest

from training.evaluation.side_by_side import WorkerLostError, cores, side_by_side


def stuck_but_for_the_first(item):
    """Answer the first item; of the others wait for a signal that never comes."""
    if item:
        signal.pause()
    return item


def environment_of_the_threads(_item):
    return os.environ.get("OMP_NUM_THREADS"), os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_item_is_worked_on_once(jobs):
    assert sorted(side_by_side(operator.neg, [1, 2, 3, 4, 5], jobs=jobs)) == [-5, -4, -3, -2, -1]


def test_a_single_job_or_item_needs_no_other_process():
    here = os.getpid()
    assert {pid for _, pid in side_by_side(environment_of_the_threads, [1, 2], jobs=1)} == {here}
    assert {pid for _, pid in side_by_side(environment_of_the_threads, [1], jobs=2)} == {here}


def test_each_process_computes_on_one_thread_and_the_own_environment_stays(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    told = list(side_by_side(environment_of_the_threads, [1, 2, 3], jobs=2))
    assert {threads for threads, _ in told} == {"1"}
    assert os.getpid() not in {pid for _, pid in told}
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_what_goes_wrong_in_a_process_goes_wrong_here():
    with pytest.raises(TypeError, match="bad operand"):
        list(side_by_side(operator.neg, [1, "x", 3], jobs=2))


def test_a_process_that_is_gone_is_told_with_the_next_step():
    with pytest.raises(WorkerLostError, match="fewer --jobs"):
        list(side_by_side(os._exit, [1, 2], jobs=2))


def test_who_stops_asking_leaves_no_process_behind():
    outcomes = side_by_side(stuck_but_for_the_first, [0, 1, 2], jobs=2)
    assert next(outcomes) == 0
    outcomes.close()
    assert multiprocessing.active_children() == []


def test_there_is_at_least_one_core():
    assert cores() >= 1

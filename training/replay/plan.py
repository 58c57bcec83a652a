"""What a replay lives, and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from feature_store.time_grid import STEPS_PER_HOUR
from models.dispatch.do_nothing import DoNothing
from models.dispatch.known_load import ISSUE_EVERY_STEPS
from models.dispatch.policy import Policy
from models.dispatch.rolling_plan import RollingPlan
from models.dispatch.rolling_value import RollingValue
from models.dispatch.stochastic import Stochastic
from models.dispatch.threshold_rule import ThresholdRule
from training.replay.not_replayable import NotReplayableError

NOTHING, STOCHASTIC = "nothing", "stochastic"
BY_BILL, BY_VALUE = "rolling", "rolling-value-held"
"""The same plan twice but for what its peak costs: its bill, or what is expected of it."""
POLICIES: tuple[Policy, ...] = (
    DoNothing(name=NOTHING),
    ThresholdRule(name="threshold"),
    RollingPlan(name="day-ahead", every_steps=24 * STEPS_PER_HOUR, tracking=False),
    RollingPlan(name=BY_BILL, level=0.75),
    RollingPlan(name="rolling-target", level=0.75, starting_target=True),
    RollingValue(name=BY_VALUE, by_look_up=False),
    RollingValue(name="rolling-value"),
    Stochastic(name=STOCHASTIC),
    RollingPlan(name="perfect-forecast", path="measured"),
)
"""Every policy, the weakest first; perfect foresight is lived beside them."""


@dataclass(frozen=True, kw_only=True)
class ReplayPlan:
    """The months and the policies."""

    first: date
    """The first billing month begins on it."""
    end: date
    """The day after the last billing month."""
    policies: tuple[str, ...]
    months_alone: bool = False
    """Whether every month is lived as if none had been before and none came after: the battery
    starts as declared, and the month's own peak alone is billed."""
    issue_every_steps: int = ISSUE_EVERY_STEPS
    seed: int = 0
    jobs: int = 1
    """Sites lived side by side."""


def policies_named(names: tuple[str, ...]) -> tuple[Policy, ...]:
    """Return policies by name, doing nothing always first.

    Raises:
        NotReplayableError: There is no policy of such a name.
    """
    by_name = {policy.name: policy for policy in POLICIES}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise NotReplayableError(
            f"no policy is called {', '.join(unknown)}; name some of {', '.join(by_name)}"
        )
    return tuple(by_name[name] for name in dict.fromkeys((NOTHING, *names)))

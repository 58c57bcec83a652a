"""One belief about the running day, and what charge and peak are worth under it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.dispatch.load_chain import LoadChain, next_mean
from models.dispatch.storage_value import Values


@dataclass(kw_only=True)
class DayView:
    """A chain of the day's load from one interval on, its values, and the loads seen since."""

    probability: float
    chain: LoadChain
    after_krw: Values
    """After each interval, shape (steps, states, socs, peaks)."""
    first: int
    """Step of the month at which the chain begins."""
    mean: float | None = None
    """Mean score of the loads of the last hours, seen by this chain."""

    def seen(self, step: int, load_kw: float) -> tuple[Values, npt.NDArray[np.float64]]:
        """Take in the load of an interval.

        Returns:
            The values after it, (states, socs, peaks), and the weight of each state, (states,).
        """
        of_chain = step - self.first
        self.mean = next_mean(self.mean, self.chain.score_of(of_chain, load_kw))
        weight = self.chain.states_of(of_chain, load_kw, self.mean)
        return self.after_krw[of_chain], self.probability * weight

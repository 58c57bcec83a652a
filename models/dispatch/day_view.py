"""Beliefs about the running day, and what charge and peak are worth under them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.dispatch.load_chain import LoadChain, next_mean
from models.dispatch.policy import Month, Move, Now
from models.dispatch.storage_value import (
    NO_REDUCTION,
    ReductionNow,
    StateGrid,
    Values,
    cheapest_move_kw,
)
from models.dispatch.store import Store


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


@dataclass(frozen=True, kw_only=True)
class IntervalValues:
    """What charge and peak are worth after an interval whose load is seen, over all views."""

    after_krw: Values
    """Shape (states, socs, peaks)."""
    weight: npt.NDArray[np.float64]
    """Of each state, shape (states,)."""
    grid: StateGrid

    def cheapest(
        self, now: Now, month: Month, store: Store, reduction: ReductionNow = NO_REDUCTION
    ) -> Move:
        """Return what price and value tell to be cheapest.

        Args:
            now: The interval.
            month: Whose prices hold in it.
            store: The battery, or what of it can be used in the interval.
            reduction: How far the load may be reduced; left out, not at all.
        """
        power_kw, given_up_kw = cheapest_move_kw(
            self.after_krw,
            self.weight,
            load_kw=now.load_kw,
            soc_kwh=now.soc_kwh,
            peak_kw=now.peak_kw,
            krw_per_kwh=float(month.prices.krw_per_kwh[now.step]),
            counted=bool(month.prices.counted[now.step]),
            store=store,
            grid=self.grid,
            reduction=reduction,
        )
        return Move(power_kw=power_kw, given_up_kw=given_up_kw)


@dataclass(frozen=True, kw_only=True)
class DayViews:
    """What the running day may be, each way with its probability."""

    views: tuple[DayView, ...]
    grid: StateGrid
    """The peaks that may still be the month's."""

    def seen(self, step: int, load_kw: float) -> IntervalValues:
        """Take in the load of an interval, and return what is worth what after it."""
        seen = [view.seen(step, load_kw) for view in self.views]
        return IntervalValues(
            after_krw=np.concatenate([after_krw for after_krw, _ in seen]),
            weight=np.concatenate([weight for _, weight in seen]),
            grid=self.grid,
        )

    def copied(self) -> DayViews:
        """Return the same views, which go on to see loads of their own."""
        return replace(self, views=tuple(replace(view) for view in self.views))

    def of_steps(self, steps: int) -> DayViews:
        """Return the first intervals alone; a whole day's values take ten times the memory."""
        return replace(
            self,
            views=tuple(
                replace(
                    view,
                    chain=view.chain.of_steps(steps),
                    after_krw=view.after_krw[:steps].copy(),
                )
                for view in self.views
            ),
        )

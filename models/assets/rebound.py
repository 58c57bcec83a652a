"""What a reduced load draws again afterwards: a share of it, evenly over some time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from feature_store.time_grid import KilowattArray


@dataclass(frozen=True, kw_only=True)
class Rebound:
    """Of each reduction ``share`` is drawn again over the ``steps`` after it."""

    share: float
    steps: int
    before_kw: KilowattArray
    """Reductions before a plan that still count in it, oldest first, shape (steps,)."""

    @classmethod
    def of(cls, share: float, steps: int, reduced_before_kw: tuple[float, ...]) -> Self:
        """Return the rebound after reductions before the plan, the last one just before it."""
        told_kw = np.concatenate([np.zeros(steps), reduced_before_kw])
        return cls(share=share, steps=steps, before_kw=told_kw[told_kw.size - steps :])

    @property
    def _per_step(self) -> float:
        return self.share / max(self.steps, 1)

    def drawn_kw(self, reduction_kw: KilowattArray) -> KilowattArray:
        """Return what is drawn again of these reductions and of those before, same shape."""
        until_kw = np.cumsum([0.0, *self.before_kw, *reduction_kw])
        size = reduction_kw.size
        return self._per_step * (until_kw[self.steps : self.steps + size] - until_kw[:size])

    def net(self, size: int) -> npt.NDArray[np.float64]:
        """Draw in each step per kW given up in each, shape (size, size)."""
        ago = np.arange(size)[:, None] - np.arange(size)[None, :]
        again = np.where((ago >= 1) & (ago <= self.steps), self._per_step, 0.0)
        return again - np.eye(size)

    def reduction_kw(
        self, net_kw: KilowattArray, *, depths_kw: Sequence[float] = (), error_kw: float = 0.0
    ) -> KilowattArray:
        """Return the reductions that lead to a net draw, step by step, same shape.

        Args:
            net_kw: The draw, shape (steps,).
            depths_kw: A reduction that may be one of these but for the error is just that, so that
                errors do not add up from step to step.
            error_kw: How far each value of the draw may be off.
        """
        known_kw = np.concatenate([self.before_kw, np.zeros(net_kw.size)])
        off_kw = np.zeros(known_kw.size)
        for step, kw in enumerate(net_kw):
            counted, now = slice(step, step + self.steps), step + self.steps
            reduced_kw = self._per_step * known_kw[counted].sum() - kw
            reduced_off_kw = self._per_step * off_kw[counted].sum() + error_kw
            beside_kw, depth_kw = min(
                ((abs(one - reduced_kw), one) for one in depths_kw), default=(np.inf, 0.0)
            )
            if beside_kw <= reduced_off_kw:
                reduced_kw, reduced_off_kw = depth_kw, 0.0
            known_kw[now], off_kw[now] = reduced_kw, reduced_off_kw
        return known_kw[self.steps :]

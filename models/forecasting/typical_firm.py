"""How the firms of a complex draw, so that one without readings of its own can be forecast.

Of each firm its shape is kept: for every kind of day and clock step the quantiles of its load over
its own mean, and how that mean relates to its contract power. A new firm is taken to draw like the
firms alike, at first at the size that its contract suggests, then at that of its own first
readings, and the more like those firms whose shape its readings follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feature_store.entities.firm import Contract, Firm, TariffClass
from feature_store.entities.load_history import LoadHistory
from feature_store.features.load_table import DAY_KINDS, load_table
from feature_store.time_grid import STEPS_PER_DAY, KilowattArray
from feature_store.weighted_quantiles import weighted_quantiles
from models.forecasting.load_forecast import QUANTILES

Shares = npt.NDArray[np.float64]
"""Loads over a mean load, shape (kinds of day, steps of a day, quantiles); NaN where unknown."""

SHAPE_DAYS = 84
"""Newest days that make a shape: twelve of each weekday, and no more than a season."""
LEAST_DAYS = 14
"""Known days that a firm must have to be an example: each weekday twice."""
LEAST_DAYS_TO_TRAVEL = 4
"""Days of a kind that a shape must be made of to travel with a model: of a single one, quantiles
are its very readings. A firm that is trained on has four of each weekday."""
MOST_FIRMS = 48
"""Examples kept, of a large complex an even choice: more make no smoother a pool, and a megabyte
of text."""
LEAST_ALIKE = 3
"""Firms of the same tariff class from which on the others are left out: one or two are no class."""
PRIOR_DAYS = 0.25
"""Days of readings that say as much of a firm's size as its contract power does. On the sample the
mean load is 0.15 to 0.53 of the contract; six hours of readings know better."""
UNLIKENESS = 0.1
"""Mean deviation between two shapes, over the load, at which one counts e times less. On the
sample's firms, each forecast from the others, 0.05 is as good and 0.2 loses 8 %."""
DECIMALS = 4
"""Of a share that is written down: a ten-thousandth of the mean load."""

LEAST_LOAD_KW = 1e-6
"""Load that a deviation is held against at least: that of a firm that draws nothing is nothing."""

_MASS = np.diff([0.0, *(np.add(QUANTILES[:-1], QUANTILES[1:]) / 2), 1.0])
"""Probability that each quantile stands for: halfway to its neighbours."""
_PLAIN = np.square(QUANTILES)
"""Load over contract power where nobody has readings: 0.25 in the median, a third in the mean,
0.9 at the 0.95 quantile; between hardly anything and nearly all that was contracted for."""


@dataclass(frozen=True, kw_only=True)
class FirmShape:
    """How one firm draws, free of its size."""

    tariff_class: TariffClass
    contract_share: float
    """Its mean load over its contract power."""
    quantiles: Shares
    """Of its load over its mean load, in the order of ``QUANTILES``."""

    @property
    def means(self) -> npt.NDArray[np.float64]:
        """Mean over its mean load by kind of day and clock step, shape (kinds, steps)."""
        return self.quantiles @ _MASS


@dataclass(frozen=True, kw_only=True)
class OwnReadings:
    """What is known of the firm that is to be forecast, shape (readings,) each."""

    kind: npt.NDArray[np.int64]
    """Kind of day of each reading, one of ``DAY_KINDS``."""
    step_of_day: npt.NDArray[np.int64]
    demand_kw: KilowattArray
    """Known values alone."""

    @property
    def days(self) -> float:
        """How many days of readings these are."""
        return self.demand_kw.size / STEPS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class TypicalFirms:
    """The shapes of a complex's firms; of none, a plain wide band below the contract power."""

    shapes: tuple[FirmShape, ...] = ()

    def quantiles_kw(self, contract: Contract, own: OwnReadings) -> KilowattArray:
        """Forecast a firm by kind of day and clock step.

        Returns:
            Shape (kinds of day, steps of a day, quantiles); finite, never crossing.
        """
        shapes = self._alike(contract)
        fits = [_fit_of(shape, contract, own) for shape in shapes]
        sample_kw = np.concatenate(
            [shape.quantiles * fit.size_kw for shape, fit in zip(shapes, fits, strict=True)], axis=2
        )
        weights = np.concatenate([fit.weight * _MASS for fit in fits])
        pooled_kw = weighted_quantiles(sample_kw.reshape(-1, len(weights)), weights, QUANTILES)
        plain_kw = PLAIN_SHAPE.quantiles * _fit_of(PLAIN_SHAPE, contract, own).size_kw
        by_kind_kw = pooled_kw.reshape(plain_kw.shape)
        return np.where(np.isfinite(by_kind_kw), by_kind_kw, plain_kw)

    def _alike(self, contract: Contract) -> tuple[FirmShape, ...]:
        alike = tuple(shape for shape in self.shapes if shape.tariff_class == contract.tariff_class)
        return alike if len(alike) >= LEAST_ALIKE else self.shapes or (PLAIN_SHAPE,)


class TypicalFirmsSource(Protocol):
    """Where shapes come from: learnt in training, or from the readings known at the moment."""

    def as_of(self, moment: datetime) -> TypicalFirms:
        """Return the shapes that were known at ``moment``."""
        ...


@dataclass(frozen=True, kw_only=True)
class LearntInTraining:
    """The shapes that came with a model: the same at every moment, as the model is."""

    firms: TypicalFirms

    def as_of(self, moment: datetime) -> TypicalFirms:
        """See :class:`TypicalFirmsSource`."""
        del moment
        return self.firms


def fit(
    firms: Sequence[Firm], histories: Mapping[str, LoadHistory], *, least_days_of_kind: int = 1
) -> TypicalFirms:
    """Learn the shapes of firms from their readings; those with too few are left out.

    Args:
        firms: In any order.
        histories: What was known of each firm by its id; a firm may be missing.
        least_days_of_kind: Known days of a kind below which nothing is said of it.
    """
    shapes = [
        shape
        for firm in sorted(firms, key=lambda firm: firm.firm_id)
        if firm.firm_id in histories
        if (shape := _shape_of(firm, histories[firm.firm_id], least_days_of_kind)) is not None
    ]
    shapes.sort(key=lambda shape: (shape.tariff_class, shape.contract_share))
    chosen = np.unique(np.linspace(0, len(shapes) - 1, MOST_FIRMS).round().astype(int))
    return TypicalFirms(shapes=tuple(shapes[place] for place in chosen) if shapes else ())


def _shape_of(firm: Firm, history: LoadHistory, least_days_of_kind: int) -> FirmShape | None:
    known = np.flatnonzero(np.isfinite(history.demand_kw))
    if known.size < LEAST_DAYS * STEPS_PER_DAY:
        return None
    table = load_table(firm, history, horizon_steps=0)
    last_day = int(table.day[known[-1]])
    first_day = max(last_day - SHAPE_DAYS + 1, 0)
    by_day_kw = table.by_day_kw[first_day : last_day + 1]
    mean_kw = float(np.nanmean(by_day_kw))
    if not mean_kw > 0:
        return None
    kind = table.kind_of_day[first_day : last_day + 1]
    quantiles = np.full((len(DAY_KINDS), STEPS_PER_DAY, len(QUANTILES)), np.nan)
    for each in DAY_KINDS:
        days_kw = by_day_kw[kind == each].T
        if days_kw.size:
            of_kind = weighted_quantiles(days_kw, np.ones(days_kw.shape[1]), QUANTILES) / mean_kw
            enough = np.isfinite(days_kw).sum(axis=1) >= least_days_of_kind
            quantiles[each] = np.where(enough[:, None], of_kind, np.nan)
    return FirmShape(
        tariff_class=firm.contract.tariff_class,
        contract_share=mean_kw / firm.contract.power_kw,
        quantiles=quantiles.round(DECIMALS),
    )


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """How a shape is taken for a firm."""

    size_kw: float
    """Mean load that the firm has if it draws like this."""
    weight: float
    """How much the shape counts."""


def _fit_of(shape: FirmShape, contract: Contract, own: OwnReadings) -> _Fit:
    by_contract_kw = shape.contract_share * contract.power_kw
    expected = shape.means[own.kind, own.step_of_day]
    told = np.isfinite(expected)
    drawn_kw, total = own.demand_kw[told], float(expected[told].sum())
    if not total > 0:
        return _Fit(size_kw=by_contract_kw, weight=1.0)
    measured_kw = max(float(drawn_kw.sum()) / total, 0.0)
    deviation_kw = np.abs(drawn_kw - measured_kw * expected[told]).mean()
    load_kw = max(float(np.abs(drawn_kw).mean()), LEAST_LOAD_KW)
    trust = own.days / (own.days + PRIOR_DAYS)
    return _Fit(
        size_kw=trust * measured_kw + (1 - trust) * by_contract_kw,
        weight=float(np.exp(-trust * deviation_kw / load_kw / UNLIKENESS)),
    )


PLAIN_SHAPE = FirmShape(
    tariff_class="industrial_eul",
    contract_share=float(_PLAIN @ _MASS),
    quantiles=np.broadcast_to(
        _PLAIN / (_PLAIN @ _MASS), (len(DAY_KINDS), STEPS_PER_DAY, len(QUANTILES))
    ),
)
"""Every interval alike, and hardly anything excluded."""

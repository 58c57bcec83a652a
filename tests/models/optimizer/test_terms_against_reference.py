"""Export, several peaks, events and scenarios cost what an independently written matrix says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import Bounds, LinearConstraint, milp

from models.optimizer.solve import GAP_KRW
from tests.models.optimizer.example_problems import scheduled
from tests.models.optimizer.example_works import BATTERY

STEPS = 16
HOURS = 0.25
TIE_BREAKS_KRW = 5.0
FEW = settings(max_examples=12, deadline=None)
LOADS = arrays(np.float64, STEPS, elements=st.floats(-80, 400))
PRICES = arrays(np.float64, STEPS, elements=st.floats(50, 300))
WINDOW = np.arange(4, 10)
LARGE = 1000.0
"""More than any power here."""


class Matrix:
    """Columns by name, rows added one by one; minimises with scipy."""

    def __init__(self, **sizes: int) -> None:
        edges = np.cumsum([0, *sizes.values()])
        self.at = {
            name: np.arange(first, end)
            for name, first, end in zip(sizes, edges, edges[1:], strict=False)
        }
        self.cost = np.zeros(edges[-1])
        self.lower, self.upper = np.full(edges[-1], 0.0), np.full(edges[-1], np.inf)
        self.whole = np.zeros(edges[-1])
        self.rows: list[tuple[np.ndarray, float, float]] = []

    def row(self, *terms, low=-np.inf, high=np.inf) -> None:
        """Add low <= sum of factor x column <= high."""
        coefficients = np.zeros(len(self.cost))
        for factor, column in terms:
            coefficients[column] += factor
        self.rows.append((coefficients, low, high))

    def minimum(self) -> float:
        """Least cost of all columns together."""
        matrix, low, high = map(np.array, zip(*self.rows, strict=True))
        found = milp(
            self.cost,
            constraints=LinearConstraint(matrix, low, high),
            bounds=Bounds(self.lower, self.upper),
            integrality=self.whole,
            options={"mip_rel_gap": 0.0},
        )
        assert found.success, found.message
        return float(found.fun)


def with_battery(**more: int) -> Matrix:
    """The battery of the example works over the grid: 400 kWh, 100 kW, wear 20 won/kWh."""
    matrix = Matrix(charge=STEPS, discharge=STEPS, soc=STEPS + 1, **more)
    at = matrix.at
    matrix.upper[at["charge"]] = matrix.upper[at["discharge"]] = 100
    matrix.lower[at["soc"]], matrix.upper[at["soc"]] = 40, 360
    matrix.lower[at["soc"][0]] = matrix.upper[at["soc"][0]] = 200
    matrix.lower[at["soc"][-1]] = 200
    matrix.cost[at["discharge"]] = 20 * HOURS
    for step in range(STEPS):
        matrix.row(
            (1, at["soc"][step + 1]),
            (-1, at["soc"][step]),
            (-0.95 * HOURS, at["charge"][step]),
            (HOURS / 0.95, at["discharge"][step]),
            low=0,
            high=0,
        )
    return matrix


def told(load: dict, price, **parts) -> dict:
    return {
        "format": "sandan-problem/1",
        "site": {"id": "works"} | parts.pop("site", {}),
        "grid": {"start": "2026-06-17T08:00:00+09:00", "steps": STEPS},
        "tariff": {"kind": "stated", "krw_per_kwh": price.tolist(), "peaks": parts.pop("peaks")},
        "base_load": load,
        "equipment": [{"name": "ESS", "kind": "battery", "parameters": BATTERY}],
    } | parts


@FEW
@given(
    load=LOADS,
    price=PRICES,
    export_krw=st.floats(0, 320),
    prices=st.tuples(st.floats(0, 2000), st.floats(0, 2000)),
    optional=st.booleans(),
)
def test_export_two_peaks_and_an_event(load, price, export_krw, prices, optional):
    paid, penalty = prices
    matrix = with_battery(
        bought=STEPS, fed=STEPS, feeding=STEPS, peaks=2, credited=6, reduced=6, part=1
    )
    at = matrix.at
    matrix.whole[np.r_[at["feeding"], at["reduced"], at["part"]]] = 1
    matrix.upper[np.r_[at["feeding"], at["reduced"], at["part"]]] = 1
    matrix.upper[at["fed"]] = 90
    matrix.cost[at["bought"]], matrix.cost[at["fed"]] = price * HOURS, -export_krw * HOURS
    matrix.cost[at["peaks"]] = [5000, 3000]
    matrix.lower[at["peaks"]] = [0, 150]
    for step in range(STEPS):
        battery = ((-1, at["charge"][step]), (1, at["discharge"][step]))
        net = ((1, at["bought"][step]), (-1, at["fed"][step]))
        matrix.row(*net, *battery, low=load[step], high=load[step])
        matrix.row((1, at["bought"][step]), (LARGE, at["feeding"][step]), high=LARGE)
        matrix.row((1, at["fed"][step]), (-LARGE, at["feeding"][step]), high=0)
        for peak in range(2) if step < 8 else (1,):
            matrix.row(
                (1, at["peaks"][peak]), *((-factor, column) for factor, column in net), low=0
            )
    asked_kwh = 60 * 6 * HOURS
    matrix.cost[at["credited"]] = -(paid + penalty) * HOURS
    matrix.cost[at["part"]] = penalty * asked_kwh - 1000
    matrix.lower[at["part"]] = 0 if optional else 1
    for number, step in enumerate(WINDOW):
        counted, drawn = at["credited"][number], (at["bought"][step], at["fed"][step])
        reduced = at["reduced"][number]
        matrix.row((1, counted), (-60, reduced), high=0)
        matrix.row((1, reduced), (-1, at["part"][0]), high=0)
        matrix.row((1, counted), (1, drawn[0]), (-1, drawn[1]), (LARGE, reduced), high=250 + LARGE)
    event = {
        "name": "call",
        "start": "2026-06-17T09:00:00+09:00",
        "end": "2026-06-17T10:30:00+09:00",
        "baseline_kw": 250.0,
        "reduction_kw": 60.0,
        "paid_krw_per_kwh": paid,
        "paid_krw": 1000.0,
        "penalty_krw_per_kwh": penalty,
        "optional": optional,
    }
    problem = told(
        {"kind": "path", "kw": load.tolist()},
        price,
        site={"export": {"krw_per_kwh": export_krw, "most_kw": 90.0}},
        peaks=[
            {"name": "first", "krw_per_kw": 5000.0, "steps": list(range(8))},
            {"name": "all", "krw_per_kw": 3000.0, "floor_kw": 150.0},
        ],
        events=[event],
    )
    assert scheduled(problem).planned_cost.total_krw == pytest.approx(
        matrix.minimum(), abs=GAP_KRW + TIE_BREAKS_KRW
    )


@FEW
@given(
    loads=arrays(np.float64, (3, STEPS), elements=st.floats(110, 500)),
    price=PRICES,
    risk_share=st.floats(0, 1),
    tail_share=st.floats(0.1, 1),
)
def test_the_mean_of_energy_and_the_tail_of_demand(loads, price, risk_share, tail_share):
    probability = np.array([0.5, 0.3, 0.2])
    matrix = with_battery(demand=3, threshold=1, above=3)
    at = matrix.at
    matrix.lower[at["demand"]] = 120
    matrix.lower[at["threshold"]] = -np.inf
    matrix.cost[at["charge"]] = price * HOURS
    matrix.cost[at["discharge"]] -= price * HOURS
    matrix.cost[at["demand"]] = (1 - risk_share) * probability * 8000
    matrix.cost[at["threshold"]] = risk_share
    matrix.cost[at["above"]] = risk_share * probability / tail_share
    for number, load in enumerate(loads):
        for step in range(STEPS):
            matrix.row(
                (1, at["demand"][number]),
                (-1, at["charge"][step]),
                (1, at["discharge"][step]),
                low=load[step],
            )
        matrix.row(
            (1, at["above"][number]), (1, at["threshold"][0]), (-8000, at["demand"][number]), low=0
        )
    paths = [
        {"probability": share, "kw": load.tolist()}
        for share, load in zip(probability.tolist(), loads, strict=True)
    ]
    shares = {"risk_share": risk_share, "tail_share": tail_share}
    problem = told(
        {"kind": "scenarios", "paths": paths} | shares,
        price,
        peaks=[{"name": "month", "krw_per_kw": 8000.0, "floor_kw": 120.0}],
    )
    base_krw = float((probability @ loads) @ price) * HOURS
    assert scheduled(problem).planned_cost.total_krw == pytest.approx(
        base_krw + matrix.minimum(), abs=GAP_KRW + TIE_BREAKS_KRW
    )

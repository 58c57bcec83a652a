"""How much of the saving of perfect foresight does each way of running a battery capture?

Months of measured plants are lived again (``sandan replay``), each alone, with four batteries a
plant: steel from July to December 2018, and the last four months of five German firms. Rates and
hours are those of industrial tariff B, high voltage A, option II (산업용(을) 고압A 선택Ⅱ) in force
on 2026-05-04, billed by the clock and the dates of the measured year. Batteries are 0.95 efficient
each way, move between 10 and 90 % and start half full; wear is not counted, so that captures
compare with those of others. One model is fitted on what lies before each stretch of months,
and one five weeks before; forecasts are made anew every two hours.

What was chosen (weights, spreads, memory) was chosen on the months before these.

A second set of cells, told as "with jobs", has a battery, three jobs and a load that may be
reduced at a cost. The jobs are made: their usual runs are added to the readings of a measured
plant. Perfect foresight may break runs there, so that captures are told too low rather than too
high, by at most .006 where it was looked for (see models/dispatch/perfect_foresight.py).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from bench.capture_cells import SUSPICIOUS, moved_kw, write_worst
from bench.figures import RESULTS, Figure, print_figures, write
from bench.measured_years import BESIDE, write_measured_years
from feature_store.entities.firm import Contract, Equipment, Firm
from feature_store.entities.load_history import LoadHistory
from feature_store.time_grid import STEPS_PER_HOUR, KilowattArray
from models.tariffs.grid_prices import grid_prices
from training.evaluation.measured_firms import MeasuredFirms, read_measured_firms
from training.replay.figures import Cell, cells
from training.replay.plan import ReplayPlan
from training.replay.run import Replay, replay
from training.replay.site import ReplaySite, replay_site

STRETCHES = {
    "steel": (date(2018, 7, 1), date(2019, 1, 1)),
    "metal_1": (date(2010, 9, 1), date(2011, 1, 1)),
    "metal_2": (date(2010, 9, 1), date(2011, 1, 1)),
    "commerce_g0": (date(2016, 9, 1), date(2017, 1, 1)),
    "continuous_g3": (date(2016, 9, 1), date(2017, 1, 1)),
    "workday_g1": (date(2016, 9, 1), date(2017, 1, 1)),
}
POLICIES = (
    "threshold",
    "rolling",
    "rolling-target",
    "rolling-value",
    "stochastic",
    "perfect-forecast",
)
PLANNED = ("rolling", "rolling-target")
BY_VALUE = "rolling-value"
"""A plan that ends in the product's own values: told apart from plans without them."""
OWN = "stochastic"
TARIFF_DATE = date(2026, 5, 4)
STEEL_PEAK_KW = 552.0
"""Mean monthly peak of the steel works: what the two batteries of fixed size are scaled by."""
RESAMPLES = 4000
MADE_JOBS = (("furnace", 0.12, 3.0, 10), ("mill", 0.08, 2.0, 13), ("dryer", 0.05, 1.5, 15))
"""Name, share of the mean peak, hours, hour of the usual start; a tenth and less of a peak each, as
single machines are, and together what a plant may hope to move."""
JOB_WINDOW = (8, 20)
"""Hours between which jobs may run, on weekdays."""
REDUCIBLE_SHARE, REDUCIBLE_HOURS, GIVEN_UP_KRW_PER_KWH = 0.1, 1.5, 300.0
"""A load that may be reduced: share of the mean peak, hours a day of that much, and a cost per kWh
of about twice what the energy is bought for."""
KEPT = Path("var") / "capture"
"""Parts that are done, so that a bench which was stopped goes on."""


def main() -> list[Figure]:
    """Live every cell and tell what was captured."""
    if not BESIDE.exists():
        raise SystemExit(f"{BESIDE.name} does not lie beside the project: nothing is measured")
    with tempfile.TemporaryDirectory() as folder:
        measured = read_measured_firms(*write_measured_years(Path(folder)), now=datetime.now(UTC))
    stretches = sorted(set(STRETCHES.values()))
    batteries = [
        _lived(sites, stretch) for stretch in stretches if (sites := _of(measured, stretch))
    ]
    jobs = [
        _lived(sites, stretch)
        for stretch in stretches
        if (sites := _of(measured, stretch, with_jobs=True))
    ]
    every = [cell for one in batteries for cell in cells(one)]
    with_jobs = [cell for one in jobs for cell in cells(one)]
    figures = [
        *_figures(every),
        *_by_plant(every),
        *_with_jobs(with_jobs),
        *_looked_at(batteries),
    ]
    write("capture", (__doc__ or "").strip(), figures)
    _write_cells([*every, *with_jobs])
    write_worst(batteries, OWN)
    return figures


def _of(
    measured: MeasuredFirms, stretch: tuple[date, date], *, with_jobs: bool = False
) -> list[ReplaySite]:
    """Return the sites of the plants whose months lie in a stretch."""
    plants = [firm for firm in measured.firms if STRETCHES.get(firm.firm_id) == stretch]
    if with_jobs:
        return [site_with_jobs(firm, measured.histories[firm.firm_id], *stretch) for firm in plants]
    return [
        site for firm in plants for site in _sites(firm, measured.histories[firm.firm_id], *stretch)
    ]


def _lived(sites: list[ReplaySite], stretch: tuple[date, date]) -> Replay:
    plan = ReplayPlan(
        first=stretch[0], end=stretch[1], policies=POLICIES, months_alone=True, jobs=2
    )
    return replay(sites, plan, KEPT)


def _sites(firm: Firm, history: LoadHistory, first: date, end: date) -> Iterator[ReplaySite]:
    contract = Contract(power_kw=float(np.nanmax(history.demand_kw)), tariff_date=TARIFF_DATE)
    peak_kw = _mean_peak_kw(firm, contract, history, first, end)
    scale = 1.0 if firm.firm_id == "steel" else peak_kw / STEEL_PEAK_KW
    batteries = {
        "250 kW 1 MWh scaled": (250 * scale, 1000 * scale),
        "100 kW 200 kWh scaled": (100 * scale, 200 * scale),
        "0.4 peak 2 h": (0.4 * peak_kw, 0.8 * peak_kw),
        "0.4 peak 4 h": (0.4 * peak_kw, 1.6 * peak_kw),
    }
    for name, (power_kw, capacity_kwh) in batteries.items():
        equipment = (_battery(power_kw, capacity_kwh),)
        with_battery = firm.model_copy(update={"contract": contract, "equipment": equipment})
        yield replay_site(with_battery, history, name=f"{firm.firm_id} {name}")


def site_with_jobs(firm: Firm, history: LoadHistory, first: date, end: date) -> ReplaySite:
    """Return a plant with a battery, made jobs whose usual runs are added, and a reducible load."""
    contract = Contract(power_kw=float(np.nanmax(history.demand_kw)), tariff_date=TARIFF_DATE)
    peak_kw = _mean_peak_kw(firm, contract, history, first, end)
    equipment = (
        _battery(0.4 * peak_kw, 0.8 * peak_kw),
        *(_job(name, share * peak_kw, hours, usual) for name, share, hours, usual in MADE_JOBS),
        Equipment(
            name="air conditioning",
            kind="curtailable_load",
            parameters={
                "max_reduction_kw": REDUCIBLE_SHARE * peak_kw,
                "max_energy_kwh_per_day": REDUCIBLE_SHARE * REDUCIBLE_HOURS * peak_kw,
                "cost_krw_per_kwh": GIVEN_UP_KRW_PER_KWH,
                "earliest_start": f"{JOB_WINDOW[0]:02}:00",
                "latest_end": f"{JOB_WINDOW[1]:02}:00",
            },
        ),
    )
    equipped = firm.model_copy(update={"contract": contract, "equipment": equipment})
    made_kw = history.demand_kw + replay_site(equipped, history).usual_kw()
    larger = contract.model_copy(update={"power_kw": float(np.nanmax(made_kw))})
    return replay_site(
        equipped.model_copy(update={"contract": larger}),
        replace(history, demand_kw=made_kw),
        name=f"{firm.firm_id} with jobs",
    )


def _battery(power_kw: float, capacity_kwh: float) -> Equipment:
    return Equipment(
        name="battery",
        kind="battery",
        parameters={
            "capacity_kwh": capacity_kwh,
            "max_charge_kw": power_kw,
            "max_discharge_kw": power_kw,
            "charge_efficiency": 0.95,
            "discharge_efficiency": 0.95,
            "min_soc_share": 0.1,
            "max_soc_share": 0.9,
            "initial_soc_share": 0.5,
            "wear_krw_per_kwh": 0,
        },
    )


def _job(name: str, power_kw: float, hours: float, usual_hour: int) -> Equipment:
    return Equipment(
        name=name,
        kind="shiftable_job",
        parameters={
            "profile_kw": (power_kw,) * round(hours * STEPS_PER_HOUR),
            "usual_start": f"{usual_hour:02}:00",
            "earliest_start": f"{JOB_WINDOW[0]:02}:00",
            "latest_end": f"{JOB_WINDOW[1]:02}:00",
            "days": (0, 1, 2, 3, 4),
        },
    )


def _mean_peak_kw(
    firm: Firm, contract: Contract, history: LoadHistory, first: date, end: date
) -> float:
    """Mean of the monthly counted peaks of the stretch: the size that batteries are chosen for."""
    counted = grid_prices(contract, history.grid, firm.zone).counted
    dates = history.grid.clock(firm.zone).date
    inside = counted & (dates >= np.datetime64(first)) & (dates < np.datetime64(end))
    month = dates.astype("datetime64[M]")
    peaks: list[float] = [
        float(history.demand_kw[inside & (month == one)].max()) for one in np.unique(month[inside])
    ]
    return float(np.mean(peaks))


def _figures(every: list[Cell]) -> list[Figure]:
    captures = {name: np.array([cell.capture[name] for cell in every]) for name in POLICIES}
    own = captures[OWN]
    best = max(PLANNED, key=lambda name: captures[name].mean())
    low, high = _interval(every, own - captures[best])
    plant_months = _plant_months(every)
    by_month = [own[at].mean() for at in plant_months.values()]
    goals = {"mean": 0.86, "median": 0.9, "worst tenth": 0.65}
    spread = {
        "mean": own.mean(),
        "median": np.median(own),
        "worst tenth": np.quantile(own, 0.1),
        "worst cell": own.min(),
    }
    return [
        Figure(name="cells", value=len(every)),
        *(
            Figure(name=f"{OWN}: capture, {name}", value=float(value), at_least=goals.get(name))
            for name, value in spread.items()
        ),
        Figure(name=f"{OWN}: worst plant-month", value=float(min(by_month)), at_least=0.55),
        *(
            Figure(name=f"{name}: capture, {kind}", value=float(of(captures[name])))
            for name in POLICIES
            if name != OWN
            for kind, of in (("mean", np.mean), ("median", np.median), ("worst tenth", _tenth))
        ),
        Figure(
            name=f"{OWN} less the best plan with tracking",
            value=float((own - captures[best]).mean()),
            at_least=0.1,
        ),
        Figure(name=f"{OWN} less the best plan, 95 % interval from", value=low),
        Figure(name=f"{OWN} less the best plan, 95 % interval to", value=high),
        Figure(name=f"{OWN} less {BY_VALUE}", value=float((own - captures[BY_VALUE]).mean())),
    ]


def _by_plant(every: list[Cell]) -> list[Figure]:
    return [
        Figure(
            name=f"{plant}: capture of {OWN}",
            value=float(np.mean([c.capture[OWN] for c in every if c.site.startswith(plant)])),
        )
        for plant in STRETCHES
    ]


def _with_jobs(every: list[Cell]) -> list[Figure]:
    """Capture of every policy where jobs and a reducible load are run beside the battery."""
    captures = {name: np.array([cell.capture[name] for cell in every]) for name in POLICIES}
    own = captures[OWN]
    best = max(PLANNED, key=lambda name: captures[name].mean())
    return [
        Figure(name="with jobs: cells", value=len(every)),
        *(
            Figure(name=f"with jobs: {name}: capture, {kind}", value=float(of(captures[name])))
            for name in POLICIES
            for kind, of in (
                ("mean", np.mean),
                ("median", np.median),
                ("worst tenth", _tenth),
                ("worst cell", np.min),
            )
        ),
        Figure(
            name=f"with jobs: {OWN} less the best plan with tracking",
            value=float((own - captures[best]).mean()),
        ),
    ]


def _looked_at(batteries: list[Replay]) -> list[Figure]:
    """Look for a leak where captures are high."""
    moved = moved_kw(batteries, OWN, KEPT)
    return [
        Figure(name=f"cells of {OWN} above {SUSPICIOUS}", value=len(moved)),
        Figure(
            name="moved there by what came later, largest",
            value=max(moved, default=0.0),
            unit="kW",
            at_most=0,
        ),
    ]


def _tenth(captures: KilowattArray) -> float:
    return float(np.quantile(captures, 0.1))


def _plant_months(every: list[Cell]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for number, cell in enumerate(every):
        found.setdefault((cell.site.split()[0], cell.month), []).append(number)
    return found


def _interval(every: list[Cell], difference: KilowattArray) -> tuple[float, float]:
    """95 % interval of the mean, plant-months drawn again: batteries of one share its fate."""
    blocks = [difference[at] for at in _plant_months(every).values()]
    random = np.random.default_rng(0)
    drawn = random.integers(0, len(blocks), (RESAMPLES, len(blocks)))
    means = [np.concatenate([blocks[at] for at in row]).mean() for row in drawn]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _write_cells(every: list[Cell]) -> None:
    """Write every cell, the bad ones too, as a table that anybody can read."""
    rows = [
        {
            "site": cell.site,
            "month": cell.month,
            "capture": {name: round(value, 4) for name, value in cell.capture.items()},
            "peak_kw": {name: round(value, 1) for name, value in cell.peak_kw.items()},
        }
        for cell in every
    ]
    text = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    (RESULTS / "capture_cells.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    print_figures(main())

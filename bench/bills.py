"""Do worked bills agree to the won, and how long does a year of bills take?

Every worked bill at hand is computed again: those collected beside the project if they are there,
else those of the tests. The loads timed are made up, with reactive energy: a year of 15-minute
readings each, every month billed with its ratchet. One firm in this process; a thousand in two
processes, each making its own firms' readings.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from zoneinfo import ZoneInfo

import numpy as np

from bench.figures import Figure, print_figures, write
from feature_store.entities.firm import Contract
from feature_store.time_grid import TimeGrid
from models.tariffs.bill.bill_cases import read_bill_cases
from models.tariffs.bill.metered_energy import MeteredEnergy
from models.tariffs.bill.monthly_bill import bills
from models.tariffs.bill.verification import verify

SEED = 20261122
ZONE = ZoneInfo("Asia/Seoul")
YEAR = TimeGrid(datetime(2025, 10, 1, tzinfo=ZONE), steps=35_040)
"""Across the reform of 16 April 2026."""
RUNS = 25
FIRMS = 1000
PROCESSES = 2
ROOT = Path(__file__).parents[1]
COLLECTED_BILLS = ROOT.parent / "shared" / "domain" / "bills.yaml"
TESTED_BILLS = ROOT / "tests" / "golden" / "worked_bills.yaml"
CHUNK = 25
"""Firms handed over at once: enough that handing over costs nothing beside billing."""
CONTRACTS = (
    Contract(power_kw=800, option="II"),
    Contract(power_kw=800, voltage="high_b", option="III", reform_deferred=True),
    Contract(power_kw=280, tariff_class="industrial_gab_2", option="I"),
    Contract(power_kw=90, tariff_class="industrial_gab_1", voltage="low", option="none"),
)


def main() -> list[Figure]:
    """Time one firm's year many times, and a thousand firms' once."""
    readings = _readings(CONTRACTS[0], SEED)
    first, *others = [_seconds(CONTRACTS[0], readings) for _ in range(RUNS + 1)]
    wall_s, cpu_s = np.median(others, axis=0)
    started = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        made = sum(pool.map(_months_of_firm, range(FIRMS), chunksize=CHUNK))
    fleet_s = time.perf_counter() - started
    used = getrusage(RUSAGE_CHILDREN)
    figures = [
        Figure(
            name="a year of one firm, 12 bills, median",
            value=1000 * float(wall_s),
            unit="ms",
            at_most=50,
        ),
        Figure(name="its CPU time, median", value=1000 * float(cpu_s), unit="ms"),
        Figure(
            name="the first year of a process, which loads tables and holidays",
            value=1000 * first[0],
            unit="ms",
        ),
        Figure(name="bills of a thousand firms", value=made),
        Figure(
            name=f"a thousand firms on {PROCESSES} processes, start included",
            value=fleet_s,
            unit="s",
            at_most=60,
        ),
        Figure(name="CPU time of these processes", value=used.ru_utime + used.ru_stime, unit="s"),
    ]
    figures += _worked_bills()
    write("bills", (__doc__ or "").splitlines()[0], figures)
    return figures


def _worked_bills() -> list[Figure]:
    file = COLLECTED_BILLS if COLLECTED_BILLS.is_file() else TESTED_BILLS
    checked = verify(read_bill_cases(file.read_text(encoding="utf-8"), what=file.name))
    return [
        Figure(name="worked cases computed again", value=checked.cases),
        Figure(name="their lines", value=len(checked.lines)),
        Figure(name="lines that differ by a won or more", value=len(checked.differing), at_most=0),
    ]


def _readings(contract: Contract, seed: int) -> MeteredEnergy:
    random = np.random.default_rng(seed)
    kwh = np.round(random.gamma(5, contract.power_kw / 50, YEAR.steps), 2)
    return MeteredEnergy(
        grid=YEAR,
        zone=ZONE,
        kwh=kwh,
        lagging_kvarh=np.round(0.3 * kwh, 2),
        leading_kvarh=np.round(0.05 * kwh, 2),
    )


def _seconds(contract: Contract, readings: MeteredEnergy) -> tuple[float, float]:
    """Wall and CPU seconds of one firm's year."""
    wall, cpu = time.perf_counter(), time.process_time()
    bills(contract, readings)
    return time.perf_counter() - wall, time.process_time() - cpu


def _months_of_firm(number: int) -> int:
    """Bill one made-up firm and count the bills."""
    contract = CONTRACTS[number % len(CONTRACTS)]
    return len(bills(contract, _readings(contract, SEED + number)))


if __name__ == "__main__":
    print_figures(main())

"""Every library is set the same task, cannot look ahead, and answers in the same form."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.contestants import CONTESTANTS, PEERS, Library
from bench.peers import task as peer_task
from bench.peers.task import COLUMNS, INTERVAL, KnownFirm, calendar, do, read_task
from feature_store.time_grid import INTERVAL as OUR_INTERVAL
from feature_store.time_grid import STEPS_PER_DAY, STEPS_PER_HOUR, STEPS_PER_WEEK
from models.forecasting.load_forecast import QUANTILES, quantile_key

DAYS = 21
TEST_DAYS = 7
STEPS = 2 * STEPS_PER_DAY
LIBRARIES = [one for one in CONTESTANTS if isinstance(one, Library)]


class LastDayAgain:
    """Forecasts the last day over and over, and remembers what it was shown."""

    def __init__(self) -> None:
        self.fitted_until = {}
        self.asked_at = []

    def fit(self, firms):
        """Note until when each firm is known."""
        self.fitted_until = {firm.firm_id: firm.end for firm in firms}

    def predict(self, firm, steps):
        """Note the moment and repeat the day before it."""
        self.asked_at.append(firm.end)
        day_kw = firm.demand_kw.to_numpy()[-STEPS_PER_DAY:]
        return np.repeat(np.resize(day_kw, steps)[:, None], len(COLUMNS), axis=1)


@pytest.fixture
def task_of(tmp_path):
    """Makes a task of three weeks of two firms, written to files and read back."""

    def made(start: str = "2026-06-01 00:00", *, missing: int | None = None):
        instants = pd.date_range(start, periods=DAYS * STEPS_PER_DAY, freq=INTERVAL, tz="UTC")
        readings = pd.concat(
            pd.DataFrame(
                {"firm_id": name, "period_start": instants, "kw": np.arange(len(instants))}
            )
            for name in ("kiln", "press")
        )
        if missing is not None:
            readings = readings.drop(index=missing)
        readings.to_parquet(tmp_path / "readings.parquet")
        (tmp_path / "firms.csv").write_text(
            "firm_id,timezone,holidays\nkiln,Asia/Seoul,KR\npress,Europe/Berlin,DE\n", "utf-8"
        )
        files = f"--readings {tmp_path}/readings.parquet --firms {tmp_path}/firms.csv"
        asked = f"--test-days {TEST_DAYS} --issue-hours 0,12 --steps {STEPS} --out {tmp_path}/out"
        return read_task(f"{files} {asked}".split())

    return made


def test_the_task_speaks_of_the_products_quantiles_and_intervals():
    assert peer_task.QUANTILES == QUANTILES
    assert tuple(quantile_key(level) for level in QUANTILES) == COLUMNS
    assert INTERVAL.to_pytimedelta() == OUR_INTERVAL
    assert peer_task.STEPS_PER_HOUR == STEPS_PER_HOUR
    assert peer_task.STEPS_PER_DAY == STEPS_PER_DAY
    assert peer_task.STEPS_PER_WEEK == STEPS_PER_WEEK


def test_forecasts_are_issued_at_local_midnight_and_noon_where_all_steps_were_measured(task_of):
    task = task_of()

    for firm in task.firms:
        local = task.issue_times(firm).tz_convert(firm.zone)
        assert set(zip(local.hour, local.minute, strict=True)) == {(0, 0), (12, 0)}
        assert local[0] >= firm.end - pd.Timedelta(days=TEST_DAYS)
        assert local[-1] + STEPS * INTERVAL <= firm.end
        assert len(local) in {2 * (TEST_DAYS - 2), 2 * (TEST_DAYS - 2) + 1}


def test_a_change_of_clocks_moves_no_issue_time_from_the_wall_clocks_hour(task_of):
    task = task_of("2026-10-10 00:00")  # clocks in Berlin go back on the 25th, in the test week
    press = next(firm for firm in task.firms if firm.firm_id == "press")

    local = task.issue_times(press).tz_convert("Europe/Berlin")

    assert {offset for at in local if (offset := at.utcoffset())} == {
        pd.Timedelta(hours=2),
        pd.Timedelta(hours=1),
    }
    assert set(local.hour) == {0, 12}


def test_a_library_is_never_handed_a_reading_from_after_the_moment(task_of):
    task = task_of()
    shown = LastDayAgain()

    do(task, lambda: shown, packages=(), together=True)

    assert shown.fitted_until == {firm.firm_id: task.test_start(firm) for firm in task.firms}
    assert shown.asked_at == [at for firm in task.firms for at in task.issue_times(firm)]


def test_what_a_firm_was_known_to_be_ends_before_the_moment(task_of):
    (firm, _) = task_of().firms
    moment = firm.demand_kw.index[100]

    known = firm.before(moment)

    assert known.end == moment
    assert known.demand_kw.to_numpy().tolist() == list(range(100))


def test_the_answer_has_one_row_a_step_and_a_column_a_quantile(task_of):
    task = task_of()

    do(task, LastDayAgain, packages=("pandas",))

    rows = pd.read_parquet(task.out / "forecasts.parquet")
    assert list(rows.columns) == ["firm_id", "issue_time", "valid_time", *COLUMNS]
    asked = sum(len(task.issue_times(firm)) for firm in task.firms)
    assert len(rows) == asked * STEPS
    lead = (rows["valid_time"] - rows["issue_time"]) // INTERVAL
    assert lead.tolist() == list(range(STEPS)) * asked
    told = pd.read_json(task.out / "time.json", typ="series")
    assert set(told["versions"]) == {"python", "pandas"}
    assert set(told["fit_cpu_seconds"]) == {"kiln", "press"}
    assert {len(seconds) for seconds in told["predict_cpu_seconds"].values()} == {asked // 2}


def test_a_run_that_was_broken_off_goes_on_with_the_firms_that_are_left(task_of):
    task = task_of()

    class PressBreaks(LastDayAgain):
        def fit(self, firms):
            if firms[0].firm_id == "press":
                raise KeyboardInterrupt
            super().fit(firms)

    with pytest.raises(KeyboardInterrupt):
        do(task, PressBreaks, packages=())
    later = LastDayAgain()
    do(task, lambda: later, packages=())

    assert set(later.fitted_until) == {"press"}
    assert set(pd.read_parquet(task.out / "forecasts.parquet")["firm_id"]) == {"kiln", "press"}


def test_readings_with_a_gap_are_refused(task_of):
    with pytest.raises(SystemExit, match="kiln: the readings have gaps"):
        task_of(missing=50)


def test_the_calendar_is_the_one_on_the_firms_own_wall():
    instants = pd.DatetimeIndex(["2026-10-08 15:00", "2026-10-07 14:45"], tz="UTC").sort_values()
    firm = KnownFirm(
        firm_id="kiln", zone="Asia/Seoul", country="KR", demand_kw=pd.Series(0.0, index=instants)
    )

    told = calendar(firm, instants)

    eve, hangul_day = told.to_dict("records")
    assert (eve["step_of_day"], eve["weekday"]) == (STEPS_PER_DAY - 1, 2)
    assert (hangul_day["step_of_day"], hangul_day["weekday"]) == (0, 4)
    assert (eve["holiday"], hangul_day["holiday"]) == (0, 1)


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.script)
def test_every_library_has_a_script_and_a_lock(library):
    assert (PEERS / f"{library.script}.py") in library.sources
    assert all(source.is_file() for source in library.sources)


def test_every_script_is_a_contestants():
    scripts = {path.stem for path in Path(PEERS).glob("*.py")} - {"__init__", "task"}

    assert scripts - {library.script for library in LIBRARIES} == set()


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.script)
def test_everything_of_a_library_is_pinned_by_hash_and_no_host_is_named(library):
    lock = library.lock.read_text("utf-8")
    entries = [
        line
        for line in lock.replace("\\\n", " ").splitlines()
        if line and not line.lstrip().startswith("#")
    ]

    assert entries
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in lock

"""``sandan replay``: live past months again, and see what each way of running a battery saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.console import INFO, folded
from cli.progress import stages
from feature_store.errors import SandanError
from feature_store.settings import Settings

if TYPE_CHECKING:  # the training room takes seconds to import
    from training.replay.adopt import Adopted
    from training.replay.plan import ReplayPlan
    from training.replay.run import Replay
    from training.replay.site import ReplaySite

DEFAULT_POLICIES = "threshold,rolling,rolling-target,stochastic"


def replay(  # noqa: PLR0913  one parameter an option
    *,
    readings: Annotated[
        Path,
        typer.Option(
            help="Readings: Parquet or CSV with firm_id, period_start with offset, kw or kwh; or "
            "an export that 'sandan readings import' reads, of one firm.",
            metavar="FILE",
        ),
    ],
    site: Annotated[
        Path,
        typer.Option(
            help="YAML or JSON file of the firms, each with batteries and perhaps jobs and a "
            "load that may be reduced, as for 'sandan firms declare'.",
            metavar="FILE",
        ),
    ],
    first: Annotated[
        str, typer.Option("--from", help="Day on which the first billing month begins.")
    ],
    end: Annotated[str, typer.Option("--to", help="Day after the last billing month.")],
    out: Annotated[
        Path, typer.Option(help="Folder for the report and all that is done.", metavar="DIR")
    ],
    policies: Annotated[
        str,
        typer.Option(
            help="With commas: threshold, day-ahead, rolling, rolling-target, "
            "rolling-value-held, rolling-value, stochastic, perfect-forecast. Doing nothing and "
            "perfect foresight are always lived.",
            metavar="NAMES",
        ),
    ] = DEFAULT_POLICIES,
    months_alone: Annotated[
        bool,
        typer.Option(
            "--months-alone",
            help="Bill each month by its own peak, as if no month remembered another.",
        ),
    ] = False,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="Switch what pays on, and what does not off, in the declarations of the firms; "
            "the policies that this takes are lived too. Wants --months-alone.",
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(help="Sites lived side by side. Default: one a core.", min=1, metavar="N"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the model that forecasts.")] = 0,
) -> None:
    """Live past months again with every policy and report bills, peaks and what was captured.

    Every interval sees only what was known at it: the model is fitted on what lies before the
    first month. A run that was stopped goes on where it was.
    """
    from training.evaluation.side_by_side import cores
    from training.replay.files import REPORT
    from training.replay.ingredients import policies_of
    from training.replay.plan import ReplayPlan, policies_named

    named = tuple(name.strip() for name in policies.split(",") if name.strip())
    plan = ReplayPlan(
        first=_day("--from", first),
        end=_day("--to", end),
        policies=tuple(dict.fromkeys((*named, *policies_of()))) if adopt else named,
        months_alone=months_alone,
        seed=seed,
        jobs=jobs or cores(),
    )
    policies_named(plan.policies)
    done, adopted = _lived(readings, site, plan, out, adopting=adopt)
    print_figures(done)
    print_ingredients(done, adopted)
    INFO.print(f"The report is {out / REPORT}", markup=False, soft_wrap=True)


def _lived(
    readings: Path, site: Path, plan: ReplayPlan, out: Path, *, adopting: bool
) -> tuple[Replay, dict[str, Adopted]]:
    """Live what was asked for and write it; adopted is what was declared by it, by site."""
    from training.replay.files import write_files
    from training.replay.run import replay as run

    with stages() as on_progress:
        on_progress("read", 0, 1)
        sites = _sites(readings, site)
        if adopting:
            _check_adoptable(sites, plan)
        on_progress("read", 1, 1)
        done = run(sites, plan, out, on_progress=on_progress)
        on_progress("write", 0, 1)
        write_files(done, out)  # nothing is declared that no report tells of
        adopted = _adopt(done) if adopting else {}
        if adopted:
            write_files(done, out, adopted)
        on_progress("write", 1, 1)
    return done, adopted


def print_figures(done: Replay) -> None:
    """Print what every policy saved, over all sites and months."""
    from training.replay.figures import policy_figures

    table = Table(
        title=f"{len(done.sites)} site{'s' if len(done.sites) > 1 else ''}, "
        f"{done.plan.first} to {done.plan.end}",
        caption="capture: share of what perfect foresight would have saved",
    )
    table.add_column("policy")
    for title in ("bill, won", "saved, won", "capture", "median", "worst tenth", "cycles"):
        table.add_column(title, justify="right")
    for one in policy_figures(done):
        table.add_row(
            one.policy,
            f"{one.bill_krw:,.0f}",
            f"{one.saved_krw:,.0f}",
            *(f"{share:.3f}" for share in (one.mean, one.median, one.worst_tenth)),
            f"{one.cycles:,.1f}",
        )
    INFO.print(folded(table))


def print_ingredients(done: Replay, adopted: Mapping[str, Adopted]) -> None:
    """Print of each site which ingredients pay, and which were switched for it."""
    from training.replay.report.ingredient_words import ingredient_rows
    from training.replay.report.texts import texts_in

    rows = ingredient_rows(texts_in("en"), done, adopted)
    if not rows:
        return
    table = Table("site", "ingredient", "what the months say")
    for row in rows:
        table.add_row(row.site, row.declares, row.said)
    INFO.print(folded(table))


def _check_adoptable(sites: Sequence[ReplaySite], plan: ReplayPlan) -> None:
    from feature_store.storage.ledger_store import open_store
    from training.replay.adopt import check_adoptable

    settings = Settings()
    with closing(open_store(settings)) as ledger:
        check_adoptable(sites, plan, ledger, settings.now())


def _adopt(done: Replay) -> dict[str, Adopted]:
    from feature_store.storage.ledger_store import open_store
    from training.replay.adopt import adopt

    settings = Settings()
    with closing(open_store(settings)) as ledger:
        return adopt(done, ledger, settings.now())


def _sites(readings: Path, site: Path) -> tuple[ReplaySite, ...]:
    from feature_store.ingestion.firms_file import read_firms_file
    from training.replay.readings import histories_of
    from training.replay.site import replay_site

    firms = [one.firm for one in read_firms_file(site).declarations]
    histories = histories_of(readings, firms, now=Settings().now())
    return tuple(replay_site(firm, histories[firm.firm_id]) for firm in firms)


def _day(option: str, written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise SandanError(f"{option} {written}: is no day; write it as 2018-07-01") from None

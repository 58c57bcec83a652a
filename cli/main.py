"""The ``sandan`` command. Command modules import their rooms only when they run."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from cli.advise import advise
from cli.backtest import backtest
from cli.bill import app as bill
from cli.console import RESULT, print_error
from cli.database import app as database
from cli.demo import demo
from cli.firms import app as firms
from cli.quality import quality
from cli.readings import app as readings
from cli.replay import replay
from cli.schedule import schedule
from cli.serve import serve
from cli.set_point import set_point
from cli.train import train
from cli.weather import app as weather
from feature_store.errors import SandanError


class ErrorsAsSentences(TyperGroup):
    """Prints the errors that are meant to be read, and ends with exit code 1."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  typer keeps the type of its context private
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SandanError as error:
            print_error(error)
        except ValidationError as error:
            if error.title != "Settings":
                raise
            print_error(_wrong_settings(error))
        raise typer.Exit(code=1)


def _wrong_settings(error: ValidationError) -> SandanError:
    faults = "; ".join(
        f"SANDAN_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}"
        for fault in error.errors()
    )
    return SandanError(f"{faults}; mend the environment variable or unset it")


app = typer.Typer(
    cls=ErrorsAsSentences,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a traceback of readings fills the screen
)

# One line a command or group, in the order that help shows them.
app.add_typer(firms, name="firms")
app.add_typer(readings, name="readings")
app.add_typer(weather, name="weather")
app.add_typer(bill, name="bill")
app.command()(quality)
app.command()(advise)
app.command()(schedule)
app.command("set-point")(set_point)
app.command()(train)
app.command()(backtest)
app.command()(replay)
app.command()(serve)
app.command()(demo)
app.add_typer(database, name="db")


def _print_version(wanted: bool) -> None:
    if wanted:
        RESULT.print(f"sandan {version('sandan')}")
        raise typer.Exit


@app.callback()
def sandan(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Forecast the electric load of firms and schedule their equipment so that the bill falls.

    State lies below SANDAN_HOME (default: ./var).
    """

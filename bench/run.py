"""Measure everything that the documents quote: ``make bench``."""

from __future__ import annotations

import sys

from bench import bills, demo, forecast, frames, quality, quoted, schedule
from bench.figures import print_figures

MODULES = (forecast, frames, schedule, bills, quality, demo)
TOPICS = {module.__name__.rpartition(".")[2]: module for module in MODULES}


def main() -> None:
    """Run the topics named on the command line, all of them if none is."""
    for name in sys.argv[1:] or TOPICS:
        print(f"\n{name}")
        print_figures(TOPICS[name].main())
    quoted.main()


if __name__ == "__main__":
    main()

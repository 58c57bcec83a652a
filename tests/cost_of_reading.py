"""What reading one file costs, measured in a process of its own, as an import would read it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from feature_store.ingestion.limits import MEBIBYTE

MOST_BYTES = 208 * MEBIBYTE
"""That reading any file may take, see :mod:`feature_store.ingestion.limits`."""

_PROGRAM = """
import json, subprocess, sys, threading, time
from datetime import UTC, datetime
from pathlib import Path
from feature_store.errors import SandanError
from feature_store.ingestion.read_file import take_file
from feature_store.ingestion.read_request import ReadRequest, unit_of

def held(mark, process="self"):
    text = Path(f"/proc/{process}/status").read_text()
    if mark not in text:
        return 0  # it is ending
    value = {name: int(text.partition(name)[2].split()[0]) for name in (mark, "RssFile:")}
    return value[mark] - value["RssFile:"]

# What the system tells of a program that has ended (ru_maxrss) counts the one that started it too:
# its own mark is read while it lives. It only rises, and a program takes longer than that to end.
opened, starting = [0], [0]
class Watched(subprocess.Popen):
    def __init__(self, *arguments, **options):
        starting.append(held("VmRSS:"))
        super().__init__(*arguments, **options)
        opened.append(held("VmHWM:", self.pid))
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        try:
            while mark := held("VmHWM:", self.pid):
                opened.append(mark)
                time.sleep(0.0005)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended

subprocess.Popen = Watched

request = ReadRequest(
    firm_id="kiln", now=datetime.now(UTC), unit=unit_of(sys.argv[2]) if sys.argv[2] else None
)
started = time.perf_counter()
rows = 0
try:
    batch = take_file(Path(sys.argv[1]), request)
    rows = batch.rows.height if hasattr(batch, "rows") else 0
except SandanError:
    pass
seconds = time.perf_counter() - started
print(json.dumps([seconds, max(held("VmHWM:"), max(starting) + max(opened)), rows]))
"""


@dataclass(frozen=True, kw_only=True)
class CostOfReading:
    """Time and memory of reading a file."""

    seconds: float
    peak_bytes: int
    """Most that the reading process ever held, or that it held when it started another program
    together with the most that this one held: whichever is more. Pages of program files are left
    out: how many of them are mapped beside those that are used differs from machine to machine."""
    rows: int
    """Readings that were taken."""


def cost_of_reading(path: Path, *, unit: str = "") -> CostOfReading:
    """Read a file with this product in a new process; needs Linux, which tells its memory."""
    ended = subprocess.run(  # noqa: S603  the program above
        [sys.executable, "-c", _PROGRAM, str(path), unit],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, peak_kibibytes, rows = json.loads(ended.stdout)
    return CostOfReading(seconds=seconds, peak_bytes=peak_kibibytes * 1024, rows=rows)

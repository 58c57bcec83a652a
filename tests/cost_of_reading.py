"""What reading one file costs, measured in a process of its own, as an import would read it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """
import json, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
from feature_store.errors import SandanError
from feature_store.ingestion.read_file import take_file
from feature_store.ingestion.read_request import ReadRequest, unit_of

def held(name):  # ru_maxrss of a new program counts its parent's
    return int(Path("/proc/self/status").read_text().partition(name)[2].split()[0])

as_a_program_starts = [0]
def hook(event, arguments):
    if event == "subprocess.Popen":
        as_a_program_starts.append(held("VmRSS:"))
sys.addaudithook(hook)

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
opened = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
together = max(as_a_program_starts) + opened if opened else 0
print(json.dumps([seconds, max(held("VmHWM:"), together), rows]))
"""


@dataclass(frozen=True, kw_only=True)
class CostOfReading:
    """Time and memory of reading a file."""

    seconds: float
    peak_bytes: int
    """Most that the reading process ever held, or that it held when it started another program
    together with the most that this one held: whichever is more."""
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

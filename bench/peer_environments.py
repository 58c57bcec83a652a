"""Each library's own environment, made from its lock; nothing of it enters the product's."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.contestants import WORK, Library
from feature_store.errors import SandanError

UV = Path(sys.executable).with_name("uv")


class NoEnvironmentError(SandanError):
    """A library cannot be installed here."""


def make_environment(library: Library) -> None:
    """Install a library at its locked versions, unless that is done already."""
    folder = WORK / library.environment
    made_from = folder / "lock.sha256"
    digest = hashlib.sha256(library.lock.read_bytes()).hexdigest()
    if made_from.exists() and made_from.read_text("utf-8") == digest:
        return
    print(f"installing {library.environment}", flush=True)
    python = interpreter(library.least_python)
    _uv("venv", "--clear", "--python", python, str(folder))
    lock = str(library.lock)
    _uv("pip", "sync", "--python", str(library.python), "--require-hashes", lock)
    made_from.write_text(digest, encoding="utf-8")


def interpreter(least: tuple[int, int]) -> str:
    """The first interpreter that is new enough; the one named in ``PYTHON`` before all."""
    wanted = ".".join(map(str, least))
    asked = f"import sys; sys.exit(sys.version_info < {least})"
    named = os.environ.get("PYTHON")
    names = [named] if named else [sys.executable, "python3", "python3.13", "python3.12"]
    for name in names:
        found = shutil.which(name)
        if found and not subprocess.run([found, "-c", asked], check=False).returncode:  # noqa: S603 -- an interpreter asked for its version
            return found
    raise NoEnvironmentError(
        f"no Python {wanted} or newer among {', '.join(names)}; install one, or name it: "
        "make bench-forecast PYTHON=/path/to/python"
    )


def _uv(*arguments: str) -> None:
    done = subprocess.run([UV, "--quiet", *arguments], check=False, capture_output=True, text=True)  # noqa: S603 -- our own uv on our own locks
    if done.returncode:
        raise NoEnvironmentError(
            f"uv {' '.join(arguments[:2])} failed: {done.stderr.strip()}; see that the registry "
            "can be reached, then run it again"
        )

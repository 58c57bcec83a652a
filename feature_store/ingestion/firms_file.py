"""A YAML file in which somebody declares firms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from feature_store.entities.firm import Firm
from feature_store.errors import SandanError


class FirmsFileError(SandanError):
    """A file of firms cannot be read as such."""


class FirmsFile(BaseModel):
    """The whole file: one or more firms, and, for a replay, the moment to start from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    firms: tuple[Firm, ...]
    demo_time: AwareDatetime | None = None


def read_firms(path: Path) -> tuple[Firm, ...]:
    """Return the firms declared in ``path``; everything wrong is told at once."""
    return read_firms_file(path).firms


def read_firms_file(path: Path) -> FirmsFile:
    """Return the whole declaration in ``path``."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        declared = FirmsFile.model_validate(content)
    except FileNotFoundError:
        raise FirmsFileError(f"{path}: there is no such file; check the path") from None
    except UnicodeDecodeError:
        raise FirmsFileError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise FirmsFileError(f"{path}: is not YAML; {error}") from None
    except ValidationError as error:
        faults = "\n".join(f"  {fault}" for fault in _faults(error, content))
        raise FirmsFileError(f"{path}: these entries are wrong; mend them\n{faults}") from None
    twice = [name for name, n in Counter(f.firm_id for f in declared.firms).items() if n > 1]
    if twice:
        raise FirmsFileError(
            f"{path}: {', '.join(twice)} is declared twice; give each firm an id of its own"
        )
    return declared


def _faults(error: ValidationError, content: object) -> Iterator[str]:
    """Name each fault by the firm's id, where it has one, and the path below it."""
    for fault in error.errors():
        place = list(fault["loc"])
        match place, content:
            case ["firms", int(position), *rest], {"firms": list(firms)}:
                entry = firms[position]
                firm_id = entry.get("firm_id") if isinstance(entry, dict) else None
                place = [firm_id or f"firm {position + 1}", *rest]
        yield f"{'.'.join(map(str, place)) or 'the file'}: {fault['msg']}"

"""A YAML or JSON file in which somebody declares firms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from feature_store.entities.firm import Firm
from feature_store.entities.validity import Bound, moment_of_bound
from feature_store.errors import SandanError

_EVER, _FOR_GOOD = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class FirmsFileError(SandanError):
    """A file of firms cannot be read as such."""


@dataclass(frozen=True, kw_only=True)
class FirmDeclaration:
    """A firm as it is declared for a time."""

    firm: Firm
    valid_from: datetime | None
    """Left out: it is about all the time before too."""
    valid_to: datetime | None
    """The first moment that it is not about; left out: it holds for good."""


class _Entry(Firm):
    """A firm in the file, with the time that its entry is about."""

    valid_from: Bound | None = None
    valid_to: Bound | None = None

    @property
    def declaration(self) -> FirmDeclaration:
        told = self.model_fields_set  # what was left out stays so: it may keep what it was
        declared = {name: getattr(self, name) for name in Firm.model_fields if name in told}
        return FirmDeclaration(
            firm=Firm.model_validate(declared),
            valid_from=self._moment(self.valid_from),
            valid_to=self._moment(self.valid_to),
        )

    def _moment(self, bound: Bound | None) -> datetime | None:
        return None if bound is None else moment_of_bound(bound, self.zone)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    firms: tuple[_Entry, ...]
    demo_time: AwareDatetime | None = None


@dataclass(frozen=True, kw_only=True)
class FirmsFile:
    """The whole file: one or more firms, and, for a replay, the moment to start from."""

    declarations: tuple[FirmDeclaration, ...]
    demo_time: datetime | None

    @property
    def firms(self) -> tuple[Firm, ...]:
        """The firms alone, as often as they are declared."""
        return tuple(declaration.firm for declaration in self.declarations)


def read_firms_file(path: Path) -> FirmsFile:
    """Return the whole declaration in ``path``; JSON is read as the YAML that it is, too."""
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        read = _File.model_validate(content)
    except FileNotFoundError:
        raise FirmsFileError(f"{path}: there is no such file; check the path") from None
    except UnicodeDecodeError:
        raise FirmsFileError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise FirmsFileError(f"{path}: is not YAML; {error}") from None
    except ValidationError as error:
        faults = "\n".join(f"  {fault}" for fault in _faults(error, content))
        raise FirmsFileError(f"{path}: these entries are wrong; mend them\n{faults}") from None
    declarations = tuple(entry.declaration for entry in read.firms)
    _refuse_repeated(path, declarations)
    return FirmsFile(
        declarations=tuple(_up_to_the_next(one, declarations) for one in declarations),
        demo_time=read.demo_time,
    )


def _refuse_repeated(path: Path, declarations: tuple[FirmDeclaration, ...]) -> None:
    """A firm may stand in the file for several times, but once for each."""
    named = Counter((one.firm.firm_id, one.valid_from) for one in declarations)
    twice = sorted({firm_id for (firm_id, _), number in named.items() if number > 1})
    if twice:
        raise FirmsFileError(
            f"{path}: {', '.join(twice)} is declared twice; give each firm an id of its own, "
            "or each entry another valid_from"
        )


def _up_to_the_next(
    declared: FirmDeclaration, everything: tuple[FirmDeclaration, ...]
) -> FirmDeclaration:
    """End a declaration where the file's next one of the same firm begins."""
    begun, end = declared.valid_from or _EVER, declared.valid_to or _FOR_GOOD
    following = [
        other.valid_from
        for other in everything
        if other.firm.firm_id == declared.firm.firm_id
        and other.valid_from is not None
        and begun < other.valid_from < end
    ]
    return replace(declared, valid_to=min(following, default=declared.valid_to))


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

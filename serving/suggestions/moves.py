"""Moves of a schedule as JSON: what is done otherwise than usual, why, and what holds it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field

from models.assets.action import Action
from models.optimizer.schedule import Binding, BindingLimit, Block, Move, Reason
from serving.suggestions.expectations import Document

DECIMALS = 3
"""Powers are written to the watt, finer than any meter reads."""


class BlockDocument(Document):
    """A stretch of steady action of one piece of equipment."""

    action: Action
    """What the equipment does."""
    start: AwareDatetime
    """The instant the block begins."""
    end: AwareDatetime = Field(description="The instant just after the block.")
    power_kw: float = Field(
        description="Mean draw from the site bus, kW; negative feeds or reduces."
    )


class MoveLimitDocument(Document):
    """A limit that a move lies at."""

    limit: Binding
    """Which one: of its equipment, between jobs, or of the connection."""
    others: list[str] = Field(
        default=[], description="The jobs that hold it back, where it is a relation between jobs."
    )


class MoveDocument(Document):
    """What one piece of equipment does otherwise than usual."""

    equipment: str
    """Name the operators know it by."""
    kind: str
    """Kind of equipment, as its firm declared it."""
    usual: list[BlockDocument]
    """What it does on a usual day, in order of time."""
    planned: list[BlockDocument]
    """What it does by the plan, in order of time."""
    saved_krw: float = Field(
        description="Its share of the plan's saving, won; the shares add up to the whole."
    )
    reason: Reason
    """Why the move pays."""
    limits: list[MoveLimitDocument] = Field(
        default=[],
        description="What it lies at, so that no more of it is done; empty if nothing holds it, "
        "or of a suggestion older than this field.",
    )


def _block_documents(blocks: tuple[Block, ...], zone: ZoneInfo) -> list[BlockDocument]:
    return [
        BlockDocument(
            action=block.action,
            start=block.start.astimezone(zone),
            end=block.end.astimezone(zone),
            power_kw=round(block.power_kw, DECIMALS),
        )
        for block in blocks
    ]


def _blocks(documents: list[BlockDocument], zone: ZoneInfo) -> tuple[Block, ...]:
    return tuple(
        Block(
            action=block.action,
            start=block.start.astimezone(zone),
            end=block.end.astimezone(zone),
            power_kw=block.power_kw,
        )
        for block in documents
    )


def move_document(move: Move, zone: ZoneInfo) -> MoveDocument:
    """Write a move with its times in ``zone``."""
    return MoveDocument(
        equipment=move.equipment,
        kind=move.kind,
        usual=_block_documents(move.usual, zone),
        planned=_block_documents(move.planned, zone),
        saved_krw=move.saved_krw,
        reason=move.reason,
        limits=[
            MoveLimitDocument(limit=limit.what, others=list(limit.others)) for limit in move.limits
        ],
    )


def move_of(document: MoveDocument, zone: ZoneInfo) -> Move:
    """Read a move again."""
    return Move(
        equipment=document.equipment,
        kind=document.kind,
        usual=_blocks(document.usual, zone),
        planned=_blocks(document.planned, zone),
        saved_krw=document.saved_krw,
        reason=document.reason,
        limits=tuple(
            BindingLimit(what=limit.limit, others=tuple(limit.others)) for limit in document.limits
        ),
    )

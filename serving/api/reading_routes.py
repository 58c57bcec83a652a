"""``/v1/readings``: readings of any number of firms, taken once; ``/v1/refusals``: what was not."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from feature_store.errors import SandanError, UnknownFirmError
from feature_store.ingestion.canonical import COLUMNS
from feature_store.ingestion.faults_file import faults_csv
from feature_store.ingestion.intake import (
    Delivery,
    NotTaken,
    Taken,
    TakenBefore,
    in_query_words,
    take_in,
    taken_before,
)
from feature_store.ingestion.read_file import READERS, UnknownFormatError
from feature_store.ingestion.read_request import KnownAt, Labels, ReadRequest, Unit, read_request
from feature_store.storage.deliveries import IdempotencyKeyError, IdempotencyKeyReusedError
from feature_store.storage.refusals import LARGEST_ID, Refusal, UnknownRefusalError
from serving.api.delivery_answers import (
    DeliveryAnswer,
    RefusalsAnswer,
    delivery_answer,
    refusal_answer,
    refused_problem,
)
from serving.api.problem import INVALID, KINDS, REFUSED, problem_response
from serving.api.responses import reading_problems, writing_problems
from serving.api.row_fault import MOST_FAULTS_TOLD
from serving.api.sent_body import FORMS, BodyOfAnotherTypeError, BodySent, UnsupportedMediaTypeError
from serving.in_use import LedgerInUse, PlannerInUse

router = APIRouter(prefix="/v1", tags=["readings"])

LIST_LIMIT = 200
"""Most refusals of one answer."""

EXAMPLE = [
    {"firm_id": "metal_1", "period_start": "2026-11-05T05:45:00+09:00", "kwh": 41.25},
    {"firm_id": "metal_2", "period_start": "2026-11-05T05:45:00+09:00", "kw": 96.4},
]
_BINARY = {"type": "string", "format": "binary"}
_ROWS = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["period_start"],
        "properties": {
            name: {
                "type": ["number", "string", "null"] if name[:2] in {"kw", "la", "le"} else "string"
            }
            for name in COLUMNS
        },
    },
}
BODY: dict[str, Any] = {
    "required": True,
    "description": "Readings in the canonical columns, or an export in any form that "
    "`sandan readings import` takes; see docs/data-formats.md.",
    "content": {media_type: {"schema": _BINARY} for media_type in FORMS}
    | {
        "application/json": {
            "schema": {
                "anyOf": [
                    _ROWS,
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["readings"],
                        "properties": {"readings": _ROWS},
                    },
                ]
            },
            "example": EXAMPLE,
        }
    },
}

FormatName = Annotated[
    str, WithJsonSchema({"type": "string", "enum": [reader.name for reader in READERS]})
]
UnitName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(get_args(Unit))})]
LabelsName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(get_args(Labels))})]
KnownAtName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(get_args(KnownAt))})]


class DeliveryAsked(BaseModel):
    """How a delivery is to be taken; unknown parameters are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    keep: Literal["all", "good"] = "all"
    """`all`: if any row is no reading, nothing is stored. `good`: the rows that are are stored."""
    firm: str | None = None
    """Whose readings they are, where the body does not say."""
    meter: list[str] = Field(
        default=[],
        description="Customer or meter number to take of an export that holds several, NUMBER "
        "(for `firm`) or NUMBER=FIRM; may be repeated.",
        examples=[["0612345678=metal_1"]],
    )
    unit: UnitName | None = None
    """kWh or kW, where the body does not say."""
    labels: LabelsName | None = None
    """What the label of an interval is, where the labels may be either."""
    known: KnownAtName = "measured"
    """Since when rows are known of which the body does not say it. `measured`: since the end of
    the interval. `import`: since this call, as befits deliveries whose lateness matters."""
    same_meter: bool = False
    """Whether it is the meter that the firm has readings of, though the body names another number,
    as after an exchange."""
    format: FormatName | None = None
    """Name of the format; left out, it is recognised."""
    name: str = Field(
        default="readings",
        description="File name, for the audit.",
        examples=["2026-11-05.csv"],
    )


@router.post(
    "/readings",
    responses=writing_problems(
        KINDS[UnknownFirmError],
        KINDS[IdempotencyKeyReusedError],
        KINDS[UnsupportedMediaTypeError],
        KINDS[IdempotencyKeyError],
        KINDS[UnknownFormatError],
        KINDS[BodyOfAnotherTypeError],
        REFUSED,
    ),
    response_model=DeliveryAnswer,
    openapi_extra={"requestBody": BODY},
)
def take_readings(
    sent: BodySent,
    asked: Annotated[DeliveryAsked, Query()],
    planner: PlannerInUse,
    ledger: LedgerInUse,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="A name for this delivery, best a new UUID with each: sent again with the "
            "same body it adds nothing, with another body it is refused.",
            examples=["6f1c1a52-3b0e-4f0e-9a54-0a5a5d6f0b11"],
        ),
    ] = None,
) -> DeliveryAnswer | JSONResponse:
    """Take readings of any number of firms in one call, whole or not at all.

    What is answered is on disk. Sent again, with or without a key, nothing is stored twice.
    """
    with sent.as_file(asked.name) as path:
        delivery = Delivery(
            path=path,
            clock=planner.now,
            request=_request(asked, planner),
            format_name=asked.format,
            keep_good=asked.keep == "good",
            idempotency_key=idempotency_key,
            in_query_words=True,
        )
        outcome = taken_before(ledger, delivery) or take_in(ledger, delivery)
    match outcome:
        case NotTaken():
            return problem_response(refused_problem(outcome))
        case TakenBefore(refusal=Refusal(refusal_id=refusal_id)):
            left_out = ledger.refusals.bad_rows(refusal_id, limit=MOST_FAULTS_TOLD)
            return delivery_answer(outcome, left_out)
        case TakenBefore():
            return delivery_answer(outcome, ())
        case Taken(batch=batch):
            return delivery_answer(outcome, batch.left_out)


@router.get("/refusals", responses=reading_problems(INVALID))
def list_refusals(
    ledger: LedgerInUse,
    limit: Annotated[int, Query(ge=1, le=LIST_LIMIT, description="Most that are listed.")] = 20,
    before: Annotated[
        int | None,
        Query(ge=1, le=LARGEST_ID, description="Only refusals older than the one of this id."),
    ] = None,
) -> RefusalsAnswer:
    """Deliveries and imported files of which rows were refused, the newest first."""
    found = ledger.refusals.newest(limit=limit, before=before)
    return RefusalsAnswer(
        refusals=[refusal_answer(refusal) for refusal in found],
        next_before=found[-1].refusal_id if len(found) == limit else None,
    )


@router.get(
    "/refusals/{refusal_id}/faults.csv",
    response_class=Response,
    responses=reading_problems(KINDS[UnknownRefusalError])
    | {200: {"description": "The faults.", "content": {"text/csv": {"schema": _BINARY}}}},
)
def show_faults(
    refusal_id: Annotated[
        str,
        Path(
            description="Number of a refusal, as listed by /v1/refusals.",
            examples=["7"],
            json_schema_extra={"pattern": "^[1-9][0-9]*$"},
        ),
    ],
    ledger: LedgerInUse,
) -> Response:
    """Every fault that is kept of a refusal: row, column, value, reason and fix, for a spreadsheet.

    UTF-8 with a byte-order mark. A cell that begins as a formula does has an apostrophe before it.
    """
    is_an_id = (
        refusal_id.isascii() and refusal_id.isdigit() and len(refusal_id) <= len(str(LARGEST_ID))
    )
    number = int(refusal_id) if is_an_id else 0
    refusal = ledger.refusals.get(number)
    lines = faults_csv(ledger.refusals.bad_rows(refusal.refusal_id))
    return Response(
        "".join(lines).encode(errors="backslashreplace"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="faults-{refusal.refusal_id}.csv"'},
    )


def _request(asked: DeliveryAsked, planner: PlannerInUse) -> ReadRequest:
    """What the query asks for; its faults are told in its words."""
    try:
        return read_request(
            now=planner.now(),
            firm_id=asked.firm,
            meters=asked.meter,
            unit=asked.unit,
            labels=asked.labels,
            known_at=asked.known,
            same_meter=asked.same_meter,
        )
    except SandanError as error:
        raise SandanError(in_query_words(str(error))) from None

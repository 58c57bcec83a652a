"""``/v1/bills/verify``: worked bills computed again, and each line that differs."""

from __future__ import annotations

from fastapi import APIRouter

from models.tariffs.bill.errors import BillCasesError
from models.tariffs.bill.verification import verify
from models.tariffs.errors import NoTariffError
from serving.api.problem import KINDS
from serving.api.responses import writing_problems
from serving.api.worked_bills import (
    VerificationAnswer,
    WorkedBillsRequest,
    bill_cases_of,
    verification_answer,
)

router = APIRouter(prefix="/v1/bills", tags=["bills"])


@router.post("/verify", responses=writing_problems(KINDS[BillCasesError], KINDS[NoTariffError]))
def verify_worked_bills(asked: WorkedBillsRequest) -> VerificationAnswer:
    """Compute every worked bill again and list each line that differs.

    The body is the file that `sandan bill verify` takes, as JSON, up to 256 KiB. Nothing of it is
    stored.
    """
    return verification_answer(verify(bill_cases_of(asked)))

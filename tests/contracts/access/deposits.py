"""Deposits of registry's rows, in each state from which a step follows, and the requests."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.registry import actions
from services.registry.models import (
    BankStatement,
    DepositPaper,
    DepositReturn,
    DepositUse,
    Project,
    Security,
)
from services.registry.rules.bank_statements import StatementState
from services.registry.rules.deposit_papers import PaperKind
from services.registry.rules.deposits import ReturnState, UseState
from services.registry.schemas.deposits import SecurityIn
from shared import clock
from shared.db import Session, new_id
from shared.files import FileKind
from tests.contracts.access.rows import HERE
from tests.fixtures.service import kept_files
from tests.registry import factories as make
from tests.registry import systems

V1 = "/registry/v1"
DAY = date(2023, 1, 2)
RULE: Mapping[str, Any] = {
    "area_code": HERE, "version": 1, "valid_from": "2099-01-01", "rate": "3.00",
    "several_rate": "2.00", "floor_rate": "0.50", "small_below": "3000000.00", "small_years": 1,
    "reduce_years": 2, "reduce_by": "50.00", "exempt_years": 3, "raise_years": 2,
    "raise_by": "50.00", "listed_raise_by": "100.00", "guarantee_months": 12, "statement_months": 3,
    "interest_to": "contractor",
    "basis": "县规定", "certainty": "B",
    "limits": {
        step: {"length": 5, "unit": "wd"}
        for step in (
            "bank_pays", "replenish", "notice", "review", "confirm", "tell_refusal", "statement",
        )
    },
}  # fmt: skip
_BY: Mapping[str, Any] = {
    "terms_version": 1, "calendar_version": "", "recorded_by": "one", "recorded_at": clock.wall(),
}  # fmt: skip


def security(number: str) -> dict[str, Any]:
    """Give the body of a deposit in cash."""
    said = {"purpose": "deposit", "form": "cash", "issuer": "银行甲", "valid_from": f"{DAY}"}
    return {**said, "number": number, "amount": "100.00"}


async def _security(session: Session, project: Project, number: str) -> Security:
    body = SecurityIn.model_validate(security(number))
    made = await actions.deposits.register_security(
        session, systems.OFFICE, project.id, body, clock.now()
    )
    await session.flush()
    return made


async def rows(session: Session, project: Project) -> tuple[dict[str, UUID], dict[str, Any]]:
    """Make deposits, uses and returns; give their ids, and those of single routes."""
    complete = await make.project(
        session, project.developer_id, code="C", status="004",
        contractor_id=str(project.contractor_id),
    )  # fmt: skip
    done = await _security(session, complete, "D-0")
    first, second, third, fourth = [
        await _security(session, project, f"D-{number}") for number in range(1, 5)
    ]
    kept = await kept_files().keep(b"picture", kind=FileKind.PNG, name="x.png")
    uses = {
        state: DepositUse(
            id=new_id(), security_id=first.id, project_id=project.id, decision=state, state=state,
            amount=Decimal("10.00"), received_on=DAY, pay_by=DAY, paid_on=DAY, replenish_by=DAY,
            pay_late=False, replenish_late=False, **_BY,
        )
        for state in (UseState.NOTICED, UseState.PAID)
    }  # fmt: skip
    returns = {
        state: DepositReturn(
            id=new_id(), security_id=of.id, project_id=project.id, state=state, promise="承诺书",
            noticed_on=DAY, notice_until=DAY, applied_on=DAY, reviewed_on=DAY, by=DAY, late=False,
            **_BY,
        )
        for state, of in (
            (ReturnState.NOTICE, second), (ReturnState.REVIEW, third),
            (ReturnState.ACCEPTED, fourth),
        )
    }  # fmt: skip
    statements = {
        state: BankStatement(
            id=new_id(), security_id=first.id, project_id=project.id, from_on=day, to_on=day,
            due_on=day, late=True, state=state, terms_version=1, calendar_version="",
            expected_at=clock.wall(), file_id=kept.file_id, file_kind=kept.kind,
        )
        for state, day in ((StatementState.OWED, DAY), (StatementState.FILED, date(2022, 1, 2)))
    }  # fmt: skip
    paper = DepositPaper(
        id=new_id(), security_id=first.id, project_id=project.id, kind=PaperKind.AGREEMENT,
        version=1, dated_on=DAY, told_by="银行甲", file_id=kept.file_id, file_kind=kept.kind,
        file_size=kept.size, digest=kept.sha256, filed_by="one", filed_at=clock.wall(),
    )  # fmt: skip
    session.add_all([*uses.values(), *returns.values(), *statements.values(), paper])
    ids = {
        "security_id": first.id,
        "statement_id": statements[StatementState.OWED].id,
        "deposit_paper_id": paper.id,
        "use_id": uses[UseState.NOTICED].id,
        "return_id": returns[ReturnState.NOTICE].id,
        "complete_security_id": done.id,
    }
    back = f"POST {V1}/deposit-returns/{{return_id}}"
    return ids, {
        f"POST {V1}/deposit-uses/{{use_id}}/replenish": {"use_id": uses[UseState.PAID].id},
        f"POST {V1}/securities/{{security_id}}/returns": {"security_id": done.id},
        f"GET {V1}/bank-statements/{{statement_id}}/file": {
            "statement_id": statements[StatementState.FILED].id
        },
        f"{back}/review": {"return_id": returns[ReturnState.REVIEW].id},
        f"{back}/tell": {"return_id": returns[ReturnState.ACCEPTED].id},
    }


def marks(ids: Mapping[str, UUID]) -> dict[str, object]:
    """Give what lists show."""
    return {
        f"GET {V1}/securities": ids["security_id"],
        f"GET {V1}/deposit-uses": ids["use_id"],
        f"GET {V1}/bank-statements": ids["statement_id"],
        f"GET {V1}/deposit-papers": ids["deposit_paper_id"],
        f"GET {V1}/deposit-returns": ids["return_id"],
        f"GET {V1}/deposits/cleanup": ids["complete_security_id"],
        f"GET {V1}/deposit-rules": "县规定",
    }


def requests() -> dict[str, list[dict[str, Any]]]:
    """Give requests that work."""
    today = clock.today().isoformat()
    use = {"decision": "处〔2023〕1号", "amount": "1.00", "received_on": today}
    coming = {"promise": "承诺书", "noticed_on": today}
    record = {"stated_on": today, "reference": "证明"}
    back = f"POST {V1}/deposit-returns/{{return_id}}"
    return {
        f"POST {V1}/deposit-rules": [{"json": RULE}, {"json": {**RULE, "version": 2}}],
        f"POST {V1}/organisations/{{organisation_id}}/wage-records": [{"json": record}],
        f"POST {V1}/projects/{{project_id}}/securities": [
            {"json": security("D-1")}, {"json": security("D-9")},
        ],
        f"POST {V1}/securities/{{security_id}}/uses": [{"json": use}],
        f"POST {V1}/deposit-uses/{{use_id}}/pay": [{"json": {"on": today}}],
        f"POST {V1}/deposit-uses/{{use_id}}/replenish": [{"json": {"on": today}}],
        f"POST {V1}/securities/{{security_id}}/returns": [{"json": coming}],
        f"POST {V1}/bank-statements/{{statement_id}}/file": [
            {"files": {"file": ("x.png", b"\x89PNG\r\n\x1a\n", "image/png")},
             "data": {"stated_on": today, "balance": "1.00", "interest": "0.01"}},
        ],
        f"POST {V1}/securities/{{security_id}}/papers": [
            {"files": {"file": ("x.png", b"\x89PNG\r\n\x1a\n", "image/png")},
             "data": {"kind": "agreement", "dated_on": today, "told_by": "银行甲"}},
        ],
        f"POST {V1}/deposit-papers/{{deposit_paper_id}}/withdraw": [
            {"json": {"reason": "另一账户"}},
        ],
        f"{back}/apply": [{"json": {"on": today}}],
        f"{back}/review": [{"json": {"on": today}}],
        f"{back}/tell": [{"json": {"on": today}}],
    }  # fmt: skip

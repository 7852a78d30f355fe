"""People on a roster in Hefeng, and who fills and reads it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.payroll import actions
from services.payroll.models import (
    ContractPaper,
    LabourContract,
    LegalHold,
    PayeeAccount,
    RosterFinding,
    RosterList,
)
from services.payroll.rules.lists import ListState
from services.payroll.schemas.roster import RosterIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import FileKind
from tests.contracts.access.rows import Rows
from tests.fixtures.service import kept_files
from tests.payroll import factories as make
from tests.payroll import people
from tests.payroll.people import EMPLOYER, id_number, worker

ROSTER = "/payroll/v1/projects/{project_id}"
CLAIM = {"id_number": "110101199003077379", "from_period": "2023-03", "claimed": "1.00"}


async def add_to_payroll(session: Session, rows: Rows, project_id: UUID, other_id: UUID) -> None:
    """Enter somebody at two projects for one subcontractor, who is named as a party from now on."""
    rows.parties["employer"] = EMPLOYER
    employer = Caller("tester", frozenset({"subcontractor"}), frozenset({make.COUNTY}), EMPLOYER)
    said = worker(
        1,
        entered_on="2023-01-12",
        crew="一班",
        phone="13600001234",
        card={"card_no": people.card_no(1)},
    )
    entries = []
    for project in (project_id, other_id):
        await people.employ(session, project)
        await session.flush()
        taken = await actions.roster.enter_workers(
            session, employer, project, RosterIn(workers=[said]), clock.now()
        )
        entries.append(taken.taken[0])
    await session.flush()
    entry = entries[0]
    rows.ids["entry_id"] = entry.entry_id
    contract_id = (
        await session.scalars(
            select(LabourContract.id).where(LabourContract.project_id == project_id)
        )
    ).one()
    pdf = b"%PDF-1.7"
    kept = await kept_files().keep(pdf, kind=FileKind.PDF, name="x.pdf")
    paper = ContractPaper(
        id=new_id(), contract_id=contract_id, project_id=project_id, version=1,
        file_id=kept.file_id, kind=kept.kind, size=kept.size, sha256=kept.sha256, scan=kept.scan,
        filed_at=clock.now(), filed_by="tester",
    )  # fmt: skip
    session.add(paper)
    await session.flush()
    rows.ids |= {"contract_id": contract_id, "paper_id": paper.id}
    papers = f"{ROSTER}/labour-contracts/{{contract_id}}/papers"
    rows.marks[f"GET {papers}"] = paper.id
    rows.requests[f"POST {papers}"] = [{"files": {"file": ("a.pdf", pdf)}}]
    rows.requests["POST /payroll/v1/contract-papers/{paper_id}/reveal"] = [
        {"json": {"purpose": "核对合同"}}
    ]
    hold = LegalHold(
        id=new_id(), project_id=project_id, reason="审计", placed_at=clock.now(),
        placed_by="office", lifted_at=None, lifted_by=None, lift_reason=None,
    )  # fmt: skip
    session.add(hold)
    rows.ids["hold_id"] = hold.id
    rows.marks[f"GET {ROSTER}/retention"] = hold.id
    listed = RosterList(
        id=new_id(), area_code=make.COUNTY, project_id=project_id, employer_id=EMPLOYER,
        digest="0", file_id=new_id(), received_at=clock.now(), received_from="tester",
        state=ListState.CHECKED, rows=0, accepted=0, rejected=0, entered=0, findings=[],
        warnings=[],
    )  # fmt: skip
    session.add(listed)
    await session.flush()
    rows.ids["roster_list_id"] = listed.id
    rows.marks[f"GET {ROSTER}/roster-lists"] = listed.id
    found = (await session.scalars(select(RosterFinding))).one()
    signed, held = [
        (await session.scalars(select(one.id).where(one.project_id == project_id))).one()
        for one in (LabourContract, PayeeAccount)
    ]
    rows.marks |= {
        f"GET {ROSTER}/roster-entries": entry.entry_id,
        f"GET {ROSTER}/roster-entries/{{entry_id}}": entry.entry_id,
        f"GET {ROSTER}/insurance": '"on_site":1',
        f"GET {ROSTER}/crews": "一班",
        f"GET {ROSTER}/labour-contracts": signed,
        f"GET {ROSTER}/payee-accounts": held,
        "GET /payroll/v1/roster-findings": found.id,
    }
    who = {"id_number": id_number(1)}
    bodies: dict[str, Any] = {
        "POST {}/endings": {"completed_on": "2023-01-01", "basis": "竣工验收"},
        "POST {}/legal-holds": {"reason": "法院调取"},
        "POST /payroll/v1/legal-holds/{{hold_id}}/lifting": {"reason": "审结"},
        "POST {}/roster-entries": {"workers": [said, worker(2)]},
        "POST {}/roster-entries/search": who,
        "POST {}/wage-facts": {"purpose": "核查欠案", "claims": [CLAIM]},
        "POST {}/roster-entries/{{entry_id}}/reveal": {"purpose": "核对身份"},
        "POST {}/site-movements": {"movements": [who | {"kind": "out", "day": "2023-01-12"}]},
        "POST {}/crews": {"name": "二班", "from_on": "2023-01-12"},
        "POST {}/labour-contracts": {"contracts": [who | {"contract": {"start_on": "2023-06-01"}}]},
        "POST {}/payee-accounts": {"payees": [who | {"card": {"card_no": people.card_no(2)}}]},
    }
    rows.requests |= {name.format(ROSTER): [{"json": body}] for name, body in bodies.items()}
    rows.requests[f"POST {ROSTER}/roster-lists"] = [
        {"files": {"file": ("a.csv", b"x")}, "data": {"dry_run": "true"}}
    ]

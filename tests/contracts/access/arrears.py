"""An arrears case in Hefeng with a worker, a payment and a paper, and requests that work on it."""

from datetime import date
from decimal import Decimal

from services.cases.models import (
    ArrearsCase,
    ArrearsLine,
    ArrearsPayment,
    ArrearsRecovery,
    CaseMessage,
    CaseReport,
    Evidence,
    Incident,
    IncidentTerms,
    LineList,
    NoticeBoard,
    Proceeding,
    Restriction,
    Retaliation,
)
from services.cases.rules.arrears import (
    Channel,
    PaymentProof,
    PaymentSource,
    Relation,
    Speaker,
)
from services.cases.rules.case_people import LineListState
from services.cases.rules.course import Stage
from services.cases.rules.incidents import IncidentGrade, IncidentKind, IncidentState
from services.cases.rules.policies import Certainty
from services.cases.rules.proceedings import ProceedingKind, ProceedingStage
from services.cases.rules.restrictions import RestrictionKind, RestrictionState
from services.cases.rules.retaliations import RetaliationKind
from shared import clock
from shared.auth import hash_of
from shared.db import Session
from tests.cases.factories import an_id
from tests.contracts.access.rows import HERE, Rows

V1 = "/cases/v1"
CASE = f"{V1}/arrears-cases/{{case_id}}"
LINK = {"line_id": str(an_id("open")), "worker_id": str(an_id("worker"))}
LISTED = "姓名\t欠薪月份\t欠薪金额\n工人丙\t2023-04\t5".encode()
INCIDENT = {
    "kind": "mass_incident", "area_code": HERE, "project_id": str(an_id("q")), "place": "某工地",
    "persons": 20, "happened_at": "2023-05-31T09:00:00+08:00", "text": "聚集讨薪",
}  # fmt: skip
RECEIPT = "R" * 20
TOLD = {
    "channel": "desk", "speaker": "anyone", "text": "听说工地欠薪", "area_code": HERE,
    "place": "走马镇某工地",
}  # fmt: skip


async def add(session: Session, rows: Rows) -> None:
    """Make the case as it stands after somebody was paid."""
    now, case_id = clock.now(), an_id("case")
    session.add(
        ArrearsCase(
            id=case_id,
            area_code=HERE,
            place="走马镇某工地",
            channel=Channel.DESK,
            stage=Stage.SIGNED,
            stage_since=now,
            opened_at=now,
            opened_by="desk",
            version=1,
        )
    )
    await session.flush()  # What follows refers to the case.
    session.add(
        CaseReport(
            id=an_id("report"),
            case_id=case_id,
            relation=Relation.SAME,
            channel=Channel.DESK,
            speaker=Speaker.ANYONE,
            anonymous=False,
            name="钱多多",
            phone="13900001234",
            id_number="422828199001010011",
            text="听说工地欠薪",
            said={},
            received_at=now,
            told_at=now,
            told_by="desk",
            receipt_hash=hash_of(RECEIPT),
        )
    )
    for name, paid in (("line", "100.00"), ("open", "50.00")):
        session.add(
            ArrearsLine(
                id=an_id(name),
                case_id=case_id,
                position=1 if name == "line" else 2,
                name="工人孙",
                id_number="422828198503070018",
                name_index=name,
                months="2023-04",
                claimed=Decimal("300.00"),
                paid=Decimal(paid),
                disputed=False,
                withdrawn=False,
                referred=False,
            )
        )
    await session.flush()  # As above.
    session.add(
        ArrearsPayment(
            id=an_id("payment"),
            case_id=case_id,
            line_id=an_id("line"),
            amount=Decimal("100.00"),
            source=PaymentSource.EMPLOYER,
            paid_on=date(2023, 5, 31),
            proof=PaymentProof.BANK_LINE,
            bank_serial="S-1",
            told_at=now,
            told_by="desk",
        )
    )
    session.add_all(
        [
            NoticeBoard(
                id=an_id("board"),
                code="BOARDBOARD22",
                area_code=HERE,
                industry="construction",
                made_at=now,
                made_by="office",
            ),
            CaseMessage(
                id=an_id("message"),
                case_id=case_id,
                report_id=an_id("report"),
                at=now,
                by_office=False,
                actor="receipt",
                text="补充",
            ),
        ]
    )
    terms = IncidentTerms(
        id=an_id("sizes"),
        area_code=HERE,
        version=9,
        valid_from=date(2023, 5, 1),
        mass_persons=5,
        major_persons=50,
        basis="县治欠办",
        certainty=Certainty.C,
    )
    session.add(terms)
    await session.flush()  # As above.
    session.add(
        Incident(
            id=an_id("incident"),
            version=1,
            area_code=HERE,
            kind=IncidentKind.MASS,
            grade=IncidentGrade.ORDINARY,
            state=IncidentState.RECORDED,
            project_id=an_id("p"),
            place="某工地",
            persons=9,
            happened_at=now,
            terms_id=terms.id,
            recorded_at=now,
            recorded_by="town",
        )
    )
    session.add(
        Evidence(
            id=an_id("receipt"),
            subject_id=case_id,
            kind="pdf",
            sha256="0" * 64,
            size=1,
            scan="not_scanned",
            kept_at=now,
            kept_by="desk",
        )
    )
    session.add(
        LineList(
            id=an_id("list"),
            case_id=case_id,
            digest="d",
            file_id=an_id("list"),
            received_at=now,
            received_by="desk",
            state=LineListState.ENTERED,
            rows=2,
            accepted=2,
            rejected=0,
            entered=2,
            findings=[],
        )
    )
    session.add(
        Proceeding(
            id=an_id("proceeding"),
            case_id=case_id,
            area_code=HERE,
            kind=ProceedingKind.JUDGMENT,
            stage=ProceedingStage.GIVEN,
            stage_since=now,
            opened_at=now,
            opened_by="desk",
            by_rule=False,
            since_on=date(2023, 5, 31),
            line_ids=[],
        )
    )
    session.add(
        ArrearsPayment(
            id=an_id("advance"),
            case_id=case_id,
            line_id=an_id("open"),
            amount=Decimal("50.00"),
            source=PaymentSource.EMERGENCY_FUND,
            paid_on=date(2023, 5, 31),
            proof=PaymentProof.BANK_LINE,
            bank_serial="S-9",
            told_at=now,
            told_by="desk",
        )
    )
    session.add(
        ArrearsRecovery(
            id=an_id("recovery"),
            case_id=case_id,
            paid_by=PaymentSource.EMPLOYER,
            amount=Decimal("10.00"),
            received_on=date(2023, 5, 31),
            bank_serial="R-1",
            told_at=now,
            told_by="desk",
        )
    )
    for name, state in (("proposed", "proposed"), ("standing", "in_force")):
        session.add(
            Restriction(
                id=an_id(name),
                case_id=case_id,
                area_code=HERE,
                kind=RestrictionKind.VETO if name == "proposed" else RestrictionKind.KEY_CONTROL,
                state=RestrictionState(state),
                credit_code="91422801MA48ABCD12",
                basis="724号第48条",
                from_on=date(2023, 5, 31),
                to_on=date(2024, 5, 31),
                proposed_at=now,
                proposed_by="desk",
                by_rule=False,
            )
        )
    session.add(
        Retaliation(
            id=an_id("retaliation"),
            case_id=case_id,
            kind=RetaliationKind.THREAT,
            told_at=now,
            told_by="desk",
        )
    )
    rows.own_ids[f"POST {V1}/restrictions/{{restriction_id}}/decision"] = {
        "restriction_id": an_id("proposed")
    }
    rows.codes |= {"code": "BOARDBOARD22", "area": HERE}
    rows.ids |= {
        "restriction_id": an_id("standing"),
        "recovery_id": an_id("recovery"),
        "proceeding_id": an_id("proceeding"),
        "case_id": case_id,
        "list_id": an_id("list"),
        "board_id": an_id("board"),
        "incident_id": an_id("incident"),
        "retaliation_id": an_id("retaliation"),
        "report_id": an_id("report"),
        "line_id": an_id("line"),
        "payment_id": an_id("payment"),
    }
    pay = {
        "line_id": str(an_id("open")), "amount": "10.00", "source": "employer",
        "paid_on": "2023-05-31", "proof": "bank_line", "bank_serial": "S-2",
    }  # fmt: skip
    row = {"name": "工人甲", "months": "2023-04", "claimed": "10.00"}
    found = {"line_id": str(an_id("open")), "verified": "300.00"}
    pdf = {"file": ("x.pdf", b"%PDF-1.7 x", "application/pdf")}
    at = {"version": 1}
    rows.requests |= {
        f"POST {V1}/arrears-cases": [{"json": TOLD}],
        f"POST {CASE}/steps": [{"json": at | {"act": "mediate", "result": "goes_on",
                                              "done_on": "2023-05-31"}}],
        f"POST {CASE}/lines": [{"json": at | {"lines": [row]}}],
        f"POST {CASE}/links": [{"json": at | {"links": [LINK]}}],
        f"POST {CASE}/line-lists": [{"data": {"version": "1"}, "files": {"file": ("x", LISTED)}}],
        f"POST {CASE}/verifications": [{"json": at | {"lines": [found]}}],
        f"POST {CASE}/payments": [{"json": at | {"payments": [pay]}}],
        f"POST {CASE}/recoveries": [
            {"json": at | {"paid_by": "employer", "amount": "5.00", "received_on": "2023-05-31",
                           "bank_serial": "R-2"}}
        ],
        f"POST {V1}/arrears-recoveries/{{recovery_id}}/reversal": [
            {"json": at | {"reason": "退回"}}
        ],
        f"POST {CASE}/restrictions": [
            {"json": {"kind": "market_removal", "name": "某劳务公司", "basis": "724号第48条",
                      "credit_code": "91422801MA48ABCD12"}}
        ],
        f"GET {V1}/restrictions": [{"params": {"credit_code": "91422801MA48ABCD12"}}],
        f"POST {V1}/restrictions/{{restriction_id}}/decision": [
            {"json": at | {"decided": False, "reason": "已支付"}}
        ],
        f"POST {V1}/restrictions/{{restriction_id}}/lifting": [
            {"json": at | {"reason": "已支付"}}
        ],
        f"POST {CASE}/proceedings": [
            {"json": {"kind": "judgment", "body": "县法院", "amount": "1.00",
                      "document_number": "民初1号", "done_on": "2023-05-31"}}
        ],
        f"POST {V1}/proceedings/{{proceeding_id}}/steps": [
            {"json": at | {"act": "follow", "note": "已查封账户"}}
        ],
        f"POST {CASE}/evidence": [{"files": pdf}],
        f"POST {V1}/arrears-lines/{{line_id}}/change": [
            {"json": at | {"disputed": True, "reason": "本人称未收到"}}
        ],
        f"POST {V1}/arrears-payments/{{payment_id}}/reversal": [
            {"json": at | {"reason": "退汇"}}
        ],
        f"POST {V1}/incidents": [{"json": INCIDENT}],
        f"POST {V1}/incidents/{{incident_id}}/entries": [
            {"json": {"kind": "facts", "text": "已到场"}}
        ],
        f"POST {V1}/incidents/{{incident_id}}/decision": [{"json": at | {"text": "启动预案"}}],
        f"POST {V1}/incidents/{{incident_id}}/end": [{"json": at | {"text": "已平息"}}],
        f"POST {V1}/public/boards/{{code}}/reports": [
            {"json": {"speaker": "anyone", "text": "听说工地欠薪", "place": "某工地"}}
        ],
        f"POST {V1}/public/mailbox": [{"json": {"receipt": RECEIPT}}],
        f"POST {V1}/public/mailbox/messages": [{"json": {"receipt": RECEIPT, "text": "补充"}}],
        f"POST {V1}/public/mailbox/files": [{"data": {"receipt": RECEIPT}, "files": pdf}],
        f"POST {V1}/public/mailbox/retaliations": [
            {"json": {"receipt": RECEIPT, "kind": "threat", "text": "被威胁"}}
        ],
        f"POST {CASE}/retaliations": [{"json": {"kind": "dismissal"}}],
        f"POST {V1}/retaliations/{{retaliation_id}}/answer": [{"json": {"measure": "已约谈"}}],
        f"POST {V1}/public/mailbox/withdrawal": [{"json": {"receipt": RECEIPT}}],
        f"POST {V1}/notice-boards": [{"json": {"area_code": HERE, "place": "某工地"}}],
        f"POST {V1}/case-reports/{{report_id}}/messages": [{"json": {"text": "请补充"}}],
        f"POST {V1}/case-reports/{{report_id}}/messages/reveal": [{"json": {"purpose": "核实"}}],
        f"POST {V1}/case-reports/{{report_id}}/reveal": [{"json": {"purpose": "核实"}}],
    }  # fmt: skip
    rows.marks[f"GET {V1}/arrears-ledger"] = case_id
    rows.marks[f"GET {V1}/arrears-ledger/counts"] = None
    rows.marks[f"GET {V1}/arrears-ledger/file"] = None
    rows.marks[f"GET {V1}/quality-book"] = None
    rows.marks[f"GET {V1}/quality-book/file"] = None
    rows.marks[f"GET {V1}/arrears-cases/counts"] = None
    rows.marks[f"GET {V1}/incidents"] = an_id("incident")
    rows.marks[f"GET {V1}/notice-boards"] = an_id("board")
    rows.marks[f"GET {V1}/case-messages"] = an_id("message")
    rows.marks[f"GET {V1}/proceedings"] = an_id("proceeding")
    rows.marks[f"GET {V1}/restrictions/entries"] = an_id("standing")

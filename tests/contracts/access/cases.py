"""Rows of cases in Hefeng, and requests that work on them."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.cases import actions, handlers
from services.cases.models import CorrectionOrder, Evidence, EvidencePack
from services.cases.rules.orders import ServedHow
from services.cases.rules.packs import About
from services.cases.schemas.answers import AnswerIn
from services.cases.schemas.extensions import ExtensionIn
from services.cases.schemas.funding import ApprovalIn, FundIn, ReportIn
from services.cases.schemas.leads import LeadIn
from services.cases.schemas.orders import DraftIn, ProofIn, ServeIn, SignIn
from services.cases.schemas.policies import PolicyIn
from shared import clock, known
from shared.auth import Caller
from shared.db import Session
from shared.events.registry import AreaChanged
from shared.files import FileKind
from tests.cases import factories as make
from tests.cases.factories import CONTRACTOR, DEVELOPER, an_id, at
from tests.cases.policies import body
from tests.contracts.access import arrears, closings, documents, employers, expectations, terms
from tests.contracts.access.rows import HERE, TREE_ELSEWHERE, Rows
from tests.fixtures.service import Time, kept_files

V1 = "/cases/v1"
ITEM, PROPOSAL = f"{V1}/watch-items/{{item_id}}", f"{V1}/proposals/{{proposal_id}}"
ORDER = f"{V1}/correction-orders/{{order_id}}"
ASSIGNEE, EVIDENCE = an_id("assignee"), an_id("evidence")
FUND = f"{V1}/funding-orders/{{order_id}}"
STEP = {"done_on": "2023-05-31", "done_by": "县人社局", "document_number": "鹤人社〔2023〕1号"}
REPORT = STEP | {"reason": "财政资金未到位"}
LEAD = {
    "source": "province_platform", "external_id": "L-1", "area_code": HERE, "place": "走马镇某工地",
    "text": "张三反映工资未发", "received_at": "2023-05-30T10:00:00+08:00",
}  # fmt: skip
GROUP = Caller("group", frozenset({"leading_group"}), frozenset({HERE}))
PROVINCE = Caller("province", frozenset({"provincial_system"}), frozenset({HERE}))
INSPECTOR = Caller("inspector", frozenset({"inspector"}), frozenset({HERE}))
PAYER = Caller("payer", frozenset({"developer"}), frozenset({HERE}), DEVELOPER)
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({HERE}))


async def _orders(session: Session) -> dict[str, UUID]:
    """Let the orders that the red items were drafted stand one step further each."""
    for project in "st":
        item = await make.open_item(session, make.missed("2023-05", project))
        body = DraftIn(watch_item_id=item.id)
        await actions.orders.draft_order(session, INSPECTOR, body, clock.now())
    await session.flush()  # What the items were drafted must be seen by the query.
    drafted = list(await session.scalars(select(CorrectionOrder).order_by(CorrectionOrder.id)))
    by_state = {}
    for state, order in zip(("draft", "signed", "served", "overdue"), drafted, strict=True):
        by_state[state], order.unit_id = order.id, ASSIGNEE
        if state == "draft":
            continue
        now = clock.now()
        await actions.orders.sign_order(session, INSPECTOR, order.id, SignIn(), now)
        if state != "signed":
            said = ServeIn(served_on=clock.day_of(now), served_how=ServedHow.DIRECT)
            await actions.orders.serve_order(session, INSPECTOR, order.id, said, now)
        if state == "served":
            kept = {"sha256": "0" * 64, "size": 1, "scan": "not_scanned", "kept_at": now}
            session.add(
                Evidence(id=EVIDENCE, subject_id=order.watch_item_id, kind="pdf", kept_by="payer",
                         **kept)
            )  # fmt: skip
            proof = ProofIn(text="已补拨", evidence_ids=[EVIDENCE])
            await session.flush()  # The evidence must be seen by the query.
            await actions.orders.prove_order(session, PAYER, order.id, proof, now)
        if state == "overdue" and order.due_at:
            await actions.order_course.end_limit(session, order.id, "served", order.due_at)
    return by_state


async def _funds(session: Session) -> dict[str, UUID]:
    """Report money of government that is not in place, and let two reports go further."""
    by_state = {}
    for project, state in (("u", "reported"), ("v", "approved"), ("w", "overdue")):
        item = await make.open_item(session, make.missed("2023-05", project))
        said = ReportIn.model_validate(REPORT | {"watch_item_id": item.id})
        now = clock.now()
        order = await actions.funding.report_funding(session, INSPECTOR, said, now)
        by_state[state] = order.id
        if state == "reported":
            continue
        yes = ApprovalIn.model_validate(STEP | {"approved": True, "reason": "同意"})
        await actions.funding.approve_funding(session, GROUP, order.id, yes, now)
        if state == "overdue":
            limit = {
                "addressed_to": "县财政局",
                "served_on": "2023-05-31",
                "length": 5,
                "unit": "wd",
            }
            body = FundIn.model_validate(STEP | limit)
            await actions.funding.order_funding(session, INSPECTOR, order.id, body, now)
            assert order.due_at
            await actions.funding.end_limit(session, order.id, order.due_at)
    return by_state


async def rows(session: Session, time: Time) -> Rows:
    """Make items of a red project, one of them answered, its proposal, and another one's case."""
    time.move_to(at("2023-05-31 10:00"))
    await make.world(session)
    for code, path in TREE_ELSEWHERE.items():
        told = AreaChanged(area_code=code, name=code, path=path, valid_from=date(2000, 1, 1))
        await known.on_area_changed(session, told)
    for project in "pq":
        for period in ("2023-04", "2023-05"):
            await handlers.on_transfer_missed(session, make.missed(period, project))
    item = await make.item_about(session, an_id("p", "2023-05"))
    answered = await make.item_about(session, an_id("p", "2023-04"))
    said = AnswerIn(explanation="已安排资金")
    await actions.answers.answer_watch_item(session, PAYER, answered.id, said, clock.now())
    item.unit_id = answered.unit_id = ASSIGNEE
    free = await make.open_item(session, make.missed("2023-05", "r"))
    orders = await _orders(session)
    funds = await _funds(session)
    told = LeadIn.model_validate(LEAD)
    lead = await actions.leads.push_lead(session, PROVINCE, told, clock.now())
    first, second = await make.proposals(session)
    open_one, decided = (first, second) if first.project_id == an_id("p") else (second, first)
    await actions.proposals.confirm_proposal(session, OFFICE, decided.id, clock.now())
    [case] = await make.cases(session)
    standing = PolicyIn.model_validate(body())
    policy = await actions.policies.add_policy(session, OFFICE, standing, clock.now())
    trial = PolicyIn.model_validate(body(version=3, mode="shadow"))
    shadow = await actions.policies.add_policy(session, OFFICE, trial, clock.now())
    bodies: dict[str, list[Any]] = {
        f"POST {ITEM}/answers": [{"explanation": "已安排资金", "promised_on": "2023-06-02"}],
        f"POST {V1}/watch-items/answers": [{"item_ids": [str(item.id)], "explanation": "x"}],
        f"POST {ITEM}/verify": [{"enough": True, "reason": "附有付款凭证"}],
        f"POST {ITEM}/findings": [{"text": "现场无人"}],
        f"POST {ITEM}/assignee": [{"unit_id": str(an_id("other"))}],
        f"POST {V1}/correction-orders": [{"watch_item_id": str(free.id), "facts": "逾期未拨付"}],
        f"POST {ORDER}/sign": [{"length": 7}],
        f"POST {ORDER}/serve": [{"served_on": "2023-05-31", "served_how": "direct"}],
        f"POST {ORDER}/proof": [{"text": "已补拨", "evidence_ids": [str(EVIDENCE)]}],
        f"POST {ORDER}/check": [{"enough": True, "reason": "凭证齐全"}],
        f"POST {ORDER}/penalty": [{"penalised": False, "reason": "已改正"}],
        f"POST {ORDER}/withdraw": [{"reason": "重复"}],
        f"POST {V1}/funding-orders": [REPORT | {"watch_item_id": str(free.id)}],
        f"POST {ITEM}/extensions": [{"until_on": "2023-06-05", "reason": "资金在途"}],
        f"POST {V1}/extensions/{{extension_id}}/decision": [{"granted": True, "reason": "同意"}],
        f"POST {FUND}/approval": [STEP | {"approved": True, "reason": "同意"}],
        f"POST {FUND}/order": [
            STEP
            | {"addressed_to": "县财政局", "served_on": "2023-05-31", "length": 5, "unit": "wd"}
        ],
        f"POST {FUND}/measures": [STEP | {"measure": "interview", "reason": "逾期未拨付"}],
        f"POST {V1}/leads": [LEAD, LEAD | {"external_id": "L-2"}],
        f"POST {V1}/leads/{{lead_id}}/result": [{"conclusion": "paid", "result": "已支付"}],
        f"POST {V1}/leads/{{lead_id}}/reveal": [{"purpose": "核实"}],
        f"POST {V1}/policies": [body(), body(version=2)],
        f"POST {PROPOSAL}/refuse": [{"reason": "资金已在途"}],
    }
    paper = await kept_files().keep(b"%PDF-1.7 paid", kind=FileKind.PDF, name="凭证.pdf")
    evidence = await actions.evidence.add_evidence(session, PAYER, item.id, paper, clock.now())
    wish = ExtensionIn.model_validate({"until_on": "2023-06-05", "reason": "资金在途"})
    extension = await actions.extensions.ask_extension(session, PAYER, free.id, wish, clock.now())
    made = Rows(
        ids={
            "item_id": item.id,
            "proposal_id": open_one.id,
            "project_id": an_id("p"),
            "policy_id": shadow.id,
            "lead_id": lead.id,
            "evidence_id": evidence.id,
            "extension_id": extension.id,
            "order_id": orders["served"],
        },
        own_ids={
            f"POST {ITEM}/verify": {"item_id": answered.id},
            f"POST {ORDER}/sign": {"order_id": orders["draft"]},
            f"POST {ORDER}/withdraw": {"order_id": orders["draft"]},
            f"POST {ORDER}/serve": {"order_id": orders["signed"]},
            f"GET {FUND}": {"order_id": funds["reported"]},
            f"GET {V1}/arrears-cases/{{case_id}}": {"case_id": case.id},
            f"POST {FUND}/approval": {"order_id": funds["reported"]},
            f"POST {FUND}/order": {"order_id": funds["approved"]},
            f"POST {FUND}/measures": {"order_id": funds["overdue"]},
            f"POST {ORDER}/penalty": {"order_id": orders["overdue"]},
        },
        parties={"developer": DEVELOPER, "contractor": CONTRACTOR, "assignee": ASSIGNEE},
        requests={name: [{"json": sent} for sent in each] for name, each in bodies.items()},
        marks={
            # An item that is not the caller's is named among those refused.
            f"POST {V1}/watch-items/answers": f'"answered":["{item.id}"]',
            f"GET {V1}/watch-items": item.id,
            f"GET {V1}/watch-items/counts": None,
            f"GET {V1}/watch-items/whole": item.id,
            f"GET {V1}/correction-orders": orders["served"],
            f"GET {V1}/funding-orders": funds["reported"],
            f"GET {V1}/leads": lead.id,
            f"GET {V1}/policies": policy.id,
            f"GET {V1}/proposals": open_one.id,
            f"GET {V1}/arrears-cases": case.id,
        },
    )
    pdf = {"file": ("x.pdf", b"%PDF-1.7 x", "application/pdf")}
    days = {"from_on": "2023-05-01", "to_on": "2023-05-31"}
    made.requests[f"GET {V1}/policies/{{policy_id}}/shadow-difference"] = [{"params": days}]
    made.requests[f"POST {ITEM}/evidence"] = [{"files": pdf}]
    await arrears.add(session, made)
    await employers.add(session, made)
    await documents.add(session, made)
    await _pack(session, made, item.id)
    await closings.add(session, made)
    await terms.add(session, OFFICE, made)
    await expectations.add_to_cases(session, OFFICE, made, clock.now())
    return made


async def _pack(session: Session, made: Rows, item_id: UUID) -> None:
    """Make a pack of the item."""
    kept = await kept_files().keep(b"PK", kind=FileKind.UNKNOWN, name="x.zip")
    said = {"id": an_id("pack"), "about": About.WATCH_ITEM, "subject_id": item_id, "digest": "0"}
    file = {"file_id": kept.file_id, "sha256": kept.sha256, "size": kept.size, "entries": []}
    session.add(EvidencePack(**said, **file, made_at=clock.now(), made_by="office"))
    made.ids["pack_id"] = an_id("pack")

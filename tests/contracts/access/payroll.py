"""Rows of payroll in Hefeng, and requests that work on them."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.payroll import actions
from services.payroll.models import (
    AccountList,
    AddOn,
    BankFeed,
    BankLine,
    Closing,
    Condition,
    FeedBatch,
    Freeze,
    FundingRequest,
    Obligation,
    PayeeAccount,
    PaymentList,
    WageAccount,
    Waiver,
)
from services.payroll.rules.accounts import CloseReason
from services.payroll.rules.lists import ListState
from services.payroll.schemas.allocations import AllocationIn
from services.payroll.schemas.dues import AddOnIn, FundingRequestIn
from services.payroll.schemas.life import ClosingNoticeIn, FreezeIn
from services.payroll.schemas.notices import BankNoticeIn
from services.payroll.schemas.payments import PaymentIn, PaymentsIn
from services.payroll.schemas.policies import PolicyIn
from shared import clock
from shared.db import Session, new_id
from shared.known import KnownArea
from tests.contracts.access import (
    attendance,
    disbursements,
    expectations,
    pay_months,
    rosters,
    sheets,
)
from tests.contracts.access.rows import HERE, TREE_ELSEWHERE, Rows
from tests.fixtures.service import Time
from tests.payroll import factories as make
from tests.payroll import statements
from tests.payroll.factories import BANK, CONTRACTOR, DEVELOPER

V1 = "/payroll/v1"
FIRST, SECOND, TODAY = date(2023, 1, 10), date(2023, 1, 11), date(2023, 1, 12)
PAYER = {"name": "某单位基本户", "account_no": "4200000000000017"}
ALLOCATION = f"{V1}/allocations/{{allocation_id}}"
TAKEN = statements.text(("2023-01-12", "7.00", "", "143.00", "", "", "", "A9"))
FEED = f"{V1}/bank-feeds/{{feed_id}}"
ACCOUNT = f"{V1}/wage-accounts/{{account_id}}"
OWED = f"{V1}/obligations"
OFFICE = make.person()


async def rows(session: Session, time: Time) -> Rows:
    """Make a source with a day that is closed and one that is late, an account, money, a waiver."""
    time.move_to(clock.at(TODAY, 12))
    await make.tree(session)
    session.add_all(
        KnownArea(
            code=code, name=code, path=path, valid_from=date(2000, 1, 1), told_at=clock.wall()
        )
        for code, path in TREE_ELSEWHERE.items()
    )
    project_id, other_id = await make.contract(session), await make.contract(session)
    source = await make.source(session, TODAY)
    account = await make.account(session, project_id)
    paid = make.line("A1", "2023-01-10T10:00:00", 100, 100, counterparty=PAYER, purpose="工资")
    await make.feed(session, FIRST, make.statement(0, paid))
    part = make.line("A2", "2023-01-11T10:00:00", 50, 150)
    late = await make.feed(session, SECOND, make.statement(100, part), final=False)
    late.be_late(clock.now())
    session.add(_waiver(late))
    await session.flush()  # The queries below must see all of it.
    line = (await session.scalars(select(BankLine).where(BankLine.serial == "A1"))).one()
    batch = (await session.scalars(select(FeedBatch).where(FeedBatch.feed_id == late.id))).one()
    [owed, ahead, last, *_] = await make.owed(session, project_id)
    file = await statements.refused(session, source, clock.now())
    listed, bureau_s = (
        of(
            id=new_id(), area_code=make.COUNTY, digest="0", file_id=new_id(),
            received_at=clock.now(), received_from="tester", state=ListState.CHECKED, rows=0,
            accepted=0, rejected=0, entered=0, findings=[],
        )
        for of in (AccountList, PaymentList)
    )  # fmt: skip
    session.add_all([listed, bureau_s])
    pending, standing = await _allocations(session, line.id)
    lacking, notice = await _noticed(session)
    sent = _payments(project_id, "拨1")
    await actions.payments.receive_payments(session, OFFICE, sent, clock.now())
    freeze, closing, condition = await _life(session, account)
    policy = await actions.policies.add_policy(session, OFFICE, _policy(), clock.now())
    asked, proposed = await _requests(session, ahead)
    made = Rows(
        ids={
            "obligation_id": owed.id,
            "feed_id": late.id,
            "batch_id": batch.id,
            "line_id": line.id,
            "statement_file_id": file.id,
            "account_list_id": listed.id,
            "payment_list_id": bureau_s.id,
            "allocation_id": pending,
            "account_id": account.id,
            "freeze_id": freeze.id,
            "request_id": asked.id,
            "add_on_id": proposed.id,
            "project_id": project_id,
        },
        own_ids={
            f"POST {ALLOCATION}/reversal": {"allocation_id": standing},
            f"POST {V1}/obligations/{{obligation_id}}/report": {"obligation_id": lacking},
            f"POST {OWED}/{{obligation_id}}/funding-requests": {"obligation_id": last.id},
            f"POST {OWED}/{{obligation_id}}/add-ons": {"obligation_id": last.id},
            f"GET {OWED}/{{obligation_id}}/add-ons": {"obligation_id": ahead.id},
            f"GET {OWED}/{{obligation_id}}/history": {"obligation_id": ahead.id},
        },
        parties={"developer": DEVELOPER, "contractor": CONTRACTOR, "bank": BANK},
        marks={
            f"GET {V1}/sources": source.id,
            f"GET {V1}/wage-accounts": account.id,
            f"GET {ACCOUNT}/freezes": freeze.id,
            f"GET {ACCOUNT}/closings": closing.id,
            f"GET {V1}/reserves": account.id,
            f"GET {V1}/conditions": condition.id,
            f"GET {V1}/policies": policy.id,
            f"GET {V1}/obligations": owed.id,
            f"GET {V1}/obligations/summary": None,  # What it counts is looked at.
            f"GET {OWED}/due": None,
            f"GET {OWED}/due/rows": owed.id,
            f"GET {V1}/funding-requests": asked.id,
            f"GET {OWED}/{{obligation_id}}/add-ons": proposed.id,
            f"GET {OWED}/{{obligation_id}}/history": "add_on_proposed",
            f"GET {V1}/obligations/{{obligation_id}}/credits": "A1",
            f"GET {V1}/projects": project_id,
            f"GET {V1}/bank-feeds": late.id,
            f"GET {FEED}/batches": batch.id,
            f"GET {FEED}/waivers": "anna",
            f"GET {V1}/bank-lines": line.id,
            f"GET {V1}/statement-files": file.id,
            f"GET {V1}/account-lists": listed.id,
            f"GET {V1}/payment-lists": bureau_s.id,
            f"POST {V1}/bank-lines/search": line.id,
            f"GET {V1}/allocations": pending,
            f"GET {V1}/bank-notices": notice,
            f"GET {V1}/treasury-payments": "拨1",
        },
    )
    there = make.account_in(project_id)
    fresh = make.account_in(other_id, account_no="62 0001 2345 6789")
    new = make.line("A3", "2023-01-12T10:00:00", 7, 157)
    bodies: dict[str, list[Any]] = {
        f"POST {V1}/sources": [
            make.source_in().model_dump(mode="json"),
            make.source_in(code="S2").model_dump(mode="json"),
        ],
        f"POST {V1}/wage-accounts": [
            there.model_dump(mode="json"),
            fresh.model_dump(mode="json"),
        ],
        f"POST {OWED}/{{obligation_id}}/funding-requests": [{"amount": "60.00", "reason": "库款"}],
        f"POST {V1}/funding-requests/{{request_id}}/answer": [
            {"promised_on": "2023-02-20", "answer": "本月拨付"}
        ],
        f"POST {OWED}/{{obligation_id}}/add-ons": [{"amount": "5.00", "reason": "赶工"}],
        f"POST {V1}/add-ons/{{add_on_id}}/decision": [{"approve": True, "reason": "同意"}],
        f"POST {ACCOUNT}/opening": [{"opened_on": "2023-01-10"}],
        f"POST {ACCOUNT}/agreement": [{"signed_on": "2023-01-10"}],
        f"POST {ACCOUNT}/filing": [{"filed_on": "2023-01-11"}],
        f"POST {ACCOUNT}/freezes": [
            {"from_on": "2023-01-12", "by": "县人民法院", "reason": "案外人申请"}
        ],
        f"POST {ACCOUNT}/freezes/{{freeze_id}}/lifting": [{"until_on": "2023-01-12"}],
        f"POST {ACCOUNT}/closing-notice": [{"noticed_on": "2022-12-01", "reason": "bank_changed"}],
        f"POST {ACCOUNT}/closings": [{"reason": "更换开户银行"}],
        f"POST {V1}/policies": [
            _policy().model_dump(mode="json"),
            _policy(version=2).model_dump(mode="json"),
        ],
        f"POST {V1}/bank-feeds": [
            make.batch(SECOND, make.statement(100, part), final=False),
            make.batch(TODAY, make.statement(150, new), final=False),
        ],
        f"POST {FEED}/waivers": [{"reason": "系统停用"}],
        f"POST {V1}/bank-lines/search": [{"name": PAYER["name"]}],
        f"POST {V1}/bank-lines/{{line_id}}/reveal": [{"purpose": "核对付款人"}],
        f"POST {V1}/statement-files/{{statement_file_id}}/reveal": [{"purpose": "核对原件"}],
        f"POST {V1}/allocations": [
            {"line_id": str(await _line(session, "A2")), "amount": "7.00", "reason": "核对凭证"}
        ],
        f"POST {ALLOCATION}/refuse": [{"reason": "不符"}],
        f"POST {ALLOCATION}/reversal": [{"reason": "凭证有误"}],
        f"POST {V1}/bank-notices": [_notice().model_dump(mode="json")],
        f"POST {V1}/obligations/{{obligation_id}}/report": [{"told_on": "2023-01-12"}],
        f"POST {V1}/treasury-payments": [
            _payments(project_id, "拨1").model_dump(mode="json"),
            _payments(project_id, "拨2").model_dump(mode="json"),
        ],
    }
    made.requests = {name: [{"json": body} for body in each] for name, each in bodies.items()}
    await expectations.add_to_payroll(session, OFFICE, made)
    await sheets.add(session, made)
    await rosters.add_to_payroll(session, made, project_id, other_id)
    payee = await session.scalar(select(PayeeAccount).where(PayeeAccount.project_id == project_id))
    assert payee is not None
    await disbursements.add(session, made, account, payee)
    await attendance.add(session, made)
    await pay_months.add(session, made, project_id)
    made.requests[f"POST {V1}/statement-files"] = [
        {"files": {"file": ("x.csv", TAKEN)}, "data": {"source": "S1"}}
    ]
    tried = {"area_code": make.COUNTY, "dry_run": "true"}
    for lists in (f"{V1}/account-lists", f"{V1}/payment-lists"):
        made.requests[f"POST {lists}"] = [{"files": {"file": ("a.csv", b"x")}, "data": tried}]
        made.requests[f"GET {lists}/template"] = [{"params": {"area_code": make.COUNTY}}]
    made.requests[f"GET {V1}/obligations/summary"] = [{"params": {"by": "developer"}}]
    return made


async def _line(session: Session, serial: str) -> UUID:
    return (await session.scalars(select(BankLine.id).where(BankLine.serial == serial))).one()


def _payments(project_id: UUID, voucher: str) -> PaymentsIn:
    payment = PaymentIn(
        voucher=voucher,
        project_id=project_id,
        period="2023-01",
        amount=Decimal(100),
        sent_on=FIRST,
    )
    return PaymentsIn(area_code=HERE, payments=[payment])


def _notice() -> BankNoticeIn:
    return BankNoticeIn(account_no="1755000000000000077", period="2023-01", told_on=SECOND)


async def _noticed(session: Session) -> tuple[UUID, UUID]:
    """Let a transfer be due and lacking, and its bank tell so; give obligation and notice."""
    project_id = await make.contract(session, transfer_day=11)
    await make.account(session, project_id, account_no=_notice().account_no)
    [lacking, *_] = await make.owed(session, project_id)
    [told] = await actions.notices.receive_bank_notice(
        session, make.sender(), _notice(), clock.now()
    )
    return lacking.id, told.id


async def _allocations(session: Session, line_id: UUID) -> tuple[UUID, UUID]:
    """Let one decision wait for its second person, and another stand."""

    async def propose(of: UUID) -> UUID:
        body = AllocationIn(line_id=of, amount=Decimal(5), reason="核对凭证")
        made = await actions.allocations.propose_allocation(
            session, make.person(), body, clock.now()
        )
        return made.id

    standing = await propose(await _line(session, "A2"))
    await actions.allocations.confirm_allocation(session, make.person("bo"), standing, clock.now())
    return await propose(line_id), standing


async def _life(session: Session, account: WageAccount) -> tuple[Freeze, Closing, Condition]:
    """Announce the account's closing, with a freeze that is over and one person's word."""
    notice = ClosingNoticeIn(noticed_on=date(2022, 12, 1), reason=CloseReason.BANK_CHANGED)
    await actions.life.announce_closing(session, make.EVERYWHERE, account.id, notice, clock.now())
    freeze = FreezeIn(from_on=FIRST, until_on=FIRST, by="县人民法院", reason="案外人申请")
    frozen = await actions.life.freeze_account(session, OFFICE, account.id, freeze, clock.now())
    closing = await actions.life.close_account(
        session, OFFICE, account.id, "更换开户银行", clock.now()
    )
    await session.flush()  # The queries below must see all of it.
    condition = (
        await session.scalars(
            select(Condition)
            .where(Condition.project_id == account.project_id, Condition.ended_at.is_(None))
            .limit(1)
        )
    ).one()
    return frozen, closing, condition


async def _requests(session: Session, owed: Obligation) -> tuple[FundingRequest, AddOn]:
    """Let a developer's request wait for finance, and a contractor's proposal for its developer."""
    ask = FundingRequestIn(amount=Decimal(10), reason="库款未到")
    asked = await actions.requests.request_funding(session, OFFICE, owed.id, ask, clock.now())
    more = AddOnIn(amount=Decimal(5), reason="赶工增加工人")
    proposed = await actions.requests.propose_add_on(session, OFFICE, owed.id, more, clock.now())
    await session.flush()  # The queries below must see all of it.
    return asked, proposed


def _policy(**changes: Any) -> PolicyIn:
    values: dict[str, Any] = {
        "area_code": make.COUNTY,
        "kind": "transfers_due",
        "version": 1,
        "valid_from": date(2023, 1, 1),
        "values": {"days": 45},
        "basis": "县财政局通知",
        "certainty": "B",
    }
    return PolicyIn(**(values | changes))


def _waiver(feed: BankFeed) -> Waiver:
    return Waiver(
        id=new_id(), feed_id=feed.id, reason="系统停用", waived_by="anna",
        waived_at=clock.now(), completes=False,
    )  # fmt: skip

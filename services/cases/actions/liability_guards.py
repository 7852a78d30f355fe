"""What keeps a demand or a plan from being opened: all of it is found at once."""

from datetime import date
from decimal import Decimal

from services.cases import queries
from services.cases.models import ArrearsCase
from services.cases.rules import liability
from services.cases.rules.arrears import PaymentSource
from services.cases.rules.proceedings import ProceedingKind
from services.cases.schemas.proceedings import ProceedingIn
from shared.db import Session
from shared.problems import Finding
from shared.wording import Text


async def unfit_opening(
    session: Session, case: ArrearsCase, body: ProceedingIn, today: date
) -> list[Finding]:
    """Find what the law asks of a demand or a plan beside what is given."""
    if body.kind is ProceedingKind.DEMAND and body.party is not None:
        return await _unfit_demand(session, case, body, body.party)
    if body.kind is ProceedingKind.PLAN:
        return _unfit_plan(case, body, today)
    return []


async def _unfit_demand(
    session: Session, case: ArrearsCase, body: ProceedingIn, party: PaymentSource
) -> list[Finding]:
    found = []
    demands = await queries.proceedings.of_case(session, case.id, ProceedingKind.DEMAND)
    asked = [one.party for one in demands if one.party is not None]
    before = liability.passed_over(party, asked)
    if before and not body.reason:
        found.append(Finding(
            "party", "passed_over",
            Text(f"应先要求：{'、'.join(before)}", f"To be asked first: {', '.join(before)}"),
            Text("确有理由越过的，请填写 reason", "Say in `reason` why they are passed over"),
        ))  # fmt: skip
    amount = body.amount or Decimal(0)
    if amount > case.owed:
        found.append(Finding(
            "amount", "above_owed",
            Text(f"全案尚欠 {case.owed} 元", f"The case owes {case.owed} yuan"),
            Text("请不超过尚欠金额", "Ask for no more"),
        ))  # fmt: skip
    if party is PaymentSource.DEVELOPER:
        found += await _above_price(session, case, body, amount)
    expired = await queries.proceedings.expired_order(session, case.id)
    if party is PaymentSource.DEPOSIT and expired is None:
        found.append(Finding(
            "party", "order_runs",
            Text("责令支付尚未逾期，不得动用保证金", "No order to pay has run out unkept"),
            Text("处理决定逾期未履行后方可动用", "A deposit is used when a decision is not obeyed"),
        ))  # fmt: skip
    if party is PaymentSource.EMERGENCY_FUND and not body.reason:
        found.append(Finding(
            "reason", "lacking",
            Text("请说明用人单位无力支付或逃匿的情况", "Say that it cannot pay, or has fled"),
            Text("依据724号第63条", "See article 63 of decree 724"),
        ))  # fmt: skip
    return found


async def _above_price(
    session: Session, case: ArrearsCase, body: ProceedingIn, amount: Decimal
) -> list[Finding]:
    """Find a demand on the developer above the works price that it has not paid (724号 art. 29)."""
    if body.unpaid_price is None:
        return [Finding(
            "unpaid_price", "lacking",
            Text("请填写未付工程款", "Give the works price that it has not paid"),
            Text("建设单位以未结清的工程款为限先行垫付", "It is asked for no more than that"),
        )]  # fmt: skip
    if amount <= body.unpaid_price:
        return []
    return [Finding(
        "amount", "above_price",
        Text(f"未付工程款为 {body.unpaid_price} 元", f"It has not paid {body.unpaid_price} yuan"),
        Text("建设单位以未结清的工程款为限先行垫付", "It is asked for no more than that"),
    )]  # fmt: skip


def _unfit_plan(case: ArrearsCase, body: ProceedingIn, today: date) -> list[Finding]:
    rows = [liability.Instalment(one.due_on, one.amount) for one in body.instalments]
    found = [
        Finding(
            f"instalments[{place}].due_on", "out_of_order",
            Text("须晚于前一期和登记之日", "It lies after the one before, and after today"),
            Text("请按先后填写", "Give them in order"),
        )
        for place in liability.out_of_order(rows, today)
    ]  # fmt: skip
    found += [
        Finding(
            f"instalments[{place}].due_on", "after_clearing_day",
            Text(f"清零期限为 {case.clear_by}", f"The case has to be cleared by {case.clear_by}"),
            Text("请在清零期限前安排", "Lay it before that day"),
        )
        for place, one in enumerate(rows)
        if case.clear_by is not None and one.due_on > case.clear_by
    ]  # fmt: skip
    total = sum((one.amount for one in rows), Decimal(0))
    if rows and total != case.owed:
        found.append(Finding(
            "instalments", "not_the_whole",
            Text(f"各期合计 {total} 元，全案尚欠 {case.owed} 元",
                 f"They come to {total} yuan; {case.owed} are owed"),
            Text("方案须覆盖全部尚欠金额", "A plan covers what is owed"),
        ))  # fmt: skip
    return found

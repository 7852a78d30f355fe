"""Four of the twelve stories: those in which somebody is made to pay, or is called to account."""

from tests.flows.stories import (
    COLLEAGUE,
    HEAD,
    INSPECTOR,
    OFFICERS,
    Person,
    Story,
    Told,
    day,
    running,
)

MEMBER = Person("wage_office", "治欠办副主任", "wage_office")
CODE = "91422801MA48ABCD12"


def paper(number: str, on: str) -> dict[str, str]:
    return {"document_number": number, "done_on": day(on)}


async def _ordered(s: Story, on: str, *, within: int) -> None:
    """Let an investigation end in an order to pay."""
    await s.do(INSPECTOR, "finish", result="查实", officers=OFFICERS)
    said = {"document_number": f"处{on}号", "pay_within": within}
    await s.do(INSPECTOR, "decide", decision="handle", **said)


async def deposit_used(s: Story) -> Told:
    """An order is not obeyed; the developer pays what it owes, the deposit the rest."""
    yield "03-02 10:00"
    await s.tell("province_platform", external_id="P-9", workers=1, amount="20000.00",
                 employer_name="恒达劳务有限公司")  # fmt: skip
    yield "03-03 10:00"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "contact", reached=True)
    yield "03-06 10:30"
    await s.do(INSPECTOR, "accept", cause="developer_late")
    await s.enter(INSPECTOR, ("架子工辛", "2022-11..2022-12", "20000.00"))
    await s.verify(INSPECTOR, "18000.00")
    yield "03-08 10:00"
    await _ordered(s, "03-08", within=3)
    assert s.limits == {"payment": "03-13", "local": "04-18"}
    asked = {"amount": "18000.00", "days": 3}
    demand = await s.open(INSPECTOR, "demand", party="employer", **asked, **paper("催1", "03-08"))
    assert running(demand["clocks"]) == {"demand_pay": "03-13"}
    skipped = {"party": "deposit", "reason": "其他各方无力支付"}
    early = s.open(INSPECTOR, "demand", **skipped, **asked, **paper("催2", "03-08"))
    await s.refused("order_runs", early)
    yield "03-14 10:00"
    assert await s.late() == [
        ("demand_pay", "03-14 00:00", ""), ("payment", "03-14 00:00", ""),
    ]  # fmt: skip
    await s.move(INSPECTOR, "demand", "fail", reason="账户无款", done_on=day("03-14"))
    asked = {"party": "contractor", "amount": "18000.00", "days": 2}
    demand = await s.open(INSPECTOR, "demand", **asked, **paper("催3", "03-14"))
    assert running(demand["clocks"]) == {"demand_pay": "03-16"}
    yield "03-16 10:00"
    await s.move(INSPECTOR, "demand", "fail", reason="总包无力支付", done_on=day("03-16"))
    asked = {"party": "developer", "amount": "6000.00", "unpaid_price": "5000.00", "days": 2}
    above = s.open(INSPECTOR, "demand", **asked, **paper("催4", "03-16"))
    await s.refused("above_price", above)
    asked["amount"] = "5000.00"
    await s.open(INSPECTOR, "demand", **asked, **paper("催4", "03-16"))
    yield "03-17 10:00"
    await s.pay(INSPECTOR, "developer", "03-17", "5000.00")
    *_, demand = await s.beside("demand")
    assert (demand["stage"], running(demand["clocks"])) == ("met", {})
    asked = {"party": "deposit", "amount": "13000.00", "days": 5}
    demand = await s.open(INSPECTOR, "demand", **asked, **paper("支1", "03-17"))
    # The bank pays within five working days (65号 art. 19).
    assert running(demand["clocks"]) == {"demand_pay": "03-24"}
    yield "03-23 10:00"
    await s.pay(INSPECTOR, "deposit", "03-23", "13000.00")
    await s.propose(INSPECTOR, "paid")
    yield "03-24 10:00"
    await s.do(COLLEAGUE, "confirm_end")
    money = await s.money()
    assert money["by_source"] == {"developer": "5000.00", "deposit": "13000.00"}
    assert await s.owes() == ("20000.00", "18000.00", "18000.00", "0.00")
    assert await s.late() == [
        ("demand_pay", "03-14 00:00", "03-14 10:00"), ("payment", "03-14 00:00", "03-24 10:00"),
    ]  # fmt: skip
    assert await s.ledger() == {
        "wages": (1, 1, 1, 1, "20000.00", "18000.00", "18000.00", "0.00")
    }  # fmt: skip


async def emergency_fund(s: Story) -> Told:
    """The employer has fled; the fund advances a cost of living, and gets it back in two parts."""
    yield "03-03 09:30"
    await s.tell("petition", level="county", workers=2, amount="12000.00")
    yield "03-06 09:30"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "contact", reached=True)
    await s.do(INSPECTOR, "accept", cause="subcontractor_fled")
    await s.enter(INSPECTOR, ("焊工壬", "2023-01", "5000.00"), ("焊工癸", "2023-01", "7000.00"))
    await s.verify(INSPECTOR, "5000.00", "7000.00")
    yield "03-08 09:30"
    asked = {"party": "emergency_fund", "amount": "4000.00", "days": 2}
    bare = s.open(HEAD, "demand", **asked, **paper("周1", "03-08"))
    await s.refused("passed_over", bare)
    await s.open(HEAD, "demand", reason="用人单位逃匿", **asked, **paper("周1", "03-08"))
    yield "03-09 09:30"
    living = {"purpose": "living_cost"}
    await s.pay(HEAD, "emergency_fund", "03-09", "2000.00", "2000.00", **living)
    [demand] = await s.beside("demand")
    assert demand["stage"] == "met"
    assert await s.owes() == ("12000.00", "12000.00", "4000.00", "8000.00")
    yield "03-13 09:30"
    await _ordered(s, "03-13", within=5)
    yield "03-15 09:30"
    await s.pay(INSPECTOR, "contractor", "03-15", "3000.00", "5000.00")
    await s.propose(INSPECTOR, "paid")
    yield "03-16 09:30"
    await s.do(COLLEAGUE, "confirm_end")
    money = await s.money()
    assert money["by_source"] == {"contractor": "8000.00", "emergency_fund": "4000.00"}
    assert (money["living_cost"], money["to_recover"]) == ("4000.00", "4000.00")
    yield "03-20 09:30"
    # It has ended for the workers; the fund still waits.
    await _recover(s, "03-20", "2500.00")
    await s.refused("above_advanced", _recover(s, "03-20", "1500.01"))
    assert (await s.money())["to_recover"] == "1500.00"
    yield "03-22 09:30"
    await _recover(s, "03-22", "1500.00")
    money = await s.money()
    assert (money["recovered"], money["to_recover"]) == ("4000.00", "0.00")
    assert await s.ledger() == {
        "wages": (1, 1, 1, 2, "12000.00", "12000.00", "12000.00", "0.00")
    }  # fmt: skip
    assert await s.late() == []


async def _recover(s: Story, on: str, yuan: str) -> None:
    body = {
        "version": s.case["version"], "paid_by": "employer", "amount": yuan,
        "received_on": day(on), "bank_serial": f"追-{on}-{yuan}",
    }  # fmt: skip
    await s.ask(HEAD, "POST", f"{s.where}/recoveries", body=body)
    await s.read()


async def criminal_transfer(s: Story) -> Told:
    """Found on patrol; an order is not obeyed, and the amount is one for the police."""
    yield "03-01 11:30"
    await _amounts_fixed(s)
    await s.tell("patrol", speaker="body", workers=1, amount="12000.00",
                 employer_name="远山劳务有限公司")  # fmt: skip
    yield "03-02 11:30"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "contact", reached=True)
    await s.do(INSPECTOR, "accept")
    await s.enter(INSPECTOR, ("抹灰工子", "2022-11..2023-01", "12000.00"))
    await s.verify(INSPECTOR, "12000.00")
    yield "03-06 11:30"
    said = {"done_on": day("03-06"), "result": "现场核查", "officers": OFFICERS}
    await s.do(INSPECTOR, "inspect", **said)
    await _ordered(s, "03-06", within=3)
    assert s.limits == {"payment": "03-09", "local": "04-14"}
    yield "03-10 09:00"
    assert await s.late() == [("payment", "03-10 00:00", "")]
    await _candidates(s)
    yield "03-13 09:00"
    one = await s.move(INSPECTOR, "transfer", "report", officers=OFFICERS, **paper("移1", "03-13"))
    assert running(one["clocks"]) == {"transfer_head": "03-16"}
    yield "03-14 10:00"
    one = await s.move(HEAD, "transfer", "approve", done_on=day("03-14"))
    assert running(one["clocks"]) == {"transfer_send": "03-15 10:00"}
    yield "03-14 16:00"
    one = await s.move(COLLEAGUE, "transfer", "send", body="县公安局", **paper("移1", "03-14"))
    assert running(one["clocks"]) == {"transfer_receipt": "03-15 16:00"}
    assert s.case["stage"] == "transferred"
    yield "03-15 09:00"
    one = await s.move(COLLEAGUE, "transfer", "receipt", done_on=day("03-15"))
    # Three days end on Saturday; the limit ends on the first day that is worked.
    assert running(one["clocks"]) == {"transfer_police": "03-20"}
    yield "03-17 10:00"
    one = await s.move(COLLEAGUE, "transfer", "file", **paper("公1", "03-17"))
    assert running(one["clocks"]) == {"transfer_materials": "03-20"}
    yield "03-20 10:00"
    one = await s.move(COLLEAGUE, "transfer", "hand_materials", done_on=day("03-20"))
    assert running(one["clocks"]) == {"transfer_result": "05-19"}
    for kind in ("listing", "publication"):
        await s.move(HEAD, kind, "drop", reason="待刑事判决后再行认定")
    yield "03-21 10:00"
    await _key_control(s)
    await s.propose(INSPECTOR, "criminal", "police_filing")
    yield "03-22 10:00"
    await s.do(HEAD, "confirm_end")
    assert await s.owes() == ("12000.00", "12000.00", "0.00", "12000.00")
    assert await s.ledger() == {
        "wages": (1, 1, 1, 1, "12000.00", "12000.00", "0.00", "12000.00")
    }  # fmt: skip
    yield "03-24 10:00"
    # What goes on beside it goes on after it.
    one = await s.move(COLLEAGUE, "transfer", "conclude", outcome="charged", done_on=day("03-24"))
    assert (one["stage"], running(one["clocks"])) == ("concluded", {})


async def _amounts_fixed(s: Story) -> None:
    """Let the area fix from which amounts it is a crime, and what follows a candidate."""
    terms = {
        "area_code": s.village, "version": 1, "valid_from": day("03-01"), "basis": "省高院规定",
        "certainty": "B", "crime_months": 3, "crime_amount": "10000.00", "crime_workers": 10,
        "crime_total": "60000.00", "listing_months": 36, "removal_months": 6,
        "application_months": 3, "publication_months": 3,
        "measures": [{"after": "candidate", "kind": "key_control", "months": 12}],
    }  # fmt: skip
    await s.ask(HEAD, "POST", "/cases/v1/terms/enforcement", body=terms)


async def _candidates(s: Story) -> None:
    """See what a rule has proposed at the instant at which the order ran out."""
    [transfer] = await s.beside("transfer")
    [listing] = await s.beside("listing")
    [publication] = await s.beside("publication")
    assert [one["stage"] for one in (transfer, listing, publication)] == ["candidate"] * 3
    assert running(transfer["clocks"]) == {"transfer_report": "03-15"}
    assert running(listing["clocks"]) == {"listing_decision": "04-07"}
    assert running(publication["clocks"]) == {"publication_batch": "03-31"}


async def _key_control(s: Story) -> None:
    """Decide on what the rule proposed when the order ran out."""
    query = {"case_id": s.case["id"]}
    [one] = (await s.ask(HEAD, "GET", "/cases/v1/restrictions/entries", query=query))["items"]
    assert (one["kind"], one["state"], one["by_rule"]) == ("key_control", "proposed", True)
    body = {
        "version": one["version"], "decided": True, "reason": "集体研究决定",
        "document_number": "列管1号", "credit_code": CODE, "from_on": day("03-21"),
        "to_on": "2024-03-20",
    }  # fmt: skip
    await s.ask(MEMBER, "POST", f"/cases/v1/restrictions/{one['id']}/decision", body=body)
    asked = await s.ask(HEAD, "GET", "/cases/v1/restrictions", query={"credit_code": CODE})
    [standing] = asked["restrictions"]
    assert (asked["restricted"], standing["to_on"]) == (True, "2024-03-20")


async def judgment_executed(s: Story) -> Told:
    """A village tells of it; a court judges and collects, and it ends when that is carried out."""
    yield "03-02 11:00"
    await s.tell("village", speaker="anyone", workers=1, amount="15000.00")
    yield "03-03 11:00"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "contact", reached=True)
    yield "03-06 11:00"
    await s.do(INSPECTOR, "accept")
    await s.enter(INSPECTOR, ("管道工丑", "2022-12", "15000.00"))
    await s.verify(INSPECTOR, "15000.00")
    yield "03-08 11:00"
    way = {"way": "court", "body": "县人民法院", "reason": "本人要求起诉"}
    await s.do(INSPECTOR, "refer", done_on=day("03-08"), **way)
    assert s.limits == {"referral": "05-12"}
    yield "03-13 11:00"
    said = {"body": "县人民法院", "amount": "15000.00", **paper("民初12", "03-13")}
    one = await s.open(INSPECTOR, "judgment", **said)
    assert running(one["clocks"]) == {"judgment_follow": "04-12"}
    yield "03-15 11:00"
    said = {"body": "县人民法院", "done_on": day("03-15")}
    one = await s.move(INSPECTOR, "judgment", "apply", **said)
    assert running(one["clocks"]) == {"judgment_follow": "04-14"}
    yield "03-29 11:00"
    await s.pay(INSPECTOR, "court", "03-29", "15000.00")
    ends = s.propose(INSPECTOR, "judgment_executed", "judgment")
    await s.refused("proceeding_lacking", ends)
    proof = await s.file(INSPECTOR)
    carried = {"done_on": day("03-29"), "evidence_ids": [proof]}
    one = await s.move(INSPECTOR, "judgment", "carry_out", **carried)
    assert (one["stage"], running(one["clocks"])) == ("carried_out", {})
    await s.propose(INSPECTOR, "judgment_executed", "judgment")
    assert s.limits == {"statutory": "06-21", "local": "05-10", "check": "04-03"}
    yield "03-30 11:00"
    await s.do(COLLEAGUE, "confirm_end")
    assert (await s.money())["by_source"] == {"court": "15000.00"}
    assert await s.owes() == ("15000.00", "15000.00", "15000.00", "0.00")
    assert await s.ledger() == {
        "wages": (1, 1, 1, 1, "15000.00", "15000.00", "15000.00", "0.00")
    }  # fmt: skip

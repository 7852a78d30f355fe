"""Eight of the twelve stories: those that end without force."""

from tests.flows.stories import (
    CLERK,
    COLLEAGUE,
    HEAD,
    HOUSING,
    INSPECTOR,
    OFFICERS,
    Story,
    Told,
    day,
    running,
)


async def paid(s: Story) -> Told:
    """Two workers ring the hotline; the employer obeys the order in two payments."""
    yield "03-01 09:00"
    await s.tell("hotline_12345", external_id="H-1", workers=2, amount="10500.50")
    assert s.limits == {"sign": "03-02", "acceptance": "03-08"}
    yield "03-02 10:00"
    await s.do(INSPECTOR, "sign")
    assert s.limits == {"contact": "03-06", "acceptance": "03-08"}
    yield "03-03 09:00"
    await s.do(INSPECTOR, "contact", reached=True)
    yield "03-06 10:00"
    await s.do(INSPECTOR, "accept", cause="employer_in_difficulty")
    # Sixty working days by law, and the county's own thirty beside.
    assert s.limits == {"statutory": "05-31", "local": "04-18"}
    await s.enter(INSPECTOR, ("木工甲", "2023-01", "6000.00"), ("木工乙", "2023-01", "4500.50"))
    yield "03-10 15:00"
    await s.verify(INSPECTOR, "6000.00", "4300.50")
    await s.do(INSPECTOR, "finish", result="查实", officers=OFFICERS)
    assert s.limits == {"decision": "03-31", "local": "04-18"}
    yield "03-13 09:00"
    await s.do(INSPECTOR, "decide", decision="correct", document_number="令1号", pay_within=5)
    assert s.limits == {"payment": "03-20", "local": "04-18"}
    yield "03-15 16:00"
    await s.pay(INSPECTOR, "employer", "03-15", "6000.00", "4000.00")
    await s.refused("line_open", s.propose(INSPECTOR, "paid"))
    yield "03-17 09:00"
    await s.pay(INSPECTOR, "employer", "03-17", "0", "300.50")
    await s.propose(INSPECTOR, "paid")
    assert s.limits == {"payment": "03-20", "local": "04-18", "check": "03-22"}
    await s.refused("second-person-needed", s.do(INSPECTOR, "confirm_end"))
    yield "03-20 10:00"
    await s.do(COLLEAGUE, "confirm_end")
    assert s.limits == {}
    assert await s.owes() == ("10500.50", "10300.50", "10300.50", "0.00")
    assert (await s.money())["by_source"] == {"employer": "10300.50"}
    assert await s.ledger() == {
        "wages": (1, 1, 1, 2, "10500.50", "10300.50", "10300.50", "0.00")
    }  # fmt: skip
    assert await s.late() == []


async def instalments(s: Story) -> Told:
    """A group's representative brings a sheet; a plan in three parts, the second late."""
    yield "03-01 10:00"
    await s.tell("desk", speaker="representative", workers=3, amount="30000.00",
                 months="2023-01..2023-02", investment="government")  # fmt: skip
    assert s.case["clear_by"] == "2023-12-31"
    yield "03-02 09:00"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "accept")
    assert s.limits == {"statutory": "05-29", "local": "04-14"}
    rows = [("石匠一", "2023-01", "9000.00"), ("石匠二", "2023-01", "九千"),
            ("石匠三", "2023-01..2023-02", "12000.00")]  # fmt: skip
    taken = await s.bring(INSPECTOR, *rows)
    assert (taken["accepted"], taken["rejected"]) == (2, 1)
    assert [(one["place"], one["code"]) for one in taken["findings"]] == [
        ("Sheet1!C3", "amount_unreadable")
    ]  # fmt: skip
    taken = await s.bring(INSPECTOR, ("石匠二", "2023-01", "9000.00"))
    assert (taken["accepted"], taken["entered"]) == (1, 1)
    await s.verify(INSPECTOR, "9000.00", "12000.00", "9000.00")
    yield "03-06 09:00"
    await s.do(INSPECTOR, "contact", reached=True)
    await s.do(INSPECTOR, "finish", result="查实", officers=OFFICERS)
    yield "03-07 09:00"
    await s.do(INSPECTOR, "decide", decision="handle", document_number="处2号", pay_within=15)
    assert s.limits == {"payment": "03-28", "local": "04-14"}
    parts = [{"due_on": day(on), "amount": "10000.00"} for on in ("03-10", "03-17", "03-24")]
    said = {"leader": "分管副镇长", "person": "劳资专管员", "document_number": "案2号"}
    plan = await s.open(INSPECTOR, "plan", instalments=parts, done_on=day("03-07"), **said)
    assert running(plan["clocks"]) == {"instalment": "03-10"}
    yield "03-10 10:00"
    await s.pay(INSPECTOR, "employer", "03-10", "3000.00", "4000.00", "3000.00")
    [plan] = await s.beside("plan")
    assert running(plan["clocks"]) == {"instalment": "03-17"}
    yield "03-20 09:00"
    # Nothing came by Friday.
    [(what, since, until)] = await s.late()
    assert (what, since, until) == ("instalment", "03-18 00:00", "")
    await s.pay(INSPECTOR, "contractor", "03-20", "3000.00", "4000.00", "3000.00")
    [plan] = await s.beside("plan")
    assert running(plan["clocks"]) == {"instalment": "03-24"}
    yield "03-24 11:00"
    assert await s.late() == [("instalment", "03-18 00:00", "03-20 09:00")]
    await s.pay(INSPECTOR, "employer", "03-24", "3000.00", "4000.00", "3000.00")
    [plan] = await s.beside("plan")
    assert (plan["stage"], running(plan["clocks"])) == ("kept", {})
    await s.propose(INSPECTOR, "paid")
    assert s.limits == {"payment": "03-28", "local": "04-14", "check": "03-29"}
    yield "03-27 09:00"
    await s.do(HEAD, "confirm_end")
    assert await s.owes() == ("30000.00", "30000.00", "30000.00", "0.00")
    assert (await s.money())["by_source"] == {"employer": "20000.00", "contractor": "10000.00"}
    assert await s.ledger() == {
        "wages": (1, 1, 1, 3, "30000.00", "30000.00", "30000.00", "0.00")
    }  # fmt: skip


async def arbitration(s: Story) -> Told:
    """It goes before an arbitrator, comes back once, and ends there; our clocks stand still."""
    yield "03-02 09:00"
    await s.tell("desk", workers=1, amount="8000.00")
    yield "03-03 09:00"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "contact", reached=True)
    yield "03-06 09:00"
    await s.do(INSPECTOR, "accept")
    assert s.limits == {"statutory": "05-31", "local": "04-18"}
    await s.enter(INSPECTOR, ("钢筋工丙", "2023-02", "8000.00"))
    yield "03-09 09:00"
    way = {"way": "arbitration", "body": "县仲裁院", "reason": "劳动关系有争议"}
    await s.do(INSPECTOR, "refer", done_on=day("03-09"), **way)
    assert s.limits == {"referral": "05-15"}
    yield "03-14 09:00"
    # 9, 10 and 13 March are not counted.
    await s.do(INSPECTOR, "take_back", reason="材料不全退回")
    assert s.limits == {"statutory": "06-05", "local": "04-21"}
    yield "03-15 09:00"
    await s.do(INSPECTOR, "refer", done_on=day("03-15"), **way)
    assert s.limits == {"referral": "05-19"}
    yield "03-20 09:00"
    await s.refused("proof_lacking", s.propose(INSPECTOR, "arbitration"))
    await s.propose(INSPECTOR, "arbitration", "acceptance_notice")
    yield "03-21 09:00"
    await s.do(COLLEAGUE, "confirm_end")
    assert await s.owes() == ("8000.00", "0.00", "0.00", "8000.00")
    assert await s.ledger() == {"wages": (1, 1, 1, 1, "8000.00", "0.00", "0.00", "8000.00")}


async def withdrawn(s: Story) -> Told:
    """Both workers take back what they said, one after the other; one alone is not enough."""
    yield "03-06 09:00"
    await s.tell("hotline_12333", external_id="S-7", workers=2, amount="5000.00")
    assert s.limits == {"sign": "03-07", "acceptance": "03-13"}
    yield "03-07 09:00"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "accept")
    await s.do(INSPECTOR, "contact", reached=True)
    await s.enter(INSPECTOR, ("小工丁", "2023-02", "2000.00"), ("小工戊", "2023-02", "3000.00"))
    yield "03-08 09:00"
    await s.change(INSPECTOR, 1, withdrawn=True, reason="已自行结清")
    assert await s.owes() == ("3000.00", "0.00", "0.00", "3000.00")
    await s.propose(INSPECTOR, "withdrawn", "withdrawal_statement")
    assert s.limits == {"statutory": "06-01", "local": "04-19", "check": "03-13"}
    yield "03-09 09:00"
    await s.do(COLLEAGUE, "return_end", reason="另一人没有书面撤回")
    assert (s.case["stage"], s.case["conclusion"]) == ("investigating", None)
    await s.change(INSPECTOR, 2, withdrawn=True, reason="已自行结清")
    await s.propose(INSPECTOR, "withdrawn", "withdrawal_statement")
    yield "03-10 09:00"
    await s.do(COLLEAGUE, "confirm_end")
    assert await s.owes() == ("0.00", "0.00", "0.00", "0.00")
    assert await s.ledger() == {"wages": (1, 1, 1, 0, "0.00", "0.00", "0.00", "0.00")}


async def false_claim(s: Story) -> Told:
    """What the national platform forwarded is found to be invented: a class of its own."""
    yield "03-01 11:00"
    await s.tell("national_platform", external_id="N-8", workers=4, amount="48000.00")
    yield "03-02 11:00"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "contact", reached=True)
    yield "03-03 11:00"
    await s.do(INSPECTOR, "accept")
    assert s.limits == {"statutory": "05-30", "local": "04-17"}
    assert (await s.ledger()).keys() == {"wages"}
    yield "03-14 11:00"
    await s.do(INSPECTOR, "finish", result="考勤系伪造", officers=OFFICERS, nature="false_claim")
    assert s.limits == {"decision": "04-04", "local": "04-17"}
    await s.propose(INSPECTOR, "false_claim", "investigation_report")
    yield "03-15 11:00"
    await s.do(HEAD, "confirm_end")
    assert s.case["nature"] == "false_claim"
    # In no total of wages.
    assert await s.ledger() == {"false_claim": (1, 1, 1, 0, "0.00", "0.00", "0.00", "0.00")}


async def works_price(s: Story) -> Told:
    """A crew leader writes of wages and means his price; it ends as that, outside wages."""
    yield "03-02 12:00"
    await s.tell("email", speaker="anyone", workers=6, amount="260000.00")
    yield "03-03 12:00"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "contact", reached=True)
    await s.do(INSPECTOR, "accept")
    await s.enter(INSPECTOR, ("班组长己", "2022-11..2023-01", "260000.00"))
    yield "03-09 12:00"
    await s.verify(INSPECTOR, "0.00")
    await s.propose(INSPECTOR, "works_price", "investigation_report")
    assert s.limits == {"statutory": "05-30", "local": "04-17", "check": "03-14"}
    yield "03-14 12:00"
    await s.do(COLLEAGUE, "confirm_end")
    assert await s.ledger() == {
        "works_price": (1, 1, 1, 1, "260000.00", "0.00", "0.00", "0.00")
    }  # fmt: skip


async def hand_over(s: Story) -> Told:
    """Another body hands it over; two offices send it to each other until their superior signs."""
    yield "03-02 08:00"
    housing, town, office = (s.bodies[one] for one in ("housing", "town", "wage_office"))
    terms = {
        "area_code": s.village, "version": 1, "valid_from": day("03-01"), "certainty": "C",
        "basis": "县分流方案", "bounces": 3, "superior_id": office, "otherwise_id": town,
        "inspectorate_id": s.bodies["labour_inspection"],
        "routes": [{"unit_id": housing, "industry": "construction"}],
    }  # fmt: skip
    await s.ask(HEAD, "POST", "/cases/v1/terms/routing", body=terms)
    yield "03-02 09:00"
    await s.tell("other_body", speaker="body", external_id="函10", workers=1, amount="900.00")
    assert s.case["unit_id"] == housing
    assert s.limits == {"sign": "03-03", "acceptance": "03-09", "copy": "03-03"}
    yield "03-03 09:00"
    await s.do(COLLEAGUE, "take_copy")
    await s.do(HOUSING, "hand_over", reason="属镇办项目", unit_id=town)
    # A new limit to sign; that of acceptance runs on, and whoever had it answers for it.
    assert s.limits == {"sign": "03-06", "acceptance": "03-09"}
    assert (s.case["unit_id"], s.case["answerable_id"]) == (town, housing)
    yield "03-06 09:00"
    await s.do(CLERK, "hand_over", reason="属住建领域", unit_id=housing)
    assert s.limits == {"sign": "03-07", "acceptance": "03-09"}
    yield "03-08 09:00"
    # Nobody signed on the 7th.
    assert await s.late() == [("sign", "03-08 00:00", "")]
    await s.do(HOUSING, "hand_over", reason="属镇办项目", unit_id=town)
    assert (s.case["unit_id"], s.limits) == (office, {"sign": "03-09", "acceptance": "03-09"})
    assert await s.late() == [("sign", "03-08 00:00", "03-08 09:00")]
    yield "03-09 16:00"
    await s.do(HEAD, "sign")
    await s.do(HEAD, "contact", reached=True)
    await s.do(HEAD, "accept")
    assert (s.case["answerable_id"], s.limits) == (
        office, {"statutory": "06-05", "local": "04-21"},
    )  # fmt: skip
    yield "03-13 09:00"
    await s.propose(HEAD, "no_arrears", "investigation_report")
    yield "03-14 09:00"
    await s.do(COLLEAGUE, "confirm_end")
    acts = [one for one in await s.history() if one in {"hand_over", "to_superior", "sign"}]
    assert acts == ["hand_over", "hand_over", "to_superior", "hand_over", "sign"]
    assert await s.ledger() == {"wages": (1, 1, 1, 0, "0.00", "0.00", "0.00", "0.00")}


async def reopened(s: Story) -> Told:
    """A watch item becomes a case; what counted as paid did not come, so it opens again."""
    yield "03-01 12:00"
    project = {
        "code": "XQ-11", "name": "十一村产业路", "area_code": s.village, "status": "003",
        "investment_type": "government", "started_on": day("02-01"),
        "developer_id": s.bodies["developer"],
    }  # fmt: skip
    await s.ask(HEAD, "POST", "/registry/v1/projects", body=project)
    yield "03-02 12:30"
    shown = await s.ask(HEAD, "GET", "/cases/v1/watch-items", query={"area_code": s.village})
    item = next(one for one in shown["items"] if one["kind"] == "nobody_in_charge")
    said = {"project_id": item["project_id"], "external_id": item["id"]}
    await s.tell("watch_item", speaker="body", workers=1, amount="5000.00", **said)
    yield "03-03 12:30"
    await s.do(INSPECTOR, "sign")
    await s.do(INSPECTOR, "contact", reached=True)
    yield "03-06 12:30"
    await s.do(INSPECTOR, "accept")
    await s.enter(INSPECTOR, ("瓦工庚", "2023-01", "5000.00"))
    await s.verify(INSPECTOR, "5000.00")
    yield "03-10 12:30"
    await s.pay(INSPECTOR, "employer", "03-10", "5000.00")
    await s.propose(INSPECTOR, "paid")
    yield "03-13 12:30"
    await s.do(COLLEAGUE, "confirm_end")
    assert await s.owes() == ("5000.00", "5000.00", "5000.00", "0.00")
    yield "03-20 12:30"
    await s.refused("case-ended", s.change(INSPECTOR, 1, disputed=True, reason="没有到账"))
    await s.do(HEAD, "reopen", reason="本人反映流水系退汇")
    # Both limits begin anew on this day.
    assert s.limits == {"statutory": "06-14", "local": "05-04"}
    await s.change(INSPECTOR, 1, disputed=True, reason="没有到账")
    [payment] = (await s.ask(INSPECTOR, "GET", f"{s.where}/payments"))["items"]
    back = {"version": s.case["version"], "reason": "退汇"}
    path = f"/cases/v1/arrears-payments/{payment['id']}/reversal"
    await s.ask(INSPECTOR, "POST", path, body=back)
    assert await s.owes() == ("5000.00", "5000.00", "0.00", "5000.00")
    yield "03-22 12:30"
    signed = {
        "proof": "cash_confirmed",
        "bank_serial": None,
        "evidence_id": await s.file(INSPECTOR),
    }
    await s.pay(INSPECTOR, "employer", "03-22", "5000.00", **signed)
    await s.refused("line_open", s.propose(INSPECTOR, "paid"))
    await s.change(INSPECTOR, 1, disputed=False, reason="本人签收确认")
    await s.propose(INSPECTOR, "paid")
    yield "03-23 12:30"
    await s.do(COLLEAGUE, "confirm_end")
    acts = await s.history()
    assert [one for one in acts if one in {"confirm_end", "reopen"}] == [
        "confirm_end", "reopen", "confirm_end",
    ]  # fmt: skip
    assert (await s.money())["by_source"] == {"employer": "5000.00"}
    assert await s.ledger() == {"wages": (1, 1, 1, 1, "5000.00", "5000.00", "5000.00", "0.00")}

"""Rows of alerts in Hefeng, and requests that work on them."""

from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import delete, select

from services.alerts import actions, handlers
from services.alerts.adapters import bounces
from services.alerts.models import (
    Alert,
    Delivery,
    DutyPattern,
    DutyRoster,
    Leave,
    Notice,
    Recipient,
    Reminder,
)
from services.alerts.rules.deliveries import Channel, DeliveryState
from services.alerts.rules.notices import Reason
from services.alerts.schemas.bundles import BundleTermsIn
from services.alerts.schemas.duties import DutyPatternIn, LeaveIn
from services.alerts.schemas.inhibitions import InhibitionIn
from services.alerts.schemas.letters import WarningLetterIn
from services.alerts.schemas.robots import RobotIn
from services.alerts.schemas.routes import RouteIn
from services.alerts.schemas.signs import SignIn
from services.alerts.schemas.silences import SilenceIn, SilenceTermsIn
from services.alerts.schemas.templates import TemplateIn
from services.alerts.schemas.windows import MaintenanceWindowIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.known import KnownArea
from shared.roles import KNOWN_ROLES, LIMITED_TO_OWN
from tests.alerts import dsn
from tests.alerts import factories as make
from tests.alerts.factories import AUTHORITY, BEGUN, CONTRACTOR, DEVELOPER, OPENED_AT
from tests.contracts.access.rows import HERE, TREE_ELSEWHERE, Rows
from tests.fixtures.service import Time

V1 = "/alerts/v1"
RECIPIENT, ENDPOINT = f"{V1}/recipients/{{recipient_id}}", f"{V1}/endpoints/{{endpoint_id}}"
ASSIGNEE, ADDRESSEE = new_id(), new_id()
MAIL, HOOK = "office@example.org", "http://127.0.0.1:9/hook"
_ROBOT = {
    "area_code": HERE, "kind": "wecom", "title": "工作群",
    "address": "http://127.0.0.1:9/cgi-bin/webhook/send?key=k",
}  # fmt: skip
_TEMPLATE = {
    "area_code": HERE, "channel": "mail", "kind": "transfer_missed", "valid_from": "2023-01-01",
    "title": "{about}", "text": "{ask}", "source": "县治欠办",
}  # fmt: skip
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({HERE}))


async def rows(session: Session, time: Time) -> Rows:
    """Make an alert with notices, a recipient on duty, a route, an endpoint with a delivery."""
    time.move_to(OPENED_AT + timedelta(hours=12))
    await make.areas(session)
    session.add_all(
        KnownArea(code=code, name=code, path=path, valid_from=BEGUN, told_at=clock.wall())
        for code, path in TREE_ELSEWHERE.items()
    )
    recipient = await make.recipient(
        session, *sorted(KNOWN_ROLES - LIMITED_TO_OWN), mail=MAIL, phone="13700001234"
    )
    companies = sorted(LIMITED_TO_OWN)
    addressee = await make.recipient(session, *companies, org_id=ADDRESSEE, channels=["inbox"])
    endpoint = await make.endpoint(session, org_id=DEVELOPER, url=HOOK)
    await handlers.on_watch_item_opened(session, make.opened(unit_id=ASSIGNEE))
    await session.flush()  # The queries below must see all of it.
    alert = (await session.scalars(select(Alert).where(Alert.kind == "transfer_missed"))).one()
    pushed = select(Delivery).where(Delivery.endpoint_id == endpoint.id)
    delivery = (await session.scalars(pushed)).one()
    notices = [_notice(alert, who) for who in (recipient, addressee)]
    session.add_all(notices)
    await make.duty(session, recipient, HERE)
    duty = (await session.scalars(select(DutyRoster))).one()
    said = RouteIn.model_validate(_route("missed"))
    route = await actions.routes.enter_route(session, OFFICE, said, clock.now())
    seen = SignIn.model_validate(_sign())
    sign = await actions.signs.report_sign(session, OFFICE, seen, clock.now())
    asked = SilenceIn.model_validate(_silence(["red"]))
    silence = await actions.silences.silence(session, OFFICE, asked, clock.now())
    lasts = SilenceTermsIn.model_validate(_silence_terms())
    terms = await actions.silences.enter_terms(session, OFFICE, lasts, clock.now())
    together = BundleTermsIn.model_validate(_bundle_terms())
    bundles = await actions.bundles.enter_terms(session, OFFICE, together, clock.now())
    mutes = InhibitionIn.model_validate(_INHIBITION)
    inhibition = await actions.inhibitions.enter_rule(session, OFFICE, mutes, clock.now())
    worked_on = MaintenanceWindowIn.model_validate(_window())
    window = await actions.windows.enter_window(session, OFFICE, worked_on, clock.wall())
    pattern, leave = await _roster(session, recipient)
    written = WarningLetterIn.model_validate(_letter())
    letter = await actions.letters.send_letter(session, OFFICE, written, clock.now())
    # What was sent for it belongs to its receivers; the delivery under test is an endpoint's.
    sent = select(Notice.id).where(Notice.alert_id == letter.alert_id)
    await session.execute(delete(Delivery).where(Delivery.notice_id.in_(sent)))
    reminder = Reminder(
        id=new_id(), event_id=new_id(), unit_id=ADDRESSEE, area_code=HERE, step="reminder",
        workdays=1, transfers=[], recipient_ids=[], told_at=clock.now(),
    )  # fmt: skip
    session.add(reminder)
    came_back = _mail(notices[0])
    session.add(came_back)
    robot = await actions.robots.add_robot(
        session, OFFICE, RobotIn.model_validate(_ROBOT), clock.now()
    )
    words = await actions.templates.enter_template(
        session, OFFICE, TemplateIn.model_validate(_TEMPLATE), clock.now()
    )
    await session.flush()  # The queries below must see it.
    return Rows(
        ids={
            "alert_id": alert.id,
            "recipient_id": recipient.id,
            "endpoint_id": endpoint.id,
            "robot_id": robot.id,
            "delivery_id": delivery.id,
            "sign_id": sign.id,
            "silence_id": silence.id,
            "window_id": window.id,
            "pattern_id": pattern.id,
            "leave_id": leave.id,
            "letter_id": letter.id,
        },
        parties={
            "developer": DEVELOPER,
            "contractor": CONTRACTOR,
            "sector authority": AUTHORITY,
            "assignee": ASSIGNEE,
            "recipient": ADDRESSEE,
            "owner": DEVELOPER,
        },
        requests={
            name: [{"json": sent}] for name, sent in _bodies(recipient, alert, notices).items()
        }
        | {f"POST {V1}/bounces": [_report(came_back)]},
        marks={
            f"GET {V1}/alerts": alert.id,
            f"GET {V1}/alerts/whole": alert.id,
            # An alert that is not the caller's is named among those refused.
            f"POST {V1}/alerts/acknowledgements": f'"acknowledged":["{alert.id}"]',
            f"GET {V1}/inbox": alert.id,
            # Notices that are not the caller's are left out; one of the two is each role's.
            f"POST {V1}/inbox/read": '"read":["',
            f"GET {V1}/reminders": reminder.id,
            f"GET {V1}/routes": route.id,
            f"GET {V1}/signs": sign.id,
            f"GET {V1}/templates": words.id,
            f"GET {V1}/robots": robot.id,
            f"GET {V1}/silences": silence.id,
            f"GET {V1}/inhibitions": inhibition.id,
            f"GET {V1}/bundle-terms": bundles.id,
            f"GET {V1}/maintenance-windows": window.id,
            f"GET {V1}/silence-terms": terms.id,
            f"GET {V1}/recipients": recipient.id,
            f"POST {V1}/recipients/find": recipient.id,
            f"GET {V1}/duty-rosters": duty.id,
            f"GET {V1}/duty-rosters/gaps": f'"areas":["{HERE}"]',
            f"GET {V1}/duty-patterns": pattern.id,
            f"GET {V1}/leaves": leave.id,
            f"GET {V1}/warning-letters": letter.id,
            f"GET {V1}/warning-letters/{{letter_id}}/receivers": ADDRESSEE,
            f"POST {V1}/warning-letters/rehearsals": ADDRESSEE,
            f"GET {V1}/endpoints": endpoint.id,
            f"GET {V1}/deliveries": delivery.id,
        },
    )


def _notice(alert: Alert, who: Recipient) -> Notice:
    return Notice(
        id=new_id(), alert_id=alert.id, recipient_id=who.id, step=0, reason=Reason.RAISED,
        slot="access", told_at=clock.now(), trace={},
    )  # fmt: skip


def _mail(notice: Notice) -> Delivery:
    return Delivery(
        id=new_id(), key="access", lane="mail", channel=Channel.MAIL, type="raised",
        area_code=HERE, notice_id=notice.id, state=DeliveryState.DELIVERED, made_attempts=1,
        created_at=clock.now(),
    )  # fmt: skip


def _report(mail: Delivery) -> dict[str, Any]:
    sent = EmailMessage()
    sent["Message-ID"] = f"<{bounces.token(mail.id, MAIL)}@localhost>"
    return {"content": dsn.report(sent), "headers": {"content-type": "message/rfc822"}}


def _route(code: str) -> dict[str, Any]:
    rung = {"wait": 4, "unit": "wh", "receivers": ["wage_office"], "repeats": True}
    return {
        "area_code": HERE, "code": code, "valid_from": "2023-01-01", "receivers": ["assignee"],
        "steps": [rung], "source": "县治欠办",
    }  # fmt: skip


def _sign() -> dict[str, Any]:
    seen_at = "2023-04-26T08:00:00+08:00"
    return {"area_code": HERE, "persons": 30, "seen_at": seen_at, "what": "工人聚集"}


def _silence(levels: list[str]) -> dict[str, Any]:
    until_at = "2023-04-27T08:00:00+08:00"
    return {"area_code": HERE, "levels": levels, "until_at": until_at, "reason": "系统联调"}


def _silence_terms() -> dict[str, Any]:
    longest = {"wage_office": 72, "inspector": 24, "operator": 24}
    return {"area_code": HERE, "valid_from": "2023-01-01", "longest": longest, "source": "县治欠办"}


def _bundle_terms() -> dict[str, Any]:
    return {
        "area_code": HERE, "valid_from": "2023-01-01", "digest_levels": ["blue"],
        "digest_at": "09:05", "flood_count": 30, "flood_minutes": 10, "source": "县治欠办",
    }  # fmt: skip


_INHIBITION: dict[str, Any] = {
    "area_code": HERE, "source": "account_frozen", "valid_from": "2023-01-01",
    "kinds": ["cover_low"], "levels": ["blue"], "basis": "县治欠办",
}  # fmt: skip


def _window() -> dict[str, Any]:
    begins = clock.wall() + timedelta(days=1)
    span = {"from_at": begins.isoformat(), "until_at": (begins + timedelta(hours=2)).isoformat()}
    return {"area_code": HERE, "channels": ["mail"], "reason": "邮件服务器升级", **span}


def _letter() -> dict[str, Any]:
    return {"receivers": {"area_code": HERE}, "title": "提示", "text_zh": "请按时拨付"}


async def _roster(session: Session, who: Recipient) -> tuple[DutyPattern, Leave]:
    wanted = DutyPatternIn.model_validate(_pattern(who))
    pattern = await actions.duties.enter_pattern(session, OFFICE, wanted, clock.now())
    off = LeaveIn.model_validate(_leave(who, "2023-05-01"))
    return pattern, await actions.duties.enter_leave(session, OFFICE, off, clock.now())


def _pattern(who: Recipient) -> dict[str, Any]:
    hours = {"opens": "09:00", "closes": "17:30", "days": "workdays", "from_on": "2023-05-01"}
    return {"area_code": HERE, "recipient_ids": [str(who.id)]} | hours


def _leave(who: Recipient, day: str) -> dict[str, Any]:
    return {"recipient_id": str(who.id), "from_on": day, "until_on": day}


def _bodies(recipient: Recipient, alert: Alert, notices: Sequence[Notice]) -> dict[str, Any]:
    """Give what each write is sent."""
    post = {"title": "县治欠办", "roles": ["wage_office"], "area_code": HERE}
    duty = {"area_code": HERE, "recipient_id": str(recipient.id)}
    span = {"from_at": "2023-05-01T00:00:00+08:00", "until_at": "2023-05-02T00:00:00+08:00"}
    kinds = ["cases.watch_item_opened.v1"]
    return {
        f"POST {V1}/alerts/{{alert_id}}/acknowledge": {"promised_on": "2023-04-28"},
        f"POST {V1}/alerts/acknowledgements": {"alert_ids": [str(alert.id)]},
        f"POST {V1}/routes": _route("other"),
        f"POST {V1}/routes/rehearsals": {"kind": "x", "level": "red", "area_code": HERE},
        f"POST {V1}/signs": _sign(),
        f"POST {V1}/signs/{{sign_id}}/plan": {"version": 1, "starts": True, "reason": "升级"},
        f"POST {V1}/signs/{{sign_id}}/end": {"version": 1, "outcome": "已散去"},
        f"POST {V1}/templates": _TEMPLATE,
        f"POST {V1}/robots": _ROBOT,
        f"PATCH {V1}/robots/{{robot_id}}": {"version": 1, "title": "新名"},
        f"POST {V1}/silences": _silence(["blue"]),
        f"POST {V1}/silences/{{silence_id}}/approve": {"version": 1},
        f"POST {V1}/silences/{{silence_id}}/end": {"version": 1, "reason": "联调结束"},
        f"POST {V1}/silence-terms": _silence_terms(),
        f"POST {V1}/bundle-terms": _bundle_terms(),
        f"POST {V1}/inhibitions": _INHIBITION,
        f"POST {V1}/maintenance-windows": _window(),
        f"POST {V1}/maintenance-windows/{{window_id}}/end": {"version": 1},
        f"POST {V1}/recipients": post,
        f"POST {V1}/recipients/find": {"mail": MAIL},
        f"PATCH {RECIPIENT}": {"version": 1, "title": "新名"},
        f"POST {RECIPIENT}/reveal": {"purpose": "核对通讯录"},
        f"POST {V1}/duty-rosters": duty | span,
        f"POST {V1}/duty-patterns": _pattern(recipient),
        f"PATCH {V1}/duty-patterns/{{pattern_id}}": {"version": 1, "until_on": "2024-01-01"},
        f"POST {V1}/warning-letters": _letter(),
        f"POST {V1}/warning-letters/rehearsals": _letter(),
        f"POST {V1}/inbox/read": {"notice_ids": [str(each.id) for each in notices]},
        f"POST {V1}/leaves": _leave(recipient, "2023-06-01"),
        f"PATCH {V1}/leaves/{{leave_id}}": {"version": 1, "until_on": "2023-05-05"},
        f"POST {V1}/endpoints": {"url": HOOK, "types": kinds, "areas": [HERE]},
        f"PATCH {ENDPOINT}": {"version": 1, "description": "新"},
        f"POST {ENDPOINT}/rotate": {"grace_hours": 24},
        f"POST {ENDPOINT}/replay": {"since": "2023-04-01T00:00:00Z"},
    }

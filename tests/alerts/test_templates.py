"""Words of notices as rows: which holds, how they are filled, what is wrong with them."""

from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from services.alerts import handlers, jobs
from services.alerts.models import Template
from services.alerts.rules import notices, sms, templates
from services.alerts.rules.deliveries import Channel
from services.alerts.rules.notices import Reason
from shared.db import Session, Sessions
from shared.wording import Language
from tests.alerts import factories
from tests.alerts.conftest import Mailbox
from tests.alerts.factories import COUNTY, NATION, NEIGHBOUR, PREFECTURE, PROVINCE


@dataclass(frozen=True)
class Row:
    area_code: str = NATION
    kind: str = ""
    level: str = ""
    language: str = "zh"
    channel: Channel = Channel.MAIL
    title: str = ""
    text: str = ""


LINEAGE = (COUNTY, PREFECTURE, PROVINCE, NATION)
FITS = (("transfer_missed", "red"), ("transfer_missed", ""), ("", "red"), ("", ""))
RIGHT = [
    Row(area, kind, level, language)
    for language in ("zh", "en")
    for area in LINEAGE
    for kind, level in FITS
]
"""All that may hold for a missed transfer at red in Chinese, the first being the best."""
OTHERS = [Row(NEIGHBOUR), Row(channel=Channel.SMS), Row(kind="cover_low"), Row(level="blue")]


@given(st.lists(st.sampled_from([*RIGHT, *OTHERS]), unique=True))
def test_the_nearest_area_then_the_most_exact_holds(rows: list[Row]) -> None:
    found = templates.choose(
        rows, LINEAGE, Channel.MAIL, kind="transfer_missed", level="red", language="zh"
    )
    assert found == next((row for row in RIGHT if row in rows), None)


VALUES = st.dictionaries(st.sampled_from(templates.FIELDS), st.text("a{}薪 \n"), max_size=4)


@given(VALUES, st.lists(st.sampled_from(["x", "{kind}", "{owed}", "\n"])))
def test_a_value_is_put_in_once_and_never_read_again(
    values: dict[str, str], pieces: list[str]
) -> None:
    text, said = "".join(pieces), ""
    for piece in pieces:
        said += values.get(piece.strip("{}"), "") if piece.startswith("{") else piece
    # Lines that come to nothing are left out, and nothing else is.
    assert "".join(templates.filled(text, values).split()) == "".join(said.split())


@pytest.mark.parametrize(
    "text", ["{0}", "{kind.__class__}", "{kind!r}", "{kind:>9}", "{}", "{ kind }", "{a{kind}}", "}"]
)
def test_what_names_no_field_is_found(text: str) -> None:
    assert templates.faults(Channel.MAIL, "x", text, "")


@dataclass
class Alert:
    id: str = "7"
    kind: str = "transfer_missed"
    level_label: str = "橙"
    project_name: str | None = "张三13800138000工地"
    period: str = "2023-03"
    due_on: date | None = None
    lacking: None = None


def test_a_number_in_a_name_does_not_leave_the_house() -> None:
    assert "13800138000" not in str(notices.fields(Alert(), Reason.RAISED))


@given(st.text("薪a字😀", max_size=300))
def test_an_sms_makes_as_many_messages_as_its_characters_need(text: str) -> None:
    units = sum(2 if ord(letter) > 0xFFFF else 1 for letter in text)
    needed = 1
    while units > (70 if needed == 1 else 67 * needed):
        needed += 1
    assert sms.parts(text) == needed


async def test_what_is_seeded_says_what_is_built_in(session: Session) -> None:
    rows = (await session.scalars(select(Template))).all()
    said = {(row.channel, row.language): (row.title, row.text) for row in rows}
    fields = {name: f"<{name}>" for name in templates.FIELDS}
    languages: tuple[Language, ...] = ("zh", "en")
    for channel, language in product(templates.WORDED, languages):
        title, text = said[channel, language]
        if channel is not Channel.SMS:
            head = templates.filled(title, fields)
            told = templates.filled(text, fields | {"title": head})
            assert (head, told) == templates.worded(channel, None, fields, language)
    for row in rows:
        assert templates.faults(row.channel, row.title, row.text, row.provider_id) == []
        assert (row.certainty, row.area_code) == ("C", NATION)


# ---- by HTTP ---------------------------------------------------------------------------------

OFFICE = pytest.mark.caller("wage_office", areas=(COUNTY,))
TEMPLATES = "/alerts/v1/templates"


def body(**changes: Any) -> dict[str, Any]:
    return {
        "area_code": COUNTY, "channel": "mail", "valid_from": "2023-01-01", "source": "县治欠办",
        "title": "{label}色预警：{about}", "text": "{title}\n{owed}\n本县热线见公告", **changes,
    }  # fmt: skip


@OFFICE
async def test_all_that_is_wrong_with_a_template_is_said_at_once(
    session: Session, client: httpx.AsyncClient
) -> None:
    await factories.areas(session)
    wrong = body(title="{titel} {title}", text="{x} {y} { 致电13800138000", provider_id="T1")
    got = await client.post(TEMPLATES, json=wrong)
    assert (got.status_code, got.json()["type"]) == (422, "/problems/template-refused")
    assert [(each["place"], each["code"]) for each in got.json()["errors"]] == [
        ("title", "field_unknown"), ("title", "field_unknown"), ("text", "field_unknown"),
        ("text", "field_unknown"), ("text", "brace"), ("provider_id", "sms_only"),
        ("text", "personal"),
    ]  # fmt: skip
    text = "\n" + "薪" * 300 + "{about}" * 10
    wrong = body(channel="sms", text=text, title="x")
    codes = [each["code"] for each in (await client.post(TEMPLATES, json=wrong)).json()["errors"]]
    assert codes == ["no_title", "missing", "too_long"]
    assert (await client.post(TEMPLATES, json=body(area_code=NEIGHBOUR))).status_code == 404


@OFFICE
async def test_versions_follow_each_other(session: Session, client: httpx.AsyncClient) -> None:
    await factories.areas(session)
    first = await client.post(TEMPLATES, json=body())
    assert (first.status_code, first.json()["version"]) == (201, 1)
    assert (await client.post(TEMPLATES, json=body(text="{title}"))).json()["version"] == 2
    early = await client.post(TEMPLATES, json=body(valid_from="2022-12-31"))
    assert (early.status_code, early.json()["type"]) == (409, "/problems/template-not-later")
    listed = await client.get(TEMPLATES, params={"channel": "mail", "area_code": COUNTY})
    assert [each["version"] for each in listed.json()["items"]] == [1, 2]
    above = await client.get(TEMPLATES, params={"channel": "mail", "area_code": NATION})
    assert len(above.json()["items"]) == 2


async def test_a_mail_speaks_in_the_areas_words_and_the_recipients_language(
    sessions: Sessions, mailbox: Mailbox
) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        for role, unit, language in (
            ("developer", factories.DEVELOPER, "zh"),
            ("contractor", factories.CONTRACTOR, "en"),
        ):
            await factories.recipient(
                session, role, org_id=unit, mail=f"{role}@example.org", language=language
            )
        said = {"provider_id": "", "level": "orange", "kind": "", "language": "zh", "version": 1}
        row = body() | said | {"valid_from": date(2023, 1, 1), "channel": Channel.MAIL}
        session.add(
            Template(
                id=factories.new_id(), enabled=True, certainty="C", created_by="t",
                created_at=factories.OPENED_AT, **row,
            )
        )  # fmt: skip
        await handlers.on_watch_item_opened(session, factories.opened(level="orange"))
    while await jobs.send_deliveries(sessions):
        pass
    mails = {str(mail["To"]).partition("@")[0]: mail for mail in mailbox.mails}
    own = mails["developer"].get_content().splitlines()
    assert own[0] == "橙色预警：人工费用未拨付或拨付不足 金凤路安置小区（2023-03）"
    assert own[-1] == "本县热线见公告"
    assert str(mails["contractor"]["Subject"]).startswith("[橙] Alert: labour-cost transfer")

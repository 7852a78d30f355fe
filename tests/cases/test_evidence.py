"""Evidence: known by its bytes, kept sealed, named where something is claimed."""

from hashlib import sha256
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from services.cases.models import Evidence
from shared.db import Session
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, an_id, at
from tests.fixtures.service import Time, Token, kept_files

ITEMS = "/cases/v1/watch-items"
PDF = b"%PDF-1.7 voucher"
developer = pytest.mark.caller("developer", areas=[COUNTY], org=make.DEVELOPER, subject="payer")


@pytest.fixture
async def path(session: Session, time: Time) -> str:
    time.move_to(at("2023-05-31 10:00"))
    await make.world(session)
    item = await make.open_item(session)
    await session.flush()  # The app's own transactions must see it.
    return f"{ITEMS}/{item.id}"


def sent(content: bytes, name: str = "张三.pdf") -> dict[str, tuple[str, bytes]]:
    return {"file": (name, content)}


@developer
async def test_a_file_is_kept_with_its_digest_and_who_brought_it_when(
    client: AsyncClient, path: str
) -> None:
    made = await client.post(f"{path}/evidence", files=sent(PDF))
    assert made.status_code == 201, made.text
    said = made.json()
    assert (said["kind"], said["size"]) == ("pdf", len(PDF))
    assert said["sha256"] == sha256(PDF).hexdigest()
    assert (said["kept_by"], said["org_id"]) == ("payer", str(make.DEVELOPER))
    assert said["kept_at"] == "2023-05-31T02:00:00Z"
    assert "张三" not in made.text
    listed = (await client.get(f"{path}/evidence")).json()["items"]
    assert [one["id"] for one in listed] == [said["id"]]
    file = await client.get(f"/cases/v1/evidence/{said['id']}/file")
    assert (file.content, file.headers["content-type"]) == (PDF, "application/pdf")
    assert file.headers["content-disposition"] == f'attachment; filename="{said["id"]}.pdf"'
    timeline = (await client.get(path)).json()["timeline"]
    assert timeline[-1]["what"] == "evidence_added"


@developer
async def test_a_file_that_is_lost_is_a_problem_that_says_what_to_do(
    client: AsyncClient, path: str
) -> None:
    made = (await client.post(f"{path}/evidence", files=sent(PDF))).json()
    await kept_files().discard(UUID(made["id"]))
    answer = await client.get(f"/cases/v1/evidence/{made['id']}/file")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/file-lost")
    assert "请重新提交该文件" in answer.json()["detail"]


@developer
async def test_the_same_file_twice_is_one(session: Session, client: AsyncClient, path: str) -> None:
    first = await client.post(f"{path}/evidence", files=sent(PDF))
    again = await client.post(f"{path}/evidence", files=sent(PDF, "other.pdf"))
    assert first.json() == again.json()
    assert await session.scalar(select(func.count()).select_from(Evidence)) == 1


@developer
@pytest.mark.parametrize(
    "content", [b"MZ\x90\x00", b"<html></html>", b"a,b\n1,2\n", b"PK\x03\x04vbaProject.bin", b""]
)
async def test_what_a_file_is_told_by_its_bytes_alone(
    client: AsyncClient, path: str, content: bytes
) -> None:
    answer = await client.post(f"{path}/evidence", files=sent(content, "looks_like.pdf"))
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/file-not-taken")
    assert "pdf" in answer.json()["taken"]


@developer
async def test_an_answer_names_evidence_of_its_own_item(
    session: Session, client: AsyncClient, path: str
) -> None:
    other = await make.open_item(session, make.missed(project="q"))
    await session.flush()  # The app's own transactions must see it.
    mine = (await client.post(f"{path}/evidence", files=sent(PDF))).json()["id"]
    theirs = (await client.post(f"{ITEMS}/{other.id}/evidence", files=sent(PDF))).json()["id"]
    said = {"explanation": "已付款", "evidence_ids": [mine, theirs, str(an_id("nothing"))]}
    answer = await client.post(f"{path}/answers", json=said)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/evidence-refused")
    places = [one["place"] for one in answer.json()["errors"]]
    assert places == ["evidence_ids[1]", "evidence_ids[2]"]
    assert all(one["remedy"] for one in answer.json()["errors"])
    said["evidence_ids"] = [mine]
    assert (await client.post(f"{path}/answers", json=said)).status_code == 201
    timeline = (await client.get(path)).json()["timeline"]
    assert timeline[-1]["details"]["evidence_ids"] == [mine]


@developer
async def test_whoever_does_not_see_the_item_sees_no_evidence(
    client: AsyncClient, path: str, token: Token
) -> None:
    made = (await client.post(f"{path}/evidence", files=sent(PDF))).json()
    for headers in (
        token("wage_office", areas=[NEIGHBOUR]),
        token("developer", areas=[COUNTY], org=an_id("another")),
    ):
        for asked in (f"{path}/evidence", f"/cases/v1/evidence/{made['id']}/file"):
            assert (await client.get(asked, headers=headers)).status_code == 404

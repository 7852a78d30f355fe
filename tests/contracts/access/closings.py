"""Items of conditions in Hefeng, and how officers close them by documents and open them again."""

from uuid import UUID

from services.cases import actions
from services.cases.models import Closing, Evidence, WatchItem
from services.cases.schemas.closings import ClosingIn
from shared import clock
from shared.auth import Caller
from shared.db import Session
from tests.cases import factories as make
from tests.cases.factories import an_id
from tests.contracts.access.rows import HERE, Rows

V1 = "/cases/v1"
ITEM = f"{V1}/watch-items/{{item_id}}"
FIRST = Caller("first", frozenset({"inspector"}), frozenset({HERE}))


async def add(session: Session, rows: Rows) -> None:
    """Make an item to close, one that waits for a second person, and one that was closed."""
    free = await _item(session, "agreement_missing", "free")
    closed = await _item(session, "agreement_missing", "closed")
    await _close(session, closed, "agreement_signed")
    asked = await _item(session, "payment_guarantee_missing", "asked")
    closing = await _close(session, asked, "evidence_filed")
    rows.ids["closing_id"] = closing.id
    rows.own_ids |= {
        f"POST {ITEM}/closings": {"item_id": free.id},
        f"POST {ITEM}/reopen": {"item_id": closed.id},
    }
    said = {
        "proof": "agreement_signed",
        "reason": "已核对原件",
        "evidence_ids": [str(await _paper(session, free))],
    }
    rows.requests |= {
        f"POST {ITEM}/closings": [{"json": said}],
        f"POST {ITEM}/reopen": [{"json": {"reason": "协议系伪造"}}],
        f"POST {V1}/closings/{{closing_id}}/decision": [
            {"json": {"enough": True, "reason": "与原件一致"}}
        ],
    }


async def _item(session: Session, kind: str, subject: str) -> WatchItem:
    found = make.found(kind, "2023-04-20", "2023-05-30 10:00", subject)
    await make.service.handles[type(found)](session, found)
    item = await make.find_item(session, kind, subject)
    assert item
    return item


async def _paper(session: Session, item: WatchItem) -> UUID:
    kept = {"sha256": "0" * 64, "size": 1, "scan": "not_scanned", "kept_at": clock.now()}
    paper_id = an_id("paper", item.id)
    session.add(Evidence(id=paper_id, subject_id=item.id, kind="pdf", kept_by="first", **kept))
    await session.flush()  # The evidence must be seen by the query.
    return paper_id


async def _close(session: Session, item: WatchItem, proof: str) -> Closing:
    said = ClosingIn(proof=proof, reason="已核对原件", evidence_ids=[await _paper(session, item)])
    return await actions.closings.close_by_hand(session, FIRST, item.id, said, clock.now())

"""Rows of cases in Hefeng, and requests that work on them."""

from datetime import date
from typing import Any

from services.cases import actions, handlers
from services.cases.schemas.answers import AnswerIn
from services.cases.schemas.policies import PolicyIn
from shared import clock, known
from shared.auth import Caller
from shared.db import Session
from shared.events.registry import AreaChanged
from tests.cases import factories as make
from tests.cases.factories import CONTRACTOR, DEVELOPER, an_id, at
from tests.cases.policies import body
from tests.contracts.access.rows import HERE, TREE_ELSEWHERE, Rows
from tests.fixtures.service import Time

V1 = "/cases/v1"
ITEM, PROPOSAL = f"{V1}/watch-items/{{item_id}}", f"{V1}/proposals/{{proposal_id}}"
ASSIGNEE = an_id("assignee")
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({HERE}))


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
    await actions.answers.answer_watch_item(session, OFFICE, answered.id, said, clock.now())
    item.unit_id = answered.unit_id = ASSIGNEE
    first, second = await make.proposals(session)
    open_one, decided = (first, second) if first.project_id == an_id("p") else (second, first)
    await actions.proposals.confirm_proposal(session, OFFICE, decided.id, clock.now())
    [case] = await make.cases(session)
    standing = PolicyIn.model_validate(body())
    policy = await actions.policies.add_policy(session, OFFICE, standing, clock.now())
    bodies: dict[str, list[Any]] = {
        f"POST {ITEM}/answers": [{"explanation": "已安排资金", "promised_on": "2023-06-02"}],
        f"POST {ITEM}/verify": [{"enough": True, "reason": "附有付款凭证"}],
        f"POST {ITEM}/findings": [{"text": "现场无人"}],
        f"POST {ITEM}/assignee": [{"unit_id": str(an_id("other"))}],
        f"POST {V1}/policies": [body(), body(version=2)],
        f"POST {PROPOSAL}/refuse": [{"reason": "资金已在途"}],
    }
    return Rows(
        ids={"item_id": item.id, "proposal_id": open_one.id, "project_id": an_id("p")},
        own_ids={f"POST {ITEM}/verify": {"item_id": answered.id}},
        parties={"developer": DEVELOPER, "contractor": CONTRACTOR, "assignee": ASSIGNEE},
        requests={name: [{"json": sent} for sent in each] for name, each in bodies.items()},
        marks={
            f"GET {V1}/watch-items": item.id,
            f"GET {V1}/watch-items/counts": None,
            f"GET {V1}/policies": policy.id,
            f"GET {V1}/proposals": open_one.id,
            f"GET {V1}/arrears-cases": case.id,
        },
    )

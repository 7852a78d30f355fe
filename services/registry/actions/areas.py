"""Entering areas, and telling every service where each lies."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from services.registry import queries, rules
from services.registry.errors import RegistrationRefused
from services.registry.models import Area
from services.registry.rules.areas import AreaFact, Entered, Told
from shared import clock, known
from shared.areas import Scope
from shared.db import Session, new_id
from shared.events.registry import AreaChanged
from shared.outbox import publish
from shared.problems import Finding


async def enter_areas(
    session: Session,
    scope: Scope,
    facts: Sequence[AreaFact],
    now: datetime,
    found: Sequence[Finding] = (),
) -> Entered:
    """Enter or correct rows of the tree; all of them, or none and all findings at once.

    `found` are findings that whoever read the rows had already. Rows that stand there are left
    as they are; those whose path changes take everything below them along.
    """
    rows = await queries.areas.locked_areas(session, {fact.code for fact in facts})
    above = await queries.areas.areas_above(
        session,
        {fact.parent_code for fact in (*facts, *(row.fact for row in rows)) if fact.parent_code},
    )
    told = await queries.areas.known_areas(session, {row.code for row in rows})
    findings = rules.areas.check(
        facts,
        _by_code({row.id: row for row in (*rows, *above)}.values()),
        {code: known_area.path for code, known_area in told.items()},
        scope.areas,
    )
    if found or findings:
        raise RegistrationRefused(errors=[*found, *findings])
    standing = {row.fact.key: row for row in rows}
    news = [fact for fact in facts if fact.key not in standing or standing[fact.key].fact != fact]
    news = list({fact.key: fact for fact in news}.values())
    entered = sum(fact.key not in standing for fact in news)
    await _tell(session, rows, news, now)
    return Entered(entered, len(news) - entered, len(facts) - len(news))


async def put_areas_in_force(session: Session, today: date) -> int:
    """Tell of the rows whose first day has come; give how many areas changed."""
    codes = await queries.areas.codes_out_of_date(session, today)
    rows = await queries.areas.locked_areas(session, codes)
    return await _tell(session, rows, [], clock.at(today))


async def check_area(
    session: Session, scope: Scope, place: str, code: str, now: datetime
) -> list[Finding]:
    """Give the finding that the caller can enter nothing in an area: unknown, ended, not his."""
    if await queries.areas.find_open_area(session, code, scope, clock.day_of(now)):
        return []
    return [rules.areas.area_unknown(place)]


def _by_code(rows: Iterable[Area]) -> Mapping[str, Sequence[AreaFact]]:
    facts: dict[str, list[AreaFact]] = {}
    for row in rows:
        facts.setdefault(row.code, []).append(row.fact)
    return facts


async def _tell(
    session: Session, rows: Sequence[Area], news: Sequence[AreaFact], now: datetime
) -> int:
    """Write rows, lay the paths of their codes and of all below that move, and tell of them."""
    today = clock.day_of(now)
    facts = {row.fact.key: row.fact for row in rows} | {fact.key: fact for fact in news}
    laid, told = await _lay(session, facts.values(), today)
    moved = [
        code for code, (_, path) in laid.items() if code not in told or told[code].path != path
    ]
    below = await queries.areas.locked_areas_below(session, moved)
    below = [row for row in below if row.fact.key not in facts]
    if below:
        facts |= {row.fact.key: row.fact for row in below}
        laid, told = await _lay(session, facts.values(), today)
    standing = {row.fact.key: row for row in (*rows, *below)}
    for fact in news:
        standing[fact.key] = _written(session, standing.get(fact.key), fact)
    for fact, path in laid.values():
        standing[fact.key].path = path
    events = [
        _changed(fact, path, now)
        for fact, path in laid.values()
        if told.get(fact.code) != Told(fact.name, path, fact.valid_from, fact.valid_to)
    ]
    for event in events:
        publish(session, event)
    await known.learn_areas(session, events)
    return len(events)


def _changed(fact: AreaFact, path: str, now: datetime) -> AreaChanged:
    return AreaChanged(
        occurred_at=now,
        area_code=fact.code,
        name=fact.name,
        path=path,
        valid_from=fact.valid_from,
        valid_to=fact.valid_to,
    )


async def _lay(
    session: Session, facts: Iterable[AreaFact], today: date
) -> tuple[Mapping[str, tuple[AreaFact, str]], Mapping[str, Told]]:
    """Give the paths of some codes today, and what was told of them last."""
    facts = list(facts)
    codes = {fact.code for fact in facts}
    parents = {fact.parent_code for fact in facts if fact.parent_code} - codes
    told = await queries.areas.known_areas(session, codes | parents)
    paths = {code: told[code].path for code in parents if code in told}
    return rules.areas.lay_paths(facts, paths, today), told


def _written(session: Session, row: Area | None, fact: AreaFact) -> Area:
    if row is None:
        row = Area(id=new_id(), code=fact.code, valid_from=fact.valid_from, path=None)
        session.add(row)
    row.name, row.parent_code, row.valid_to = fact.name, fact.parent_code, fact.valid_to
    return row

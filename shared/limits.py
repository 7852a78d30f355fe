"""Rate limits as rows, shared by all replicas; for look-ups that anybody may call."""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Depends, Request, params
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from shared import clock
from shared.auth import Caller
from shared.db import Plumbing, Sessions
from shared.problems import Problem
from shared.wording import Text


class TooManyRequests(Problem):
    """More calls than this address or caller may make."""

    status = 429
    title = Text("请求过于频繁，请稍后重试", "Too many requests; try again later")


class RateLimit(Plumbing):
    """How far ahead of its rate somebody is: the instant at which all it took is paid off."""

    __tablename__ = "rate_limits"

    key: Mapped[str] = mapped_column(primary_key=True)
    """A hash of the limit's name and of who it is, so that no address is kept."""
    paid_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls within a time, all of them at once if need be, refilled evenly."""

    calls: int
    within: timedelta


async def take(sessions: Sessions, name: str, who: str, rate: Rate) -> None:
    """Count a call, in a transaction of its own; raise TooManyRequests where it is one too many.

    One statement decides (generic cell rate algorithm), so replicas cannot both let the last call
    through. A refused call is not counted.
    """
    now, cost = clock.wall(), rate.within / rate.calls
    key = hashlib.sha256(f"{name}\n{who}".encode()).hexdigest()
    async with sessions.begin("limits") as session:
        taken = await session.scalar(
            insert(RateLimit)
            .values(key=key, paid_at=now + cost)
            .on_conflict_do_update(
                index_elements=["key"],
                set_={"paid_at": func.greatest(RateLimit.paid_at, now) + cost},
                where=RateLimit.paid_at <= now + rate.within - cost,
            )
            .returning(RateLimit.paid_at)
        )
        if taken is None:
            owed = await session.scalar(select(RateLimit.paid_at).where(RateLimit.key == key))
            wait = (owed or now) + cost - rate.within - now
            seconds = max(1, math.ceil(wait.total_seconds()))
            raise TooManyRequests(headers={"retry-after": str(seconds)})


# What one stranger has of addresses: of IPv6 more than he could ever use up (RFC 6177).
_PREFIX = {4: 24, 6: 56}


def network_of(request: Request) -> str:
    """Give the network that a request comes from, as far as strangers are told apart by it."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address, _PREFIX[address.version]), strict=False))


def limited(name: str, rate: Rate) -> params.Depends:
    """Limit a route by the caller, or by the address of one who gives no token.

    `dependencies=[may("public"), limited("wage_lookup", Rate(10, timedelta(minutes=1)))]`
    """

    async def count(request: Request) -> None:
        caller: Caller | None = getattr(request.state, "caller", None)
        who = request.client.host if request.client else ""
        if caller and caller.subject != "anonymous":
            who = caller.subject
        await take(request.app.state.sessions, name, who, rate)

    counted: params.Depends = Depends(count)
    return counted


async def forget(sessions: Sessions) -> int:
    """Delete rows that limit nobody any more; give how many."""
    async with sessions.begin("poll:forget_limits") as session:
        old = select(RateLimit.key).where(RateLimit.paid_at < clock.wall()).limit(1000)
        gone = await session.execute(
            delete(RateLimit).where(RateLimit.key.in_(old)).returning(RateLimit.key)
        )
        return len(gone.all())

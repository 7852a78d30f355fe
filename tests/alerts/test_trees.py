"""Routes lie in trees: which of them an alert takes, by tables and by a model of its own."""

from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.rules import trees
from services.alerts.rules.ladders import WorkingDay

LINEAGE = ("422828101", "422828", "4228", "42", "0")
TOWN, COUNTY, NATION = LINEAGE[0], LINEAGE[1], LINEAGE[-1]
AUTHORITY = uuid4()


@dataclass
class Route:
    code: str
    area_code: str = NATION
    parent: str | None = None
    priority: int = 100
    continues: bool = False
    kinds: list[str] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    investment_types: list[str] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)
    sector_authorities: list[str] = field(default_factory=list)
    amount_from: Decimal | None = None
    major: bool | None = None
    receivers: list[str] = field(default_factory=list)
    on_steps: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    group_by: list[str] = field(default_factory=list)
    group_wait_minutes: int | None = None
    opens: time | None = None
    closes: time | None = None


@dataclass
class About:
    kind: str = "transfer_missed"
    level: str = "red"
    investment_type: str | None = "private"
    sector_authority_id: UUID | None = None
    lacking: Decimal | None = None
    major: bool = False


def taken(routes: list[Route], about: About | None = None) -> list[str]:
    walk = trees.walk(routes, about or About(), LINEAGE)
    return ["/".join(route.code for route in path) for path in walk.paths]


RED = Route("red", levels=["red"])
WAGES = Route("wages", COUNTY, kinds=["wages_unpaid"], levels=["red"])
GOVERNMENT = Route("government", priority=90, levels=["red"], investment_types=["government"])
ANY = Route("any", priority=1000)


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (About("wages_unpaid"), "wages"),  # the nearest area that has one
        (About(), "red"),
        (About(investment_type="government"), "government"),  # the smaller number
        (About("wages_unpaid", investment_type="government"), "wages"),  # nearness first
        (About(level="black", investment_type=None), "any"),
        (About("bank_feed_late", investment_type=None), "red"),  # none matches only "any"
    ],
)
def test_an_alert_takes_the_first_route_of_the_nearest_area(about: About, code: str) -> None:
    assert taken([ANY, RED, GOVERNMENT, WAGES], about) == [code]


def test_nothing_matches_is_said_as_nothing() -> None:
    assert taken([RED], About(level="blue")) == []


def test_a_child_is_taken_in_place_of_its_parent_and_only_where_both_match() -> None:
    root = Route("missed", kinds=["transfer_missed"])
    large = Route("large", parent="missed", amount_from=Decimal(1000000))
    huge = Route("huge", parent="large", amount_from=Decimal(5000000))
    routes = [root, large, huge]
    assert taken(routes, About(lacking=Decimal("999999.99"))) == ["missed"]
    assert taken(routes, About(lacking=Decimal(1000000))) == ["missed/large"]
    assert taken(routes, About(lacking=Decimal(9000000))) == ["missed/large/huge"]
    assert taken(routes, About("wages_unpaid", lacking=Decimal(9000000))) == []
    assert taken(routes, About(lacking=None)) == ["missed"], "an unknown amount is not a large one"


@pytest.mark.parametrize(
    ("route", "about"),
    [
        (Route("x", areas=["422828"]), About()),  # below the area that it names
        (Route("x", sector_authorities=[str(AUTHORITY)]), About(sector_authority_id=AUTHORITY)),
        (Route("x", major=True), About(major=True)),
        (Route("x", major=False), About()),
    ],
)
def test_each_matcher_takes_what_it_names(route: Route, about: About) -> None:
    assert taken([route], about) == ["x"]


@pytest.mark.parametrize(
    ("route", "about", "matcher"),
    [
        (Route("x", areas=["422822"]), About(), "areas"),
        (Route("x", kinds=["wages_unpaid"]), About(), "kinds"),
        (Route("x", levels=["blue"]), About(), "levels"),
        (Route("x", investment_types=["ppp"]), About(), "investment_types"),
        (Route("x", sector_authorities=[str(AUTHORITY)]), About(), "sector_authorities"),
        (Route("x", amount_from=Decimal(1)), About(lacking=Decimal("0.99")), "amount_from"),
        (Route("x", major=True), About(), "major"),
        (Route("x", major=False), About(major=True), "major"),
    ],
)
def test_each_matcher_that_refuses_is_named(route: Route, about: About, matcher: str) -> None:
    walk = trees.walk([route], about, LINEAGE)
    assert [look.refused for look in walk.looks] == [matcher]
    assert walk.paths == ()


def test_what_continues_is_taken_beside_what_comes_after_it() -> None:
    first = Route("first", priority=1, continues=True)
    second, third = Route("second", priority=2), Route("third", priority=3)
    assert taken([third, second, first]) == ["first", "second"]


def test_a_town_that_continues_does_not_hide_the_county_and_the_nation() -> None:
    town = Route("town", TOWN, continues=True)
    county = Route("county", COUNTY)
    assert taken([town, county, ANY]) == ["town", "county"]
    assert taken([Route("town", TOWN), county, ANY]) == ["town"]


def test_no_route_hides_the_one_for_what_is_major() -> None:
    major = Route("major", priority=500, major=True, continues=True)
    county = Route("county", COUNTY, priority=1)
    assert taken([major, county, ANY], About(major=True)) == ["major", "county"]
    assert taken([major, county, ANY]) == ["county"]
    nearer = Route("nearer", COUNTY, major=True)
    assert taken([major, nearer, county], About(major=True)) == ["nearer"]


def test_a_rule_that_matches_everything_hides_what_comes_after_it() -> None:
    walk = trees.walk([Route("all", priority=1), RED], About(), LINEAGE)
    assert [look.route.code for look in walk.looks] == ["all"]


def test_a_route_whose_parent_is_not_in_force_is_not_reached() -> None:
    assert taken([Route("child", parent="gone"), ANY]) == ["any"]


def test_a_child_has_its_parents_terms_unless_it_says_its_own() -> None:
    rung = {"wait": 4, "unit": "wh", "receivers": ["town"], "again": False, "repeats": True}
    root = Route(
        "root", receivers=["developer"], on_steps={"notice": ["bank"]}, steps=[rung],
        opens=time(9), closes=time(17, 30),
    )  # fmt: skip
    same = trees.terms([root, Route("same", parent="root")])
    assert same == trees.terms([root])
    assert same.receivers_at("notice") == ["bank"]
    other = Route("other", parent="root", receivers=["wage_office"], opens=time(8), closes=time(12))
    own = trees.terms([root, other])
    assert own.receivers_at("notice") == ["wage_office"], "others were named beside the parent's"
    assert (own.ladder, own.hours) == (same.ladder, WorkingDay(time(8), time(12)))


# ---- a model that shares no code ---------------------------------------------------------------


def model(routes: list[Route], level: str) -> list[str]:
    """Take every route apart from the others: it is taken if nothing before it stops the walk."""
    by_code = {(r.area_code, r.code): r for r in routes}

    def above(route: Route) -> list[Route]:
        chain = [route]
        while chain[0].parent is not None:
            parent = by_code.get((route.area_code, chain[0].parent))
            if parent is None:
                return []
            chain.insert(0, parent)
        return chain

    def fits(route: Route) -> bool:
        chain = above(route)
        return bool(chain) and all(not each.levels or level in each.levels for each in chain)

    def stopped(route: Route) -> bool:
        """Somebody before it, at any height of its path, matched and does not continue."""
        return any(
            other.area_code == each.area_code and other.parent == each.parent
            and (other.priority, other.code) < (each.priority, each.code)
            and fits(other) and not other.continues
            for each in above(route) for other in routes
        )  # fmt: skip

    reached = [r for r in routes if fits(r) and not stopped(r)]
    leaves = [
        r for r in reached
        if not any(o.area_code == r.area_code and o.parent == r.code for o in reached)
    ]  # fmt: skip
    said: list[str] = []
    for area in LINEAGE:
        here = [r for r in leaves if r.area_code == area]
        order = sorted(here, key=lambda r: [(e.priority, e.code) for e in above(r)])
        said += ["/".join(e.code for e in above(r)) for r in order]
        if order and not above(order[-1])[0].continues:
            break
    return said


@st.composite
def forests(draw: st.DrawFn) -> list[Route]:
    routes: list[Route] = []
    for number in range(draw(st.integers(1, 9))):
        area = draw(st.sampled_from(LINEAGE[:3]))
        mine = [None, *(r.code for r in routes if r.area_code == area)]
        routes.append(
            Route(
                f"r{number}", area, parent=draw(st.sampled_from(mine)),
                priority=draw(st.integers(1, 3)), continues=draw(st.booleans()),
                levels=draw(st.sampled_from([[], ["red"], ["blue"]])),
            )
        )  # fmt: skip
    return routes


@given(forests(), st.sampled_from(["red", "blue"]))
def test_the_walk_agrees_with_the_model(routes: list[Route], level: str) -> None:
    assert taken(routes, About(level=level)) == model(routes, level)

"""What registry tells: areas, calendars, keys, organisations, projects, contracts, persons."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.db import AGELESS, same_id
from shared.events.base import Event


def project_id(code: str) -> UUID:
    """Give the id of the project that has, or will have, a code (decision 0013)."""
    return same_id(AGELESS, "project", code)


def organisation_id(credit_code: str) -> UUID:
    """Give the id of the organisation of a credit code in upper case, without blanks."""
    return same_id(AGELESS, "organisation", credit_code)


class ProjectCard(BaseModel):
    """What others need to know of a project, carried so that no handler waits for another topic."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    project_id: UUID
    name: str
    area_code: str
    status: str
    """MOHURD's code: 001 筹备, 002 立项, 003 在建, 004 完工, 005 停工."""
    investment_type: str
    """`government`, `state_firm`, `ppp` or `private`."""
    funding_source: str | None = None
    developer_id: UUID
    developer_name: str
    contractor_id: UUID | None = None
    contractor_name: str | None = None
    sector_authority_id: UUID | None = None
    supervised_since: date | None = None
    started_on: date | None = None
    completed_on: date | None = None


class AreaChanged(Event, type="registry.area_changed.v1", key="area_code"):
    """An area was entered or changed. `path` lists codes from the nation, `/0/42/4228/422828/`."""

    area_code: str
    name: str
    path: str
    valid_from: date
    valid_to: date | None = None


class CalendarPublished(Event, type="registry.calendar_published.v1", key="area_code"):
    """The working days of one year in one area: its days that differ from Monday to Friday.

    `exceptions` maps days to `holiday` or `makeup_workday`; area "0" is the nation. A later
    event of the same area and year replaces an earlier one.
    """

    area_code: str
    year: int
    exceptions: dict[date, str]
    provisional: bool
    source: str


class ApiKeyIssued(Event, type="registry.api_key_issued.v1", key="api_key_id"):
    """A machine may call: the hash of its key, its organisation, areas and roles."""

    api_key_id: UUID
    key_hash: str
    name: str
    org_id: UUID | None = None
    areas: list[str]
    roles: list[str]
    valid_until: datetime | None = None


class ApiKeyRevoked(Event, type="registry.api_key_revoked.v1", key="api_key_id"):
    """A machine may call no more."""

    api_key_id: UUID
    revoked_at: datetime


class OrganisationRegistered(
    Event, type="registry.organisation_registered.v1", key="organisation_id"
):
    """An organisation of any trade was entered."""

    organisation_id: UUID
    name: str
    credit_code: str
    area_code: str
    roles: list[str]
    trades: list[str]


class OrganisationChanged(Event, type="registry.organisation_changed.v1", key="organisation_id"):
    """An organisation's name, area, roles or tags are different now."""

    organisation_id: UUID
    name: str
    credit_code: str
    area_code: str
    roles: list[str]
    trades: list[str]


class ProjectRegistered(Event, type="registry.project_registered.v1", key="project_id"):
    """A project was entered."""

    project_id: UUID
    project: ProjectCard


class ProjectChanged(Event, type="registry.project_changed.v1", key="project_id"):
    """Something on a project's card is different now."""

    project_id: UUID
    project: ProjectCard


class ProjectSuspended(Event, type="registry.project_suspended.v1", key="project_id"):
    """Works are stopped from a day until a day, both included; two persons decided it."""

    project_id: UUID
    project: ProjectCard
    area_code: str
    suspension_id: UUID
    reason: str
    """`season`, `funds`, `design_change`, `ordered`, `force_majeure`, `dispute` or `other`."""
    from_on: date
    until_on: date


class ProjectResumed(Event, type="registry.project_resumed.v1", key="project_id"):
    """Works go on: the suspension's end has passed, or it was ended early."""

    project_id: UUID
    project: ProjectCard
    area_code: str
    suspension_id: UUID
    reason: str
    from_on: date
    until_on: date
    """The last day on which the works were stopped."""
    resumed_on: date


class _WorksContract(Event):
    """The terms of a works contract that the law asks for (724号 art. 24, 53号 art. 5)."""

    project_id: UUID
    works_contract_id: UUID
    project: ProjectCard
    contractor_id: UUID
    signed_on: date
    contract_amount: Decimal
    basis: str
    """`per_period` (an amount each period), `total` (an amount in all), `share` (% of contract)."""
    labour_cost: Decimal | None = None
    """Yuan, for `per_period` and `total`."""
    share: Decimal | None = None
    """Per cent of the contract amount, for `share`."""
    first_period: str
    last_period: str
    """Months, YYYY-MM, both included."""
    transfer_day: int
    transfer_month: str
    """`same`: the day lies in the period's own month; `next`: in the month after."""
    due_shift: str
    """`backwards` (default, 724号 art. 14 applied to transfers) or `none`."""
    progress_basis: str | None = None
    """By what progress is measured: `monthly`, `stages` or `fixed`."""
    measuring_months: int | None = None
    pay_cycle: str | None = None
    """How often wages are paid: `month`, `week`, `day`, `hour` or `piece`."""
    pay_day: int | None = None


class WorksContractSigned(
    _WorksContract, type="registry.works_contract_signed.v1", key="project_id"
):
    """A works contract with its labour-cost terms (724号 art. 24, 53号 art. 5)."""


class WorksContractSupplemented(
    _WorksContract, type="registry.works_contract_supplemented.v1", key="project_id"
):
    """A supplement: the terms as they are from a period on. What lies before it stays.

    `signed_on` is the supplement's. Of several versions the highest counts from its period on.
    """

    version: int
    """2 for the first supplement; 1 is the contract as it was signed."""
    valid_from: str
    """YYYY-MM, the first period for which it holds; it is never one that was over."""


class PersonAssigned(Event, type="registry.person_assigned.v1", key="project_id"):
    """A responsible person of a project, from a day until a day (both included) or open."""

    project_id: UUID
    assignment_id: UUID
    area_code: str
    person_id: UUID
    unit_id: UUID
    role: str
    from_on: date
    until_on: date | None = None


class AreaPersonAssigned(Event, type="registry.area_person_assigned.v1", key="area_code"):
    """A person in charge of a part of an area; the nearest to a project is in charge of it.

    Nearer than any of these is a person of the project itself (`PersonAssigned`).
    """

    assignment_id: UUID
    area_code: str
    reach: str
    """`towns` (those named), `other_towns` (those that nobody is named for), `area` (all of it)."""
    towns: list[str] = []
    person_id: UUID
    unit_id: UUID
    role: str
    from_on: date
    until_on: date | None = None


class PersonPosted(Event, type="registry.person_posted.v1", key="organisation_id"):
    """A person in a dated role of a unit: its head, its office's director, whoever is on duty."""

    organisation_id: UUID
    post_id: UUID
    area_code: str
    person_id: UUID
    unit_id: UUID
    """The unit that the person belongs to; it may be another one."""
    role: str
    """`unit_head`, `office_director` or `duty_officer`."""
    from_on: date
    until_on: date | None = None


class ProjectPartyChanged(Event, type="registry.project_party_changed.v1", key="project_id"):
    """An organisation has a role at a project from a day until a day, or other days than before.

    Who is told nothing of has the role that the project's card names, since it began.
    """

    project_id: UUID
    area_code: str
    party_id: UUID
    role: str
    """`developer`, `contractor`, `sector_authority`, `subcontractor`, `supervising_engineer` or
    `participant`; of the first three there is one at a time."""
    organisation_id: UUID
    organisation_name: str
    from_on: date | None = None
    """None: since the project began."""
    until_on: date | None = None
    """The last day, included; before `from_on` where the role was never held."""

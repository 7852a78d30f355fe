"""Proceedings beside a case (程序): which act leads where, and what is asked for. Pure.

What is enforced does not end with the case: a transfer to the police (W11), a listing (W9), a
publication (W10), a referral, a judgment, enforcement by a court, a listed supervision. Each has
its own rows of one table (`STEPS`), from which answers, documentation and tests are made.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.cases.rules.arrears import Conclusion
from services.cases.rules.case_clocks import ClockKind
from shared.wording import Text


class ProceedingKind(StrEnum):
    """What a proceeding is about."""

    REFERRAL = "referral"
    """Lines that go their way before a mediator, an arbitrator or a court."""
    JUDGMENT = "judgment"
    """A judgment or award in the workers' favour, followed until it is carried out."""
    COURT_ENFORCEMENT = "court_enforcement"
    """A decision of ours that a court is asked to enforce (行政强制法 53 to 57)."""
    TRANSFER = "transfer"
    """To the police (移送涉嫌拒不支付劳动报酬罪, 310号)."""
    LISTING = "listing"
    """On the list of joint punishment (失信联合惩戒对象名单, 令45号)."""
    PUBLICATION = "publication"
    """Of a major violation (重大劳动保障违法行为社会公布, 令29号)."""
    DEMAND = "demand"
    """On one party of the liability path: employer, contractor, developer, deposit, fund (W7)."""
    PLAN = "plan"
    """A rectification plan (整改方案) with its instalments; who answers for it is named."""
    SUPERVISION = "supervision"
    """Listed supervision (挂牌督办): only the body that listed it takes it off."""


class ProceedingStage(StrEnum):
    """Where a proceeding stands; each kind has some of them."""

    CANDIDATE = "candidate"
    """Found by rule, or proposed; nobody has decided anything."""
    DROPPED = "dropped"
    # Referral
    REFERRED = "referred"
    TAKEN = "taken"
    NOT_TAKEN = "not_taken"
    CONCLUDED = "concluded"
    # Judgment, and enforcement by a court
    GIVEN = "given"
    ENFORCING = "enforcing"
    HALTED = "halted"
    CARRIED_OUT = "carried_out"
    DEMANDED = "demanded"
    APPLIED = "applied"
    ACCEPTED = "accepted"
    # Transfer
    REPORTED = "reported"
    APPROVED = "approved"
    SENT = "sent"
    WITH_POLICE = "with_police"
    FILED = "filed"
    HANDED_OVER = "handed_over"
    POLICE_REFUSED = "police_refused"
    RECONSIDERED = "reconsidered"
    UPHELD = "upheld"
    WITH_PROCURATOR = "with_procurator"
    NOT_FILED = "not_filed"
    # Listing and publication
    NOTICED = "noticed"
    OBJECTED = "objected"
    ANSWERED = "answered"
    LISTED = "listed"
    REMOVAL_ASKED = "removal_asked"
    REMOVING = "removing"
    REMOVED = "removed"
    PUBLISHED = "published"
    CORRECTING = "correcting"
    CORRECTED = "corrected"
    # Demands and plans
    ASKED = "asked"
    MET = "met"
    FAILED = "failed"
    RUNNING = "running"
    KEPT = "kept"
    REPLACED = "replaced"
    # Supervision
    SUPERVISED = "supervised"
    UNLISTED = "unlisted"


S, K = ProceedingStage, ProceedingKind
OVER = frozenset({
    S.DROPPED, S.NOT_TAKEN, S.CONCLUDED, S.CARRIED_OUT, S.NOT_FILED, S.REMOVED, S.CORRECTED,
    S.UNLISTED, S.MET, S.FAILED, S.KEPT, S.REPLACED,
})  # fmt: skip
"""Where nothing is waited for any more."""
ENDED_BY: Mapping[Conclusion, tuple[ProceedingKind, frozenset[ProceedingStage]]] = {
    Conclusion.JUDGMENT_EXECUTED: (K.JUDGMENT, frozenset({S.CARRIED_OUT})),
    Conclusion.CRIMINAL: (K.TRANSFER, frozenset({S.FILED, S.HANDED_OVER, S.CONCLUDED})),
}
"""Which proceeding has to have come how far before a case ends so: no paper stands for it."""
RESTING = frozenset({S.PUBLISHED})
"""Where it stays, and nobody has to do anything."""
SINGLE = frozenset({K.TRANSFER, K.LISTING, K.PUBLICATION, K.SUPERVISION, K.PLAN})
"""Of which a case has one under way."""

_LAW = ("wage_office", "inspector")
_OFFICES = (*_LAW, "town")
_HEAD = ("wage_office",)


@dataclass(frozen=True, slots=True)
class Step:
    """One act: of which proceeding, from which stages, to which; by whom, and what it needs."""

    kind: ProceedingKind
    act: str
    words: Text
    sources: tuple[ProceedingStage, ...]
    """Of none: it opens the proceeding."""
    to: ProceedingStage | None
    """None: it stays."""
    needs: tuple[str, ...] = ()
    """What has to be given; what lacks is named."""
    roles: tuple[str, ...] = _LAW
    person: bool = False
    """Whether only a person may do it, no machine."""
    second: bool = False
    """Whether another person has to do it than whoever acted before."""


def _step(
    kind: ProceedingKind,
    act: str,
    words: tuple[str, str],
    sources: tuple[ProceedingStage, ...],
    to: ProceedingStage | None,
    *needs: str,
    roles: tuple[str, ...] = _LAW,
    person: bool = False,
    second: bool = False,
) -> Step:
    return Step(kind, act, Text(*words), sources, to, needs, roles, person, second)


_TRIED = ("document_number", "done_on")
_ASKED = (S.CANDIDATE, S.NOTICED, S.OBJECTED, S.ANSWERED)

STEPS: tuple[Step, ...] = (
    _step(K.REFERRAL, "open", ("引导至有权处理的单位", "Refer it"), (), S.REFERRED,
          "way", "body", "done_on", "form", roles=_OFFICES),
    _step(K.REFERRAL, "take", ("对方受理", "It was taken there"), (S.REFERRED,), S.TAKEN,
          *_TRIED, roles=_OFFICES),
    _step(K.REFERRAL, "not_take", ("对方不予受理", "It was not taken there"),
          (S.REFERRED,), S.NOT_TAKEN, "reason", "body", "done_on", roles=_OFFICES),
    _step(K.REFERRAL, "conclude", ("登记结果", "Enter the result"), (S.REFERRED, S.TAKEN),
          S.CONCLUDED, "outcome", "done_on", roles=_OFFICES),
    _step(K.JUDGMENT, "open", ("登记裁判文书", "Enter a judgment"), (), S.GIVEN,
          "body", "amount", *_TRIED, roles=_OFFICES),
    _step(K.JUDGMENT, "apply", ("申请执行", "Apply for its execution"), (S.GIVEN, S.HALTED),
          S.ENFORCING, "body", "done_on", roles=_OFFICES),
    _step(K.JUDGMENT, "follow", ("跟进执行", "Follow it up"), (S.GIVEN, S.ENFORCING, S.HALTED),
          None, "note", roles=_OFFICES),
    _step(K.JUDGMENT, "halt", ("终结本次执行", "Its execution is halted"), (S.ENFORCING,),
          S.HALTED, "reason", "done_on"),
    _step(K.JUDGMENT, "carry_out", ("执行到位", "It is carried out"),
          (S.GIVEN, S.ENFORCING, S.HALTED), S.CARRIED_OUT, "done_on", "evidence_ids"),
    _step(K.COURT_ENFORCEMENT, "open", ("催告履行", "Demand that it is obeyed"), (), S.DEMANDED,
          *_TRIED),
    _step(K.COURT_ENFORCEMENT, "apply", ("申请法院强制执行", "Apply to the court"),
          (S.DEMANDED,), S.APPLIED, "body", *_TRIED, person=True),
    _step(K.COURT_ENFORCEMENT, "accept", ("法院受理", "The court takes it"), (S.APPLIED,),
          S.ACCEPTED, *_TRIED),
    _step(K.COURT_ENFORCEMENT, "rule", ("裁定执行", "The court rules for it"), (S.ACCEPTED,),
          S.ENFORCING, *_TRIED),
    _step(K.COURT_ENFORCEMENT, "refuse", ("裁定不予受理或不予执行", "The court refuses"),
          (S.APPLIED, S.ACCEPTED), S.DROPPED, "reason", "done_on"),
    _step(K.COURT_ENFORCEMENT, "carry_out", ("履行或执行到位", "It is obeyed or carried out"),
          (S.DEMANDED, S.APPLIED, S.ACCEPTED, S.ENFORCING), S.CARRIED_OUT, "done_on"),
    _step(K.TRANSFER, "candidate", ("列为移送对象", "Propose a transfer"), (), S.CANDIDATE,
          "reason"),
    _step(K.TRANSFER, "report", ("提出移送报告", "Report for a transfer"), (S.CANDIDATE,),
          S.REPORTED, "officers", *_TRIED, person=True),
    _step(K.TRANSFER, "approve", ("负责人批准移送", "The head approves"), (S.REPORTED,),
          S.APPROVED, "done_on", roles=_HEAD, person=True, second=True),
    _step(K.TRANSFER, "drop", ("不移送", "Do not transfer it"), (S.CANDIDATE, S.REPORTED),
          S.DROPPED, "reason", roles=_HEAD, person=True),
    _step(K.TRANSFER, "send", ("移送公安机关并抄送检察院", "Send it to the police"),
          (S.APPROVED,), S.SENT, "body", *_TRIED),
    _step(K.TRANSFER, "forward", ("公安转送有管辖权的机关", "The police forward it"),
          (S.SENT,), S.SENT, "body", "done_on"),
    _step(K.TRANSFER, "receipt", ("取得回执", "They sign for it"), (S.SENT,), S.WITH_POLICE,
          "done_on"),
    _step(K.TRANSFER, "file", ("公安立案", "They file it"),
          (S.WITH_POLICE, S.RECONSIDERED, S.WITH_PROCURATOR), S.FILED, *_TRIED),
    _step(K.TRANSFER, "hand_materials", ("移交材料", "Hand the materials over"), (S.FILED,),
          S.HANDED_OVER, "done_on"),
    _step(K.TRANSFER, "conclude", ("登记结果", "Enter the result"), (S.HANDED_OVER,),
          S.CONCLUDED, "outcome", "done_on"),
    _step(K.TRANSFER, "refuse", ("公安不予立案", "They refuse to file it"), (S.WITH_POLICE,),
          S.POLICE_REFUSED, "reason", *_TRIED),
    _step(K.TRANSFER, "reconsider", ("提请复议", "Ask them to reconsider"),
          (S.POLICE_REFUSED,), S.RECONSIDERED, *_TRIED),
    _step(K.TRANSFER, "uphold", ("维持不予立案", "They uphold it"), (S.RECONSIDERED,),
          S.UPHELD, *_TRIED),
    _step(K.TRANSFER, "supervise", ("建议检察院立案监督", "Ask the procurator"),
          (S.POLICE_REFUSED, S.UPHELD), S.WITH_PROCURATOR, "body", *_TRIED),
    _step(K.TRANSFER, "give_up", ("认可不予立案", "Accept that it is not filed"),
          (S.POLICE_REFUSED, S.UPHELD, S.WITH_PROCURATOR), S.NOT_FILED, "reason",
          roles=_HEAD, person=True),
    _step(K.LISTING, "candidate", ("列为拟列入对象", "Propose a listing"), (), S.CANDIDATE,
          "reason"),
    _step(K.LISTING, "notify", ("告知拟列入", "Give notice of it"), (S.CANDIDATE,), S.NOTICED,
          "name", "credit_code", *_TRIED),
    _step(K.LISTING, "object", ("收到异议", "Take an objection"), (S.NOTICED,), S.OBJECTED,
          "reason", "done_on"),
    _step(K.LISTING, "answer", ("答复异议", "Answer the objection"), (S.OBJECTED,), S.ANSWERED,
          "reason", "done_on"),
    _step(K.LISTING, "extend", ("延长作出决定的期限", "Grant more time for the decision"),
          _ASKED, None, "days", "reason", roles=_HEAD, person=True),
    _step(K.LISTING, "list", ("决定列入", "Decide on the listing"), (S.NOTICED, S.ANSWERED),
          S.LISTED, *_TRIED, person=True, second=True),
    _step(K.LISTING, "drop", ("不予列入", "Do not list it"), _ASKED, S.DROPPED, "reason",
          person=True),
    _step(K.LISTING, "ask_removal", ("申请提前移出", "Take a request for early removal"),
          (S.LISTED,), S.REMOVAL_ASKED, "done_on", "evidence_ids"),
    _step(K.LISTING, "refuse_removal", ("不予提前移出", "Refuse the removal"),
          (S.REMOVAL_ASKED,), S.LISTED, "reason", person=True),
    _step(K.LISTING, "grant_removal", ("同意提前移出", "Grant the removal"),
          (S.REMOVAL_ASKED,), S.REMOVING, "reason", person=True, second=True),
    _step(K.LISTING, "annul", ("撤销列入决定", "Annul the decision"), (S.LISTED,), S.REMOVING,
          "reason", *_TRIED, person=True, second=True),
    _step(K.LISTING, "restart", ("弄虚作假重新计算", "False papers: count anew"),
          (S.LISTED, S.REMOVAL_ASKED, S.REMOVING), S.LISTED, "reason", person=True, second=True),
    _step(K.LISTING, "remove", ("移出名单", "Take it off the list"), (S.REMOVING,), S.REMOVED,
          "done_on"),
    _step(K.PUBLICATION, "candidate", ("列为拟公布对象", "Propose a publication"), (),
          S.CANDIDATE, "reason"),
    _step(K.PUBLICATION, "publish", ("向社会公布", "Publish it"), (S.CANDIDATE,), S.PUBLISHED,
          "name", "credit_code", *_TRIED, person=True, second=True),
    _step(K.PUBLICATION, "drop", ("不予公布", "Do not publish it"), (S.CANDIDATE,), S.DROPPED,
          "reason", person=True),
    _step(K.PUBLICATION, "object", ("收到异议", "Take an objection"), (S.PUBLISHED,),
          S.OBJECTED, "reason", "done_on"),
    _step(K.PUBLICATION, "keep", ("维持公布", "Keep it"), (S.OBJECTED,), S.PUBLISHED, "reason",
          person=True),
    _step(K.PUBLICATION, "change", ("变更处理决定", "Change what it says"),
          (S.OBJECTED, S.PUBLISHED), S.CORRECTING, "reason", *_TRIED, person=True),
    _step(K.PUBLICATION, "correct", ("更正公布信息", "Correct it"), (S.CORRECTING,),
          S.CORRECTED, "done_on"),
    _step(K.DEMAND, "open", ("要求支付或垫付", "Ask a party to pay"), (), S.ASKED,
          "party", "amount", "days", *_TRIED),
    _step(K.DEMAND, "fail", ("未能支付", "It does not pay"), (S.ASKED,), S.FAILED, "reason",
          "done_on"),
    _step(K.PLAN, "open", ("登记整改方案", "Enter a plan"), (), S.RUNNING,
          "leader", "person", "instalments", *_TRIED, roles=_OFFICES),
    _step(K.PLAN, "replace", ("调整方案", "Replace it"), (S.RUNNING,), S.REPLACED, "reason",
          person=True),
    _step(K.SUPERVISION, "open", ("挂牌督办", "List it for supervision"), (), S.SUPERVISED,
          "reason", "days", *_TRIED, roles=_HEAD, person=True),
    _step(K.SUPERVISION, "report", ("报告进展", "Report on it"), (S.SUPERVISED,), None, "note",
          roles=_OFFICES),
    _step(K.SUPERVISION, "unlist", ("摘牌", "Take it off"), (S.SUPERVISED,), S.UNLISTED,
          "reason", *_TRIED, roles=_HEAD, person=True),
)  # fmt: skip

_BY_ACT: Mapping[tuple[ProceedingKind, str], Step] = {(one.kind, one.act): one for one in STEPS}


def step_of(kind: ProceedingKind, act: str) -> Step | None:
    """Give the row of an act of a kind, or None."""
    return _BY_ACT.get((kind, act))


def opening_step(kind: ProceedingKind) -> Step:
    """Give the row that opens a kind."""
    return next(one for one in STEPS if one.kind is kind and not one.sources)


def possible_steps(
    kind: ProceedingKind, stage: ProceedingStage, roles: Iterable[str] | None = None
) -> tuple[Step, ...]:
    """Give what can be done with a proceeding that stands somewhere, by anybody or some roles."""
    theirs = None if roles is None else frozenset(roles)
    return tuple(
        one
        for one in STEPS
        if one.kind is kind
        and stage in one.sources
        and (theirs is None or theirs & frozenset(one.roles))
    )


C = ClockKind
OF_STAGE: Mapping[tuple[ProceedingKind, ProceedingStage], ClockKind] = {
    (K.REFERRAL, S.REFERRED): C.REFERRAL_RESULT,
    (K.REFERRAL, S.TAKEN): C.REFERRAL_RESULT,
    (K.JUDGMENT, S.GIVEN): C.JUDGMENT_FOLLOW,
    (K.JUDGMENT, S.ENFORCING): C.JUDGMENT_FOLLOW,
    (K.JUDGMENT, S.HALTED): C.JUDGMENT_FOLLOW,
    (K.COURT_ENFORCEMENT, S.DEMANDED): C.DEMAND_WAIT,
    (K.COURT_ENFORCEMENT, S.APPLIED): C.COURT_ACCEPT,
    (K.COURT_ENFORCEMENT, S.ACCEPTED): C.COURT_RULING,
    (K.COURT_ENFORCEMENT, S.ENFORCING): C.JUDGMENT_FOLLOW,
    (K.TRANSFER, S.CANDIDATE): C.TRANSFER_REPORT,
    (K.TRANSFER, S.REPORTED): C.TRANSFER_HEAD,
    (K.TRANSFER, S.APPROVED): C.TRANSFER_SEND,
    (K.TRANSFER, S.SENT): C.TRANSFER_RECEIPT,
    (K.TRANSFER, S.WITH_POLICE): C.TRANSFER_POLICE,
    (K.TRANSFER, S.FILED): C.TRANSFER_MATERIALS,
    (K.TRANSFER, S.HANDED_OVER): C.TRANSFER_RESULT,
    (K.TRANSFER, S.POLICE_REFUSED): C.TRANSFER_RECONSIDER,
    (K.TRANSFER, S.RECONSIDERED): C.TRANSFER_ANSWER,
    (K.TRANSFER, S.UPHELD): C.TRANSFER_PROCURATOR,
    (K.TRANSFER, S.WITH_PROCURATOR): C.TRANSFER_RESULT,
    (K.LISTING, S.NOTICED): C.LISTING_OBJECTION,
    (K.LISTING, S.OBJECTED): C.LISTING_ANSWER,
    (K.LISTING, S.REMOVAL_ASKED): C.LISTING_REVIEW,
    (K.LISTING, S.REMOVING): C.LISTING_REMOVAL,
    (K.PUBLICATION, S.CANDIDATE): C.PUBLICATION_BATCH,
    (K.PUBLICATION, S.OBJECTED): C.PUBLICATION_REVIEW,
    (K.PUBLICATION, S.CORRECTING): C.PUBLICATION_CORRECT,
    (K.DEMAND, S.ASKED): C.DEMAND_PAY,
    (K.PLAN, S.RUNNING): C.INSTALMENT,
    (K.SUPERVISION, S.SUPERVISED): C.SUPERVISION,
}
"""What starts whenever a stage is entered, and ends where it is left."""
BESIDE: Mapping[tuple[ProceedingKind, ClockKind], tuple[ProceedingStage, ...]] = {
    (K.LISTING, C.LISTING_DECISION): _ASKED,
    (K.LISTING, C.LISTING_PERIOD): (S.LISTED, S.REMOVAL_ASKED),
    (K.COURT_ENFORCEMENT, C.COURT_APPLY): (S.DEMANDED,),
}
"""What starts with the first of its stages, and runs through all of them."""
RESTARTED = frozenset({C.JUDGMENT_FOLLOW})
"""What an act that stays where it is starts anew: it was followed up."""
WAITED_OUT: Mapping[tuple[ProceedingKind, str], ClockKind] = {
    (K.LISTING, "list"): C.LISTING_OBJECTION,
    (K.COURT_ENFORCEMENT, "apply"): C.DEMAND_WAIT,
}
"""Which limit has to be over before an act: an objection, or obedience, is waited for."""
MOVES: Mapping[ClockKind, ProceedingStage] = {C.LISTING_PERIOD: S.REMOVING}
"""What time itself moves on, and where."""


def clocks_of(kind: ProceedingKind, stage: ProceedingStage) -> tuple[ClockKind, ...]:
    """Give the clocks that run while a proceeding stands somewhere."""
    own = OF_STAGE.get((kind, stage))
    beside = tuple(
        clock for (whose, clock), runs in BESIDE.items() if whose is kind and stage in runs
    )
    return (own, *beside) if own else beside

"""The main story of `stafett demo`, played by a client that is generated from the API document."""

import datetime as dt
import os
from http import HTTPStatus
from typing import NamedTuple, TypeVar
from uuid import UUID

from stafett_client import AuthenticatedClient, Client
from stafett_client.api.access_log import read_case_access_log
from stafett_client.api.accounts import read_me
from stafett_client.api.cases import read_case
from stafett_client.api.children import register_child, register_guardian
from stafett_client.api.concerns import decide_concern, record_concern
from stafett_client.api.consents import give_consent, withdraw_consent
from stafett_client.api.notes import list_notes, write_note
from stafett_client.api.sessions import log_in
from stafett_client.api.teams import add_team_member
from stafett_client.models import (
    AgreedWith,
    CaseOut,
    ChildIn,
    ChildOut,
    ConcernDecision,
    ConcernIn,
    ConcernOut,
    ConsentIn,
    ConsentOut,
    DecisionIn,
    FamilyEntryPage,
    GuardianIn,
    GuardianshipOut,
    InformationKind,
    LogInIn,
    MeOut,
    NextStepIn,
    NoteAudience,
    NoteIn,
    NoteOut,
    NotePage,
    Problem,
    NextStepHolder,
    TeamMemberIn,
    TeamMemberOut,
    TokensOut,
    WithdrawalIn,
)
from stafett_client.types import UNSET, Response

BASE = os.environ.get("STAFETT_URL", "http://127.0.0.1:8080")
PASSWORD = os.environ.get("STAFETT_PASSWORD", "fire blå ender over isen")
MOTHERS_NUMBER, FATHERS_NUMBER, CHILDS_NUMBER = os.environ["STAFETT_NUMBERS"].split()
TODAY = dt.date.today()

T = TypeVar("T")


def told(kind: type[T], answer: Response[T | Problem]) -> T:
    """Return what was answered, which must be of this kind."""
    assert isinstance(answer.parsed, kind), f"{answer.status_code}: {answer.content!r}"
    return answer.parsed


def etag(answer: Response[T]) -> str:
    """Return the version that was answered."""
    return answer.headers["etag"]


class Person(NamedTuple):
    """Someone who has logged in."""

    client: AuthenticatedClient
    id: UUID
    unit: UUID


def person(username: str) -> Person:
    """Log in."""
    answer = log_in.sync_detailed(client=Client(BASE), body=LogInIn(username=username, password=PASSWORD))
    client = AuthenticatedClient(BASE, token=told(TokensOut, answer).access_token)
    me = told(MeOut, read_me.sync_detailed(client=client))
    return Person(client, me.person_id, me.roles[0].unit_id if me.roles else UUID(int=0))


def play() -> None:
    """Play the story."""
    names = ["tone", "ola", "hanne", "per", "mari", "jonas"]
    teacher, school, nurse, ppt, mother, father = (person(f"{name}@4014") for name in names)

    child = register_child.sync_detailed(
        teacher.unit, client=teacher.client, body=ChildIn(name="Odd Strand", national_id=CHILDS_NUMBER)
    )
    child_id = told(ChildOut, child).id
    for number, name in [(MOTHERS_NUMBER, "Mari Strand"), (FATHERS_NUMBER, "Jonas Strand")]:
        guardian = GuardianIn(national_id=number, name=name, parental_responsibility=True, lives_with_child=True)
        told(GuardianshipOut, register_guardian.sync_detailed(child_id, client=teacher.client, body=guardian))

    facts = record_concern.sync_detailed(
        teacher.unit, client=teacher.client, body=ConcernIn(child_id=child_id, facts=" ", child_says=" ")
    )
    assert facts.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert isinstance(facts.parsed, Problem) and facts.parsed.errors
    assert [fault.pointer for fault in facts.parsed.errors] == ["/child_says", "/facts"]

    concern = record_concern.sync_detailed(
        teacher.unit, client=teacher.client, body=ConcernIn(child_id=child_id, facts="Withdraws from play.")
    )
    decision = DecisionIn(
        decision=ConcernDecision.OPEN_CASE,
        reason="The guardians want help.",
        level=1,
        contains=[],
        case_reason="Odd finds it hard to join in play.",
        agreed_with=AgreedWith.GUARDIANS,
        agreed_on=TODAY,
        next_step=NextStepIn(
            what="Talk with the class.", held_by=NextStepHolder.CONTACT_PERSON, due_on=TODAY + dt.timedelta(days=14), contains=[]
        ),
    )
    decided = decide_concern.sync_detailed(
        told(ConcernOut, concern).id, client=teacher.client, body=decision, if_match=etag(concern)
    )
    case_id = told(ConcernOut, decided).case_id
    assert isinstance(case_id, UUID)
    told(CaseOut, read_case.sync_detailed(case_id, client=mother.client))

    def join(member: Person) -> Response[TeamMemberOut | Problem]:
        body = TeamMemberIn(person_id=member.id, unit_id=member.unit, task="member", contains=[])
        return add_team_member.sync_detailed(case_id, client=teacher.client, body=body)

    assert join(school).status_code == HTTPStatus.CONFLICT
    consent = ConsentIn(
        unit_ids=[school.unit, nurse.unit, ppt.unit],
        purpose="Help Odd with language and play.",
        valid_until=TODAY + dt.timedelta(days=250),
        text_version="2026-1",
    )
    told(ConsentOut, give_consent.sync_detailed(case_id, client=mother.client, body=consent))
    fathers = told(ConsentOut, give_consent.sync_detailed(case_id, client=father.client, body=consent))
    for member in [school, nurse, ppt]:
        told(TeamMemberOut, join(member))

    note = NoteIn(
        audience=NoteAudience.SECTOR, kind=InformationKind.AGREED, contains=[], text="Hearing test on the third."
    )
    told(NoteOut, write_note.sync_detailed(case_id, client=nurse.client, body=note))
    assert told(NotePage, list_notes.sync_detailed(case_id, client=teacher.client)).items == []

    told(CaseOut, read_case.sync_detailed(case_id, client=ppt.client))
    withdrawal = WithdrawalIn(unit_ids=[ppt.unit])
    told(
        ConsentOut,
        withdraw_consent.sync_detailed(case_id, fathers.id, client=father.client, body=withdrawal),
    )
    assert read_case.sync_detailed(case_id, client=ppt.client).status_code == HTTPStatus.NOT_FOUND
    told(CaseOut, read_case.sync_detailed(case_id, client=nurse.client))

    cursor, seen = "", 0
    while True:
        answer = read_case_access_log.sync_detailed(
            case_id, client=mother.client, limit=2, cursor=cursor if cursor else UNSET
        )
        page = told(FamilyEntryPage, answer)
        seen += len(page.items)
        if not page.next_cursor:
            break
        cursor = page.next_cursor
    assert seen > 3, seen
    print(f"Python: the story is told, {seen} visits in the family's log")


if __name__ == "__main__":
    play()

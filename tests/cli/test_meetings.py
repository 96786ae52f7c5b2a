"""A family sees what it asks for before an IEP meeting or a hearing, wherever that is told (34 CFR 300.613(a))."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import on_day
from command_line import Called, call
from counted_work import statements
from court_orders import BEN, revoking
from district import CROWD, HANNAH_MOTHER, INES, INES_MOTHER, PORTRAIT, TEAM, District
from use_cases import Voice, kept, with_voice

from dam_plugin.cli import context
from dam_plugin.custodian import guardianships
from dam_plugin.model import Actor
from dam_plugin.sharing.due_dates import BEFORE_HEARING, BEFORE_MEETING, INSPECTION, Term, due_day

ADA = ("--as", "custodian:ada")
MOTHER = "parent:G-NOT-ON-FILE"


def day(district: District, days: int) -> str:
    return (district.services.now().date() + timedelta(days=days)).isoformat()


def told(term: Term, start: str) -> str:
    """The last day that is in time for a term from `start`."""
    return due_day(term, date.fromisoformat(start), ()).day.isoformat()


def asked(key: str, *more: str, who: str = MOTHER) -> Called:
    return call("share", key, "--to", who, "--purpose", "inspection", *more)


def waiting(key: str, *more: str, who: str = MOTHER) -> dict[str, Any]:
    """The one referral that a parent's request leaves."""
    (referral,) = asked(key, *more, "--json", who=who).object()["referrals"]
    return dict(referral)


def shown(referral: str) -> Any:
    return call("queue", "show", referral, *ADA, "--json").object()


@pytest.fixture
def portrait(district: District) -> str:
    """The referral of a portrait that a mother asked to see, due by the 45 days alone."""
    for key in (PORTRAIT, TEAM, CROWD):
        district.upload(key)
    referral = waiting(PORTRAIT)
    assert referral["due"] == told(INSPECTION, day(district, 0))
    return str(referral["id"])


@pytest.mark.parametrize(("kind", "term"), [("iep", BEFORE_MEETING), ("hearing", BEFORE_HEARING)])
def test_a_meeting_that_is_told_later_moves_the_work_the_register_and_the_letter(
    district: District, portrait: str, kind: str, term: Term
) -> None:
    held = day(district, 20)
    noted = call("queue", "meeting", portrait, "--on", held, "--kind", kind, *ADA, "--json").object()
    due = told(term, held)
    assert noted["due"] == shown(portrait)["due"] == due
    (request,) = noted["requests"]
    clocks = {each["clock"]: each["due"] for each in call("request", "show", request, "--json").object()["clocks"]}
    assert clocks["hearing" if kind == "hearing" else "meeting"] == due
    page = call("queue", "show", portrait, *ADA).out
    assert "34 CFR 300.613(a)" in page or "34 CFR 300.512(a)(3)" in page
    letter = " ".join(call("letter", "write", "acknowledgement", "--referral", portrait, *ADA).out.split())
    written = date.fromisoformat(due)
    assert f"By {written:%B} {written.day}, {written.year} we have to answer you, because of your" in letter
    # Who asks again is told the earlier day.
    assert waiting(PORTRAIT)["due"] == due


def test_a_share_tells_of_the_meeting_itself(district: District) -> None:
    district.upload(PORTRAIT)
    held = day(district, 20)
    referral = waiting(PORTRAIT, "--meeting", held)
    assert referral["due"] == shown(referral["id"])["due"] == told(BEFORE_MEETING, held)
    sooner = day(district, 15)
    assert waiting(PORTRAIT, "--meeting", sooner, "--meeting-kind", "hearing")["due"] == told(BEFORE_HEARING, sooner)


def test_no_later_meeting_puts_a_day_off(district: District, portrait: str) -> None:
    first = day(district, 20)
    for held, by in ((first, ADA), (day(district, 30), ADA), (day(district, 40), ())):
        assert call("queue", "meeting", portrait, "--on", held, "--kind", "iep", *by).code == 0
        assert shown(portrait)["due"] == told(BEFORE_MEETING, first)
    (request,) = shown(portrait)["requests"]
    # The custodian moved the meeting in the register; other staff did not.
    said = {each["clock"]: each["due"] for each in call("request", "show", request, "--json").object()["clocks"]}
    assert said["meeting"] == told(BEFORE_MEETING, day(district, 30))


def test_what_the_same_family_asks_for_besides_is_for_that_meeting_too(district: District, portrait: str) -> None:
    held = day(district, 20)
    before, others = waiting(TEAM), waiting(CROWD, who="parent:G-ANOTHER")
    assert call("queue", "meeting", portrait, "--on", held, "--kind", "iep", *ADA).code == 0
    assert shown(before["id"])["due"] == told(BEFORE_MEETING, held)
    after = waiting(CROWD)
    assert after["due"] == told(BEFORE_MEETING, held)
    page = " ".join(call("queue", "show", after["id"], *ADA).out.split())
    assert "To let the family see it before the meeting, by RQ-000001" in page
    letter = " ".join(call("letter", "write", "acknowledgement", "--referral", after["id"], *ADA).out.split())
    assert "because of your meeting (34 CFR 300.613(a))" in letter
    assert shown(others["id"])["due"] == others["due"]


@pytest.mark.parametrize("way", ["add", "add without the referral", "join"])
def test_work_that_waits_already_is_due_before_the_meeting_of_the_request_that_it_answers(
    district: District, portrait: str, way: str
) -> None:
    held = day(district, 20)
    came = ("--from", MOTHER, "--purpose", "inspection", "--received", day(district, 0), "--channel", "letter")
    joined = ("--referral", portrait) if way == "add" else ()
    request = call("request", "add", PORTRAIT, *came, "--meeting", held, *joined, "--json").object()["id"]
    if way == "join":
        assert call("request", "join", request, portrait, *ADA).code == 0
    assert shown(portrait)["due"] == told(BEFORE_MEETING, held)


def test_staff_are_told_how_a_meeting_is_noted(district: District) -> None:
    district.upload(PORTRAIT)
    assert "`dam-plugin queue meeting rf-" in asked(PORTRAIT).out
    other = call("share", PORTRAIT, "--to", "public:reporter-7", "--purpose", "news")
    assert "queue meeting" not in other.out


def test_a_family_that_is_told_of_45_days_is_told_that_a_meeting_comes_first(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    guardian = call("student", "show", student, "--json").object()["guardians"][0]
    close = ("--subdivision", "610.021(1)", "--why", "a claim against the district")
    assert call("custodian", "close", PORTRAIT, *close, *ADA).code == 0
    (reason,) = asked(PORTRAIT, *ADA, "--json", who=f"parent:{guardian}").object()["outside"]
    assert "no later than 45 days" in reason["text"]
    assert "before an IEP meeting or a hearing" in reason["text"]
    assert "300.613(a)" in reason["provision"]


@pytest.mark.parametrize(
    ("to", "days", "why"),
    [
        ("public:reporter-7", 9, "hurries a family's request alone"),
        (MOTHER, -1, "was before the request came"),
    ],
    ids=["somebody who is no family", "a meeting that is over"],
)
def test_a_meeting_that_can_hurry_nothing_is_refused_before_the_share(
    district: District, to: str, days: int, why: str
) -> None:
    district.upload(PORTRAIT)
    purpose = "inspection" if to == MOTHER else "news"
    refused = call("share", PORTRAIT, "--to", to, "--purpose", purpose, "--meeting", day(district, days))
    assert (refused.code, why in refused.err) == (1, True)
    assert call("queue", "list", "--json").objects() == []


def test_a_meeting_is_noted_for_waiting_inspections_alone(district: District, portrait: str) -> None:
    press = call("share", PORTRAIT, "--to", "public:reporter-7", "--purpose", "news", "--json").object()["referrals"]
    on = ("--on", day(district, 9), "--kind", "iep", *ADA)
    assert "no family's inspection" in call("queue", "meeting", press[0]["id"], *on).err
    assert call("queue", "close", portrait, "--why", "she came by", *ADA).code == 0
    assert "is closed" in call("queue", "meeting", portrait, *on).err


# All who may inspect the student's record


FATHER_OF_INES = "G-2112"
OF_INES = "portraits/portrait-0420.jpg"
LAWYER = "doe-law"
NOT_THEIRS = "parent:G-NOT-ON-FILE"
KINDS = [("iep", BEFORE_MEETING, "meeting"), ("hearing", BEFORE_HEARING, "hearing")]
Of = Callable[[District], str]


def mother_of(district: District) -> str:
    return f"parent:{district.guardian(INES_MOTHER)}"


def father_of(district: District) -> str:
    return f"parent:{district.guardian(FATHER_OF_INES)}"


def lawyer_of(district: District) -> str:
    """The mother's representative, as the custodian has it on file."""
    Path("authority.pdf").write_bytes(b"%PDF-1.7 authority")
    mother, paper = district.guardian(INES_MOTHER), ("--seen", "signed authority", "--file", "authority.pdf")
    whose = (district.student(INES), LAWYER, "--for", mother, "--name", "Jane Doe")
    ended = call("student", "guardian", "represent", *whose, *paper, *ADA)
    assert ended.code == 0, ended.text
    return f"parent:{LAWYER}"


FAMILY = pytest.mark.parametrize("of", [mother_of, father_of, lawyer_of], ids=["herself", "the father", "her lawyer"])


def entered(district: District, who: str, *words: str) -> str:
    came = ("--purpose", "inspection", "--received", day(district, 0), "--channel", "counter")
    ended = call("request", "add", *words, "--from", who, *came, "--json")
    assert ended.code == 0, ended.text
    return str(ended.object()["id"])


def for_meeting(district: District, who: str, held: str, kind: str) -> str:
    words = f"all recordings of {district.student(INES)}"
    return entered(district, who, "--described", words, "--meeting", held, "--kind", kind)


def clocks(request: str) -> dict[str, str]:
    return {each["clock"]: each["due"] for each in call("request", "show", request, "--json").object()["clocks"]}


@pytest.fixture
def ines(district: District) -> District:
    for key in (OF_INES, TEAM, PORTRAIT):
        district.upload(key)
    return district


@FAMILY
@pytest.mark.parametrize(("kind", "term", "clock"), KINDS)
def test_a_meeting_hurries_what_each_of_the_family_asked_for_before(
    ines: District, of: Of, kind: str, term: Term, clock: str
) -> None:
    who, held = of(ines), day(ines, 20)
    request, stranger = entered(ines, who, OF_INES), entered(ines, NOT_THEIRS, OF_INES)
    answering = waiting(TEAM, "--request", request, who=who)["id"]
    alone = waiting(OF_INES, who=who)["id"]
    told_in = for_meeting(ines, mother_of(ines), held, kind)
    due = told(term, held)
    assert clocks(request)[clock] == clocks(told_in)[clock] == due
    assert {shown(each)["due"] for each in (answering, alone)} == {due}
    assert clock not in clocks(stranger)
    assert told_in in call("request", "log", request).out


@FAMILY
@pytest.mark.parametrize(("kind", "term", "clock"), KINDS)
def test_a_meeting_hurries_what_each_of_the_family_asks_for_later(
    ines: District, of: Of, kind: str, term: Term, clock: str
) -> None:
    who, held = of(ines), day(ines, 20)
    for_meeting(ines, mother_of(ines), held, kind)
    request = entered(ines, who, OF_INES)
    due = told(term, held)
    assert clocks(request)[clock] == due
    assert waiting(TEAM, "--request", request, who=who)["due"] == waiting(OF_INES, who=who)["due"] == due
    assert clock not in clocks(entered(ines, NOT_THEIRS, OF_INES))


@FAMILY
def test_no_explanation_goes_beyond_a_meeting_of_the_family(ines: District, of: Of) -> None:
    request, held = entered(ines, of(ines), OF_INES), day(ines, 20)
    for_meeting(ines, mother_of(ines), held, "iep")
    late = ("--cause", "it is being copied", "--place", "office", "--earliest", f"{day(ines, 25)} 09:00", *ADA)
    refused = call("request", "extend", request, *late)
    assert (refused.code, "nothing extends 34 CFR 300.613(a)" in refused.err) == (1, True)
    assert call("letter", "write", "extension", "--request", request, *ADA).code == 1


def test_the_meeting_of_an_answered_request_still_hurries_what_is_asked_for_before_it(ines: District) -> None:
    mother, held = mother_of(ines), day(ines, 20)
    first = for_meeting(ines, mother, held, "iep")
    assert call("request", "close", first, "--outcome", "denied", "--why", "asked anew", "--provision", "34 CFR 99.4",
                "--advised", "counsel said so", *ADA).code == 0  # fmt: skip
    later, due = entered(ines, father_of(ines), OF_INES), told(BEFORE_MEETING, held)
    assert clocks(later)["meeting"] == waiting(TEAM, who=mother)["due"] == due


def test_a_request_that_is_reopened_is_hurried_by_the_meeting_that_was_noted_meanwhile(ines: District) -> None:
    request, held = entered(ines, father_of(ines), OF_INES), day(ines, 20)
    assert call("request", "withdraw", request, "--why", "a caller", *ADA).code == 0
    for_meeting(ines, mother_of(ines), held, "iep")
    assert "meeting" not in clocks(request)
    assert call("request", "reopen", request, "--why", "he never withdrew it", *ADA).code == 0
    assert clocks(request)["meeting"] == told(BEFORE_MEETING, held)


def test_a_meeting_about_one_child_hurries_no_family_of_another_child(ines: District) -> None:
    """Who may inspect another student's record alone learns of no meeting, also where both are in one recording."""
    other = f"parent:{ines.guardian(HANNAH_MOTHER)}"
    request, alone = entered(ines, other, TEAM), waiting(OF_INES, who=other)
    for_meeting(ines, mother_of(ines), day(ines, 20), "iep")
    assert "meeting" not in clocks(request)
    assert shown(alone["id"])["due"] == alone["due"]
    assert "meeting" not in clocks(entered(ines, other, PORTRAIT))


def test_a_meeting_that_moves_puts_off_no_day_of_the_others(ines: District) -> None:
    first, later = day(ines, 20), day(ines, 30)
    request = entered(ines, father_of(ines), OF_INES)
    told_in = for_meeting(ines, mother_of(ines), later, "iep")
    for held in (first, later):
        assert call("request", "meeting", told_in, "--on", held, "--kind", "iep", *ADA).code == 0
        assert clocks(request)["meeting"] == told(BEFORE_MEETING, first)
    assert clocks(told_in)["meeting"] == told(BEFORE_MEETING, later)


# Whoever comes on file after the meeting was noted


NEW = "G-2113"
# Who asks, and what puts them on file.
Comes = tuple[str, Callable[[], object]]
Patch = pytest.MonkeyPatch


def ran(*words: str) -> Called:
    ended = call(*words, *ADA)
    assert ended.code == 0, ended.text
    return ended


def authority(ines: District, _: Patch) -> Comes:
    return f"parent:{LAWYER}", lambda: lawyer_of(ines)


def surrogate(ines: District, _: Patch) -> Comes:
    Path("appointment.pdf").write_bytes(b"%PDF-1.7 appointment")
    named = ("--name", "Ada Beck", "--relation", "surrogate parent")
    seen = ("--seen", "letter of appointment", "--file", "appointment.pdf")
    return "parent:a-beck", lambda: ran("student", "guardian", "add", ines.student(INES), "a-beck", *named, *seen)


def guardian_verified(ines: District, _: Patch) -> Comes:
    who = ("student", "guardian", "verify", ines.student(INES), "m-ortiz")
    return "parent:m-ortiz", lambda: ran(*who, "--seen", "birth certificate")


def finding(ines: District, _: Patch) -> Comes:
    about = ("parent_verified", "--student", ines.student(INES), "--seen", "birth certificate")
    referral = waiting(TEAM, who="parent:m-ortiz")["id"]
    return "parent:m-ortiz", lambda: ran("queue", "finding", referral, *about)


def roster(ines: District, _: Patch) -> Comes:
    def imported() -> None:
        with Path("roster/guardians.csv").open("a", encoding="utf-8") as file:
            file.write(f"{INES},{NEW},Otto Beck\n")
        ran("roster", "import", "roster", "--confirm")

    return f"parent:{ines.guardian(NEW)}", imported


def limit_ended(ines: District, patch: Patch) -> Comes:
    who = ines.guardian(FATHER_OF_INES)
    order = ("student", "guardian", "limit", ines.student(INES), who, "--seen", "the judgment", *revoking(), "--json")
    end = ("student", "guardian", "end", ran(*order).object()["id"], "--why", "set aside")

    def ended() -> None:
        ran(*end)
        patch.setattr(context, "system_user", lambda: BEN)
        assert call(*end, "--as", "custodian:ben").code == 0

    return f"parent:{who}", ended


COMES = pytest.mark.parametrize("of", [authority, surrogate, guardian_verified, finding, roster, limit_ended])


@COMES
@pytest.mark.parametrize(("kind", "term", "clock"), KINDS)
def test_a_meeting_hurries_what_waits_for_whoever_comes_on_file_after_it_was_noted(
    ines: District,
    monkeypatch: Patch,
    of: Callable[[District, Patch], Comes],
    kind: str,
    term: Term,
    clock: str,
) -> None:
    who, come = of(ines, monkeypatch)
    request, held = entered(ines, who, OF_INES), day(ines, 40)
    answering, alone = waiting(PORTRAIT, "--request", request, who=who)["id"], waiting(OF_INES, who=who)["id"]
    told_in = for_meeting(ines, mother_of(ines), held, kind)
    assert clock not in clocks(request)
    come()
    due = told(term, held)
    assert clocks(request)[clock] == due
    assert {shown(each)["due"] for each in (answering, alone)} == {due}
    assert told_in in call("request", "log", request).out


def test_the_meeting_of_whoever_comes_on_file_hurries_the_others(ines: District, monkeypatch: Patch) -> None:
    who, come = authority(ines, monkeypatch)
    request, held = entered(ines, mother_of(ines), OF_INES), day(ines, 20)
    for_meeting(ines, who, held, "iep")
    assert "meeting" not in clocks(request)
    come()
    assert clocks(request)["meeting"] == told(BEFORE_MEETING, held)


def test_nobody_who_comes_on_file_after_a_meeting_is_hurried_by_it(ines: District, monkeypatch: Patch) -> None:
    who, come = authority(ines, monkeypatch)
    request, alone = entered(ines, who, OF_INES), waiting(TEAM, who=who)
    for_meeting(ines, mother_of(ines), day(ines, 10), "iep")
    on_day(monkeypatch, 11)
    come()
    assert "meeting" not in clocks(request)
    assert shown(alone["id"])["due"] == alone["due"]


def test_a_later_day_that_is_noted_on_a_request_stands_when_another_comes_on_file(
    ines: District, monkeypatch: Patch
) -> None:
    request, held, later = entered(ines, father_of(ines), OF_INES), day(ines, 20), day(ines, 30)
    for_meeting(ines, mother_of(ines), held, "iep")
    assert call("request", "meeting", request, "--on", later, "--kind", "iep", *ADA).code == 0
    _, come = authority(ines, monkeypatch)
    come()
    assert clocks(request)["meeting"] == told(BEFORE_MEETING, later)


def test_a_meeting_that_moved_hurries_whoever_comes_on_file_by_its_new_day(ines: District, monkeypatch: Patch) -> None:
    who, come = authority(ines, monkeypatch)
    request, later = entered(ines, who, OF_INES), day(ines, 30)
    told_in = for_meeting(ines, mother_of(ines), day(ines, 20), "iep")
    assert call("request", "meeting", told_in, "--on", later, "--kind", "iep", *ADA).code == 0
    come()
    assert clocks(request)["meeting"] == told(BEFORE_MEETING, later)


def test_nothing_of_whoever_comes_on_file_the_day_before_a_hearing_was_due_before_that_day(
    ines: District, monkeypatch: Patch
) -> None:
    who, come = authority(ines, monkeypatch)
    request, alone = entered(ines, who, OF_INES), waiting(TEAM, who=who)
    eve, held = day(ines, 9), day(ines, 10)
    for_meeting(ines, mother_of(ines), held, "hearing")
    on_day(monkeypatch, 9)
    come()
    assert (clocks(request)["hearing"], shown(alone["id"])["due"]) == (held, eve)


def test_the_custodian_hears_that_the_request_of_whoever_comes_on_file_is_hurried(ines: District) -> None:
    request = entered(ines, "parent:m-ortiz", OF_INES)
    for_meeting(ines, mother_of(ines), day(ines, 20), "iep")
    voice = Voice(notify=True)
    guardianships.state_guardianship(
        with_voice(ines, voice).services, ines.student(INES), "m-ortiz", "guardian", "birth certificate",
        Actor("custodian", "ada"), BEN,
    )  # fmt: skip
    assert any(f"{request}: the day of a meeting is known" in str(said) for _, said in voice.told), voice.told


def test_of_two_meetings_the_sooner_hurries_what_waits_for_whoever_comes_on_file(
    ines: District, monkeypatch: Patch
) -> None:
    who, come = authority(ines, monkeypatch)
    alone, held = waiting(TEAM, who=who)["id"], day(ines, 20)
    for days in (30, 20, 40):
        for_meeting(ines, (mother_of if days == 20 else father_of)(ines), day(ines, days), "iep")
    come()
    assert shown(alone)["due"] == told(BEFORE_MEETING, held)


def test_who_comes_on_file_asks_no_more_of_the_store_for_the_meetings_of_others(
    ines: District, monkeypatch: Patch
) -> None:
    mother, counts = f"parent:{ines.guardian(HANNAH_MOTHER)}", []
    for number, name in enumerate(("a-first", "m-ortiz", "uncle-ben", "o-beck")):
        for _ in range(number):
            waiting(PORTRAIT, "--meeting", day(ines, 30), who=mother)
            entered(ines, mother, PORTRAIT, "--meeting", day(ines, 30))
        with statements() as asked:
            # Not by the command, which also looks for other work now and then.
            guardianships.state_guardianship(
                ines.services, ines.student(INES), name, "guardian", "birth certificate", Actor("custodian", "ada"), BEN
            )
        counts.append(sum("FROM requests" in each or "FROM referrals" in each for each in asked))
    # Where no meeting is ahead, that is all that is asked.
    assert counts[0] == 1
    assert counts[1] == counts[2] == counts[3]


def test_an_import_reads_what_waits_once_for_all_meetings(ines: District, monkeypatch: Patch) -> None:
    counts = []
    waiting(PORTRAIT, who=mother_of(ines))
    for number in range(3):
        for_meeting(ines, mother_of(ines), day(ines, 30 + number), "iep")
        with statements() as asked:
            ran("roster", "import", "roster", "--confirm")
        counts.append(sum("FROM referrals" in each and "closed_at IS NULL" in each for each in asked))
    assert counts[0] == counts[1] == counts[2] > 0

"""Another school asks for a student's record: the custodian hands it over, on record, and no link is handed out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from district import GRADUATION, HANNAH, PORTRAIT, TEAM, District
from protected_students import protect
from use_cases import kept, ledger_holds

from dam_plugin.model import StaffRecord
from dam_plugin.sharing.due_dates import TRANSFER, due_day

AS, STAFF = ("--as", "custodian:records-office"), ("--as", "media_staff:desk")
SCHOOL = "other_school:lincoln-high"
ENROLLED = ("--enrolled", "the registrar, called back at the number of the state's directory")


def asks(key: str, *by: str) -> Any:
    return call("share", key, "--to", SCHOOL, "--purpose", "transfer", *(by or AS), "--json").object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


@pytest.mark.parametrize("key", [PORTRAIT, GRADUATION])
def test_another_school_waits_for_the_custodian_whatever_the_procedure_decides(district: District, key: str) -> None:
    district.upload(key)
    told = asks(key)
    assert (told["outcome"], told["token"], clauses(told)[0]) == ("refer", None, "TRANSFER")
    (referral,) = told["referrals"]
    due = str(due_day(TRANSFER, TODAY, district.services.settings.district.holidays).day)
    assert (referral["kind"], referral["due"]) == ("transfer", due)
    reviewed = call("queue", "finding", referral["id"], "reviewed", *AS, "--json").object()["answer"]
    assert (reviewed["outcome"], reviewed["token"]) == ("refer", None)


def test_no_school_official_s_certification_opens_it_to_another_school(district: District) -> None:
    district.upload(PORTRAIT)
    Path("need.yaml").write_text("legitimate_interest: true\nrecords_authorized: true\n", "utf-8")
    told = asks(PORTRAIT, "--evidence", "need.yaml", *AS)
    assert (told["outcome"], "EX1" in clauses(told)) == ("refer", False)


def test_what_the_custodian_hands_over_is_on_the_record_of_disclosures(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    referral = asks(PORTRAIT, "--as", "media_staff:desk")["referrals"][0]["id"]
    given = ("--basis", "TRANSFER", "--students", student, *ENROLLED, "--why", "sent on a disc", *AS)
    for other in ("public:herald", "school_official:nurse", "parent:G-1"):
        refused = call("queue", "close", referral, "--disclosed-to", other, *given)
        assert (refused.code, "TRANSFER is for other_school" in refused.err) == (1, True)
    done = call("queue", "close", referral, "--disclosed-to", SCHOOL, *given)
    assert done.code == 0, done.text
    lines = call("ledger", "student", *AS, student, "--required", "--json").objects()
    assert [(each["what"], each["who"]) for each in lines if each["what"] == "handed over"] == [("handed over", SCHOOL)]
    assert call("queue", "list", "--json").objects() == []
    assert ledger_holds(district.services)
    call("ledger", "student", *AS, student, "--page", "record.html")
    (handed_over,) = [each for each in Path("record.html").read_text("utf-8").split("<tr") if "by hand" in each]
    assert ("99.31(a)(2), 99.34" in handed_over, "167.020.7" in handed_over) == (True, False)


@pytest.mark.parametrize("how", ["close", "disclosed"])
def test_what_shows_the_enrolment_is_asked_for_of_each_student(district: District, how: str) -> None:
    district.upload(TEAM)
    one, other = sorted(kept(district.services, TEAM).tagging.students)[:2]
    referral = asks(TEAM)["referrals"][0]["id"]
    to = ("queue", how, referral, "--disclosed-to" if how == "close" else "--to", SCHOOL, "--basis", "TRANSFER")
    end = (*(("--why", "a disc") if how == "close" else ()), *AS)
    both, of_one = ("--students", f"{one},{other}"), f"{one}=the registrar, called back"
    for said in ((), ENROLLED, ("--enrolled", of_one), ("--enrolled", of_one, "--enrolled", f"{other}= ")):
        refused = call(*to, *both, *said, *end)
        assert (refused.code in (1, 2), "--enrolled" in refused.err) == (True, True), said
    of_another = call(*to, "--students", one, "--enrolled", of_one, "--enrolled", f"{other}=a letter", *end)
    assert (of_another.code, f"{other} is not among them" in of_another.err) == (1, True)
    done = call(*to, *both, "--enrolled", of_one, "--enrolled", f"{other}=a letter of enrolment", *end)
    assert done.code == 0, done.text
    (entry,) = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["details"].get("in_person")
    ]
    assert entry["details"]["in_person"]["enrolled"] == [
        [one, "the registrar, called back"],
        [other, "a letter of enrolment"],
    ]


def test_what_shows_an_enrolment_belongs_to_a_transfer(district: District) -> None:
    district.upload(PORTRAIT)
    (student,) = kept(district.services, PORTRAIT).tagging.students
    referral = call("share", PORTRAIT, "--to", "court:x", "--purpose", "court order", *AS, "--json").object()[
        "referrals"
    ][0]
    given = ("--disclosed-to", "court:x", "--basis", "EX7", "--students", student, "--why", "a disc", *AS)
    refused = call("queue", "close", referral["id"], *given, *ENROLLED)
    assert (refused.code, "--enrolled is of the students of a TRANSFER" in refused.err) == (1, True)


@pytest.mark.parametrize("key", [PORTRAIT, TEAM])
def test_of_a_protected_student_the_custodian_hears_to_call_the_school_back(district: District, key: str) -> None:
    district.upload(key)
    before = [clauses(asks(key, *by)) for by in (AS, STAFF)]
    protect(district, HANNAH)
    hannah = district.student(HANNAH)
    told, staff = asks(key), asks(key, *STAFF)
    assert [each for each in told["notes"] if hannah in each and "call it back at a number" in each]
    assert [clauses(told), clauses(staff)] == before
    words = str([told, call("queue", "show", told["referrals"][0]["id"], *AS, "--json").text])
    assert "the copy hides" not in words
    assert "ask nobody for a consent" not in words
    assert (staff["notes"], "protected" in str(staff["reasons"])) == ([], False)
    assert "Call the school at a number that you found yourself" in staff["reasons"][0]["remedy"]


def test_the_school_is_told_the_day_and_no_reason(district: District) -> None:
    district.upload(PORTRAIT)
    told = call("share", PORTRAIT, "--to", SCHOOL, "--purpose", "transfer", *AS, "--outside").out
    assert "within five business days" in " ".join(told.split())


def test_the_register_counts_the_five_days_and_no_delay_goes_beyond_them(district: District) -> None:
    district.upload(PORTRAIT)
    came = ("--received", str(TODAY), "--channel", "letter")
    ids = [
        call("request", "add", PORTRAIT, "--from", who, "--purpose", purpose, *came, *AS, "--json").object()["id"]
        for who, purpose in ((SCHOOL, "transfer"), ("public:herald", "news"))
    ]
    due = due_day(TRANSFER, TODAY, district.services.settings.district.holidays).day
    clocks = [
        {each["clock"]: each["due"] for each in call("request", "show", each_id, "--json").object()["clocks"]}
        for each_id in ids
    ]
    assert (clocks[0]["transfer"], "transfer" in clocks[1]) == (str(due), False)
    later = str(due + timedelta(days=1))
    delay = ("--cause", "the attorney looks", "--place", "the records office", "--earliest", f"{later} 10:00", *AS)
    refused = call("request", "extend", ids[0], *delay)
    assert (refused.code, "nothing extends RSMo 167.020.7" in refused.err) == (1, True)
    assert call("request", "extend", ids[1], *delay).code == 0


def test_which_school_asks_the_register_shows_to_the_custodian_alone(district: District) -> None:
    district.upload(PORTRAIT)
    came = ("--purpose", "transfer", "--received", str(TODAY), "--channel", "letter", "--contact", "Lincoln High")
    request = call("request", "add", PORTRAIT, "--from", SCHOOL, *came, *AS, "--json").object()["id"]
    for looks in (("list",), ("list", "--json"), ("show", request), ("show", request, "--names", "--json")):
        told = [call("request", *looks, *by) for by in ((), STAFF, AS)]
        assert [each.code for each in told] == [0, 0, 0]
        assert ["lincoln" in each.out.casefold() for each in told] == [False, False, True], looks


def test_a_letter_to_the_school_says_its_day(district: District) -> None:
    district.upload(PORTRAIT)
    referral = asks(PORTRAIT)["referrals"][0]["id"]
    told = call("letter", "preview", "acknowledgement", "--referral", referral)
    assert (told.code, "answer your school (RSMo 167.020.7)" in " ".join(told.out.split())) == (0, True)


def test_a_viewing_in_the_office_is_not_decided_on_a_transfer(district: District) -> None:
    district.upload(PORTRAIT)
    shown = call("view", PORTRAIT, "--in-office", "--for", SCHOOL, "--basis", "TRANSFER", *AS)
    assert (shown.code, "'TRANSFER' is no exception" in shown.err) == (1, True)


def test_an_emergency_waits_for_nobody(district: District) -> None:
    district.upload(PORTRAIT)
    glass = call("break-glass", PORTRAIT, "--to", SCHOOL, "--threat", "a missing child", *AS, "--json")
    assert glass.object()["outcome"] == "allow"


def test_another_school_s_answer_is_replayed_as_the_same_but_for_the_custodians_look(district: District) -> None:
    district.upload(TEAM)
    protect(district, HANNAH)
    asks(TEAM)
    Path("as-now.toml").write_text("[district]\ndirectory_includes_images = true\n", "utf-8")
    *_, last = call("procedure", "replay", "--against", "as-now.toml", "--json").objects()
    assert (
        last["summary"]["recorded_answer"].get("made_stricter"),
        last["summary"]["recorded_answer"].get("differs", 0),
    ) == (1, 0)


# Another school under another role


@pytest.fixture
def lincoln(district: District) -> District:
    """Lincoln High waits for a portrait, and what certifies an official is in a file."""
    for key in (PORTRAIT, GRADUATION):
        district.upload(key)
    asks(PORTRAIT)
    Path("so.yaml").write_text("legitimate_interest: true\nrecords_authorized: true\n", "utf-8")
    return district


@pytest.mark.parametrize("purpose", ["transfer", "enrollment", "traslado"])
@pytest.mark.parametrize("to", ["school_official:ms-lopez", "public:herald", "parent:lopez"])
@pytest.mark.usefixtures("lincoln")
def test_a_transfer_goes_to_another_school_alone(to: str, purpose: str) -> None:
    refused = call("share", PORTRAIT, "--to", to, "--purpose", purpose, "--evidence", "so.yaml", *AS)
    said = " ".join(refused.err.split())
    assert (refused.code, f"--to other_school:{to.partition(':')[2]} --purpose transfer" in said) == (1, True), said


@pytest.mark.parametrize(
    "person",
    [
        "lincoln-high",
        "Lincoln High",
        "lincoln_high_registrar",
        "LINCOLNHIGH",
        "lincoln",
        "the registrar",
        "Truman Middle School",
        "Fort Zumwalt school district",
    ],
)
@pytest.mark.parametrize("by", [AS, STAFF])
@pytest.mark.usefixtures("lincoln")
def test_another_school_s_staff_get_nothing_as_officials_of_ours(person: str, by: tuple[str, ...]) -> None:
    to = f"school_official:{person}"
    refused = call("share", PORTRAIT, "--to", to, "--purpose", "inspection", "--evidence", "so.yaml", *by)
    assert (refused.code, f"did you mean other_school:{person}?" in " ".join(refused.err.split())) == (1, True)
    shown = call("view", PORTRAIT, "--in-office", "--for", to, "--evidence", "so.yaml", *by)
    assert (shown.code, "did you mean other_school:" in " ".join(shown.err.split())) == (1, True)


@pytest.mark.parametrize(
    ("to", "reads"),
    [
        ("public:lincoln-high-registrar", True),
        ("public:Lincoln Academy", True),
        ("law_enforcement:Lincoln High", True),
        ("public:lincoln-journal", False),
        ("law_enforcement:lincoln-high-resource-officer", False),
        ("school_official:coach", False),
    ],
)
@pytest.mark.usefixtures("lincoln")
def test_who_reads_as_a_school_is_asked_and_nobody_else(to: str, reads: bool) -> None:
    told = call("share", GRADUATION, "--to", to, "--purpose", "news", *AS)
    assert ("did you mean other_school:" in " ".join(told.err.split())) is reads


def test_a_school_is_on_file_by_the_register_too(district: District) -> None:
    district.upload(GRADUATION)
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")
    asked = ("share", GRADUATION, "--to", "school_official:Hadley", "--purpose", "news", *AS)
    assert "did you mean" not in call(*asked).err
    assert call("request", "add", GRADUATION, "--from", "other_school:hadley", *came, *AS).code == 0
    assert "did you mean other_school:Hadley?" in " ".join(call(*asked).err.split())


def test_our_own_staff_are_known_by_the_roster(lincoln: District) -> None:
    people = ("pat-lincoln-high", "4711-registrar")
    asked = [
        ("share", PORTRAIT, "--to", f"school_official:{each}", "--purpose", "inspection", "--evidence", "so.yaml", *AS)
        for each in people
    ]
    assert [call(*each).code for each in asked] == [1, 1]
    staff = StaffRecord(lincoln.services.pseudonyms.staff("4711-registrar"), ("Pat Lincoln-High",), "registrar")
    with lincoln.services.store.writing() as unit:
        unit.people.set_staff([staff], "oneroster", lincoln.services.now(), whole=True)
    assert [call(*each).code for each in asked] == [0, 0]


@pytest.mark.usefixtures("lincoln")
def test_an_emergency_is_not_held_up_by_a_school_s_name() -> None:
    told = call("break-glass", PORTRAIT, "--to", "emergency:lincoln-high", "--threat", "a fire", *STAFF, "--json")
    assert told.object()["outcome"] == "allow"


@pytest.mark.parametrize(
    ("who", "is_refused"),
    [
        ("deputy-hale", True),
        ("Detective Hale, police", True),
        ("prosecutor_lee", True),
        ("officer-diaz", True),
        ("coach-hale", False),
        ("court-yard teacher 12", True),
        ("courtney-lee", False),
    ],
)
def test_the_police_and_courts_are_no_school_officials(district: District, who: str, *, is_refused: bool) -> None:
    district.upload(TEAM)
    told = call("share", TEAM, "--to", f"school_official:{who}", "--purpose", "legal request", *STAFF)
    assert (told.code, "did you mean law_enforcement:" in told.err) == ((1, True) if is_refused else (told.code, False))


def test_a_resource_officer_on_the_roster_is_one(district: District) -> None:
    district.upload(TEAM)
    with district.services.store.writing() as unit:
        staff = [StaffRecord("T-1", ("Officer Diaz",), "staff")]
        unit.people.set_staff(staff, "oneroster", district.services.now(), whole=True)
    told = call("share", TEAM, "--to", "school_official:Officer Diaz", "--purpose", "safety", *STAFF)
    assert "did you mean law_enforcement:" not in told.err


def _record(student: str, *more: str) -> str:
    files = ("--page", "record.html", "--without-pictures", "--csv", "record.csv")
    told = call("ledger", "student", student, *more)
    assert call("ledger", "student", student, *files, *more).code == told.code == 0
    return told.text + Path("record.html").read_text("utf-8") + Path("record.csv").read_text("utf-8")


def test_where_a_protected_student_goes_to_school_is_told_the_custodian_and_their_family_alone(
    district: District,
) -> None:
    """Another student is in the recording, whose family reads the line of it; everybody reads the queue."""
    district.upload(TEAM)
    shown = sorted(kept(district.services, TEAM).tagging.students)
    mover = district.student(HANNAH)
    others = [each for each in shown if each != mover]
    assert (mover in shown, bool(others)) == (True, True)
    referral = asks(TEAM, *STAFF)["referrals"][0]["id"]
    before = _record(others[0], *STAFF)
    assert "lincoln" not in before.casefold(), "nobody knows yet whose record the school asks for"
    protect(district, HANNAH)
    how = ("--enrolled", f"{mover}=the registrar of Springfield, called back", "--how", "mailed to Springfield")
    given = ("--basis", "TRANSFER", "--students", mover, *how, "--why", "to Springfield")
    assert call("queue", "close", referral, "--disclosed-to", SCHOOL, *given, *AS).code == 0
    everybody = [
        *(call("queue", *words, "--all", *form).text for words in (("list",),) for form in ((), ("--json",), STAFF)),
        *(call("queue", "show", referral, *form).text for form in ((), ("--json",), ("--names",), STAFF)),
        call("links", "--json").text,
        _record(others[0], *STAFF),
        _record(others[0], *AS),
    ]
    for told in everybody:
        assert ("lincoln" in told.casefold(), "springfield" in told.casefold()) == (False, False), told
    assert "nother school" in everybody[-1]
    for told in (
        call("queue", "list", "--all", *AS).text,
        call("queue", "show", referral, *AS).text,
        _record(mover, *AS),
    ):
        assert "lincoln" in told.casefold()


def test_a_request_for_a_transfer_is_another_schools_alone(district: District) -> None:
    district.upload(PORTRAIT)
    came = ("--purpose", "transfer", "--received", str(TODAY), "--channel", "email", "--described", "the file")
    shared = call("share", PORTRAIT, "--to", "school_official:oak-grove-high", "--purpose", "transfer", *AS)
    says = "'transfer' is for another school alone (34 CFR 99.31(a)(2), 99.34)"
    assert (shared.code, says in " ".join(shared.err.split())) == (1, True)
    for who in ("school_official:oak-grove-high", "public:oak-grove-high", "parent:G-1"):
        refused = call("request", "add", "--from", who, *came, *AS)
        told = " ".join(refused.err.split())
        assert (refused.code, says in told, "--from other_school:" in told) == (1, True, True), refused.text
    taken = call("request", "add", "--from", SCHOOL, *came, *AS, "--json")
    assert "transfer" in {each["clock"] for each in taken.object()["clocks"]}

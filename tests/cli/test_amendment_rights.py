"""Who may have a record amended: the parents, or the student once the rights are theirs (34 CFR 99.5(a), 99.20 to 99.22)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import revoking
from district import GRADUATION, HANNAH, HANNAH_MOTHER, PORTRAIT, SOFIA, SOFIA_MOTHER, District
from roster_files import change_students
from use_cases import entries, ledger_holds

from dam_plugin.cli import context
from dam_plugin.custodian import request_register
from dam_plugin.custodian.letters import note_printed
from dam_plugin.model import Actor
from dam_plugin.store import SystemUser

ADA = Actor("custodian", "ada")
AS, STAFF = ("--as", "custodian:ada"), ("--as", "media_staff:desk")
OFFICER = ("--officer", "Grace Tomlin")
NOTE = "the counselor's note of 3 October says so"


@pytest.fixture
def sofia(district: District) -> str:
    """A student of 18."""
    district.upload(GRADUATION)
    return district.student(SOFIA)


@pytest.fixture
def growing(district: District, monkeypatch: pytest.MonkeyPatch) -> str:
    """A student who turns 18 on the tenth day from today."""
    day = TODAY + timedelta(days=10)
    change_students(Path("roster"), {"born": str(day.replace(year=day.year - 18))}, HANNAH)
    assert call("roster", "import", "roster", "--confirm", *AS).code == 0
    district.upload(PORTRAIT)
    return district.student(HANNAH)


def asked(student: str, who: str, *more: str, key: str = PORTRAIT) -> Called:
    about = (key, "--student", student, "--amend", "the caption is wrong", "--received", str(TODAY))
    return call(
        "request", "add", *about, "--from", who, "--purpose", "inspection", "--channel", "letter", *(more or AS)
    )


def number(added: Called) -> str:
    assert added.code == 0, added.text
    return added.out.split(":")[0].strip()


def closes(request: str, outcome: str, *more: str) -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", NOTE, *more, *AS)


def hearing(request: str, *words: str) -> Called:
    return call("request", "hearing", request, *words, *AS)


def write(kind: str, request: str, *words: str) -> Called:
    return call("letter", "write", kind, "--request", request, *words, *AS, "--json")


def text(written: Called) -> str:
    assert written.code == 0, written.text
    return " ".join(written.object()["text"].split())


def told(ended: Called) -> str:
    return " ".join(ended.text.split())


def shown(request: str) -> Any:
    return call("request", "show", request, *AS, "--json").object()


def doctor() -> Any:
    (found,) = [each for each in call("doctor", "--json").objects() if each["check"] == "requests"]
    return found


def day(after: int) -> str:
    return str(TODAY + timedelta(days=after))


def setting(request: str, after: int) -> Called:
    return hearing(request, "--set", f"{day(after)} 16:30", "--place", "the board room", *OFFICER)


def decides(request: str) -> Called:
    return hearing(request, "--decision", "not-amended", "--why", "two people were heard", *OFFICER)


def test_a_mother_of_a_grown_student_is_told_so_at_each_step_and_answered_without_a_word_of_the_record(
    district: District, sofia: str
) -> None:
    mother = f"parent:{district.guardian(SOFIA_MOTHER)}"
    added = asked(sofia, mother, key=GRADUATION)
    request = number(added)
    for said in (told(added), told(call("request", "show", request, *AS)), " ".join(shown(request)["amendment"])):
        assert f"{sofia} is 18 or in college, and alone holds the right" in said
        assert f"dam-plugin request close {request} --outcome rights-passed" in said
        assert "The family may ask for a hearing" not in said
    for outcome in ("not-amended", "amended", "denied"):
        refused = closes(request, outcome)
        assert (refused.code, "alone holds the right" in told(refused)) == (1, True)
    assert hearing(request, "--asked").code == 1
    for kind in ("amendment-refused", "hearing-notice", "hearing-decision", "denial", "no-right-to-amend"):
        refused = write(kind, request, *(("--reason", NOTE) if kind == "amendment-refused" else ()))
        assert (refused.code, NOTE in refused.text) == (1, False)
    letter = write("rights-passed", request)
    for words in (
        "You asked us to amend a record of a student",
        "The student can ask us to amend the record",
        "99.31(a)(8)",
    ):
        assert words in text(letter)
    assert "--outcome rights-passed" in letter.object()["next"]
    assert "Usted nos pidió corregir un registro de un estudiante" in text(
        write("rights-passed", request, "--lang", "es")
    )
    before = len(entries(district.services, "share"))
    assert closes(request, "rights-passed").code == 0
    assert (shown(request)["state"], shown(request)["clocks"][0]["met"]) == ("rights-passed", True)
    assert (shown(request)["amendment"], hearing(request, "--asked").code) == ([], 1)
    assert len(entries(district.services, "share")) == before
    assert doctor()["state"] == "ok"
    assert ledger_holds(district.services)


def test_her_daughter_may_ask_herself(district: District, sofia: str) -> None:
    request = number(asked(sofia, f"eligible_student:{sofia}", key=GRADUATION))
    assert shown(request)["amendment"] == []
    assert closes(request, "rights-passed").code == 1
    assert closes(request, "denied").code == 1
    assert closes(request, "not-amended").code == 0
    assert "You have a right to a hearing" in text(write("amendment-refused", request))
    assert hearing(request, "--asked").code == 0


def test_staff_reads_that_the_custodian_looks_and_nothing_of_what_is_on_file(district: District, hannah: str) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    limits(hannah, mother)
    added = asked(hannah, f"parent:{mother}", *STAFF)
    assert "The records custodian has to look" in told(added)
    plain = told(call("request", "show", number(added)))
    assert ("The records custodian has to look" in plain, "order" in plain) == (True, False)
    named = doctor()["detail"]
    assert (number(added) in named, "The records custodian has to look" in named, mother in named) == (
        True,
        True,
        False,
    )
    assert "a court order on file limits" in told(call("request", "show", number(added), *AS))


def limits(student: str, person: str) -> None:
    order = ("--seen", "judgment", *revoking())
    assert call("student", "guardian", "limit", student, person, *order, *AS).code == 0


def test_a_parent_whom_an_order_limits_is_told_at_each_step_and_hears_nothing_of_the_record(
    district: District, hannah: str
) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    limits(hannah, mother)
    added = asked(hannah, f"parent:{mother}")
    request = number(added)
    assert f"a court order on file limits the rights of {mother} over the record of {hannah}" in told(added)
    refused_as_not_the_right(request)
    assert_answered_without_right(request)


def refused_as_not_the_right(request: str) -> None:
    for done in (closes(request, "not-amended"), closes(request, "amended"), closes(request, "rights-passed")):
        assert done.code == 1
    assert f"dam-plugin request close {request} --outcome denied" in told(closes(request, "not-amended"))
    for kind in ("amendment-refused", "rights-passed", "denial"):
        assert write(kind, request).code == 1
    promised = text(write("acknowledgement", request))
    assert ("we have to answer you" in promised, "decide whether" in promised) == (True, False)


def assert_answered_without_right(request: str) -> None:
    letter = write("no-right-to-amend", request)
    assert ("this right is not yours" in text(letter), "hearing" in text(letter)) == (True, False)
    assert "--outcome denied" in letter.object()["next"]
    assert "este derecho no es de usted" in text(write("no-right-to-amend", request, "--lang", "es"))
    assert closes(request, "denied").code == 0
    assert shown(request)["closing"]["provisions"] == ["34 CFR 99.20(a)"]
    assert hearing(request, "--asked").code == 1


def test_a_parent_who_is_not_on_file_is_told_at_each_step(district: District, hannah: str) -> None:
    added = asked(hannah, "parent:G-NOT-ON-FILE")
    request = number(added)
    assert "settle first who asks" in told(added)
    refused_as_not_the_right(request)
    assert_answered_without_right(request)


def test_once_the_parent_is_on_file_the_request_goes_its_way(district: District, hannah: str) -> None:
    request = number(asked(hannah, "parent:aunt"))
    verified = ("--name", "Ida Berg", "--relation", "mother", "--seen", "birth certificate")
    assert call("student", "guardian", "add", hannah, "aunt", *verified, *AS).code == 0
    assert closes(request, "not-amended").code == 0


def test_a_student_who_is_a_minor_has_no_right_yet(district: District, hannah: str) -> None:
    added = asked(hannah, f"eligible_student:{hannah}")
    assert f"{hannah} is a minor, whose parents hold the right" in told(added)
    refused_as_not_the_right(number(added))
    assert_answered_without_right(number(added))


def test_the_guardian_of_an_adult_ward_holds_it_and_neither_the_ward_nor_a_parent_does(
    district: District, sofia: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("letters.pdf").write_bytes(b"%PDF-1.7 letters of guardianship")
    words = ("--seen", "letters of guardianship", "--file", "letters.pdf")
    named = ("--name", "Ines Keller", "--relation", "guardian", "--seen", "letters of guardianship")
    assert call("student", "guardian", "add", sofia, "keller", *named, *AS).code == 0
    assert call("student", "guardian", "appointed", sofia, "keller", *words, *AS).code == 0
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("4711", "another"))
    assert call("student", "guardian", "appointed", sofia, "keller", *words, *AS).code == 0
    guardian = number(asked(sofia, "parent:keller", key=GRADUATION))
    assert shown(guardian)["amendment"] == []
    assert closes(guardian, "not-amended").code == 0
    assert "right to a hearing" in text(write("amendment-refused", guardian))
    for who in (f"eligible_student:{sofia}", f"parent:{district.guardian(SOFIA_MOTHER)}"):
        other = asked(sofia, who, key=GRADUATION)
        assert f"a court appointed keller as guardian of {sofia}" in told(other)
        assert closes(number(other), "not-amended").code == 1


def test_the_parents_of_a_minor_who_died_keep_it_and_nobody_has_it_of_a_grown_student_who_died(
    district: District, hannah: str, sofia: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    died = ("--on", str(TODAY), "--seen", "death certificate", *AS)
    assert call("student", "died", hannah, *died).code == 0
    assert call("student", "died", sofia, *died).code == 0
    on_day(monkeypatch, 5 * 365)
    request = number(asked(hannah, f"parent:{district.guardian(HANNAH_MOTHER)}"))
    assert shown(request)["amendment"] == []
    assert closes(request, "not-amended").code == 0
    assert "right to a hearing" in text(write("amendment-refused", request))
    other = asked(sofia, f"parent:{district.guardian(SOFIA_MOTHER)}", key=GRADUATION)
    assert f"{sofia} has died, and the rights passed to nobody" in told(other)
    for outcome in ("not-amended", "rights-passed"):
        assert closes(number(other), outcome).code == 1


def test_a_parent_of_a_student_in_college_has_none(district: District, hannah: str) -> None:
    assert call("student", "college", hannah, "--seen", "a course list", *AS).code == 0
    request = number(asked(hannah, f"parent:{district.guardian(HANNAH_MOTHER)}"))
    assert closes(request, "not-amended").code == 1
    assert closes(request, "rights-passed").code == 0
    left = call("student", "left-college", hannah, "--on", str(TODAY), "--why", "it was dual credit", *AS, "--json")
    assert [each["id"] for each in left.object()["turned_away"]] == [request]


def test_what_a_mother_began_before_the_birthday_goes_on_with_the_student(
    district: District, growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = number(asked(growing, f"parent:{district.guardian(HANNAH_MOTHER)}"))
    assert shown(request)["amendment"] == []
    assert closes(request, "not-amended").code == 0
    assert hearing(request, "--asked").code == 0
    assert setting(request, 8).code == 0
    assert hearing(request, "--told", "certified mail").code == 0
    assert doctor()["state"] == "ok"
    on_day(monkeypatch, 12)
    assert "goes on with the student" in told(call("request", "show", request, *AS))
    assert (doctor()["state"], request in doctor()["detail"]) == ("warning", True)
    assert "goes on with the student" in told(hearing(request, "--not-wanted", "the mother called"))
    assert hearing(request, "--not-wanted", "x", "--by", district.guardian(HANNAH_MOTHER)).code == 1
    assert decides(request).code == 0
    assert "whom no letter told of it" in doctor()["detail"]
    refused = write("hearing-decision", request, "--name", "Karin Lindqvist")
    assert (refused.code, "goes to the student, not to a parent" in told(refused)) == (1, True)
    decision = text(write("hearing-decision", request))
    for words in ("Hannah Lindqvist", "Now it is yours alone (34 CFR 99.5(a))", "right to place a statement", "heard"):
        assert words in decision
    assert "Ahora el derecho es solo de usted" in text(
        write("hearing-decision", request, "--lang", "es", "--reason", "se oyó")
    )
    assert doctor()["state"] == "ok"
    assert "The student may place a statement" in told(call("request", "show", request, *AS))
    parent = write("rights-passed", request, "--name", "Karin Lindqvist")
    assert ("we go on with the student" in text(parent), parent.object()["next"]) == (True, None)
    assert shown(request)["state"] == "not-amended"
    assert ledger_holds(district.services)


def test_who_was_refused_before_the_birthday_asks_for_the_hearing_as_the_student(
    district: District, growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    request = number(asked(growing, f"parent:{mother}"))
    assert closes(request, "not-amended").code == 0
    on_day(monkeypatch, 12)
    assert f"--asked --by {growing}" in told(call("request", "show", request, *AS))
    assert hearing(request, "--asked").code == 1
    assert "alone holds the right" in told(hearing(request, "--asked", "--by", mother))
    assert hearing(request, "--asked", "--by", growing).code == 0
    assert setting(request, 20).code == 0
    notice = text(write("hearing-notice", request))
    assert ("Hannah Lindqvist" in notice, "It is yours now" in notice, "the board room" in notice) == (True, True, True)
    assert write("hearing-notice", request, "--name", "Karin Lindqvist").code == 1


def test_what_waited_for_a_decision_on_the_birthday_is_decided_for_the_student(
    district: District, growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = number(asked(growing, f"parent:{district.guardian(HANNAH_MOTHER)}"))
    on_day(monkeypatch, 12)
    refused = closes(request, "rights-passed")
    assert (refused.code, "goes on with the student" in told(refused)) == (1, True)
    assert closes(request, "not-amended").code == 0
    assert "whom no letter told of it" in doctor()["detail"]
    assert "A parent of yours asked us to amend a record" in text(write("amendment-refused", request))
    assert doctor()["state"] == "ok"


def test_what_was_decided_before_the_birthday_stays_decided_and_is_asked_about_no_more(
    district: District, growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = number(asked(growing, f"parent:{district.guardian(HANNAH_MOTHER)}"))
    assert closes(request, "not-amended").code == 0
    assert hearing(request, "--asked").code == 0
    assert setting(request, 2).code == 0
    assert hearing(request, "--told", "certified mail").code == 0
    on_day(monkeypatch, 3)
    assert decides(request).code == 0
    on_day(monkeypatch, 12)
    assert (shown(request)["state"], shown(request)["clocks"][-1]["met"]) == ("not-amended", True)
    *_, said = shown(request)["amendment"]
    assert "The student may place a statement" in said
    assert doctor()["state"] == "ok"


def test_a_hearing_that_was_held_is_decided_although_an_order_limits_the_parent_since(
    district: District, hannah: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    request = number(asked(hannah, f"parent:{mother}"))
    assert closes(request, "not-amended").code == 0
    assert hearing(request, "--asked").code == 0
    assert setting(request, 2).code == 0
    assert hearing(request, "--told", "certified mail").code == 0
    on_day(monkeypatch, 4)
    order = ("--seen", "judgment", "--since", day(4), *revoking())
    assert call("student", "guardian", "limit", hannah, mother, *order, *AS).code == 0
    assert setting(request, 9).code == 1
    assert decides(request).code == 0
    assert write("hearing-decision", request).code == 1


def test_what_an_earlier_version_answered_to_the_wrong_person_is_named_until_that_person_is_told(
    district: District, sofia: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = number(asked(sofia, f"parent:{district.guardian(SOFIA_MOTHER)}", key=GRADUATION))
    with monkeypatch.context() as earlier:
        # An earlier version judged nobody's right.
        earlier.setattr(request_register, "check_may_amend", lambda *_: None)
        assert closes(request, "not-amended").code == 0
    assert "The family may ask for a hearing" not in told(call("request", "show", request, *AS))
    assert f"dam-plugin request reopen {request}" in told(call("request", "show", request, *AS))
    assert "The district's attorney should know" in doctor()["detail"]
    assert text(write("rights-passed", request))
    assert doctor()["state"] == "ok"
    assert call("request", "reopen", request, "--why", "the right is hers", *AS).code == 0
    assert closes(request, "rights-passed").code == 0


def test_a_hearing_asked_of_an_earlier_version_ends_with_the_request(
    district: District, sofia: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = number(asked(sofia, f"parent:{district.guardian(SOFIA_MOTHER)}", key=GRADUATION))
    with monkeypatch.context() as earlier:
        earlier.setattr(request_register, "check_may_amend", lambda *_: None)
        assert closes(request, "not-amended").code == 0
        assert hearing(request, "--asked").code == 0
    assert setting(request, 9).code == 1
    assert call("request", "reopen", request, "--why", "the right is hers", *AS).code == 0
    assert closes(request, "rights-passed").code == 0
    assert [each for each in shown(request)["clocks"] if each["stopped"] is None] == []


@pytest.mark.parametrize(
    "words",
    [("--set", "2027-01-04 16:30", "--place", "x", *OFFICER), ("--decision", "amended", "--why", "x", *OFFICER)],
)
def test_nobody_sets_or_decides_a_hearing_for_somebody(district: District, hannah: str, words: tuple[str, ...]) -> None:
    request = number(asked(hannah, f"parent:{district.guardian(HANNAH_MOTHER)}"))
    assert hearing(request, *words, "--by", hannah).code == 2


def test_a_statement_is_the_word_of_whoever_holds_the_right(
    district: District, growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mother = district.guardian(HANNAH_MOTHER)
    words = ("custodian", "statement", PORTRAIT, "--student", growing, "--text", "Not so.", *AS, "--by")
    assert call(*words[:-1]).code == 2
    assert "is a minor" in told(call(*words, growing))
    assert "settle first who asks" in told(call(*words, "G-NOT-ON-FILE"))
    assert call(*words, mother).code == 0
    on_day(monkeypatch, 12)
    assert "alone holds the right" in told(call(*words, mother))
    assert call(*words, growing).code == 0
    assert call(*words, mother, "--on", day(9)).code == 0
    authors = [details["author"] for _, details in entries(district.services, "statement")]
    assert authors == [mother, growing, mother]


# Of a hearing after the birthday the student is told, not the parent


@pytest.fixture
def told_mother(district: District, growing: str) -> str:
    """A request whose hearing, on the twentieth day, the mother was told of before the birthday on the tenth."""
    request = number(asked(growing, f"parent:{district.guardian(HANNAH_MOTHER)}"))
    assert closes(request, "not-amended").code == 0
    assert hearing(request, "--asked").code == 0
    assert setting(request, 20).code == 0
    assert hearing(request, "--told", "certified mail").code == 0
    return request


def waits(request: str) -> bool:
    """Whether the register waits for somebody to be told of the hearing."""
    (listed,) = call("request", "list", "--json").objects()
    clocks = {each["clock"] for each in listed["clocks"] if each["stopped"] is None}
    in_show = {each["clock"] for each in shown(request)["clocks"] if each["stopped"] is None}
    assert clocks == in_show
    return "amendment-hearing" in clocks


def test_a_notice_to_the_parent_tells_no_student_whose_hearing_it_is_on_its_day(
    told_mother: str, growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 9)
    assert (waits(told_mother), doctor()["state"]) == (False, "ok")
    on_day(monkeypatch, 10)
    assert waits(told_mother)
    told_so = f"{growing}, whose hearing it is now (34 CFR 99.5(a), 99.22(b)), was not told of it"
    said = told(call("request", "show", told_mother, *AS))
    assert (told_so in said, "tell the family when and where the hearing is; in time" in said) == (True, False)
    assert "`dam-plugin letter write hearing-notice`" in said
    assert told_so in doctor()["detail"]
    on_day(monkeypatch, 20)
    late = call("request", "list", "--overdue", "--json").objects()
    assert ([each["id"] for each in late], doctor()["overdue"]) == ([told_mother], 1)
    on_day(monkeypatch, 21)
    refused = decides(told_mother)
    assert (refused.code, f"nothing on record told {growing}" in told(refused)) == (1, True)
    before = hearing(told_mother, "--told", "by telephone", "--on", day(9))
    assert (before.code, "the right was not yet that of" in told(before)) == (1, True)
    assert hearing(told_mother, "--told", "by telephone", "--on", day(12)).code == 0
    assert (waits(told_mother), doctor()["overdue"]) == (False, 0)
    assert decides(told_mother).code == 0


def test_a_notice_that_was_written_to_the_parent_and_goes_out_after_the_birthday_tells_nobody(
    district: District, told_mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_parent = write("hearing-notice", told_mother).object()["id"]
    on_day(monkeypatch, 12)
    note_printed(district.services, to_parent, ADA, SystemUser("1000", "ada"))
    assert waits(told_mother)
    to_student = write("hearing-notice", told_mother).object()["id"]
    note_printed(district.services, to_student, ADA, SystemUser("1000", "ada"))
    assert not waits(told_mother)
    on_day(monkeypatch, 21)
    assert decides(told_mother).code == 0


def test_a_notice_to_the_parent_of_a_hearing_before_the_birthday_stands_after_it(
    district: District, growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = number(asked(growing, f"parent:{district.guardian(HANNAH_MOTHER)}"))
    assert closes(request, "not-amended").code == 0
    assert hearing(request, "--asked").code == 0
    assert setting(request, 8).code == 0
    assert hearing(request, "--told", "certified mail").code == 0
    on_day(monkeypatch, 12)
    assert not waits(request)
    assert decides(request).code == 0


def test_a_student_in_college_before_the_hearing_is_told_of_it(
    told_mother: str, growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 2)
    assert call("student", "college", growing, "--seen", "a course list", *AS).code == 0
    assert waits(told_mother)
    assert hearing(told_mother, "--told", "by telephone").code == 0
    assert not waits(told_mother)


def test_of_a_hearing_that_the_student_does_not_want_nobody_is_told(
    told_mother: str, growing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, 12)
    assert waits(told_mother)
    assert hearing(told_mother, "--not-wanted", "she wrote", "--by", growing).code == 0
    assert [each for each in shown(told_mother)["clocks"] if each["stopped"] is None] == []
    assert call("request", "reopen", told_mother, "--why", "x", *AS).code == 0
    assert call("request", "withdraw", told_mother, "--why", "x", *AS).code == 0
    assert [each for each in shown(told_mother)["clocks"] if each["stopped"] is None] == []


def test_of_a_hearing_whose_request_was_withdrawn_nobody_is_told(
    told_mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("request", "reopen", told_mother, "--why", "x", *AS).code == 0
    assert call("request", "withdraw", told_mother, "--why", "x", *AS).code == 0
    on_day(monkeypatch, 12)
    assert [each for each in shown(told_mother)["clocks"] if each["stopped"] is None] == []

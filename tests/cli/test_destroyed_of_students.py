"""A family asks in words for recordings of its child, and one of them was destroyed: nothing that is said hides it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from clock import TODAY
from command_line import call, said
from court_orders import revoking
from destroyed_while_asked import AS, CLOSINGS, LAW, RULES, a_day_later, closed, days_later, deleted, destroyed, letter
from district import CALEB, CALEB_FATHER, GRADUATION, HANNAH, HANNAH_MOTHER, PORTRAIT, TEAM, District
from roster_files import change_students
from use_cases import entries, kept, ledger_holds, looked

from dam_plugin.cli import context
from dam_plugin.custodian import destroy as destroying
from dam_plugin.custodian.forget import forget
from dam_plugin.model import Actor, AssetEvent
from dam_plugin.store import SystemUser


@pytest.fixture
def with_rules(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    Path("retention.toml").write_text(RULES, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RETENTION", "retention.toml")
    return district


def asked(
    district: District,
    days: int,
    *more: str,
    student: str = HANNAH,
    described: str = "what you have of my daughter at the game",
) -> str:
    """Enter a mother's request in words that came some days from today (-3: three days ago); return its number."""
    mother, child = f"parent:{district.guardian(HANNAH_MOTHER)}", district.student(student)
    came = ("--received", str(TODAY + timedelta(days=days)), "--channel", "letter", "--purpose", "inspection")
    words = ("--described", described, "--from", mother, "--student", child)
    return str(call("request", "add", *words, *came, *more, *AS, "--json").object()["id"])


@pytest.mark.parametrize("outcome", CLOSINGS)
@pytest.mark.parametrize("days", [-3, 0])
def test_what_was_destroyed_since_a_family_asked_in_words_is_not_passed_over(
    with_rules: District, days: int, outcome: str
) -> None:
    """The letter lay on a desk while the schedule was carried out, and was entered only then."""
    with_rules.upload(TEAM)
    done = destroyed()
    request = asked(with_rules, days)
    refused = closed(request, outcome)
    assert (refused.code, done in said(refused), LAW in said(refused)) == (1, True, True), refused.text
    assert "Tell the district's attorney" in said(refused)
    assert closed(request, outcome, why=f"the family was told of {done}").code == 0


def test_the_office_is_told_and_the_letter_says_it_without_a_law(with_rules: District) -> None:
    with_rules.upload(TEAM)
    done, hannah = destroyed(), with_rules.student(HANNAH)
    request = asked(with_rules, -3)
    shown = said(call("request", "show", request, *AS))
    assert f"Destroyed on {TODAY} by the schedule ({done}): events; the district's own schedule" in shown
    assert f"it showed {hannah}" in shown
    written = letter(request)
    assert "We had recordings that showed the student you asked about. They were destroyed." in written
    assert "One recording was destroyed on" in written
    assert ("schedule" in written, hannah in written, TEAM in written) == (False, False, False)
    assert "Una grabación se destruyó el" in letter(request, "es")
    said_next = said(call("letter", "write", "no-such-record", "--request", request, *AS))
    assert ("The district's attorney should know" in said_next, f"; {done}'" in said_next) == (True, True)
    assert closed(request, "no-such-record", why=f"told; {done}").code == 0
    # That it is what was asked for, nobody said: it may be.
    assert "One recording was destroyed on" in letter(request)


@pytest.mark.parametrize("outcome", ["no-such-record", "denied"])
def test_what_was_destroyed_before_the_family_asked_is_told_with_its_schedule(
    with_rules: District, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules.upload(TEAM)
    done = destroyed()
    a_day_later(monkeypatch)
    request = asked(with_rules, 1)
    written = letter(request)
    assert "We have no such recording." in written
    assert "as our records schedule says: the district's own schedule." in written
    assert "como dice nuestro calendario de conservación" in letter(request, "es")
    ended = closed(request, outcome)
    assert (ended.code, f"({done})" in said(ended), "attorney" in said(ended)) == (0, True, False), ended.text
    assert "by the schedule" in said(call("request", "show", request))


def test_the_recordings_of_a_student_have_what_was_destroyed(with_rules: District) -> None:
    for key in (TEAM, PORTRAIT):
        with_rules.upload(key)
    short = with_rules.services.pseudonyms.outside(TEAM)
    done, hannah = destroyed(), with_rules.student(HANNAH)
    there, gone = call("student", "recordings", hannah, *AS, "--json").objects()
    assert (there["key"], there["destroyed"]) == (PORTRAIT, None)
    assert (gone["recording"], gone["key"], gone["tagging"]) == (short, None, None)
    assert {name: gone["destroyed"][name] for name in ("id", "day", "how", "in_background")} == {
        "id": done,
        "day": str(TODAY),
        "how": "by the schedule (the district's own schedule)",
        "in_background": False,
    }
    assert f"Destroyed recordings of {hannah}" in call("student", "recordings", hannah, *AS).out
    assert TEAM not in call("student", "recordings", hannah, *AS).out
    assert call("student", "recordings", hannah).code == 1


def test_what_the_office_knows_not_to_be_asked_for_is_left_out(with_rules: District) -> None:
    with_rules.upload(TEAM)
    done = destroyed()
    request = asked(with_rules, -3)
    assert "destroyed" not in letter(request, "en", "--not-about", done)
    wrong = closed(request, "no-such-record", "--not-about", "ds-00000000")
    assert "ds-00000000 destroyed nothing that showed a student" in said(wrong)
    unwritten = call("letter", "write", "no-such-record", "--request", request, "--not-about", "ds-00000000", *AS)
    assert "ds-00000000 destroyed nothing that showed a student" in said(unwritten)
    ended = closed(request, "no-such-record", "--not-about", done.upper())
    assert (ended.code, f"Not about: {done}" in ended.out) == (0, True)
    assert "destroyed" not in letter(request)


def test_a_denial_tells_the_family_too(with_rules: District) -> None:
    with_rules.upload(TEAM)
    done = destroyed()
    request = asked(with_rules, -3)
    assert closed(request, "denied", why=f"told of {done}").code == 0
    written = letter(request, kind="denial")
    assert "They were destroyed. What you asked for may have been one of them" in written
    assert "One recording was destroyed on" in written


def test_a_family_that_names_no_child_asks_for_its_own(with_rules: District) -> None:
    with_rules.upload(TEAM)
    done = destroyed()
    came = ("--received", str(TODAY - timedelta(days=3)), "--channel", "letter", "--purpose", "inspection")
    mother = f"parent:{with_rules.guardian(HANNAH_MOTHER)}"
    words = ("request", "add", "--described", "the video of the game", "--from", mother, *came, *AS, "--json")
    request = call(*words).object()["id"]
    refused = closed(request, "no-such-record")
    assert (refused.code, done in said(refused)) == (1, True)
    assert "They were destroyed" in letter(request)


def test_who_may_not_know_of_a_student_is_not_told(with_rules: District) -> None:
    with_rules.upload(TEAM)
    done, hannah = destroyed(), with_rules.student(HANNAH)
    came = ("--received", str(TODAY - timedelta(days=3)), "--channel", "letter", "--purpose", "news")
    words = ("--described", "the game", "--student", hannah, "--from", "public:eye", *came)
    request = call("request", "add", *words, *AS, "--json").object()["id"]
    refused = closed(request, "denied")
    assert (refused.code, done in said(refused), LAW in said(refused)) == (1, True, False)
    assert "tell nobody else of it" in said(refused)
    assert "tell whoever asked" not in said(refused)
    assert "destroyed" not in letter(request, kind="denial")
    assert closed(request, "denied", why=f"destroyed; {done}").code == 0
    assert "destroyed" not in letter(request, kind="denial")


def test_another_student_and_who_was_untagged_before_are_not_among_them(with_rules: District) -> None:
    with_rules.upload(PORTRAIT)
    assert kept(with_rules.services, PORTRAIT).tagging.students == {with_rules.student(HANNAH)}
    destroyed(PORTRAIT)
    caleb = with_rules.student(CALEB)
    assert call("student", "recordings", caleb, *AS, "--json").objects() == []
    with_rules.upload(TEAM)
    looked(with_rules, TEAM, CALEB, nobody=True)
    assert kept(with_rules.services, TEAM).tagging.students == {caleb}
    done = destroyed()
    (of_caleb,) = call("student", "recordings", caleb, *AS, "--json").objects()
    (of_hannah,) = call("student", "recordings", with_rules.student(HANNAH), *AS, "--json").objects()
    assert (of_caleb["destroyed"]["id"], of_hannah["destroyed"]["id"] == done) == (done, False)


def test_who_was_in_an_earlier_version_alone_is_among_them(with_rules: District) -> None:
    with_rules.upload(PORTRAIT)
    with_rules.upload(PORTRAIT, b"another file")
    hannah = with_rules.student(HANNAH)
    looked(with_rules, PORTRAIT, CALEB, nobody=True)
    done = destroyed(PORTRAIT)
    gone = [each["destroyed"]["id"] for each in call("student", "recordings", hannah, *AS, "--json").objects()]
    assert gone == [done]


def test_of_what_is_there_under_another_key_it_is_not_said_that_there_is_none(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules.upload(TEAM)
    body = with_rules.services.library.read(TEAM, limit=10**8)
    done = destroyed()
    with_rules.upload("elsewhere/copy.jpg", body)
    a_day_later(monkeypatch)
    request, copy = asked(with_rules, 1), with_rules.services.pseudonyms.outside("elsewhere/copy.jpg")
    of_child = ("--not-about", with_rules.student(HANNAH)) if _is_tagged(with_rules) else ()
    refused = closed(request, "no-such-record", *of_child)
    assert f"may be a copy of what {done} destroyed" in said(refused)
    assert closed(request, "no-such-record", *of_child, "--not-about", copy).code == 0


def _is_tagged(district: District) -> bool:
    return district.student(HANNAH) in kept(district.services, "elsewhere/copy.jpg").tagging.students


def test_of_what_another_law_made_confidential_the_attorney_is_asked(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules.upload(TEAM)
    assert call("custodian", "close", TEAM, "--law", "RSMo 210.150", "--why", "a report", *AS).code == 0
    done = destroyed()
    a_day_later(monkeypatch)
    request = asked(with_rules, 1)
    for refused in (
        closed(request, "no-such-record"),
        call("letter", "write", "no-such-record", "--request", request, *AS),
    ):
        assert (refused.code, f"{done} destroyed on {TODAY} what showed" in said(refused)) == (1, True), refused.text
        assert "was confidential under another law" in said(refused)
    assert "destroyed" not in letter(request, "en", "--not-about", done)
    assert closed(request, "no-such-record", "--not-about", done).code == 0
    assert "destroyed" not in letter(request)


def test_of_what_an_earlier_version_destroyed_it_is_said_that_the_log_kept_nobody(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules.upload(TEAM)
    with monkeypatch.context() as earlier:
        earlier.setattr(destroying, "whom_shown", lambda *_: None)
        destroyed()
    silent = f"Until {TODAY} the log did not keep whom a destroyed recording showed"
    request, hannah = asked(with_rules, -3), with_rules.student(HANNAH)
    assert silent in said(call("request", "show", request))
    assert silent in said(call("student", "recordings", hannah, *AS))
    assert call("request", "show", request, "--json").object()["silent_until"] == str(TODAY)
    ended = closed(request, "no-such-record")
    assert (ended.code, silent in said(ended)) == (0, True)
    days_later(monkeypatch, 2)
    with_rules.upload(PORTRAIT)
    destroyed(PORTRAIT)
    assert silent in said(call("student", "recordings", hannah, *AS))


def test_where_each_destruction_keeps_whom_it_showed_nothing_is_said_of_the_log(with_rules: District) -> None:
    with_rules.upload(TEAM)
    destroyed()
    assert "the log did not keep" not in call("student", "recordings", with_rules.student(HANNAH), *AS).text


def test_the_log_names_nobody_and_the_ledger_keeps_whom_it_showed_for_ever(with_rules: District) -> None:
    with_rules.upload(TEAM)
    hannah = with_rules.student(HANNAH)
    before = call("ledger", "student", *AS, hannah, "--json").objects()
    destroyed()
    assert hannah not in call("retention", "log", "--json").out
    assert call("ledger", "student", *AS, hannah, "--json").objects() == before
    services = with_rules.services
    (begun, details), (done, _) = entries(services, "destruction")
    with services.store.reading() as unit:
        of = unit.entries.students_of([begun.seq, done.seq])
    assert (hannah in of[begun.seq], done.seq in of, details["shown"]) == (True, False, len(of[begun.seq]))
    assert forget(services, Actor("custodian", "records-office"), "left", student=hannah).deleted == 0
    assert len(call("student", "recordings", hannah, *AS, "--json").objects()) == 1
    assert ledger_holds(services)


def test_what_is_begun_and_not_done_is_not_passed_over_either(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules.upload(TEAM)
    with monkeypatch.context() as patched:
        patched.setattr(destroying, "_deleted", _refused)
        assert call("retention", "destroy", TEAM, "--why", "the schedule", *AS).code == 1
    begun = call("retention", "log", "--json").object()["id"]
    request = asked(with_rules, -3)
    refused = closed(request, "no-such-record")
    assert (refused.code, f"{begun} has begun to destroy a recording" in said(refused)) == (1, True)
    destroyed()
    assert "Tell the district's attorney" in said(closed(request, "no-such-record"))


def _refused(*_: object) -> tuple[int, int]:
    return 0, 1


def test_a_sealed_request_passes_over_nothing_either_and_stays_out_of_sight(with_rules: District) -> None:
    with_rules.upload(TEAM)
    done, hannah = destroyed(), with_rules.student(HANNAH)
    came = ("--received", str(TODAY), "--channel", "letter", "--purpose", "safety", "--from", "childrens_division:cd")
    words = ("--described", "what shows the child", "--student", hannah)
    request = call("request", "add", *words, *came, *AS, "--json").object()["id"]
    refused = closed(request, "no-such-record")
    assert (refused.code, done in said(refused), LAW in said(refused)) == (1, True, False)
    assert f"({done})" in said(call("request", "show", request, "--sealed", *AS))
    assert (
        call("request", "show", request).code,
        call("student", "recordings", hannah, *AS, "--request", request).code,
    ) == (1, 1)
    assert request not in call("student", "recordings", hannah, *AS).text


def test_what_the_family_had_been_given_is_not_in_the_way_once_it_is_destroyed(with_rules: District) -> None:
    with_rules.upload(PORTRAIT)
    request, mother = asked(with_rules, 0), f"parent:{with_rules.guardian(HANNAH_MOTHER)}"
    given = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", "--request", request, *AS, "--json")
    assert call("open", given.object()["token"]).code == 0
    assert closed(request, "granted").code == 0
    done = destroyed(PORTRAIT)
    assert call("request", "reopen", request, "--why", "one more question", *AS).code == 0
    ended = closed(request, "granted")
    assert (ended.code, done in said(ended), "it was pending" in said(ended)) == (0, True, False), ended.text


def destroyed_while_closed(district: District, monkeypatch: pytest.MonkeyPatch, *reopened: str) -> tuple[str, str]:
    """Withdraw a mother's request for her, destroy on another day, open it again on a third; return its number and `ds-…`."""
    for key in (TEAM, PORTRAIT):
        district.upload(key)
    request = asked(district, 0)
    days_later(monkeypatch, 1)
    assert call("request", "withdraw", request, "--why", "a caller withdrew by telephone", *AS).code == 0
    days_later(monkeypatch, 2)
    done = destroyed()
    days_later(monkeypatch, 3)
    assert call("request", "reopen", request, "--why", "she never withdrew it", *reopened, *AS).code == 0
    return request, done


@pytest.mark.parametrize("outcome", CLOSINGS)
def test_what_was_destroyed_while_it_was_closed_by_mistake_is_not_passed_over(
    with_rules: District, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    """It was outstanding all along: nobody had withdrawn it."""
    request, done = destroyed_while_closed(with_rules, monkeypatch)
    mother, hannah = f"parent:{with_rules.guardian(HANNAH_MOTHER)}", with_rules.student(HANNAH)
    is_given = outcome in ("granted", "partly")
    if is_given:
        given = call("share", PORTRAIT, "--to", mother, "--purpose", "inspection", "--request", request, *AS, "--json")
        assert call("open", given.object()["token"]).code == 0
    elsewhere = ("--not-about", hannah) if outcome in ("no-such-record", "referred-elsewhere") else ()
    refused = closed(request, outcome, *elsewhere)
    assert (refused.code, done in said(refused), LAW in said(refused)) == (1, True, True), refused.text
    assert "Tell the district's attorney" in said(refused)
    assert "it was pending" in said(call("request", "show", request, *AS))


def test_no_letter_says_a_schedule_of_what_was_destroyed_while_it_was_closed_by_mistake(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, done = destroyed_while_closed(with_rules, monkeypatch)
    hannah = with_rules.student(HANNAH)
    assert closed(request, "no-such-record", "--not-about", hannah, why=f"told of {done}").code == 0
    written = letter(request)
    assert ("One recording was destroyed on" in written, "schedule" in written) == (True, False)
    assert "calendario" not in letter(request, "es")


def test_what_was_destroyed_before_a_family_asked_anew_is_no_matter_of_its_old_request(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = ("--asked-again", str(TODAY + timedelta(days=3)))
    request, _ = destroyed_while_closed(with_rules, monkeypatch, *again)
    assert "it was pending" not in said(call("request", "show", request, *AS))
    ended = closed(request, "no-such-record", "--not-about", with_rules.student(HANNAH))
    assert ended.code == 0, ended.text
    assert "as our records schedule says" in letter(request)


# What was deleted in the storage, and not by the schedule


@pytest.mark.parametrize("outcome", ["no-such-record", "granted", "partly"])
def test_what_left_the_storage_since_a_family_asked_in_words_is_not_passed_over(
    with_rules: District, outcome: str
) -> None:
    with_rules.upload(TEAM)
    short = with_rules.services.pseudonyms.outside(TEAM)
    deleted(with_rules)
    request = asked(with_rules, -3)
    refused = closed(request, outcome)
    assert (refused.code, short in said(refused), f"--not-about {short}" in said(refused)) == (1, True, True)
    assert closed(request, outcome, "--not-about", short).code == 0


def test_what_a_family_asks_for_in_words_is_lost_as_what_it_names(with_rules: District) -> None:
    """The request was entered, so that it held the recording: the loss is an alarm."""
    with_rules.upload(TEAM)
    short = with_rules.services.pseudonyms.outside(TEAM)
    request = asked(with_rules, 0)
    deleted(with_rules)
    assert [each["outcome"] for each in call("hold", "alarms", "--json").objects()] == ["lost"]
    for outcome in ("no-such-record", "denied", "granted", "partly"):
        refused = closed(request, outcome)
        assert (refused.code, short in said(refused), "--outcome lost" in said(refused)) == (1, True, True), outcome
    unwritten = call("letter", "write", "no-such-record", "--request", request, *AS)
    assert (unwritten.code, short in said(unwritten)) == (1, True)
    tried = ("--tried", "both backups; the attorney was asked")
    ended = call("request", "close", request, "--outcome", "lost", "--why", "a disk failed", *tried, *AS)
    assert ended.code == 0, ended.text


def test_what_left_the_storage_before_or_came_back_is_not_in_the_way(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (TEAM, PORTRAIT):
        with_rules.upload(key)
    deleted(with_rules)
    a_day_later(monkeypatch)
    request, hannah = asked(with_rules, 1), with_rules.student(HANNAH)
    with_rules.services.library.delete(PORTRAIT)
    with_rules.pm.hook.asset_deleted(event=AssetEvent(PORTRAIT))
    assert [each["outcome"] for each in call("hold", "alarms", "--json").objects()] == ["restored"]
    assert f"{hannah} is tagged in a recording of the library" in said(closed(request, "no-such-record"))
    assert closed(request, "no-such-record", "--not-about", hannah).code == 0


def test_a_second_user_is_asked_for_what_takes_two(with_rules: District, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom it showed is kept as it was when the second person agreed."""
    with_rules.upload(TEAM)
    looked(with_rules, TEAM, HANNAH, official_uses=())
    Path("order.pdf").write_bytes(b"%PDF-1.7 the court orders")
    order = ("retention", "destroy", TEAM, "--why", "the court orders it", "--order", "24JU-1")
    assert call(*order, "--ordered", str(TODAY), "--file", "order.pdf", *AS).code == 0
    hannah, caleb = with_rules.student(HANNAH), with_rules.student(CALEB)
    looked(with_rules, TEAM, HANNAH, CALEB, nobody=True)
    assert [each["destroyed"] for each in call("student", "recordings", hannah, *AS, "--json").objects()] == [None]
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
    assert call(*order, "--as", "designee:principal").code == 0
    for student in (hannah, caleb):
        (gone,) = call("student", "recordings", student, *AS, "--json").objects()
        assert gone["destroyed"]["how"] == "as a court ordered"


# Whose rights passed to the student is told of nothing


def by_court(key: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Destroy a recording as a court orders, by two people; return the id in the log."""
    Path("order.pdf").write_bytes(b"%PDF-1.7 the court orders")
    order = ("retention", "destroy", key, "--why", "the court orders it", "--order", "24JU-1")
    assert call(*order, "--ordered", str(TODAY), "--file", "order.pdf", *AS).code == 0
    with monkeypatch.context() as second:
        second.setattr(context, "system_user", lambda: SystemUser("1001", "ben"))
        done = call(*order, "--as", "designee:principal", "--json")
    assert done.object()["state"] == "done", done.text
    return str(done.object()["id"])


def in_words(who: str, *more: str, days: int = 0) -> str:
    came = ("--received", str(TODAY + timedelta(days=days)), "--channel", "counter", "--purpose", "inspection")
    words = ("--described", "all recordings of my child", "--from", who, *came, *more)
    made = call("request", "add", *words, *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def turns_18(district: District, student: str, day: date) -> str:
    born = day.replace(year=day.year - 18, day=min(day.day, 28)).isoformat()
    change_students(district.folder / "roster", {"born": born}, student)
    assert call("roster", "import", "roster", *AS).code == 0
    return district.student(student)


@pytest.mark.parametrize("named", [True, False])
def test_a_parent_of_a_grown_student_hears_nothing_of_what_was_destroyed(
    with_rules: District, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    with_rules.upload(PORTRAIT)
    hannah = turns_18(with_rules, HANNAH, TODAY - timedelta(days=40))
    done = by_court(PORTRAIT, monkeypatch)
    a_day_later(monkeypatch)
    request = in_words(
        f"parent:{with_rules.guardian(HANNAH_MOTHER)}", *(("--student", hannah) if named else ()), days=1
    )
    for outcome in ("no-such-record", "lost", "referred-elsewhere"):
        more = ("--tried", "the backup", "--why", "gone") if outcome == "lost" else ("--why", f"destroyed; {done}")
        refused = call("request", "close", request, "--outcome", outcome, *more, *AS)
        assert (refused.code, "--outcome rights-passed" in said(refused)) == (1, True), refused.text
    wrong = call("letter", "write", "no-such-record", "--request", request, "--name", "Maria Lindqvist", *AS)
    assert (wrong.code, "the rights passed to the student" in said(wrong)) == (1, True)
    shown = said(call("request", "show", request, *AS))
    assert "It is not owed now: the rights passed to the student whom a parent asks about" in shown
    closed_so = call("request", "close", request, "--outcome", "rights-passed", "--why", f"she is 18; {done}", *AS)
    assert closed_so.code == 0, closed_so.text
    assert "not owed: let the family see it" in said(call("request", "show", request, *AS))
    assert [word for word in ("destroyed", "court ordered") if word in letter(request, kind="rights-passed")] == []


def test_a_request_that_was_pending_at_the_birthday_is_answered_to_nobody_but_the_student(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules.upload(PORTRAIT)
    done = by_court(PORTRAIT, monkeypatch)
    request = in_words(f"parent:{with_rules.guardian(HANNAH_MOTHER)}", "--student", with_rules.student(HANNAH))
    assert "A court ordered that" in letter(request)
    assert "It is not owed now" not in said(call("request", "show", request, *AS))
    turns_18(with_rules, HANNAH, TODAY - timedelta(days=40))
    refused = closed(request, "no-such-record", why=f"told; {done}")
    assert (refused.code, "--outcome rights-passed" in said(refused)) == (1, True), refused.text
    passed = call("request", "close", request, "--outcome", "rights-passed", "--why", "18", *AS)
    assert (passed.code, "tell nobody else of it" in said(passed)) == (1, True)


def test_the_parent_of_a_dependent_is_told_as_before(with_rules: District, monkeypatch: pytest.MonkeyPatch) -> None:
    with_rules.upload(PORTRAIT)
    hannah = turns_18(with_rules, HANNAH, TODAY - timedelta(days=40))
    mother = with_rules.guardian(HANNAH_MOTHER)
    by_court(PORTRAIT, monkeypatch)
    stated = call("student", "guardian", "dependent", hannah, mother, "--seen", "a tax transcript", *AS)
    assert stated.code == 0, stated.text
    a_day_later(monkeypatch)
    request = in_words(f"parent:{mother}", "--student", hannah, days=1)
    assert "A court ordered that" in letter(request)
    assert closed(request, "no-such-record").code == 0


def test_a_limited_guardian_and_one_of_another_child_hear_nothing(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_rules.upload(PORTRAIT)
    hannah, mother = with_rules.student(HANNAH), with_rules.guardian(HANNAH_MOTHER)
    by_court(PORTRAIT, monkeypatch)
    a_day_later(monkeypatch)
    limit = ("student", "guardian", "limit", hannah, mother, "--seen", "the judgment", *revoking())
    assert call(*limit, *AS).code == 0
    for who in (mother, with_rules.guardian(CALEB_FATHER)):
        request = in_words(f"parent:{who}", "--student", hannah, days=1)
        refused = closed(request, "no-such-record")
        assert (refused.code, "the answer is the same denial" in said(refused)) == (1, True), refused.text
        assert "destroyed" not in letter(request, kind="denial")
    unnamed = in_words(f"parent:{mother}", days=1)
    assert "destroyed" not in letter(unnamed)


@pytest.mark.parametrize("ordered", [False, True])
def test_a_letter_owns_what_was_destroyed_while_a_family_waited_but_for_a_courts_order(
    with_rules: District, monkeypatch: pytest.MonkeyPatch, ordered: bool
) -> None:
    with_rules.upload(TEAM)
    done = by_court(TEAM, monkeypatch) if ordered else destroyed()
    owns = f"so it should not have been destroyed: what a family waits to see has to be kept ({LAW})"
    for words in ("all of my daughter", f"the picture {TEAM}"):
        request = asked(with_rules, -3, described=words)
        assert (owns in letter(request), "A court ordered that" in letter(request)) == (not ordered, ordered)
        assert ("no se debió destruir" in letter(request, "es")) is not ordered
        assert closed(request, "no-such-record", why=f"told; {done}").code == 0
    stranger = (
        "--described",
        f"the picture {TEAM}",
        "--from",
        "public:eye",
        "--purpose",
        "news",
        "--channel",
        "letter",
    )
    request = call("request", "add", *stranger, "--received", str(TODAY - timedelta(days=3)), *AS, "--json").object()[
        "id"
    ]
    assert ("It was destroyed on" in letter(request), owns in letter(request)) == (True, False)


def test_a_closing_names_no_destruction_that_was_not_done_or_showed_somebody_else(with_rules: District) -> None:
    with_rules.upload(GRADUATION)
    other = destroyed(GRADUATION)
    request = asked(with_rules, 0)
    never = closed(request, "no-such-record", why="destroyed ds-00000000")
    assert (never.code, "ds-00000000 destroyed nothing" in said(never)) == (1, True), never.text
    others = closed(request, "no-such-record", why=f"destroyed {other}")
    assert (others.code, f"{other} destroyed nothing that showed a student" in said(others)) == (1, True), others.text
    assert closed(request, "no-such-record").code == 0


def test_a_parent_of_a_minor_beside_a_grown_student_is_told_of_the_minor_alone(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (PORTRAIT, GRADUATION):
        with_rules.upload(key)
    mother, caleb = with_rules.guardian(HANNAH_MOTHER), with_rules.student(CALEB)
    turns_18(with_rules, HANNAH, TODAY - timedelta(days=40))
    looked(with_rules, GRADUATION, CALEB, official_uses=())
    added = call("student", "guardian", "add", caleb, mother, "--seen", "the judgment of adoption", *AS)
    assert added.code == 0, added.text
    destroyed(GRADUATION)
    by_court(PORTRAIT, monkeypatch)
    a_day_later(monkeypatch)
    request = in_words(f"parent:{mother}", days=1)
    written = letter(request)
    assert ("One recording was destroyed on" in written, "A court ordered that" in written) == (True, False)
    assert "It is not owed now" not in said(call("request", "show", request, *AS))

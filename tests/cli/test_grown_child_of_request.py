"""A parent asks in words or by key for several children, and one holds the rights: nothing tells the parent of that one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import revoking
from district import CALEB, GRADUATION, HANNAH, HANNAH_MOTHER, PORTRAIT, District
from roster_files import change_students
from use_cases import looked

from dam_plugin.model import AssetEvent

AS = ("--as", "custodian:records-office")
RULES = """\
[[rule]]
name = "portraits"
folder = ["portraits/**"]
use = "none"
years = 0
source = "the district's own schedule"
"""
GENERAL = {
    "en": "The rights over the records of a student who is 18 or older, or goes to college, are the student's own.",
    "es": "Los derechos sobre los registros de un estudiante que tiene 18 años o más, o que va a la universidad, son",
}


@pytest.fixture
def family(district: District) -> District:
    """A mother of a grown student in a portrait that is kept for discipline, and of a minor in a picture of a graduation."""
    mother, caleb = district.guardian(HANNAH_MOTHER), district.student(CALEB)
    for key in (PORTRAIT, GRADUATION):
        district.upload(key)
    looked(district, GRADUATION, CALEB, official_uses=())
    added = call("student", "guardian", "add", caleb, mother, "--seen", "the judgment of adoption", *AS)
    assert added.code == 0, added.text
    return district


def turns_18(district: District) -> None:
    day = TODAY - timedelta(days=40)
    born = day.replace(year=day.year - 18, day=min(day.day, 28)).isoformat()
    change_students(district.folder / "roster", {"born": born}, HANNAH)
    assert call("roster", "import", "roster", *AS).code == 0


def kept_for_discipline(district: District, key: str = PORTRAIT) -> None:
    tagged = call("tag", key, "--official", f"discipline:{district.student(HANNAH)}", *AS)
    assert tagged.code == 0, tagged.text


@pytest.fixture
def grown(family: District) -> District:
    turns_18(family)
    kept_for_discipline(family)
    return family


def mother(district: District) -> str:
    return f"parent:{district.guardian(HANNAH_MOTHER)}"


def asked(district: District, *students: str) -> str:
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter", "--want", "copy")
    named = [word for each in students for word in ("--student", each)]
    words = ("--described", "all pictures of my children", "--from", mother(district), *named)
    made = call("request", "add", *words, *came, *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def shared(district: District, key: str, request: str) -> str:
    answer = call(
        "share", key, "--to", mother(district), "--purpose", "inspection", "--request", request, *AS, "--json"
    )
    return str(answer.object()["outcome"])


def closed(request: str, outcome: str, *more: str) -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", "the younger's is given", *more, *AS)


def text(written: Called) -> str:
    assert written.code == 0, written.text
    return " ".join(written.object()["text"].split())


def letter(kind: str, request: str, *more: str) -> str:
    return text(call("letter", "write", kind, "--request", request, *more, *AS, "--json"))


def shown(request: str) -> Any:
    return call("request", "show", request, *AS, "--json").object()


def outside(district: District, key: str = PORTRAIT) -> str:
    return district.services.pseudonyms.outside(key)


def refused_and_settled(district: District, request: str, key: str = PORTRAIT) -> None:
    """Ask for a recording in answer to a request, and close the question in the queue without giving it."""
    assert shared(district, key, request) == "refer"
    (waiting,) = [each["referral"] for each in shown(request)["answers"] if each["referral"]]
    assert call("queue", "close", waiting, "--why", "the student is of age", *AS).code == 0


def tells_nothing(district: District, told: str, key: str = PORTRAIT) -> bool:
    return all(word not in told for word in (outside(district, key), "September 9", "9 de septiembre"))


@pytest.mark.parametrize("named", [False, True])
def test_no_answer_is_asked_for_of_the_grown_childs_recordings(grown: District, named: bool) -> None:
    request = asked(grown, *((grown.student(HANNAH), grown.student(CALEB)) if named else ()))
    refused = closed(request, "granted")
    assert (outside(grown, GRADUATION) in refused.text, outside(grown) in refused.text) == (True, False)
    assert shared(grown, GRADUATION, request) == "allow"
    done = closed(request, "granted")
    assert done.code == 0, done.text
    assert f"the records of {grown.student(HANNAH)} passed to the student" in " ".join(done.text.split())
    assert (shown(request)["state"], shown(request)["closing"]["provisions"]) == ("granted", [])
    assert shown(request)["rights_passed"] == [grown.student(HANNAH)]
    for language in ("en", "es"):
        told = letter("redacted-release", request, "--lang", language)
        assert (GENERAL[language] in told, tells_nothing(grown, told)) == (True, True), told
        assert ("keep it back" in told, "no lo entregamos" in told) == (False, False)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("only", [True, False])
def test_the_custodian_alone_is_told_whose_rights_passed(grown: District, named: bool, only: bool) -> None:
    students = (grown.student(HANNAH),) if only else (grown.student(HANNAH), grown.student(CALEB))
    request = asked(grown, *(students if named or only else ()))
    for told in (AS, ("--as", "media_staff:jo"), ()):
        full = call("request", "show", request, "--json", *told).object()
        assert full["rights_passed"] == ([grown.student(HANNAH)] if told == AS else [])
        plain = " ".join(call("request", "show", request, *told).text.split())
        assert ("passed to the student" in plain) is (told == AS), plain
        assert ("the records custodian is told why" in plain) is (only and told != AS), plain


def test_media_staff_who_enter_a_request_are_not_told_whose_rights_passed(grown: District) -> None:
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter", "--want", "copy")
    words = ("request", "add", "--described", "all pictures of my children", "--from", mother(grown), *came)
    for told in (AS, ("--as", "media_staff:jo")):
        plain = call(*words, *told)
        assert plain.code == 0, plain.text
        assert ("passed to the student" in plain.text, grown.student(HANNAH) in plain.text) == (told == AS, told == AS)
        full = call(*words, *told, "--json").object()
        assert full["rights_passed"] == ([grown.student(HANNAH)] if told == AS else [])


def test_the_custodian_who_joins_work_is_told_whose_rights_passed(grown: District) -> None:
    request = asked(grown)
    assert shared(grown, GRADUATION, request) == "allow"
    fee = call("request", "fee", request, "--research", "5", *AS, "--json")
    assert fee.object()["rights_passed"] == [grown.student(HANNAH)]


def test_the_letter_reads_the_same_whether_there_is_a_recording_of_the_grown_child_or_none(grown: District) -> None:
    request = asked(grown)
    shared(grown, GRADUATION, request)
    assert closed(request, "granted").code == 0
    before = letter("redacted-release", request)
    assert call("request", "reopen", request, "--why", "tried otherwise", *AS).code == 0
    refused_and_settled(grown, request)
    assert closed(request, "granted").code == 0
    assert letter("redacted-release", request) == before
    assert outside(grown) not in call("request", "log", request, "--exemptions").text


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_letter_or_log_lists_what_was_not_given_of_the_grown_child(grown: District, language: str) -> None:
    request = asked(grown)
    shared(grown, GRADUATION, request)
    refused_and_settled(grown, request)
    for kind in ("acknowledgement", "extension"):
        more = ("--cause", "x", "--place", "y", "--earliest", f"{TODAY + timedelta(days=5)} 09:00")
        told = letter(kind, request, "--lang", language, *(more if kind == "extension" else ()))
        assert (GENERAL[language] in told, tells_nothing(grown, told)) == (True, True), told
    assert (outside(grown, GRADUATION) in told) is True
    partly = closed(request, "partly", "--provision", "RSMo 610.021(1)", "--advised", "counsel, today")
    assert partly.code == 0, partly.text
    told = letter("redacted-release", request, "--lang", language)
    assert (GENERAL[language] in told, tells_nothing(grown, told)) == (True, True), told
    for form in ((), ("--json",), ("--csv",)):
        assert outside(grown) not in call("request", "log", request, "--exemptions", *form).text


@pytest.mark.parametrize("provision", ["34 CFR 99.5(a)", "34 CFR 99.30", "RSMo 610.021(14); 34 CFR 99.5(a)"])
def test_that_the_rights_passed_is_cited_as_no_denial(grown: District, provision: str) -> None:
    request = asked(grown)
    shared(grown, GRADUATION, request)
    refused = closed(request, "partly", "--provision", provision)
    assert (refused.code, "close it as 'granted'" in " ".join(refused.text.split())) == (1, True), refused.text
    typed = call("letter", "write", "redacted-release", "--request", request, "--provision", provision, *AS)
    assert (typed.code, "Leave it out" in typed.text) == (1, True)
    assert (
        "--outcome granted"
        in call("letter", "write", "redacted-release", "--request", request, *AS, "--json").object()["next"]
    )


def test_nothing_is_said_to_be_given_that_was_not(grown: District) -> None:
    request = asked(grown)
    before = call("letter", "write", "redacted-release", "--request", request, *AS)
    refused_and_settled(grown, request)
    after = call("letter", "write", "redacted-release", "--request", request, *AS)
    assert (before.code, after.code, "nothing was released yet" in before.text) == (1, 1, True)
    assert before.text == after.text


def test_where_the_younger_has_none_it_is_no_such_record(grown: District) -> None:
    looked(grown, GRADUATION, nobody=True)
    request = asked(grown)
    told = letter("no-such-record", request)
    assert (GENERAL["en"] in told, tells_nothing(grown, told)) == (True, True)
    assert closed(request, "no-such-record").code == 0


def test_a_denial_lists_the_youngers_alone(grown: District) -> None:
    request = asked(grown)
    refused_and_settled(grown, request)
    told = letter("denial", request, "--provision", "34 CFR 99.4")
    assert (GENERAL["en"] in told, tells_nothing(grown, told)) == (True, True), told


def test_a_recording_of_both_is_answered_as_the_youngers(grown: District) -> None:
    looked(grown, GRADUATION, CALEB, HANNAH, official_uses=())
    request = asked(grown)
    refused = closed(request, "granted")
    assert (refused.code, outside(grown, GRADUATION) in refused.text) == (1, True)
    shared(grown, GRADUATION, request)
    assert outside(grown, GRADUATION) in letter("acknowledgement", request)


def test_a_parent_of_a_dependent_is_answered_as_before(grown: District) -> None:
    hannah, who = grown.student(HANNAH), grown.guardian(HANNAH_MOTHER)
    assert call("student", "guardian", "dependent", hannah, who, "--seen", "a tax transcript", *AS).code == 0
    request = asked(grown)
    shared(grown, GRADUATION, request)
    refused = closed(request, "granted")
    assert (refused.code, outside(grown) in refused.text) == (1, True)
    shared(grown, PORTRAIT, request)
    told = letter("acknowledgement", request)
    assert (outside(grown) in told, GENERAL["en"] in told) == (True, False)


def test_the_student_is_answered_for_the_same_recording(grown: District) -> None:
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")
    who = f"eligible_student:{grown.student(HANNAH)}"
    request = call("request", "add", "--described", "all of me", "--from", who, *came, *AS, "--json").object()["id"]
    refused = closed(request, "granted")
    assert (refused.code, outside(grown) in refused.text) == (1, True)


def test_where_each_child_is_grown_nothing_is_granted_that_was_not_given(grown: District) -> None:
    request = asked(grown, grown.student(HANNAH))
    for outcome in ("granted", "partly"):
        refused = closed(request, outcome)
        assert (refused.code, "--outcome rights-passed" in " ".join(refused.text.split())) == (1, True)
    refused_and_settled(grown, request)
    assert tells_nothing(grown, letter("acknowledgement", request))
    told = letter("denial", request, "--provision", "34 CFR 99.5(a)")
    assert tells_nothing(grown, told)
    assert tells_nothing(grown, letter("rights-passed", request))


def test_of_a_limited_child_whom_she_names_nothing_is_granted_that_was_not_given(family: District) -> None:
    kept_for_discipline(family)
    hannah, who = family.student(HANNAH), family.guardian(HANNAH_MOTHER)
    limit = ("student", "guardian", "limit", hannah, who, "--seen", "the judgment", *revoking())
    assert call(*limit, *AS).code == 0
    request = asked(family, hannah)
    assert shared(family, PORTRAIT, request) == "deny"
    assert closed(request, "granted").code == 1
    assert tells_nothing(family, letter("denial", request))


def test_of_the_younger_alone_nothing_is_said_of_the_grown_child(grown: District) -> None:
    request = asked(grown, grown.student(CALEB))
    shared(grown, GRADUATION, request)
    refused_and_settled(grown, request)
    told = letter("acknowledgement", request)
    assert (tells_nothing(grown, told), GENERAL["en"] in told) == (True, False)
    assert closed(request, "granted").code == 0


def test_what_was_destroyed_of_the_grown_child_is_not_to_be_told_to_the_parent(
    family: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns_18(family)
    Path("retention.toml").write_text(RULES, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RETENTION", "retention.toml")
    done = call("retention", "destroy", PORTRAIT, "--why", "the schedule", *AS, "--json").object()
    assert done["state"] == "done", done
    request = asked(family)
    shared(family, GRADUATION, request)
    refused = closed(request, "granted")
    assert (refused.code, "tell nobody else of it" in " ".join(refused.text.split())) == (1, True), refused.text
    assert call("request", "close", request, "--outcome", "granted", "--why", f"given; {done['id']}", *AS).code == 0
    assert "destroyed" not in letter("redacted-release", request)


@pytest.mark.parametrize("language", ["en", "es"])
def test_of_a_child_over_whom_an_order_limits_the_right_no_letter_lists_a_recording(
    family: District, language: str
) -> None:
    kept_for_discipline(family)
    hannah, who = family.student(HANNAH), family.guardian(HANNAH_MOTHER)
    limit = ("student", "guardian", "limit", hannah, who, "--seen", "the judgment", *revoking())
    assert call(*limit, *AS).code == 0
    request = asked(family)
    shared(family, GRADUATION, request)
    assert shared(family, PORTRAIT, request) in ("refer", "deny")
    for each in shown(request)["answers"]:
        if each["referral"]:
            assert call("queue", "close", each["referral"], "--why", "the order", *AS).code == 0
    told = letter("acknowledgement", request, "--lang", language)
    assert (tells_nothing(family, told), outside(family, GRADUATION) in told) == (True, True)
    done = closed(request, "granted")
    assert done.code == 0, done.text
    assert outside(family) not in call("request", "log", request, "--exemptions").text
    assert GENERAL[language] not in told


# By key, folder or glob, and by a share alone


def asked_by_key(district: District, *what: str) -> str:
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter", "--want", "copy")
    made = call("request", "add", *what, "--from", mother(district), *came, *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


BY_KEY = [(PORTRAIT, GRADUATION), ("portraits/", "events/graduation/"), ("*/*-0417.jpg", "*/graduation.jpg")]


@pytest.mark.parametrize("what", BY_KEY, ids=["keys", "folders", "globs"])
def test_by_key_too_no_answer_is_asked_for_of_the_grown_childs(grown: District, what: tuple[str, ...]) -> None:
    request = asked_by_key(grown, *what)
    refused = closed(request, "granted")
    assert (outside(grown, GRADUATION) in refused.text, outside(grown) in refused.text) == (True, False)
    assert shared(grown, GRADUATION, request) == "allow"
    cited = closed(request, "partly", "--provision", "34 CFR 99.5(a)")
    assert (cited.code, "close it as 'granted'" in " ".join(cited.text.split())) == (1, True)
    done = closed(request, "granted")
    assert done.code == 0, done.text
    assert (shown(request)["state"], shown(request)["rights_passed"]) == ("granted", [grown.student(HANNAH)])
    for language in ("en", "es"):
        told = letter("redacted-release", request, "--lang", language)
        assert (GENERAL[language] in told, tells_nothing(grown, told)) == (True, True), told


@pytest.mark.parametrize("answered", [False, True], ids=["waits", "settled"])
@pytest.mark.parametrize("what", BY_KEY, ids=["keys", "folders", "globs"])
def test_by_key_too_no_letter_or_log_lists_the_grown_childs(
    grown: District, what: tuple[str, ...], answered: bool
) -> None:
    request = asked_by_key(grown, *what)
    shared(grown, GRADUATION, request)
    if answered:
        refused_and_settled(grown, request)
    for language in ("en", "es"):
        for kind, more in (
            ("acknowledgement", ()),
            ("extension", ("--cause", "x", "--place", "y", "--earliest", f"{TODAY + timedelta(days=5)} 09:00")),
        ):
            told = letter(kind, request, "--lang", language, *more)
            assert (GENERAL[language] in told, tells_nothing(grown, told)) == (True, True), told
            assert outside(grown, GRADUATION) in told
    partly = closed(request, "partly", "--provision", "RSMo 610.021(1)", "--advised", "counsel, today")
    assert partly.code == 0, partly.text
    for language in ("en", "es"):
        told = letter("redacted-release", request, "--lang", language)
        assert (GENERAL[language] in told, tells_nothing(grown, told)) == (True, True), told
    for form in ((), ("--json",), ("--csv",)):
        assert outside(grown) not in call("request", "log", request, "--exemptions", *form).text


@pytest.mark.parametrize("what", [PORTRAIT, "portraits/"], ids=["key", "folder"])
def test_of_the_grown_childs_alone_the_rights_passed(grown: District, what: str) -> None:
    request = asked_by_key(grown, what)
    for outcome in ("granted", "partly", "lost", "referred-elsewhere"):
        refused = closed(request, outcome)
        assert (refused.code, "--outcome rights-passed" in " ".join(refused.text.split())) == (1, True), refused.text
    refused_and_settled(grown, request)
    for kind, more in (("acknowledgement", ()), ("denial", ("--provision", "34 CFR 99.5(a)")), ("rights-passed", ())):
        assert tells_nothing(grown, letter(kind, request, *more)), kind
    assert closed(request, "rights-passed").code == 0
    assert tells_nothing(grown, letter("rights-passed", request))


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("registered", [False, True], ids=["share-alone", "request"])
def test_no_letter_of_a_share_tells_of_the_grown_childs(grown: District, language: str, registered: bool) -> None:
    more = ("--request", asked_by_key(grown, *BY_KEY[0])) if registered else ()
    words = ("share", PORTRAIT, "--to", mother(grown), "--purpose", "inspection", *more, *AS, "--json")
    referral = call(*words).object()["referrals"][0]["id"]
    for kind, options in (
        ("acknowledgement", ()),
        ("extension", ("--cause", "x", "--place", "y", "--earliest", f"{TODAY + timedelta(days=5)} 09:00")),
        ("denial", ("--provision", "34 CFR 99.5(a)")),
    ):
        written = ("letter", "write", kind, "--referral", referral, "--lang", language, *options, *AS, "--json")
        told = call(*written)
        if kind == "denial" and registered:
            assert told.code == 1
            continue
        assert tells_nothing(grown, text(told)), told.text


def test_by_key_what_she_was_given_of_the_grown_child_is_listed(family: District) -> None:
    turns_18(family)
    hannah, who = family.student(HANNAH), family.guardian(HANNAH_MOTHER)
    signed = ("--signed-by", hannah, "--signed-on", str(TODAY), "--proof", "the form", "--purpose", "inspection")
    assert call("consent", "add", hannah, *signed, "--party", who, *AS).code == 0
    request = asked_by_key(family, PORTRAIT, GRADUATION)
    assert (shared(family, GRADUATION, request), shared(family, PORTRAIT, request)) == ("allow", "allow")
    assert closed(request, "granted").code == 0
    assert outside(family) in letter("acknowledgement", request)


def test_by_key_of_the_younger_alone_nothing_is_said_of_the_grown_child(grown: District) -> None:
    request = asked_by_key(grown, GRADUATION)
    shared(grown, GRADUATION, request)
    told = letter("acknowledgement", request)
    assert (outside(grown, GRADUATION) in told, GENERAL["en"] in told) == (True, False)


def test_that_a_recording_of_the_grown_child_was_lost_keeps_no_answer_back(grown: District) -> None:
    request = asked_by_key(grown, PORTRAIT, GRADUATION)
    for each in list(grown.services.library.versions(PORTRAIT)):
        grown.services.library.delete(PORTRAIT, each.version_id)
    assert grown.pm.hook.asset_deleted(event=AssetEvent(PORTRAIT))
    shared(grown, GRADUATION, request)
    done = closed(request, "granted")
    assert done.code == 0, done.text
    assert tells_nothing(grown, letter("redacted-release", request))


@pytest.mark.parametrize("language", ["en", "es"])
def test_by_key_too_what_was_destroyed_of_the_grown_child_is_not_told_to_the_parent(
    family: District, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    turns_18(family)
    Path("retention.toml").write_text(RULES, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RETENTION", "retention.toml")
    request = asked_by_key(family, PORTRAIT, GRADUATION)
    assert call("request", "withdraw", request, "--why", "a caller said so", *AS).code == 0
    done = call("retention", "destroy", PORTRAIT, "--why", "the schedule", *AS, "--json").object()
    assert done["state"] == "done", done
    assert call("request", "reopen", request, "--why", "she never withdrew it", *AS).code == 0
    shared(family, GRADUATION, request)
    ended = call("request", "close", request, "--outcome", "granted", "--why", f"given; {done['id']}", *AS)
    assert ended.code == 0, ended.text
    told = letter("acknowledgement", request, "--lang", language)
    assert not any(word in told for word in ("destroyed", "destruy"))
    # Nothing else is withheld, and of the grown child's nothing is said.
    refused = call("letter", "write", "redacted-release", "--request", request, "--lang", language, *AS)
    assert (refused.code, "it was answered 'allow'" in refused.err) == (1, True), refused.text
    assert outside(family) not in call("request", "log", request, "--exemptions").text


@pytest.mark.parametrize("right", ["theirs", "limited by an order"])
def test_by_key_what_was_destroyed_of_a_minor_is_told_to_who_holds_the_right_alone(
    family: District, monkeypatch: pytest.MonkeyPatch, right: str
) -> None:
    Path("retention.toml").write_text(RULES, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RETENTION", "retention.toml")
    if right != "theirs":
        hannah, who = family.student(HANNAH), family.guardian(HANNAH_MOTHER)
        limit = ("student", "guardian", "limit", hannah, who, "--seen", "the judgment", *revoking())
        assert call(*limit, *AS).code == 0
    request = asked_by_key(family, PORTRAIT, GRADUATION)
    assert call("request", "withdraw", request, "--why", "a caller said so", *AS).code == 0
    done = call("retention", "destroy", PORTRAIT, "--why", "the schedule", *AS, "--json").object()
    assert call("request", "reopen", request, "--why", "she never withdrew it", *AS).code == 0
    shared(family, GRADUATION, request)
    refused = " ".join(closed(request, "granted").text.split())
    assert ("tell nobody else of it" in refused) is (right != "theirs"), refused
    ended = call("request", "close", request, "--outcome", "granted", "--why", f"given; {done['id']}", *AS)
    assert ended.code == 0, ended.text
    written = call("letter", "write", "redacted-release", "--request", request, *AS, "--json")
    assert ("should not have been destroyed" in " ".join(written.text.split())) is (right == "theirs"), written.text

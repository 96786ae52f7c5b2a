"""What a stranger who asks for a student by name is told before the answer: nothing of whether there is a record."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from command_line import Called, call
from court_orders import revoking
from district import CALEB, CALEB_FATHER, GRADUATION, HANNAH, HANNAH_MOTHER, TEAM, District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS = ("--as", "custodian:records-office")
OFFICE = "Records Office, 400 School Street, 555-0142"
CAUSE = ("--cause", "the footage is being looked through", "--place", "the video room")
# What speaks as if there were something to be had.
OF_A_RECORD = (
    (
        "have the records",
        "can have them",
        "ready for you",
        "looked through",
        "video room",
        "let you see",
        "the records,",
    ),
    (
        "tener los registros",
        "podrá tenerlos",
        "listo para usted",
        "se revisa",
        "sala de video",
        "deje",
        "los registros,",
    ),
)


@pytest.fixture(autouse=True)
def _settings(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__NAME", "Riverbend R-II School District")
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__CONTACT", OFFICE)
    monkeypatch.setenv("DAM_PLUGIN_FEES__RESEARCH_CENTS_AN_HOUR", "1650")


def received(district: District, *words: str, who: str = "public:blogger-x", purpose: str = "news") -> str:
    today = district.services.now().date().isoformat()
    added = call(
        "request",
        "add",
        *words,
        "--from",
        who,
        "--purpose",
        purpose,
        "--received",
        today,
        "--channel",
        "email",
        "--json",
    )
    assert added.code == 0, added.text
    return str(added.object()["id"])


def blogger(district: District, student: str, who: str = "public:blogger-x") -> str:
    """A request of a stranger's for one student by name."""
    return received(district, "--described", f"any video of {student} in the fight", "--student", student, who=who)


def earliest(district: District) -> str:
    return (district.services.now().date() + timedelta(7)).isoformat()


def extended(district: District, request: str) -> Called:
    return call("request", "extend", request, *CAUSE, "--earliest", earliest(district), *AS)


def letter(kind: str, request: str, *more: str) -> str:
    made = call("letter", "preview", kind, "--request", request, *more, "--json")
    assert made.code == 0, made.text
    return " ".join(made.object()["text"].split())


def both(kind: str, request: str, *more: str) -> tuple[str, str]:
    """The letter in English and in Spanish."""
    return letter(kind, request, *more), letter(kind, request, "--lang", "es", *more)


def tells_of_none(texts: tuple[str, str]) -> None:
    for text, words in zip(texts, OF_A_RECORD, strict=True):
        assert [each for each in words if each in text] == []


def err(called: Called) -> str:
    assert called.code == 1, called.text
    return " ".join(called.err.split())


@pytest.mark.parametrize("who", ["public:blogger-x", "law_enforcement:sheriff"])
def test_an_extension_to_a_stranger_says_the_day_and_neither_the_cause_nor_a_place_of_records(
    district: District, who: str
) -> None:
    request = blogger(district, district.student(HANNAH), who)
    extended(district, request)
    texts = both("extension", request)
    tells_of_none(texts)
    assert "you asked about a certain person, and we look at what the law lets us answer" in texts[0]
    assert f"Our answer comes from: {OFFICE}" in texts[0]
    assert "The law does not let us say whether there are records of a certain student (34 CFR 99.3)" in texts[0]
    assert "usted preguntó por una persona en particular, y vemos qué nos permite responder la ley" in texts[1]
    assert "La ley no nos permite decir si hay registros de un estudiante en particular (34 CFR 99.3)" in texts[1]
    assert all("RSMo 610.023.3" in text for text in texts)


def test_an_extension_to_a_stranger_takes_a_day_and_no_words_of_the_staff(district: District) -> None:
    request = blogger(district, district.student(HANNAH))
    typed = call("letter", "preview", "extension", "--request", request, *CAUSE, "--earliest", earliest(district))
    assert "Leave --cause and --place out" in err(typed)
    tells_of_none(both("extension", request, "--earliest", earliest(district)))
    assert "--earliest" in err(call("letter", "preview", "extension", "--request", request))


def test_who_explains_a_delay_to_a_stranger_is_told_that_the_denial_can_go_today(district: District) -> None:
    noted = extended(district, blogger(district, district.student(HANNAH)))
    assert noted.code == 0
    assert "the denial is the same whether there is a record or none, and can go today" in " ".join(noted.err.split())
    named_nobody = extended(district, received(district, "--described", "the game"))
    assert (named_nobody.code, "denial" in named_nobody.err) == (0, False)


def test_an_acknowledgement_to_a_stranger_promises_an_answer_and_nothing_that_is_ready(district: District) -> None:
    request = blogger(district, district.student(HANNAH))
    first = both("acknowledgement", request)
    assert "we have to answer you, or tell you why it takes longer (RSMo 610.023.3)" in first[0]
    assert "tenemos que responderle, o decirle por qué tardamos más (RSMo 610.023.3)" in first[1]
    tells_of_none(first)
    extended(district, request)
    later = both("acknowledgement", request)
    assert "we have to answer you (RSMo 610.023.3)" in later[0]
    assert "tenemos que responderle (RSMo 610.023.3)" in later[1]
    tells_of_none(later)


def test_letters_to_who_names_nobody_or_may_have_the_record_say_what_they_said(district: District) -> None:
    hannah = district.student(HANNAH)
    official = received(district, "--described", "the game", "--student", hannah, who="school_official:coach")
    for request in (received(district, "--described", "the game"), official):
        extended(district, request)
        assert "where and when you can have the records" in letter("extension", request)
        assert "the footage is being looked through" in letter("extension", request)
        assert "have it ready for you" in letter("acknowledgement", request)


@pytest.mark.parametrize(
    "fee", [("--pages", "12"), ("--media", "500"), ("--copying", "30"), ("--pages", "1", "--research", "9")]
)
def test_a_fee_for_copies_is_not_estimated_for_a_stranger_who_may_not_know_of_any(
    district: District, fee: tuple[str, ...]
) -> None:
    request = blogger(district, district.student(HANNAH))
    assert "a fee for copies, or a deposit, would tell that there is a record" in err(
        call("request", "fee", request, *fee, *AS)
    )


def test_a_stranger_is_told_the_fee_for_the_time_of_looking_and_asked_for_no_deposit(district: District) -> None:
    request = blogger(district, district.student(HANNAH))
    assert call("request", "fee", request, "--research", "60", *AS).code == 0
    assert "would tell that there is a record" in err(call("request", "deposit", request, "2.00", *AS))
    english, spanish = both("acknowledgement", request)
    assert "Looking for the records: 60 minutes, $16.50" in english
    assert "Buscar los registros: 60 minutos, $16.50" in spanish


def test_a_fee_from_before_a_stranger_named_the_student_is_told_without_the_copies(district: District) -> None:
    request = received(district, "--described", "the fight")
    assert call("request", "fee", request, "--pages", "12", "--research", "60", *AS).code == 0
    assert call("request", "deposit", request, "2.00", *AS).code == 0
    closed = ("request", "close", request, "--outcome", "denied", "--why", "no", "--provision", "34 CFR 99.30")
    assert call(*closed, *AS).code == 0
    assert call("request", "reopen", request, "--why", f"the reporter means {district.student(HANNAH)}", *AS).code == 0
    english, spanish = both("acknowledgement", request)
    assert ("Pages" in english, "deposit" in english, "before we make the copies" in english) == (False, False, False)
    assert ("Páginas" in spanish, "hagamos las copias" in spanish) == (False, False)
    assert "In all: $16.50" in english
    assert call("request", "fee", request, "--waive", "the public interest", *AS).code == 0
    assert "You do not have to pay" not in letter("acknowledgement", request)


def test_who_was_given_something_pays_for_the_copy(district: District) -> None:
    district.upload(GRADUATION)
    request = received(district, GRADUATION, "--student", district.student(HANNAH))
    given = ("share", GRADUATION, "--to", "public:blogger-x", "--purpose", "news", "--request", request)
    assert call(*given, *AS).code == 0
    assert call("request", "fee", request, "--pages", "12", *AS).code == 0
    assert call("request", "deposit", request, "1.00", *AS).code == 0
    assert "Please pay $1.00 before we make the copies." in letter("redacted-release", request)


def test_no_release_is_written_to_a_stranger_who_was_given_nothing(district: District) -> None:
    request = blogger(district, district.student(HANNAH))
    refused = call("letter", "preview", "redacted-release", "--request", request)
    assert "would tell that there is a record" in err(refused)


def test_the_letters_read_the_same_where_there_is_a_record_and_where_there_is_none(district: District) -> None:
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *AS)
    found = received(district, TEAM, "--student", district.student(HANNAH))
    none = blogger(district, district.student(HANNAH))
    asks = ("share", TEAM, "--to", "public:blogger-x", "--purpose", "news", "--request", found)
    assert call(*asks, *AS).code in (3, 4)
    for request in (found, none):
        extended(district, request)
    for kind, language in product(("acknowledgement", "extension"), ("en", "es")):
        texts = [letter(kind, each, "--lang", language) for each in (found, none)]
        assert texts[0].replace(found, none) == texts[1]


def test_the_letters_on_work_that_waits_for_a_stranger_say_no_more(district: District) -> None:
    district.upload(TEAM)
    call("tag", TEAM, "--directory", "not_eligible", *AS)
    asked = ("share", TEAM, "--to", "public", "--purpose", "news", "--name", district.student(HANNAH), "--json")
    referral = call(*asked).object()["referrals"][0]["id"]
    for language, words in zip(("en", "es"), OF_A_RECORD, strict=True):
        about = ("--referral", referral, "--lang", language, "--json")
        for kind, more in (("acknowledgement", ()), ("extension", ("--earliest", earliest(district)))):
            text = " ".join(call("letter", "preview", kind, *about, *more).object()["text"].split())
            assert [each for each in words if each in text] == []


# A parent who asks for another child alone


def mother_of_another(district: District) -> str:
    """A request of Caleb's father's for Hannah alone, who is no child of his."""
    hannah = district.student(HANNAH)
    who = f"parent:{district.guardian(CALEB_FATHER)}"
    return received(
        district, "--described", f"the hallway video of {hannah}", "--student", hannah, who=who, purpose="inspection"
    )


def test_a_parent_who_asks_for_another_child_alone_is_promised_an_answer_and_no_inspection(district: District) -> None:
    request = mother_of_another(district)
    acknowledged = both("acknowledgement", request)
    tells_of_none(acknowledged)
    assert "we have to answer you (34 CFR 99.10(b))" in acknowledged[0]
    assert "tenemos que responderle (34 CFR 99.10(b))" in acknowledged[1]
    assert "We do not know yet who you are to the student." in acknowledged[0]
    assert "Todavía no sabemos quién es usted para el estudiante." in acknowledged[1]
    put_off = both("extension", request, "--earliest", earliest(district))
    tells_of_none(put_off)
    assert "we have to answer you (34 CFR 99.10(b))" in put_off[0]
    assert "tenemos que responderle (34 CFR 99.10(b))" in put_off[1]


def shown(request: str) -> str:
    return " ".join(call("request", "show", request, *AS).out.split())


NOT_OWED = "It is not owed now: whoever asks is not on file as the family of the student whom they ask for."


def test_the_register_says_that_nobody_is_owed_an_inspection_of_another_child_s_record(district: District) -> None:
    request = mother_of_another(district)
    assert NOT_OWED in shown(request)
    others = " ".join(call("request", "show", request).out.split())
    assert "It is not owed now: the records custodian is told why" in others
    assert "not on file as the family" not in others
    closed = call("request", "close", request, "--outcome", "denied", "--why", "no child of theirs", *AS)
    assert closed.code == 0, closed.text
    assert "not owed: let the family see it" in shown(request)
    assert "without this: let the family see it" not in shown(request)


def test_who_is_found_to_be_the_childs_guardian_has_the_right_from_the_day_on_which_they_asked(
    district: District,
) -> None:
    request = mother_of_another(district)
    hannah, father = district.student(HANNAH), district.guardian(CALEB_FATHER)
    due: Any = call("request", "show", request, "--json").object()["clocks"]
    added = call("student", "guardian", "add", hannah, father, "--seen", "the decree", *AS)
    assert added.code == 0, added.text
    assert NOT_OWED not in shown(request)
    assert call("request", "show", request, "--json").object()["clocks"] == due
    english, spanish = both("acknowledgement", request)
    assert "we have to let you see it (34 CFR 99.10(b))" in english
    assert "tenemos que dejar que usted lo vea (34 CFR 99.10(b))" in spanish


def test_a_parent_who_names_another_child_beside_their_own_is_told_as_before(district: District) -> None:
    words = [part for each in (CALEB, HANNAH) for part in ("--student", district.student(each))]
    who = f"parent:{district.guardian(CALEB_FATHER)}"
    request = received(district, "--described", "the hallway", *words, who=who, purpose="inspection")
    assert "we have to let you see it (34 CFR 99.10(b))" in letter("acknowledgement", request)
    assert NOT_OWED not in shown(request)


def test_a_guardian_whom_an_order_limits_is_told_the_same_and_not_asked_who_they_are(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    who = f"parent:{mother}"
    request = received(district, "--described", "the hallway", "--student", hannah, who=who, purpose="inspection")
    assert "let you see it" in letter("acknowledgement", request)
    limit = call("student", "guardian", "limit", hannah, mother, "--seen", "an order", *revoking(), *AS)
    assert limit.code == 0, limit.text
    text = letter("acknowledgement", request)
    assert ("let you see it" in text, "We do not know yet who you are" in text) == (False, False)
    assert NOT_OWED in shown(request)

"""Who sees which page: every address, every role, every method; and what stands before all of them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from desk_in_browser import code
from district import CROWD, INES

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

WORDS = ("media", "yearbook", "custodian", "designee", "admin", "auditor")
SHARE = {"media", "yearbook", "custodian", "designee"}
KEEPERS, YEARBOOK = {"custodian", "designee"}, {"yearbook", "custodian", "designee"}
OVERSEE, READ = {"admin", *KEEPERS}, {"auditor", *KEEPERS}
GET, POST, BOTH = {"get"}, {"post"}, {"get", "post"}
# Each page: who sees it, and by which methods.
TABLE: dict[str, tuple[set[str], set[str]]] = {
    "home": (set(WORDS), GET),
    "library": (set(WORDS), GET),
    "recording": (set(WORDS), GET),
    "picture": (set(WORDS), GET),
    "thumbnail": (set(WORDS), GET),
    "share": (SHARE, BOTH),
    "my_shares": (SHARE, GET),
    "take_back": (SHARE, POST),
    "waiting": (SHARE, GET),
    "several": (SHARE, BOTH),
    "find_student": (SHARE, POST),
    "who": (SHARE, BOTH),
    "take_back_look": (SHARE, POST),
    "original": (SHARE, GET),
    "upload": (SHARE, BOTH),
    "queue": (KEEPERS, GET),
    "queue_case": (KEEPERS, GET),
    "queue_finding": (KEEPERS, BOTH),
    "queue_act": (KEEPERS, BOTH),
    "queue_assign": (KEEPERS, POST),
    "queue_handed_over": (KEEPERS, BOTH),
    "queue_settle": (KEEPERS, POST),
    "emergency": ({"media", *KEEPERS}, BOTH),
    "requests": (KEEPERS, GET),
    "request_new": (KEEPERS, BOTH),
    "request": (KEEPERS, GET),
    "request_answer": (KEEPERS, BOTH),
    "request_act": (KEEPERS, BOTH),
    "letters": (KEEPERS, GET),
    "letter_write": (KEEPERS, BOTH),
    "letter": (KEEPERS, GET),
    "letter_print": (KEEPERS, GET),
    "letter_printed": (KEEPERS, POST),
    "letter_send": (KEEPERS, POST),
    "holds": (KEEPERS, GET),
    "hold_new": (KEEPERS, BOTH),
    "hold_release": (KEEPERS, BOTH),
    "students": (READ, BOTH),
    "student": (KEEPERS, GET),
    "student_say": (KEEPERS, BOTH),
    "student_paper": (KEEPERS, GET),
    "student_record": (READ, GET),
    "record_picture": (READ, GET),
    "student_looks": (READ, GET),
    "looks": (READ, GET),
    "account_looks": (READ, GET),
    "select": (YEARBOOK, POST),
    "yearbook": (YEARBOOK, GET),
    "new_set": (YEARBOOK, BOTH),
    "recall": (YEARBOOK, GET),
    "recall_list": (YEARBOOK, GET),
    "making": (YEARBOOK, GET),
    "stop_making": (YEARBOOK, POST),
    "make_again": (YEARBOOK, POST),
    "yearbook_set": (YEARBOOK, GET),
    "set_picture": (YEARBOOK, GET),
    "left_out": (YEARBOOK, GET),
    "wanted_consents": (KEEPERS, GET),
    "set_archive": (YEARBOOK, GET),
    "set_today": (YEARBOOK, BOTH),
    "lock_set": (YEARBOOK, BOTH),
    "hand_over": (YEARBOOK, BOTH),
    "who_is_in_it": (YEARBOOK, GET),
    "jobs": (OVERSEE, GET),
    "job": (OVERSEE, GET),
    "stop_job": (OVERSEE, POST),
    "job_again": (OVERSEE, POST),
    "users": ({"admin"}, GET),
    "new_user": ({"admin"}, BOTH),
    "user": ({"admin"}, BOTH),
    "set_up": ({"admin"}, GET),
    "check": ({"admin"}, POST),
    "rules": (OVERSEE, GET),
    "rules_draft": ({"admin"}, BOTH),
    "rules_apply": ({"admin"}, POST),
    "rules_job": ({"admin"}, GET),
    "rule_change": (OVERSEE, BOTH),
    "report": (OVERSEE, GET),
}
# Those whose address names a thing, which nobody has here, and is not there for who may see it.
NOBODYS: dict[str, dict[str, object]] = {
    "take_back": {"link": "l-0000000000000000"},
    "queue_finding": {"referral": "rf-000000000000", "slug": "meaning"},
    "queue_act": {"referral": "rf-000000000000", "word": "close"},
    **{key: {"referral": "rf-000000000000"} for key in ("queue_case", "queue_assign", "queue_handed_over")},
    "queue_settle": {"finding": "fi-000000000000"},
    "request": {"number": "RQ-999999"},
    "request_act": {"number": "RQ-999999", "slug": "close"},
    **{key: {"letter": "lt-000000000000"} for key in ("letter", "letter_print", "letter_printed", "letter_send")},
    "hold_release": {"hold": "hd-00000000"},
    **{
        key: {"set_id": "x-0000000000000000"}
        for key in (
            "yearbook_set",
            "left_out",
            "wanted_consents",
            "set_archive",
            "set_today",
            "lock_set",
            "hand_over",
            "who_is_in_it",
        )
    },
    "set_picture": {"set_id": "x-0000000000000000", "number": 1},
    **{key: {"job": "job-00000000"} for key in ("making", "stop_making", "make_again", "job", "stop_job", "job_again")},
    "user": {"account": 999_999},
    "rules_job": {"job": "job-00000000"},
    "rule_change": {"change": "rc-00000000"},
}
# Those of a recording or a student that lacks what they show, and those that ask of what.
LACKING = {"take_back_look", "original", "student_paper", "request_answer", "letter_write", "recall_list"}
OF_RECORDINGS = {"recording", "picture", "thumbnail", "share", "who", "take_back_look", "original"}
# Those that lead on to another page.
LEADS_ON = {"select", "rules_apply"}
ABOUT_STUDENT: dict[str, dict[str, object]] = {
    "student": {},
    "student_say": {"what": "opt-out"},
    "student_paper": {"paper": "0" * 64},
    "student_record": {},
    "record_picture": {"asset": "a-0"},
    "student_looks": {},
}


def address(pages: Pages, name: str) -> str:
    from django.urls import reverse

    arguments = NOBODYS.get(name, {})
    if name in OF_RECORDINGS:
        arguments = {"asset": pages.asset(CROWD)}
    elif name in ABOUT_STUDENT:
        arguments = {"student": pages.district.student(INES), **ABOUT_STUDENT[name]}
    elif name == "request_answer":
        arguments = {"number": "RQ-999999", "asset": pages.asset(CROWD)}
    elif name == "account_looks":
        # The first look of whoever sees the page of a recording.
        arguments = {"entry": 1}
    return reverse(f"desk:{name}", kwargs=arguments)


def patterns(of: Any) -> Iterator[Any]:
    for each in of:
        if hasattr(each, "url_patterns"):
            yield from patterns(each.url_patterns)
        else:
            yield each


def test_every_page_is_in_the_table(pages: Pages) -> None:
    from dam_hooks.desk.urls import urlpatterns

    assert {each.name for each in patterns(urlpatterns)} == TABLE.keys()


def test_every_address_of_the_desk_says_who_may_see_it(pages: Pages) -> None:
    from dam_hooks.desk.site_urls import urlpatterns

    ours = list(patterns(each for each in urlpatterns if str(each.pattern) != "accounts/"))
    assert [each.callback for each in ours if not hasattr(each.callback, "desk_roles")] == []


def test_the_menu_leads_whoever_may_see_a_page_there_and_nobody_else(pages: Pages) -> None:
    from django.urls import resolve, reverse

    from dam_hooks.desk.menu import MENU

    in_menu = {each.name: {role.word for role in each.roles} for each in MENU}
    allowed = {name: {role.word for role in resolve(reverse(name)).func.desk_roles} for name in in_menu}
    assert in_menu == allowed
    assert len(in_menu) == len(MENU)


@pytest.mark.parametrize("word", WORDS)
def test_a_role_sees_its_pages_and_no_others(pages: Pages, word: str) -> None:
    pages.district.upload(CROWD)
    person = pages.user(word)
    for name, (roles, methods) in TABLE.items():
        for method in ("get", "post", "put", "delete"):
            status = getattr(person, method)(address(pages, name)).status_code
            if word not in roles:
                assert status == 403, (name, method)
            elif method not in methods:
                assert status == 405, (name, method)
            else:
                found = 404 if name in NOBODYS or name in LACKING else 302 if name in LEADS_ON else 200
                assert status == found, (name, method)


def test_who_has_no_role_or_an_account_that_is_switched_off_sees_nothing(pages: Pages) -> None:
    from django.contrib.auth.models import User

    pages.district.upload(CROWD)
    without, gone = pages.user(), pages.user("media", name="gone")
    User.objects.filter(username="gone").update(is_active=False)
    for name in TABLE:
        assert without.get(address(pages, name)).status_code == 403
        assert gone.get(address(pages, name)).status_code == 302


def test_a_stranger_is_asked_to_sign_in_and_told_nothing(pages: Pages) -> None:
    from django.test import Client

    pages.district.upload(CROWD)
    for name in TABLE:
        answer = Client().get(address(pages, name))
        assert (answer.status_code, answer.content) == (302, b"")
        assert answer["Location"].startswith("/accounts/login/?next=/")


def test_a_local_account_shows_nothing_before_it_has_a_second_factor(pages: Pages) -> None:
    pages.district.upload(CROWD)
    person = pages.user(*WORDS, second_factor=False)
    for name in TABLE:
        answer = person.get(address(pages, name))
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/totp/activate/")


@pytest.mark.parametrize(("seconds", "counts"), [(0, True), (30, True), (90, False)], ids=["now", "just over", "old"])
def test_a_code_counts_for_half_a_minute_more(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, seconds: int, counts: bool
) -> None:
    from allauth.mfa.totp.internal import auth

    now = time.time()
    # Both moments by one clock: a step may end between the two.
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: now))
    person, where = pages.user("media", second_factor=False), "/accounts/2fa/totp/activate/"
    secret = re.findall(r'id="authenticator_secret"[^>]*value="([^"]+)"', person.get(where).content.decode())[0]
    person.post(where, {"code": code(secret, now - seconds)})
    assert (person.get("/").status_code == 200) is counts


def test_what_changes_something_needs_the_pages_own_word(pages: Pages) -> None:
    from django.contrib.auth.models import User
    from django.test import Client

    pages.district.upload(CROWD)
    pages.user("media")
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(User.objects.get(username="person-media"))
    for name, (_, methods) in TABLE.items():
        if "post" in methods:
            assert stranger.post(address(pages, name), {"do": "share"}).status_code == 403


def test_nobody_makes_an_account_for_themselves(pages: Pages) -> None:
    from django.contrib.auth.models import User
    from django.test import Client

    answer = Client().post("/accounts/signup/", {"username": "me", "password1": "a long password 1"})
    assert answer.status_code == 200
    assert not User.objects.filter(username="me").exists()


@pytest.mark.parametrize("after", ["https://example.org/", "//example.org/", "/\\example.org"])
def test_signing_in_leads_nowhere_else(pages: Pages, after: str) -> None:
    from django.contrib.auth.models import User
    from django.test import Client

    pages.user("media", second_factor=False)
    user = User.objects.get(username="person-media")
    user.set_password("a long password 1")
    user.save()
    form = {"login": "person-media", "password": "a long password 1", "next": after}
    assert Client().post("/accounts/login/", form)["Location"] == "/"


def test_every_answer_has_the_headers(pages: Pages) -> None:
    from dam_hooks.desk.middleware import POLICY

    person = pages.user("media")
    for where in ("/", "/library/", "/nowhere/", "/accounts/login/", "/recordings/a-0000000000000000/"):
        headers = person.get(where).headers
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Frame-Options"] == "DENY"
        assert "unsafe" not in headers["Content-Security-Policy"]
    assert "no-store" in person.get("/library/").headers["Cache-Control"]

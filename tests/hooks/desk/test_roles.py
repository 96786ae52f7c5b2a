"""Who sees which page: every address, every role, every method; and what stands before all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from district import CROWD

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

WORDS = ("media", "yearbook", "custodian", "designee", "admin", "auditor")
SHARE = {"media", "yearbook", "custodian", "designee"}
KEEP = {"custodian", "designee"}
# Each page: who sees it, and by which methods.
TABLE: dict[str, tuple[set[str], set[str]]] = {
    "home": (set(WORDS), {"get"}),
    "library": (set(WORDS), {"get"}),
    "recording": (set(WORDS), {"get"}),
    "picture": (set(WORDS), {"get"}),
    "thumbnail": (set(WORDS), {"get"}),
    "share": (SHARE, {"get", "post"}),
    "my_shares": (SHARE, {"get"}),
    "take_back": (SHARE, {"post"}),
    # Requests, letters and holds.
    "requests": (KEEP, {"get"}),
    "request_new": (KEEP, {"get", "post"}),
    "request": (KEEP, {"get"}),
    "request_answer": (KEEP, {"get", "post"}),
    "request_act": (KEEP, {"get", "post"}),
    "letters": (KEEP, {"get"}),
    "letter_write": (KEEP, {"get", "post"}),
    "letter": (KEEP, {"get"}),
    "letter_print": (KEEP, {"get"}),
    "letter_printed": (KEEP, {"post"}),
    "letter_send": (KEEP, {"post"}),
    "holds": (KEEP, {"get"}),
    "hold_new": (KEEP, {"get", "post"}),
    "hold_release": (KEEP, {"get", "post"}),
}
# Of these the address leads to nothing.
NOWHERE = {"request", "request_answer", "request_act", "letter_write", "letter", "letter_print", "letter_printed"}
NOWHERE |= {"letter_send", "hold_release", "take_back"}


def address(pages: Pages, name: str) -> str:
    from django.urls import reverse

    arguments = {"take_back": {"link": "l-0000000000000000"}, "home": {}, "library": {}, "my_shares": {}}
    number, letter, hold = {"number": "RQ-999999"}, {"letter": "lt-000000000000"}, {"hold": "hd-00000000"}
    arguments |= {each: {} for each in ("requests", "request_new", "letters", "letter_write", "holds", "hold_new")}
    arguments |= {"request": number, "request_act": {**number, "slug": "close"}, "hold_release": hold}
    arguments |= {"request_answer": {**number, "asset": pages.asset(CROWD)}}
    arguments |= dict.fromkeys(("letter", "letter_print", "letter_printed", "letter_send"), letter)
    return reverse(f"desk:{name}", kwargs=arguments.get(name, {"asset": pages.asset(CROWD)}))


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
                assert status == (404 if name in NOWHERE else 200), (name, method)


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
    person = pages.user("custodian", second_factor=False)
    for name in TABLE:
        answer = person.get(address(pages, name))
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/totp/activate/")


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

"""The admin's pages: accounts and roles, set-up, rules, the report."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from desk_pages import text_of
from district import CROWD, HALLWAY, KEY, TEAM, UNTITLED
from use_cases import entries

if TYPE_CHECKING:
    from conftest import Pages

pytest.importorskip("django")

PASSWORD = re.compile(r'id="password" readonly value="([^"]+)"')


def user_of(name: str) -> Any:
    from django.contrib.auth.models import User

    return User.objects.get(username=name)


def where(name: str) -> str:
    return f"/users/{user_of(name).pk}/"


def make(admin: Any, name: str, *roles: str) -> str:
    answer = admin.post("/users/new", {"name": name, "roles": list(roles)})
    return PASSWORD.findall(answer.content.decode())[0]


def signs_in(name: str, password: str) -> Any:
    from django.core.cache import cache
    from django.test import Client

    cache.clear()
    client = Client()
    client.post("/accounts/login/", {"login": name, "password": password})
    return client


# Accounts


def test_an_account_is_made_with_a_password_that_is_shown_once(pages: Pages) -> None:
    admin = pages.user("admin", name="boss")
    password = make(admin, "maria", "media", "yearbook")
    assert password not in admin.get("/users/").content.decode()
    assert password not in admin.get(where("maria")).content.decode()
    assert signs_in("maria", password).get("/")["Location"] == "/accounts/2fa/totp/activate/"
    listed = text_of(admin.get("/users/"))
    assert "maria Media staff, Yearbook staff" in listed
    _, details = entries(pages.district.services, "accounts")[-1]
    assert (details["done"], details["account"], details["roles"]) == ("made", "maria", ["media", "yearbook"])
    assert details["system_user"]["name"] == "boss"
    assert password not in str(details)


@pytest.mark.parametrize(
    ("name", "roles", "sentence"),
    [
        ("", ["media"], "This field is required."),
        ("a b<script>", ["media"], "an account's name has letters, digits"),
        ("boss", ["media"], "There is an account of this name already"),
        ("BOSS", ["media"], "There is an account of this name already"),
        ("x" * 151, ["media"], "at most 150 characters"),
        ("maria", ["king"], "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_said_and_none_is_made(
    pages: Pages, name: str, roles: list[str], sentence: str
) -> None:
    from django.contrib.auth.models import User

    admin = pages.user("admin", name="boss")
    assert sentence in text_of(admin.post("/users/new", {"name": name, "roles": roles}))
    assert User.objects.count() == 1
    assert entries(pages.district.services, "accounts") == []


def test_what_the_command_changes_of_accounts_is_on_record_with_the_user_who_gave_it(pages: Pages) -> None:
    from dam_hooks.desk import standalone
    from dam_plugin.store import SystemUser

    keep = partial(standalone.keep_user, pages.district.pm, SystemUser("501", "server-admin"), "maria")
    assert keep(("media",))
    assert keep(("custodian",)) is None
    told = [details for _, details in entries(pages.district.services, "accounts")]
    assert [(each["done"], each["account"], each["roles"]) for each in told] == [
        ("made", "maria", ["media"]),
        ("roles", "maria", ["custodian"]),
    ]
    assert {each["system_user"]["name"] for each in told} == {"server-admin"}


def test_roles_count_at_once_where_somebody_is_signed_in(pages: Pages) -> None:
    admin, person = pages.user("admin", name="boss"), pages.user("media", name="maria")
    assert admin.post(where("maria"), {"do": "roles", "roles": ["custodian"]}).status_code == 302
    assert person.get("/report/").status_code == 200
    admin.post(where("maria"), {"do": "roles"})
    assert person.get("/").status_code == 403
    assert [details["roles"] for _, details in entries(pages.district.services, "accounts")] == [["custodian"], []]


def test_an_account_that_is_switched_off_is_out_everywhere(pages: Pages) -> None:
    admin, person = pages.user("admin", name="boss"), pages.user("media", name="maria")
    admin.post(where("maria"), {"do": "off"})
    assert person.get("/").status_code == 302
    assert "(switched off)" in text_of(admin.get("/users/"))
    admin.post(where("maria"), {"do": "on"})
    assert person.get("/").status_code == 302, "its sessions are over"
    assert user_of("maria").is_active


def test_signing_out_everywhere_ends_every_session_and_no_others(pages: Pages) -> None:
    admin = pages.user("admin", name="boss")
    here, there, other = (
        pages.user("media", name="maria"),
        pages.user("media", name="maria"),
        pages.user("media", name="x"),
    )
    answer = admin.post(where("maria"), {"do": "sign-out"}, follow=True)
    assert "Signed out on 2 machines." in text_of(answer)
    assert [each.get("/").status_code for each in (here, there, other)] == [302, 302, 200]


def test_a_forgotten_second_factor_is_set_up_anew(pages: Pages) -> None:
    admin, person = pages.user("admin", name="boss"), pages.user("media", name="maria")
    admin.post(where("maria"), {"do": "factor"})
    assert person.get("/").status_code == 302
    assert not user_of("maria").authenticator_set.exists()


def test_a_new_password_is_shown_once_and_the_old_one_is_none_any_more(pages: Pages) -> None:
    admin = pages.user("admin", name="boss")
    old = make(admin, "maria", "media")
    new = PASSWORD.findall(admin.post(where("maria"), {"do": "password"}).content.decode())[0]
    assert signs_in("maria", old).get("/")["Location"].startswith("/accounts/login/")
    assert signs_in("maria", new).get("/")["Location"] == "/accounts/2fa/totp/activate/"
    assert new not in admin.get(where("maria")).content.decode()


@pytest.mark.parametrize("do", ["roles", "off", "factor", "password"])
def test_nobody_changes_their_own_account(pages: Pages, do: str) -> None:
    admin = pages.user("admin", name="boss")
    before = user_of("boss").password
    answer = admin.post(where("boss"), {"do": do, "roles": ["custodian"]})
    assert "Nobody changes their own account" in text_of(answer)
    boss = user_of("boss")
    assert (boss.is_active, boss.password, boss.authenticator_set.count()) == (True, before, 1)
    assert set(boss.groups.values_list("name", flat=True)) == {"desk-admin"}
    assert entries(pages.district.services, "accounts") == []


def test_nobody_changes_another_account_of_their_own(pages: Pages) -> None:
    admin, other = pages.user("admin", name="boss"), pages.user("admin", name="chief")
    make(admin, "second")
    other.post(where("second"), {"do": "link", "other": "boss"})
    assert "Nobody changes their own account" in text_of(
        admin.post(where("second"), {"do": "roles", "roles": ["custodian"]})
    )


def test_nobody_links_an_account_of_their_own(pages: Pages) -> None:
    from dam_hooks.desk.desk_roles import person_of

    admin = pages.user("admin", name="boss")
    make(admin, "second")
    for mine, other in (("boss", "second"), ("second", "boss")):
        answer = text_of(admin.post(where(mine), {"do": "link", "other": other}))
        assert "Nobody changes their own account" in answer, mine
    assert person_of(user_of("boss")) != person_of(user_of("second"))
    assert "It is the same person" not in text_of(admin.get(where("boss")))


def test_linked_accounts_are_one_person_from_then_on(pages: Pages) -> None:
    from dam_hooks.desk.desk_roles import person_of

    admin = pages.user("admin", name="boss")
    for name in ("one", "two", "three"):
        make(admin, name, "media")
    admin.post(where("one"), {"do": "link", "other": "TWO"})
    answer = admin.post(where("three"), {"do": "link", "other": "two"}, follow=True)
    assert "count as one person" in text_of(answer)
    assert len({person_of(user_of(name)) for name in ("one", "two", "three")}) == 1
    assert person_of(user_of("boss")) != person_of(user_of("one"))
    assert "one two" in text_of(answer)
    # Other roles leave it so.
    admin.post(where("two"), {"do": "roles", "roles": ["custodian"]})
    assert person_of(user_of("two")) == person_of(user_of("one"))
    assert "There is no other account of this name." in text_of(
        admin.post(where("one"), {"do": "link", "other": "nobody"})
    )


@pytest.mark.parametrize("on_page_of", ["oldest", "two"])
def test_who_is_linked_later_takes_on_the_word_that_the_others_acted_under(pages: Pages, on_page_of: str) -> None:
    from dam_hooks.desk.desk_roles import person_of

    admin = pages.user("admin", name="boss")
    for name in ("oldest", "one", "two"):
        make(admin, name, "custodian")
    admin.post(where("one"), {"do": "link", "other": "two"})
    acted = person_of(user_of("one"))
    admin.post(where(on_page_of), {"do": "link", "other": "two" if on_page_of == "oldest" else "oldest"})
    assert {person_of(user_of(name)) for name in ("oldest", "one", "two")} == {acted}


def test_two_people_with_several_accounts_each_are_not_made_one(pages: Pages) -> None:
    from dam_hooks.desk.desk_roles import person_of

    admin = pages.user("admin", name="boss")
    for name in ("one", "two", "three", "four"):
        make(admin, name, "custodian")
    admin.post(where("one"), {"do": "link", "other": "two"})
    admin.post(where("three"), {"do": "link", "other": "four"})
    before = [person_of(user_of(name)) for name in ("one", "two", "three", "four")]
    assert "linked to other accounts already" in text_of(admin.post(where("one"), {"do": "link", "other": "four"}))
    assert [person_of(user_of(name)) for name in ("one", "two", "three", "four")] == before
    assert (
        len([1 for _, each in entries(pages.district.services, "accounts") if each["done"] == "one person with"]) == 2
    )


def test_an_unknown_change_is_none(pages: Pages) -> None:
    admin = pages.user("admin", name="boss")
    make(admin, "maria")
    assert "knows no such change" in text_of(admin.post(where("maria"), {"do": "delete"}))


def test_the_roles_of_the_districts_own_sign_in_are_changed_there(pages: Pages) -> None:
    from allauth.socialaccount.models import SocialAccount

    admin = pages.user("admin", name="boss")
    pages.user("media", name="maria")
    SocialAccount.objects.create(user=user_of("maria"), provider="district", uid="0" * 32)
    assert "anew at each sign-in" in text_of(admin.get(where("maria")))
    for do in ("roles", "password"):
        assert "district's own sign-in" in text_of(admin.post(where("maria"), {"do": do, "roles": ["admin"]}))
    assert set(user_of("maria").groups.values_list("name", flat=True)) == {"desk-media"}


def test_nothing_is_changed_where_the_record_cannot_be_written(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_plugin.errors import StoreError

    admin = pages.user("admin", name="boss")
    pages.user("media", name="maria")

    def away(*_: Any, **__: Any) -> None:
        raise StoreError("the database cannot be reached")

    monkeypatch.setattr(type(pages.district.services.store), "writing", away)
    assert admin.post(where("maria"), {"do": "roles", "roles": ["admin"]}).status_code == 503
    assert set(user_of("maria").groups.values_list("name", flat=True)) == {"desk-media"}


def test_a_page_of_accounts_takes_as_many_queries_for_many(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from dam_hooks.desk.pages import users_page

    monkeypatch.setattr(users_page, "PAGE", 3)
    admin = pages.user("admin", name="boss")
    counts = []
    for number in range(5):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page = text_of(admin.get("/users/"))
        counts.append(len(asked))
        make(admin, f"person{number}", "media")
    assert len(set(counts)) == 1
    assert "More" in text_of(admin.get("/users/"))
    assert "person4" in text_of(admin.get("/users/", {"after": "person1"}))
    assert page


# Set-up


def test_each_setting_has_its_words() -> None:
    from dam_hooks.desk.setting_words import GROUPS
    from dam_plugin.settings import Settings, settings_told

    in_words = [name for _, words in GROUPS for name in words]
    assert sorted(in_words) == sorted(each.name for each in settings_told(Settings()))


def test_settings_are_shown_and_secrets_are_not(pages: Pages) -> None:
    page = pages.user("admin").get("/set-up/").content.decode()
    assert "the district's records custodian" in text_of(pages.user("admin").get("/set-up/"))
    settings = pages.district.services.settings
    for secret in (KEY, settings.signing_key, settings.export_key, settings.delivery_secret_access_key):
        assert getattr(secret, "get_secret_value", lambda s=secret: s)() not in page
    assert settings.database_url not in page
    assert "set, and not shown" in page


def test_everything_is_looked_at_and_what_is_broken_comes_first(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.apps import Desk
    from dam_plugin.cli.checks import examine

    admin = pages.user("admin")
    assert "Look whether everything works" not in text_of(admin.get("/set-up/"))
    settings = pages.district.services.settings
    monkeypatch.setattr(Desk, "examine", staticmethod(lambda: examine(given=settings)))
    assert "Look whether everything works" in text_of(admin.get("/set-up/"))
    page = admin.post("/set-up/check").content.decode()
    assert "every setting is known and well-formed" in page
    states = re.findall(r'class="desk-badge desk-(\w+)"', page)
    assert states == sorted(states, key=("red", "amber", "green").index)


# Rules


def draft_of(admin: Any) -> tuple[str, str]:
    import html

    page = admin.get("/rules/draft").content.decode()
    name = re.findall(r'name="file" value="([^"]+)"', page)[0]
    text = html.unescape(re.findall(r"<textarea[^>]*>\r?\n(.*?)</textarea>", page, re.DOTALL)[0])
    return name, text


def closing(text: str) -> str:
    """A draft in which each recording of events is closed."""
    rule = 'rules:\n  - name: every event is closed\n    when: {key: "events/**"}\n    then: {closed: "a test"}\n'
    rule += "    why: a test\n"
    return text.replace("rules:\n", rule, 1)


def test_a_mistake_in_a_draft_is_told_at_its_line(pages: Pages) -> None:
    admin = pages.user("admin")
    name, text = draft_of(admin)
    page = admin.post("/rules/draft", {"file": name, "text": closing(text).replace("when: {key:", "when: {keey:", 1)})
    assert "1 mistake" in text_of(page)
    assert "Line " in text_of(page)
    assert "keey" in text_of(page)
    part = admin.post("/rules/draft", {"file": name, "text": "rules: ["}, HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in part
    assert "mistake" in part


@pytest.mark.parametrize("text", ["", "rules: " + "[" * 5000, "\0", "a: &a [*a]", "- <script>", "x" * 2_000_000])
def test_no_draft_brings_the_page_down(pages: Pages, text: str) -> None:
    admin = pages.user("admin")
    name, _ = draft_of(admin)
    answer = admin.post("/rules/draft", {"file": name, "text": text})
    assert answer.status_code == 200
    assert "mistake" in text_of(answer) or "usa-error-message" in answer.content.decode()


def test_examples_are_run_as_the_draft_is_looked_at(pages: Pages) -> None:
    admin = pages.user("admin")
    name, text = draft_of(admin)
    assert "0 of " in text_of(admin.post("/rules/draft", {"file": name, "text": text.replace("\n", "\r\n")}))
    wrong = text_of(admin.post("/rules/draft", {"file": name, "text": closing(text)}))
    assert "No mistake" in wrong
    assert "examples end otherwise" in wrong
    assert "and is every event is closed, foster care and housing" in wrong


def test_another_file_than_a_rule_file_is_none(pages: Pages) -> None:
    admin = pages.user("admin")
    for name in ("../dam-plugin.toml", "/etc/passwd"):
        assert admin.get("/rules/draft", {"file": name}).status_code == 404
        assert admin.post("/rules/draft", {"file": name, "text": "rules: []"}).status_code == 404


def do_jobs(pages: Pages) -> None:
    from dam_plugin.admin.job_kinds import KINDS
    from dam_plugin.intake.jobs import run_waiting

    run_waiting(pages.district.services, KINDS)


def test_what_a_draft_would_change_is_counted_with_pictures_and_nothing_changes(pages: Pages) -> None:
    for key in (CROWD, TEAM, UNTITLED):
        pages.district.upload(key)
    admin = pages.user("admin")
    name, text = draft_of(admin)
    at = admin.post("/rules/draft", {"file": name, "text": closing(text), "do": "compare"})["Location"]
    assert "It begins within a few seconds." in text_of(admin.get(at))
    assert "hx-get" in admin.get(at).content.decode()
    assert "Finding out what new rules would change" in text_of(admin.get("/rules/"))
    do_jobs(pages)
    assert admin.get(at, HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"
    page = admin.get(at)
    assert "2 of 3 recordings are tagged otherwise." in text_of(page)
    assert "whether it is closed: less may go out (every event is closed)" in text_of(page)
    assert f"/recordings/{pages.asset(CROWD)}/thumbnail" in page.content.decode()
    assert "hx-get" not in page.content.decode()
    with pages.district.services.store.reading() as unit:
        assert unit.assets.need(CROWD).tagging.closed is None


def test_rules_that_could_not_be_applied_are_said_so_with_the_reason(pages: Pages) -> None:
    pages.district.upload(CROWD)
    admin = pages.user("admin")
    at = admin.post("/rules/apply")["Location"]
    with pages.district.services.store.writing() as unit:
        waiting = unit.jobs.need(at.split("/")[-2])
        job = unit.jobs.claim(waiting.id, "a lease", waiting.at, waiting.at + timedelta(minutes=2))
        assert job is not None
        assert unit.jobs.keep(replace(job, state="failed", why="the rules are others now"))
    page = text_of(admin.get(at))
    assert "Could not be done The rules are others now." in page
    assert "recordings are tagged otherwise" not in page
    assert "could not be done" in text_of(admin.get("/rules/"))


def loosened(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a recording be tagged more strictly than the rules in force do."""
    stored = pages.district.upload(HALLWAY)
    machine = replace(stored.machine, closed="by former rules", rules_digest="0" * 12)
    with pages.district.services.store.writing() as unit:
        unit.assets.save(replace(stored, machine=machine, tagging=replace(stored.tagging, closed="by former rules")))


def test_what_loosens_waits_for_a_custodian_who_did_not_ask(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    loosened(pages, monkeypatch)
    admin = pages.user("admin", name="boss")
    at = admin.post("/rules/apply")["Location"]
    do_jobs(pages)
    assert "What would be freer waits for a second person." in text_of(admin.get(at))
    (change,) = re.findall(r"/rules/changes/[^\"]+", admin.get("/rules/").content.decode())
    assert "What boss asked for" in text_of(admin.get("/rules/"))
    assert "The records custodian or a designee says yes." in text_of(admin.get(change))

    def is_closed() -> bool:
        with pages.district.services.store.reading() as unit:
            return unit.assets.need(HALLWAY).tagging.closed is not None

    # The same person with both roles, and with another account that is linked to the first.
    both = pages.user("admin", "custodian", name="boss")
    assert "You asked for this: another person says yes." in text_of(both.post(change, follow=True))
    linked = pages.user("custodian", name="boss2")
    pages.user("admin", name="other").post(where("boss2"), {"do": "link", "other": "boss"})
    assert "You asked for this: another person says yes." in text_of(linked.post(change, follow=True))
    assert is_closed()
    custodian = pages.user("custodian", name="records")
    assert "1 change by rules waits for a second person" in text_of(custodian.get("/"))
    assert "the hallway" in text_of(custodian.get(change)) or "hallway-1042.jpg" in text_of(custodian.get(change))
    assert "Done: the recordings are tagged by these rules now." in text_of(custodian.post(change, follow=True))
    assert not is_closed()
    assert "This is decided already." in text_of(custodian.get(change))
    _, details = entries(pages.district.services, "rules")[-1]
    assert details["system_user"]["name"] == "records"
    assert details["by"]["role"] == "custodian"


# The report


def test_the_report_counts_and_names_nobody(pages: Pages) -> None:
    for key in (CROWD, UNTITLED):
        pages.district.upload(key)
        pages.district.share(key)
    page = pages.user("admin").get("/report/")
    words = text_of(page)
    assert "2 shares were asked for, and 1 were answered without waiting" in words
    assert "waited for the records custodian Nobody has said yet who is in it 1" in words
    assert "Nobody has said yet who is in it : 1 waited, 1 wait still, 0 were refused." in words
    assert len(re.findall("<rect ", page.content.decode())) == 12
    assert "dam-plugin " not in words
    assert "S-" not in words


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"since": "2001-01-01", "until": "2001-02-01"}, "Nothing was shared in these days."),
        ({"since": "2002-01-01", "until": "2001-01-01"}, "This day is before the first one"),
        ({"since": "yesterday"}, "Enter a valid date."),
        ({"until": "9999-12-31"}, "Choose days from 1900 to 8999."),
    ],
)
def test_the_report_of_some_days(pages: Pages, days: dict[str, str], sentence: str) -> None:
    pages.district.upload(CROWD)
    pages.district.share(CROWD)
    answer = pages.user("custodian").get("/report/", days)
    assert (answer.status_code, sentence in text_of(answer)) == (200, True)


def test_who_is_protected_is_counted_for_the_custodian_alone(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    from dam_hooks.desk.pages import report_page

    asked: list[bool] = []
    real = report_page.report_of

    def heard(*arguments: Any, in_full: bool) -> Any:
        asked.append(in_full)
        return real(*arguments, in_full=in_full)

    monkeypatch.setattr(report_page, "report_of", heard)
    for roles in (("admin",), ("custodian",), ("designee",), ("admin", "custodian")):
        pages.user(*roles).get("/report/")
    assert asked == [False, True, True, True]

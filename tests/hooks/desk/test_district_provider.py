"""Signing in by the district's own provider, over real HTTP: who it is, which roles, and what does not count."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from use_cases import entries

if TYPE_CHECKING:
    from conftest import Pages
    from own_oidc import Provider

pytest.importorskip("django")
pytest.importorskip("oidc_provider_mock")
# The provider's own library calls what it is about to give up.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

BACK = "/accounts/oidc/district/login/callback/"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    from own_oidc import own_provider

    with own_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: Provider, pages: Pages) -> Iterator[Provider]:
    """A desk that knows the provider."""
    from django.core.cache import cache
    from django.test import override_settings

    cache.clear()
    with override_settings(**running_provider.settings()):
        yield running_provider


def client() -> Any:
    from django.test import Client

    return Client()


def roles_of(name: str) -> set[str]:
    from django.contrib.auth.models import User

    return set(User.objects.get(username=name).groups.values_list("name", flat=True))


def accounts() -> int:
    from django.contrib.auth.models import User

    return int(User.objects.count())


def test_the_first_sign_in_makes_the_account_with_the_roles_of_the_groups(provider: Provider) -> None:
    provider.knows("maria", "Communications", "Chess club")
    browser = client()
    assert provider.sign_in(browser, "maria")["Location"] == "/"
    assert browser.get("/").status_code == 200
    assert roles_of("maria") == {"desk-media"}
    assert provider.sign_in(client(), "maria").status_code == 302
    assert accounts() == 1


def test_roles_are_taken_anew_at_each_sign_in(provider: Provider) -> None:
    provider.knows("omar", "Communications")
    browser = client()
    provider.sign_in(browser, "omar")
    provider.knows("omar", "Records Office")
    provider.sign_in(client(), "omar")
    assert roles_of("omar") == {"desk-custodian", "desk-designee"}


def test_what_the_groups_change_of_an_account_is_on_record_and_a_sign_in_that_changes_nothing_is_not(
    provider: Provider, pages: Pages
) -> None:
    for groups in (("Communications",), ("Communications",), ("Records Office",), ()):
        provider.knows("nora", *groups)
        provider.sign_in(client(), "nora")
    told = [details for _, details in entries(pages.district.services, "accounts")]
    assert [(each["done"], each["account"], each["roles"]) for each in told] == [
        ("made", "nora", ["media"]),
        ("roles", "nora", ["custodian", "designee"]),
        ("roles", "nora", []),
    ]
    assert {each["system_user"]["name"] for each in told} == {"the district's own sign-in"}


def test_roles_stay_and_nobody_is_signed_in_where_the_record_cannot_be_written(
    provider: Provider, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dam_plugin.errors import StoreError

    def away(*_: Any, **__: Any) -> None:
        raise StoreError("the database cannot be reached")

    provider.knows("gina", "Communications")
    browser = client()
    with monkeypatch.context() as patched:
        patched.setattr(type(pages.district.services.store), "writing", away)
        assert provider.sign_in(browser, "gina").status_code == 503
    assert accounts() == 0
    assert browser.get("/").status_code == 302


def test_who_lost_every_group_loses_every_page_in_open_sessions_too(provider: Provider) -> None:
    provider.knows("lena", "Communications")
    browser = client()
    provider.sign_in(browser, "lena")
    provider.knows("lena")
    answer = provider.sign_in(client(), "lena")
    assert (answer.status_code, roles_of("lena")) == (403, set())
    assert "none of your groups" in answer.content.decode()
    assert browser.get("/library/").status_code == 403


@pytest.mark.parametrize("groups", [(), ("communications",), ("Communications ",), ("desk-media",), ("media",)])
def test_a_group_that_gives_no_role_makes_no_account(provider: Provider, groups: tuple[str, ...]) -> None:
    provider.knows("nobody", *groups)
    browser = client()
    assert provider.sign_in(browser, "nobody").status_code == 403
    assert accounts() == 0
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize("said", [None, {"Communications": True}, 7, [["Communications"]], [None]])
def test_a_claim_of_another_form_gives_no_role(provider: Provider, said: object) -> None:
    provider.knows("odd", groups=said)
    assert provider.sign_in(client(), "odd").status_code == 403
    assert accounts() == 0


def test_somebody_is_known_by_the_subject_and_never_by_an_address(provider: Provider, pages: Pages) -> None:
    from django.contrib.auth.models import User

    pages.user("admin", name="boss")
    User.objects.filter(username="boss").update(email="boss@district.test")
    provider.knows(
        "stranger", "Communications", preferred_username="boss", email="boss@district.test", email_verified=True
    )
    browser = client()
    provider.sign_in(browser, "stranger")
    signed_in = User.objects.get(pk=browser.session["_auth_user_id"])
    assert signed_in.username != "boss"
    assert roles_of("boss") == {"desk-admin"}
    assert signed_in.email == ""


def test_the_same_subject_of_another_issuer_is_somebody_else() -> None:
    from dam_hooks.desk.district_provider import DistrictProvider

    of = [
        DistrictProvider.extract_uid(None, {"id_token": {"iss": issuer, "sub": subject}})
        for issuer, subject in (("https://a", "1"), ("https://b", "1"), ("https://a", "2"), ("https://a", "1"))
    ]
    assert len(set(of)) == 3
    assert of[0] == of[3]


def test_the_providers_second_factor_counts_as_the_setting_says(provider: Provider) -> None:
    from django.test import override_settings

    asked = "/accounts/2fa/totp/activate/"
    table = [
        ("provider", [], None),
        ("amr", ["pwd", "mfa"], None),
        ("amr", ["pwd"], asked),
        ("amr", None, asked),
        ("amr", "mfa", asked),
        ("here", ["mfa"], asked),
    ]
    for number, (setting, methods, leads_to) in enumerate(table):
        with override_settings(DESK_OIDC_SECOND_FACTOR=setting):
            provider.knows(f"person{number}", "Communications", amr=methods)
            browser = client()
            provider.sign_in(browser, f"person{number}")
            answer = browser.get("/library/")
            assert (setting, methods, answer.get("Location")) == (setting, methods, leads_to)


def test_a_second_factor_of_the_provider_does_not_count_for_a_password(provider: Provider, pages: Pages) -> None:
    from django.contrib.auth.models import User

    pages.user("media", name="local", second_factor=False)
    user = User.objects.get(username="local")
    user.set_password("a long password 1")
    user.save()
    provider.knows("ines", "Communications")
    browser = client()
    provider.sign_in(browser, "ines")
    browser.post("/accounts/logout/")
    browser.post("/accounts/login/", {"login": "local", "password": "a long password 1"})
    assert browser.get("/library/")["Location"] == "/accounts/2fa/totp/activate/"


def test_a_local_second_factor_is_not_asked_for_where_the_providers_counts(provider: Provider) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.contrib.auth.models import User
    from django.test import override_settings

    provider.knows("theo", "Communications")
    provider.sign_in(client(), "theo")
    TOTP.activate(User.objects.get(username="theo"), generate_totp_secret())
    browser = client()
    assert provider.sign_in(browser, "theo")["Location"] == "/"
    assert browser.get("/").status_code == 200
    with override_settings(DESK_OIDC_SECOND_FACTOR="here"):
        browser = client()
        assert "/2fa/authenticate/" in provider.sign_in(browser, "theo")["Location"]
        assert browser.get("/").status_code == 302


def test_an_account_that_is_switched_off_stays_out_whatever_the_provider_says(provider: Provider) -> None:
    from django.contrib.auth.models import User

    provider.knows("gone", "Communications")
    provider.sign_in(client(), "gone")
    User.objects.filter(username="gone").update(is_active=False)
    browser = client()
    provider.sign_in(browser, "gone")
    assert browser.get("/").status_code == 302


def test_a_link_brings_neither_scope_nor_parameters_along(provider: Provider) -> None:
    hostile = {"scope": "admin", "auth_params": "redirect_uri=https://example.org", "process": "connect"}
    asked = parse_qs(urlsplit(client().get("/accounts/oidc/district/login/", hostile)["Location"]).query)
    assert asked["redirect_uri"] == ["http://testserver" + BACK]
    assert set(asked["scope"][0].split()) == {"openid", "profile"}
    assert asked["code_challenge_method"] == ["S256"]
    assert client().post("/accounts/oidc/district/login/", {"process": "connect"}).status_code == 405


@pytest.mark.parametrize("after", ["https://example.org/", "//example.org/", "/\\example.org"])
def test_coming_back_leads_nowhere_else(provider: Provider, after: str) -> None:
    provider.knows("maria", "Communications")
    assert provider.sign_in(client(), "maria", after)["Location"] == "/"
    assert provider.sign_in(client(), "maria", "/library/")["Location"] == "/library/"


def test_a_code_of_another_browser_signs_nobody_in(provider: Provider) -> None:
    provider.knows("maria", "Communications")
    mine, other = client(), client()
    back = provider.agrees(mine.get("/accounts/oidc/district/login/")["Location"], "maria")
    parts = urlsplit(back)
    assert other.get(f"{parts.path}?{parts.query}").status_code == 401
    assert other.get("/").status_code == 302
    assert mine.get(BACK, {"state": "made-up", "code": "made-up"}).status_code == 401


def test_the_session_has_another_name_after_signing_in(provider: Provider) -> None:
    provider.knows("maria", "Communications")
    browser = client()
    browser.get("/accounts/oidc/district/login/")
    before = browser.cookies["desk_session"].value
    provider.sign_in(browser, "maria")
    assert browser.cookies["desk_session"].value != before
    planted = client()
    planted.cookies["desk_session"] = before
    assert planted.get("/").status_code == 302


def test_a_password_too_gives_the_session_another_name(pages: Pages) -> None:
    from django.contrib.auth.models import User
    from django.test import override_settings

    pages.user("media", name="local", second_factor=False)
    user = User.objects.get(username="local")
    user.set_password("a long password 1")
    user.save()
    browser = client()
    browser.cookies["desk_session"] = "planted"
    with override_settings(DESK_SECOND_FACTOR=False):
        browser.post("/accounts/login/", {"login": "local", "password": "a long password 1"})
        assert browser.get("/").status_code == 200
    assert browser.cookies["desk_session"].value != "planted"


def test_without_a_provider_there_is_no_such_address(pages: Pages) -> None:
    assert client().get("/accounts/oidc/district/login/").status_code == 404
    assert client().get("/accounts/oidc/other/login/").status_code == 404
    assert "Or with an account of these pages" not in client().get("/accounts/login/").content.decode()


def test_the_page_for_signing_in_offers_the_providers_first(provider: Provider) -> None:
    page = client().get("/accounts/login/", {"next": "/library/"}).content.decode()
    assert "Sign in with your district account" in page
    assert "/accounts/oidc/district/login/?next=/library/" in page


def test_a_provider_that_is_away_or_another_one_signs_nobody_in(pages: Pages, running_provider: Provider) -> None:
    from django.test import override_settings

    away = running_provider.settings()
    away["SOCIALACCOUNT_PROVIDERS"]["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:9"
    other = running_provider.settings(DESK_OIDC_ISSUER="http://127.0.0.1:1")
    for settings in (away, other):
        with override_settings(**settings):
            answer = client().get("/accounts/oidc/district/login/")
            assert answer.status_code == 401
            assert "You are not signed in" in answer.content.decode()


def test_nobody_adds_a_provider_to_a_local_account(provider: Provider, pages: Pages) -> None:
    from allauth.socialaccount.models import SocialAccount
    from django.contrib.auth.models import User

    local = pages.user("media", name="local")
    provider.knows("maria", "Communications")
    provider.sign_in(local, "maria")
    assert SocialAccount.objects.get().user != User.objects.get(username="local")
    assert local.get("/accounts/3rdparty/").status_code == 404


def test_a_session_ends_after_the_longest_time_whatever_was_done_meanwhile(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = pages.user("media")
    now = time.time()
    for hours, status in ((11, 200), (11.9, 200), (12.1, 302), (0.1, 302)):
        monkeypatch.setattr(time, "time", lambda hours=hours: now + hours * 3600)
        assert (hours, browser.get("/").status_code) == (hours, status)


def test_the_proven_person_is_the_subject_or_the_account_and_linked_accounts_are_one(
    provider: Provider, pages: Pages
) -> None:
    from django.contrib.auth.models import Group, User

    from dam_hooks.desk.desk_roles import PERSON, person_of

    provider.knows("maria", "Communications")
    provider.sign_in(client(), "maria")
    pages.user("media", name="local")
    maria, local = (User.objects.get(username=name) for name in ("maria", "local"))
    assert person_of(maria).startswith("provider:")
    assert person_of(local) == f"desk:{local.pk}"
    one = Group.objects.create(name=f"{PERSON}{maria.pk}")
    for each in (maria, local):
        each.groups.add(one)
    assert person_of(local) == person_of(maria)
    one.delete()
    assert person_of(local) != person_of(maria)


class Tokens:
    """Tokens that a provider's key, or somebody else's, signed."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.key = rsa.generate_private_key(65537, 2048)
        self.other = rsa.generate_private_key(65537, 2048)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        made = {"iss": "https://id.test", "aud": "desk", "sub": "1", "iat": now, "exp": now + 60, **changes}
        return {name: value for name, value in made.items() if value is not None}


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens()


def checked(tokens: Tokens, monkeypatch: pytest.MonkeyPatch, raw: str) -> dict[str, Any]:
    import json
    from types import SimpleNamespace

    from jwt.algorithms import RSAAlgorithm

    from dam_hooks.desk import district_provider

    public = json.loads(RSAAlgorithm.to_jwk(tokens.key.public_key())) | {"kid": "1", "alg": "RS256", "use": "sig"}
    answer = SimpleNamespace(raise_for_status=lambda: None, json=lambda: {"keys": [public]})

    class Session:
        def __enter__(self) -> Any:
            return SimpleNamespace(get=lambda _: answer)

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(district_provider, "get_adapter", lambda: SimpleNamespace(get_requests_session=Session))
    config = {"issuer": "https://id.test", "jwks_uri": "https://id.test/jwks"}
    monkeypatch.setattr(district_provider.DistrictAdapter, "openid_config", config)
    adapter = object.__new__(district_provider.DistrictAdapter)
    found: dict[str, Any] = adapter._checked(SimpleNamespace(client_id="desk"), raw)
    return found


def test_a_token_that_the_provider_signed_holds(pages: Pages, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    import jwt

    raw = jwt.encode(tokens.claims(), tokens.key, "RS256", {"kid": "1"})
    assert checked(tokens, monkeypatch, raw)["sub"] == "1"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.test"},
        {"aud": "another"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"iat": None},
        {"aud": ["desk", "another"], "azp": "another"},
    ],
    ids=str,
)
def test_a_token_for_somebody_else_or_of_another_day_does_not_hold(
    pages: Pages, tokens: Tokens, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    import jwt

    from dam_hooks.desk.district_provider import _WENT_WRONG

    raw = jwt.encode(tokens.claims(**changes), tokens.key, "RS256", {"kid": "1"})
    with pytest.raises(_WENT_WRONG):
        checked(tokens, monkeypatch, raw)


def test_a_token_that_another_key_or_none_signed_does_not_hold(
    pages: Pages, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    import jwt

    from dam_hooks.desk.district_provider import _WENT_WRONG

    claims = tokens.claims()
    forged = [
        jwt.encode(claims, tokens.other, "RS256", {"kid": "1"}),
        jwt.encode(claims, tokens.key, "RS256", {"kid": "2"}),
        jwt.encode(claims, None, "none", {"kid": "1"}),
        jwt.encode(claims, "a secret that is long enough for this", "HS256", {"kid": "1"}),
        "not.a.token",
    ]
    for raw in forged:
        with pytest.raises(_WENT_WRONG):
            checked(tokens, monkeypatch, raw)

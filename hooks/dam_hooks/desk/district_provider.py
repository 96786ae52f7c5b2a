"""Signing in by the district's own provider (OpenID Connect Core 1.0, code flow with PKCE): who it is, and which roles.

allauth speaks the protocol. Here stands what it leaves open: the token's signature is checked always, and the issuer is the
one of the settings; people are known by issuer and subject, never by an e-mail address; roles are taken anew from the token's
groups at each sign-in, and who has none gets no further.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe
from requests import RequestException

from dam_hooks.desk.accounts import keep_of_provider
from dam_hooks.desk.desk_roles import for_anybody

log = logging.getLogger(__name__)

PROVIDER = "district"
# The provider's public keys check these; a token signed with a shared secret, or not at all, is none.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# How far the clocks of two servers may be apart.
LEEWAY_SECONDS = 60
MOST_GROUPS = 1_000
# What a token says where several factors were used (RFC 8176).
SEVERAL_FACTORS = "mfa"
_WENT_WRONG = (RequestException, OAuth2Error, jwt.PyJWTError, KeyError, TypeError, ValueError)


class DistrictAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """The protocol, with a token that is checked as the specification says (OpenID Connect Core 1.0, 3.1.3.7)."""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return the provider's discovery document. Raises OAuth2Error where it is another's, or leads to plain http."""
        found: dict[str, Any] = super().openid_config
        issuer = configured.DESK_OIDC_ISSUER
        if str(found.get("issuer", "")).rstrip("/") != issuer:
            raise OAuth2Error("the discovery document names another issuer")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        schemes = {urlsplit(str(found[each])).scheme for each in names}
        if not schemes <= {"https", urlsplit(issuer).scheme}:
            raise OAuth2Error("the discovery document leads to an address without https")
        return found

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """Return who it is. Raises OAuth2Error, PyJWTError where the token does not hold."""
        said = self._checked(app, str(kwargs["response"]["id_token"]))
        groups_claim = configured.DESK_OIDC_GROUPS
        if groups_claim not in said and "userinfo_endpoint" in self.openid_config:
            more = self._fetch_user_info(token.token)
            if more.get("sub") != said["sub"]:
                raise OAuth2Error("the provider tells of somebody else")
            said[groups_claim] = more.get(groups_claim)
        return self.get_provider().sociallogin_from_response(request, {"id_token": said})

    def _checked(self, app: Any, raw: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        wanted = jwt.get_unverified_header(raw).get("kid")
        fitting = [each for each in keys if wanted is None or each.key_id == wanted]
        if len(fitting) != 1:
            raise OAuth2Error("none of the provider's keys has signed the token")
        found: dict[str, Any] = jwt.decode(
            raw,
            fitting[0].key,
            algorithms=list(ALGORITHMS),
            audience=app.client_id,
            issuer=self.openid_config["issuer"],
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        if found.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("the token was made for another program")
        return found


class DistrictProvider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """The provider of the settings. Of what it says only this is kept: who, which of our groups, and how it was proven."""

    package = "allauth.socialaccount.providers.openid_connect"
    oauth2_adapter_class = DistrictAdapter
    pkce_enabled_default = True

    def extract_uid(self, data: Mapping[str, Any]) -> str:
        """Return issuer and subject as one word: another provider's same subject is somebody else."""
        said = data["id_token"]
        subject = said["sub"]
        if not isinstance(subject, str) or not subject:
            raise OAuth2Error("the token names nobody")
        return hashlib.sha256(f"{said['iss']}\0{subject}".encode()).hexdigest()[:32]

    def extract_extra_data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is kept of a sign-in."""
        said = data["id_token"]
        methods = said.get("amr")
        return {
            "groups": sorted(set(_groups_in(said)) & configured.DESK_OIDC_ROLES.keys()),
            "methods": [each for each in methods if isinstance(each, str)][:20] if isinstance(methods, list) else [],
        }

    def extract_common_fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the name for a new account."""
        said = data["id_token"]
        fields = {name: said.get(claim) for name, claim in _NAMES.items()}
        return {name: value[:150] for name, value in fields.items() if isinstance(value, str)}

    def extract_email_addresses(self, data: Mapping[str, Any]) -> list[Any]:
        """Return none: an address proves nobody, and the desk writes to none."""
        return []


_NAMES = {"username": "preferred_username", "name": "name", "first_name": "given_name", "last_name": "family_name"}


class DistrictAccounts(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts of people who sign in by the district's provider: made at the first sign-in, with the roles of their groups."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return True: who comes here has a role by the provider's groups."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Take the roles anew from the groups; who has none gets no further. Nobody adds a provider to a local account."""
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            raise ImmediateHttpResponse(_refused(request))
        roles = roles_by(sociallogin)
        if sociallogin.is_existing:
            keep_of_provider(sociallogin.user, roles)
        if not roles:
            raise ImmediateHttpResponse(_refused(request))

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account, with its roles."""
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
            keep_of_provider(user, roles_by(sociallogin), is_new=True)
        return user


class AskForSecondFactor(AuthenticateStage):  # type: ignore[misc]  # allauth has no types
    """The desk's own second factor, which is not asked for where the provider's counts."""

    def _should_handle(self, request: HttpRequest) -> bool:
        came_by = (self.login.signal_kwargs or {}).get("sociallogin")
        return not (came_by and brought_second_factor(came_by)) and bool(super()._should_handle(request))


def roles_by(sociallogin: SocialLogin) -> set[str]:
    """Return the words of the roles that somebody's groups at the provider give."""
    of_groups: Mapping[str, Collection[str]] = configured.DESK_OIDC_ROLES
    groups = sociallogin.account.extra_data.get("groups", ())
    return {role for group in groups for role in of_groups.get(group, ())}


def brought_second_factor(sociallogin: SocialLogin) -> bool:
    """Whether the provider's second factor counts for this sign-in, by the setting."""
    trusted = configured.DESK_OIDC_SECOND_FACTOR
    return trusted == "provider" or (
        trusted == "amr" and SEVERAL_FACTORS in sociallogin.account.extra_data.get("methods", ())
    )


@for_anybody
@require_safe
def leave_for_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send somebody to the district's provider, who comes back to `come_back`."""
    # Nothing of the address but where to go on: no scope and no parameter that a link brought along.
    after = request.GET.get("next")
    request.GET = QueryDict(urlencode({"next": after} if after else {}))
    return _answered(request, provider_id, OAuth2LoginView)


@for_anybody
@require_safe
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in who comes back from the provider."""
    return _answered(request, provider_id, OAuth2CallbackView)


@for_anybody
def no_such_page(request: HttpRequest) -> HttpResponse:
    """Stand in the place of allauth's page on which people add providers to their account: nobody does here."""
    raise Http404


def _answered(request: HttpRequest, provider_id: str, view: Any) -> HttpResponse:
    if provider_id != PROVIDER or not configured.DESK_OIDC_ISSUER:
        raise Http404
    adapter = DistrictAdapter(request, provider_id)
    try:
        answer: HttpResponse = view.adapter_view(adapter)(request)
    except _WENT_WRONG as error:
        # What came from the provider is not what the specification says: nobody is signed in.
        log.warning("a sign-in by the provider failed (%s)", type(error).__name__)
        answer = render_authentication_error(request, adapter.get_provider(), exception=error)
    return answer


def _refused(request: HttpRequest) -> HttpResponse:
    name = configured.DESK_OIDC_NAME
    return render(request, "socialaccount/no_role.html", {"provider": name}, status=HTTPStatus.FORBIDDEN)


def _groups_in(said: Mapping[str, Any]) -> list[str]:
    told = said.get(configured.DESK_OIDC_GROUPS)
    listed = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    return [each for each in listed[:MOST_GROUPS] if isinstance(each, str)]

"""A district's own OpenID provider over real HTTP, and people who sign in there: each with groups, which may change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from oidc_provider_mock import run_server_in_thread

# A machine's proxy does not know this one's own server, and authlib wants to be told that a test has no https.
os.environ.setdefault("AUTHLIB_INSECURE_TRANSPORT", "1")


class Provider:
    """The provider. `issuer` is its address."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._asking = requests.Session()
        self._asking.trust_env = False

    def knows(self, subject: str, *groups: str, **claims: Any) -> None:
        """Let somebody have these groups from now on."""
        body = {"groups": list(groups), "preferred_username": subject, "name": f"{subject.title()} Berg", **claims}
        self._asking.put(f"{self.issuer}/users/{subject}", json=body).raise_for_status()

    def agrees(self, address: str, subject: str) -> str:
        """Be the person at the provider's page who signs in there; return where the browser is sent then."""
        answer = self._asking.post(address, data={"sub": subject}, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def sign_in(self, client: Any, subject: str, after: str = "") -> Any:
        """Sign in with a browser of Django's; return the answer to who comes back."""
        away = client.get("/accounts/oidc/district/login/", {"next": after} if after else {})
        back = urlsplit(self.agrees(away["Location"], subject))
        return client.get(back.path, dict(parse_qsl(back.query)))

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Django's settings for a desk that knows this provider."""
        app = {
            "provider_id": "district",
            "name": "the district",
            "client_id": "desk",
            "secret": "a secret",
            "settings": {"server_url": self.issuer, "scope": ["openid", "profile"]},
        }
        ours = "dam_hooks.desk.district_provider.DistrictProvider"
        return {
            "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": [app], "provider_class": ours}},
            "DESK_OIDC_ISSUER": self.issuer,
            "DESK_OIDC_NAME": "your district account",
            "DESK_OIDC_GROUPS": "groups",
            "DESK_OIDC_ROLES": {"Communications": ("media",), "Records Office": ("custodian", "designee")},
            "DESK_OIDC_SECOND_FACTOR": "provider",
            **changes,
        }


@contextmanager
def own_provider() -> Iterator[Provider]:
    """Run a provider until the block ends."""
    with run_server_in_thread() as server:
        yield Provider(f"http://127.0.0.1:{server.server_port}")

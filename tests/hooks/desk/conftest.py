"""A desk over a real district: Django set up once a run with tables of its own, the plugin's services those of the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from district import District

django = pytest.importorskip("django", reason="the extra `desk` is not installed")

from dam_hooks.desk import standalone  # noqa: E402
from dam_hooks.desk.apps import Desk  # noqa: E402


@dataclass(frozen=True)
class Pages:
    """The desk of a district, and people who sign in to it."""

    district: District
    folder: Path

    def user(self, *roles: str, name: str | None = None, second_factor: bool = True) -> Any:
        """Return a browser of a person with these roles, signed in, with a second factor unless said otherwise."""
        from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
        from django.contrib.auth.models import User
        from django.test import Client

        from dam_hooks.desk.sign_in import keep_account

        name = name or "-".join(("person", *roles))
        keep_account(name, roles)
        client, user = Client(), User.objects.get(username=name)
        if second_factor and not user.authenticator_set.exists():
            TOTP.activate(user, generate_totp_secret())
        client.force_login(user)
        return client

    def asset(self, key: str) -> str:
        """Return the id by which pages call a recording."""
        with self.district.services.store.reading() as unit:
            return unit.assets.need(key).asset.id


@pytest.fixture
def pages(district: District, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    from django.conf import settings as configured

    if not configured.configured:
        folder = tmp_path_factory.mktemp("desk")
        settings = district.services.settings.model_copy(
            update={"database_url": f"sqlite:///{(folder / 'store.sqlite3').as_posix()}"}
        )
        standalone.set_up(settings)
        configured.ALLOWED_HOSTS.append("testserver")
    from django.contrib.auth.models import User
    from django.contrib.sessions.models import Session
    from django.test import override_settings

    Desk.use(district.pm)
    with override_settings(DESK_PICTURES=str(tmp_path / "pictures"), DESK_SECOND_FACTOR=True):
        yield Pages(district, tmp_path)
    Desk.use(None)
    User.objects.all().delete()
    Session.objects.all().delete()

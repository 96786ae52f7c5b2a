"""The desk alone: Django's settings made of the plugin's own, its tables in a database of their own, served by uvicorn."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from dam_hooks.desk.apps import Checked, Desk
from dam_hooks.http.serve import limited, running
from dam_hooks.plugin import Manager, services_of
from dam_plugin.admin.jobs_thread import doing_jobs
from dam_plugin.errors import SettingsError
from dam_plugin.settings import Settings
from dam_plugin.store import SystemUser
from dam_plugin.store.database import parse_url, sqlite_file

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# The desk first: its templates stand in the place of allauth's.
APPS = (
    "dam_hooks.desk",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
)
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "dam_hooks.desk.middleware.Headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dam_hooks.desk.middleware.Outages",
)


def django_settings(settings: Settings, *, address: str | None = None) -> dict[str, Any]:
    """Return Django's settings. `address` is where the desk is reached, `https://desk.example.org`; None: this machine alone.

    Raises SettingsError where the plugin has no signing key yet.
    """
    if settings.signing_key is None:
        raise SettingsError("the desk signs its sessions: `dam-plugin init` makes DAM_PLUGIN_SIGNING_KEY")
    is_secure = address is not None and address.startswith("https:")
    host = urlsplit(address).hostname if address else None
    return {
        "SECRET_KEY": _derived(settings, "desk sessions"),
        "DEBUG": False,
        "ALLOWED_HOSTS": [host] if host else ["127.0.0.1", "localhost"],
        "CSRF_TRUSTED_ORIGINS": [address] if address else [],
        "INSTALLED_APPS": list(APPS),
        "MIDDLEWARE": list(MIDDLEWARE),
        "ROOT_URLCONF": "dam_hooks.desk.site_urls",
        "DATABASES": {"default": _database(settings)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                        "dam_hooks.desk.context.desk",
                    ]
                },
            }
        ],
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}"}
            for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
        ]
        + [
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 12},
            }
        ],
        # Accounts are made by an administrator, never by whoever comes along.
        "ACCOUNT_ADAPTER": "dam_hooks.desk.sign_in.Accounts",
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_RATE_LIMITS": {"login_failed": "10/m/ip,5/5m/key"},
        "ACCOUNT_LOGOUT_ON_GET": False,
        "ACCOUNT_SESSION_REMEMBER": False,
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
        # A code counts for half a minute more: it may run out while it is sent, or a clock be off (RFC 6238, 5.2).
        "MFA_TOTP_TOLERANCE": 1,
        "MFA_TOTP_ISSUER": settings.district.name or "dam-plugin",
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "desk:home",
        "ACCOUNT_LOGOUT_REDIRECT_URL": "account_login",
        # A sentence for the next page may name a student: a cookie of it would lie in the browser, for anybody to read.
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
        "SESSION_COOKIE_NAME": "desk_session",
        "SESSION_COOKIE_AGE": settings.desk_session_hours * 3600,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": is_secure,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "CSRF_COOKIE_SECURE": is_secure,
        "CSRF_COOKIE_HTTPONLY": True,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if is_secure else None,
        "SECURE_HSTS_SECONDS": 31_536_000 if is_secure else 0,
        "X_FRAME_OPTIONS": "DENY",
        "STATIC_URL": "static/",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LANGUAGE_CODE": "en",
        # Pages that are half in Spanish would be worse than none.
        "LANGUAGES": [("en", "English")],
        "LOGGING_CONFIG": None,
        # An account shows nothing until it has one.
        "DESK_SECOND_FACTOR": settings.desk_second_factor,
        "DESK_SESSION_HOURS": settings.desk_session_hours,
        **_district_sign_in(settings),
        "DESK_PICTURES": str(_beside(settings) / "desk-pictures"),
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 2_621_440,
    }


def set_up(settings: Settings, *, address: str | None = None) -> None:
    """Set Django up for this process, and bring the tables of accounts and sessions up to date. Once a process."""
    import django  # noqa: PLC0415 - a large library
    from django.conf import settings as configured  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    if not configured.configured:
        configured.configure(**django_settings(settings, address=address))
    django.setup()
    database = configured.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3") and database["NAME"] != ":memory:":
        # Passwords' hashes and open sessions: for the account that runs the desk alone.
        Path(database["NAME"]).touch(mode=0o600)
    call_command("migrate", verbosity=0, interactive=False)
    from dam_hooks.desk.sign_in import make_groups  # noqa: PLC0415

    make_groups()


def serve(
    pm: Manager,
    *,
    host: str,
    port: int,
    address: str | None = None,
    behind: Sequence[str] = (),
    ready: Callable[[str], None] | None = None,
    examine: Callable[[], Iterable[Checked]] | None = None,
) -> None:
    """Show the pages until SIGTERM or SIGINT, and do the jobs that wait, unless Celery does them.

    `address` is where people reach it, where that is not this machine.

    `behind`: the proxies whose X-Forwarded-For is believed. Port 0 takes a free one. `examine` looks at everything that the
    plugin needs, for an administrator's page. Raises SettingsError, StoreError.
    """
    services = services_of(pm)
    set_up(services.settings, address=address)
    Desk.use(pm)
    Desk.examine = None if examine is None else staticmethod(examine)
    from django.core.asgi import get_asgi_application  # noqa: PLC0415 - once Django is set up

    # Django has none of ASGI's events at start and end.
    config = limited(cast("ASGIApp", get_asgi_application()), behind=behind, lifespan="off")
    # A district that runs the desk alone has no worker: what the pages ask for is done beside them.
    with running(services, config, host, port) as (server, listening, here), doing_jobs(services):
        server.tell = lambda: ready(address or here) if ready else None
        server.run(sockets=[listening])


def keep_user(pm: Manager, by: SystemUser, name: str, roles: Sequence[str], password: str | None = None) -> str | None:
    """Make an account with these roles, or give an account other roles; return the password of a new one, to be told once.

    A new one gets the password that is given, else one that is made. The change is written into the record, with who made it.

    `roles` are those of `desk_roles.ROLES`, such as `media`. Raises InputError for another role, or a name that is none.
    """
    set_up(services_of(pm).settings)
    Desk.use(pm)
    from dam_hooks.desk.accounts import keep  # noqa: PLC0415 - once Django is set up

    return keep(by, name, roles, password)


def _district_sign_in(settings: Settings) -> dict[str, Any]:
    """Return Django's settings for the district's own provider; without one in the plugin's settings nobody comes by it."""
    secret = settings.desk_oidc_client_secret
    app = {
        "provider_id": "district",
        "name": settings.desk_oidc_name,
        "client_id": settings.desk_oidc_client_id,
        "secret": secret.get_secret_value() if secret is not None else "",
        "settings": {"server_url": settings.desk_oidc_issuer, "scope": list(settings.desk_oidc_scopes)},
    }
    return {
        "SOCIALACCOUNT_ADAPTER": "dam_hooks.desk.district_provider.DistrictAccounts",
        "SOCIALACCOUNT_PROVIDERS": {
            "openid_connect": {
                "APPS": [app] if settings.desk_oidc_issuer else [],
                "provider_class": "dam_hooks.desk.district_provider.DistrictProvider",
            }
        },
        # A form that leads elsewhere is forbidden by our policy; a link begins nothing but a sign-in.
        "SOCIALACCOUNT_LOGIN_ON_GET": True,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": False,
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "DESK_OIDC_ISSUER": settings.desk_oidc_issuer,
        "DESK_OIDC_NAME": settings.desk_oidc_name,
        "DESK_OIDC_GROUPS": settings.desk_oidc_groups,
        "DESK_OIDC_ROLES": dict(settings.desk_oidc_roles),
        "DESK_OIDC_SECOND_FACTOR": settings.desk_oidc_second_factor,
    }


def _database(settings: Settings) -> dict[str, Any]:
    """Return where accounts and sessions are kept: beside the store, in tables that are Django's alone."""
    url = parse_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        file = sqlite_file(url)
        name = ":memory:" if file is None else str(file.with_name(f"{file.stem}-desk.sqlite3"))
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.database or "",
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.host or "",
        "PORT": str(url.port or ""),
        "OPTIONS": dict(url.query),
    }


def _beside(settings: Settings) -> Path:
    """Return the folder for small pictures: that of the store's file, else this one."""
    file = sqlite_file(parse_url(settings.database_url))
    return file.parent if file is not None else Path()


def _derived(settings: Settings, what: str) -> str:
    """Return a key for one thing alone, made of the plugin's signing key."""
    assert settings.signing_key is not None  # noqa: S101 - for the type checker
    return hmac.digest(settings.signing_key.get_secret_value().encode(), what.encode(), hashlib.sha256).hex()

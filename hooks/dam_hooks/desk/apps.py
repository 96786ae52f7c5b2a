"""The app as Django loads it, and the one plugin manager that its pages work with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Protocol

from django.apps import AppConfig

from dam_hooks.plugin import Manager, manager, services_of
from dam_plugin.services import Services


class Checked(Protocol):
    """One thing that was looked at: its name, `ok`, `warning` or `failed`, and what is so in one sentence."""

    @property
    def name(self) -> str:
        """What was looked at."""

    @property
    def state(self) -> str:
        """How it is."""

    @property
    def detail(self) -> str:
        """What is so, and what to do."""


class Desk(AppConfig):
    """The pages of the plugin. `manager` is made of the environment's settings at the first page, unless one is given."""

    name = "dam_hooks.desk"
    label = "desk"
    verbose_name = "Privacy desk"
    default_auto_field = "django.db.models.BigAutoField"
    examine: Callable[[], Iterable[Checked]] | None = None
    """How everything that the plugin needs is looked at; given by the command that shows the desk alone."""
    _manager: Manager | None = None
    _lock = Lock()

    def ready(self) -> None:
        """Hear of each sign-in, also where a site brings its own."""
        from allauth.account.signals import user_logged_in as came_in  # noqa: PLC0415 - only once Django is set up
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415

        from dam_hooks.desk.sign_in import begin_session, note_provider  # noqa: PLC0415

        user_logged_in.connect(begin_session, dispatch_uid="desk: begin a session")
        came_in.connect(note_provider, dispatch_uid="desk: note the provider")

    @property
    def manager(self) -> Manager:
        """The plugin manager. Raises SettingsError, StoreError as `dam_hooks.manager` does."""
        with self._lock:
            if self._manager is None:
                self.use(manager())
            assert self._manager is not None  # noqa: S101 - for the type checker
            return self._manager

    @classmethod
    def use(cls, given: Manager | None) -> None:
        """Work with this plugin manager; None: with one of the environment's settings."""
        cls._manager = given


def plugin() -> Manager:
    """Return the plugin manager whose hooks the pages call."""
    from django.apps import apps  # noqa: PLC0415 - only once Django is set up

    found = apps.get_app_config("desk")
    assert isinstance(found, Desk)  # noqa: S101 - for the type checker
    return found.manager


def services() -> Services:
    """Return the services that the pages' use cases work with."""
    return services_of(plugin())

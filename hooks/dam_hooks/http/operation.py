"""What one operation is: its path, what is sent, what each status answers, and the use case behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dam_hooks.http import bodies
from dam_hooks.http.idempotency import Done
from dam_hooks.plugin import Manager, services_of
from dam_plugin.services import Services
from dam_plugin.store.codec import adapter_of, to_plain

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and whom: the client whose key signed the request, and the plugin's hooks and services."""

    client: str
    manager: Manager

    @property
    def hook(self) -> Any:  # noqa: ANN401 - pluggy's hook relay has no types
        """The hooks, to be called as a host calls them."""
        return self.manager.hook

    @property
    def services(self) -> Services:
        """The services behind the hooks."""
        return services_of(self.manager)


@dataclass(frozen=True, slots=True)
class Operation(Generic[B]):
    """One thing that a host can ask. `answers`: what each status holds, and in words what it means.

    `changes`: it is carried out once for a key; otherwise it only looks, and is answered anew each time.
    """

    path: str
    name: str
    summary: str
    body: type[B]
    answers: Mapping[int, tuple[type, str]]
    work: Callable[[Asking, B], Done]
    changes: bool = True

    def read(self, data: bytes) -> B:
        """Return what a request holds. Raises Refused."""
        return bodies.read(adapter_of(self.body), data)


def done(status: int, answer: object) -> Done:
    """Return an answer as it is sent."""
    return Done(status, to_plain(answer))

"""What a statement about a student would close if it were kept: the statement's own use case, tried and undone.

INVARIANT: nothing is kept, signed, told or closed in the storage. What a use case does after its transaction is not done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, cast

from dam_plugin.custodian.choices import with_sets
from dam_plugin.gate.close_links import ClosedLinks, InSet, StillPublished
from dam_plugin.intake.take_down import file_take_downs
from dam_plugin.model import Link
from dam_plugin.services import Services
from dam_plugin.sharing.third_parties import third_parties_review
from dam_plugin.store import Store, Unit


@dataclass(frozen=True, slots=True)
class WouldClose:
    """The links that would close, the district's publications that would have to be taken down, and the yearbook sets.

    `in_sets` hold files of the student; none is closed. `at_least`: third parties are asked only once it is kept, and may
    close more.
    """

    links: tuple[Link, ...] = ()
    publications: tuple[StillPublished, ...] = ()
    in_sets: tuple[InSet, ...] = ()
    at_least: bool = False


class _Enough(Exception):
    """Ends a use case once its first transaction was tried."""


class _TryingStore:
    """A store whose next writing transaction is undone, after it was looked at."""

    def __init__(self, store: Store, look: Callable[[Unit], None]) -> None:
        self._store = store
        self._look = look

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        return getattr(self._store, name)

    @contextmanager
    def writing(self) -> Iterator[Unit]:
        with self._store.trying() as unit:
            yield unit
            self._look(unit)
        raise _Enough


def rehearse(services: Services, student: str, act: Callable[[Services], object]) -> WouldClose:
    """Return what `act`, one use case about this student, would close; change nothing. Raises what the use case raises."""
    moment, found = services.now(), WouldClose(at_least=third_parties_review(services))

    def look(unit: Unit) -> None:
        nonlocal found
        # Which are closed by this transaction is told by its moment, which no earlier one has.
        links = tuple(each for each in unit.shares.closed_at(moment) if not each.secret)
        down = file_take_downs(services, unit, [student]).publications
        found = replace(found, links=links, publications=tuple(each for each in down if each.share not in waiting))

    with services.store.trying() as unit:
        waiting = {each.share for each in file_take_downs(services, unit, [student]).publications}
    trying = replace(services, store=cast("Store", _TryingStore(services.store, look)), now=lambda: moment)
    with suppress(_Enough):
        act(trying)
    return replace(found, in_sets=with_sets(services, ClosedLinks(), [student]).in_sets)

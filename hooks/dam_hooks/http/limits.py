"""Failures at the gate, by address: after too many in a sliding window, an address is refused. Memory is bounded.

No I/O. A school's whole network may have one address. So a bad link counts only against that link from that address. An
address that tries many different links counts as a guesser, and all its requests are refused.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from ipaddress import IPv6Address, ip_address

WINDOW_SECONDS = 300.0
# How often one link may fail from one address: enough for a class of parents with a link that has run out.
MOST_FAILURES = 30
# How many different links that open nothing one address may ask for. Against 256 random bits that is no guessing.
MOST_DIFFERENT = 30
# Above so many failures of all addresses, FEW_DIFFERENT links are enough to refuse an address. The others are served.
MOST_FAILURES_OF_ALL = 3_000
FEW_DIFFERENT = 3
MOST_ADDRESSES = 10_000
# How many links' failures are remembered, of all addresses together.
MOST_LINKS = 50_000
_IPV6_NETWORK = 64
_DIGEST_BYTES = 8


class Limits:
    """The failures of each client's address within the window, by link. For one thread."""

    def __init__(
        self,
        *,
        window: float = WINDOW_SECONDS,
        most: int = MOST_FAILURES,
        most_different: int = MOST_DIFFERENT,
        most_of_all: int = MOST_FAILURES_OF_ALL,
        most_addresses: int = MOST_ADDRESSES,
        most_links: int = MOST_LINKS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the window in seconds and a clock in seconds that never goes back."""
        self._window = window
        self._most = most
        self._most_different = most_different
        self._most_addresses = most_addresses
        self._most_links = most_links
        self._clock = clock
        # INVARIANT: none grows beyond its limit, whatever arrives. Of each link the last failures, newest last.
        self._failures: OrderedDict[str, dict[bytes, list[float]]] = OrderedDict()
        self._links = 0
        # Of each address when its last different links failed that open nothing, newest last, each link once.
        self._guesses: OrderedDict[str, OrderedDict[bytes, float]] = OrderedDict()
        self._of_all: deque[float] = deque(maxlen=most_of_all)

    def wait(self, address: str, token: str) -> int:
        """Return how many seconds a client has to wait before it is heard again about a link; 0 where it is heard now."""
        network = network_of(address)
        guesses = self._recent_guesses(network)
        if len(guesses) >= self._allowed():
            return self._until_over(guesses[-self._allowed()])
        failures = self._recent(self._failures.get(network, {}).get(_digest(token), ()))
        return self._until_over(failures[0]) if len(failures) >= self._most else 0

    def failed(self, address: str, token: str, *, guessed: bool = True) -> None:
        """Count a failure of a client with a link, which opens nothing (`guessed`), or was given a wrong word.

        The address that failed longest ago is forgotten where there are too many.
        """
        network, digest, now = network_of(address), _digest(token), self._clock()
        links = self._failures.setdefault(network, {})
        self._failures.move_to_end(network)
        self._links += digest not in links
        links[digest] = [*self._recent(links.get(digest, ())), now][-self._most :]
        while len(self._failures) > self._most_addresses or (
            self._links > self._most_links and len(self._failures) > 1
        ):
            self._links -= len(self._failures.popitem(last=False)[1])
        if self._links > self._most_links:
            # One address alone: it is turned away already.
            del links[next(iter(links))]
            self._links -= 1
        if guessed:
            self._note_guess(network, digest, now)
        self._of_all.append(now)

    def _note_guess(self, network: str, digest: bytes, now: float) -> None:
        guesses = self._guesses.setdefault(network, OrderedDict())
        self._guesses.move_to_end(network)
        guesses[digest] = now
        guesses.move_to_end(digest)
        if len(guesses) > self._most_different:
            guesses.popitem(last=False)
        if len(self._guesses) > self._most_addresses:
            self._guesses.popitem(last=False)

    def _allowed(self) -> int:
        """Return how many different links one address may fail with now."""
        # An attack from many addresses must not shut out those who have done nothing.
        is_attack = len(self._of_all) == self._of_all.maxlen and self._is_recent(self._of_all[0])
        return min(FEW_DIFFERENT, self._most_different) if is_attack else self._most_different

    def _recent_guesses(self, network: str) -> list[float]:
        """Return the times of the failures that count as guesses of an address, oldest first; forget the others."""
        guesses = self._guesses.get(network)
        if guesses is None:
            return []
        while guesses and not self._is_recent(next(iter(guesses.values()))):
            guesses.popitem(last=False)
        if not guesses:
            del self._guesses[network]
        return list(guesses.values())

    def _recent(self, failures: Iterable[float]) -> list[float]:
        return [moment for moment in failures if self._is_recent(moment)]

    def _is_recent(self, moment: float) -> bool:
        return self._clock() - moment < self._window

    def _until_over(self, moment: float) -> int:
        return max(1, math.ceil(moment + self._window - self._clock()))


def _digest(token: str) -> bytes:
    # No token is kept in the clear, and each takes the same space.
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


def network_of(address: str) -> str:
    """Return the client that an address counts as: an IPv4 address itself, an IPv6 address its network of 64 bits."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        # A socket file or a proxy's own word: all of them are one client.
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> _IPV6_NETWORK << _IPV6_NETWORK)}/{_IPV6_NETWORK}"

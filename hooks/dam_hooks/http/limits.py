"""How many failures an address may have before it is turned away: a sliding window in bounded memory. No I/O, no names."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

# A school's whole network may come from one address: enough for a class of parents with a link that has run out.
WINDOW_SECONDS = 300.0
MOST_FAILURES = 30
# Above so many failures of all addresses, one of its own is enough to be turned away; others are served still.
MOST_FAILURES_OF_ALL = 3_000
MOST_ADDRESSES = 10_000
_IPV6_NETWORK = 64


class Limits:
    """The failures of each client's address within the window. Not for several threads at once."""

    def __init__(
        self,
        *,
        window: float = WINDOW_SECONDS,
        most: int = MOST_FAILURES,
        most_of_all: int = MOST_FAILURES_OF_ALL,
        most_addresses: int = MOST_ADDRESSES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the window in seconds and a clock in seconds that never goes back."""
        self._window = window
        self._most = most
        self._most_addresses = most_addresses
        self._clock = clock
        # INVARIANT: neither grows beyond its limit, whatever arrives.
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._of_all: deque[float] = deque(maxlen=most_of_all)

    def wait(self, address: str) -> int:
        """Return how many seconds a client has to wait before it is heard again; 0 where it is heard now."""
        failures = self._recent(network_of(address))
        if not failures:
            return 0
        if len(failures) >= self._most:
            return self._until_over(failures[0])
        # An attack from many addresses must not shut out those who have done nothing.
        if len(self._of_all) == self._of_all.maxlen and self._is_recent(self._of_all[0]):
            return self._until_over(self._of_all[0])
        return 0

    def failed(self, address: str) -> None:
        """Count a failure of a client; the address that failed longest ago is forgotten where there are too many."""
        network = network_of(address)
        failures = self._failures.setdefault(network, deque(maxlen=self._most))
        self._failures.move_to_end(network)
        if len(self._failures) > self._most_addresses:
            self._failures.popitem(last=False)
        now = self._clock()
        failures.append(now)
        self._of_all.append(now)

    def _recent(self, network: str) -> deque[float]:
        failures = self._failures.get(network)
        if failures is None:
            return deque()
        while failures and not self._is_recent(failures[0]):
            failures.popleft()
        if not failures:
            del self._failures[network]
        return failures

    def _is_recent(self, moment: float) -> bool:
        return self._clock() - moment < self._window

    def _until_over(self, moment: float) -> int:
        return max(1, math.ceil(moment + self._window - self._clock()))


def network_of(address: str) -> str:
    """Return whose failures an address counts as: an IPv4 address itself, an IPv6 address its network of 64 bits."""
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

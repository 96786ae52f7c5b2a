"""How many failures an address may have, in a window that slides and in bounded memory."""

from __future__ import annotations

import pytest

from dam_hooks.http.limits import Limits, network_of

HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def failed(limits: Limits, address: str, times: int) -> None:
    for _ in range(times):
        limits.failed(address)


def test_an_address_is_heard_until_it_failed_too_often(clock: Clock) -> None:
    limits = Limits(window=60, most=3, clock=clock)
    failed(limits, HOME, 2)
    assert limits.wait(HOME) == 0
    failed(limits, HOME, 1)
    assert limits.wait(HOME) == 60
    assert limits.wait(ELSEWHERE) == 0


def test_the_window_slides(clock: Clock) -> None:
    limits = Limits(window=60, most=2, clock=clock)
    limits.failed(HOME)
    clock.now += 50
    limits.failed(HOME)
    assert limits.wait(HOME) == 10
    clock.now += 10
    assert limits.wait(HOME) == 0
    limits.failed(HOME)
    assert limits.wait(HOME) == 50


def test_the_wait_that_is_told_suffices(clock: Clock) -> None:
    limits = Limits(window=60, most=1, clock=clock)
    limits.failed(HOME)
    clock.now += 0.5
    clock.now += limits.wait(HOME)
    assert limits.wait(HOME) == 0


def test_above_the_limit_of_all_only_those_who_failed_are_turned_away(clock: Clock) -> None:
    limits = Limits(window=60, most=30, most_of_all=100, clock=clock)
    for number in range(100):
        limits.failed(f"203.0.113.{number}")
    assert limits.wait("203.0.113.5") > 0
    assert limits.wait(HOME) == 0
    clock.now += 60
    assert limits.wait("203.0.113.5") == 0


def test_memory_is_bounded_whatever_arrives(clock: Clock) -> None:
    limits = Limits(most=5, most_of_all=50, most_addresses=10, clock=clock)
    for number in range(1000):
        failed(limits, f"10.0.{number // 250}.{number % 250}", 7)
    assert len(limits._failures) == 10
    assert max(len(each) for each in limits._failures.values()) == 5
    assert len(limits._of_all) == 50


def test_who_failed_last_is_remembered_longest(clock: Clock) -> None:
    limits = Limits(most=2, most_addresses=3, clock=clock)
    failed(limits, HOME, 2)
    for number in range(2):
        limits.failed(f"10.0.0.{number}")
    limits.failed(HOME)
    for number in range(2, 4):
        limits.failed(f"10.0.0.{number}")
    assert limits.wait(HOME) > 0


def test_addresses_that_no_longer_count_are_forgotten(clock: Clock) -> None:
    limits = Limits(window=60, clock=clock)
    limits.failed(HOME)
    clock.now += 60
    assert limits.wait(HOME) == 0
    assert not limits._failures


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
        ("1" * 10_000, "unknown"),
    ],
)
def test_an_address_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_one_household_with_many_ipv6_addresses_is_one_client(clock: Clock) -> None:
    limits = Limits(most=3, clock=clock)
    for number in range(3):
        limits.failed(f"2001:db8:0:1::{number}")
    assert limits.wait("2001:db8:0:1:ffff::1") > 0
    assert limits.wait("2001:db8:0:2::1") == 0

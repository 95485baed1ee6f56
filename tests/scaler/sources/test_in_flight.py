"""Means of requests in flight, by a clock that the test moves."""

from __future__ import annotations

import pytest

from scaler.sources.in_flight import AnswerHistory, Count, rounded_up


class Gateway:
    """A gateway that has run for a while, and one who asks it."""

    def __init__(self) -> None:
        self.past = AnswerHistory()
        self.now = 5_000.0
        self.seconds = 100.0
        self.integral = 400.0
        self.in_flight = 0

    def run(self, seconds: float, in_flight: int) -> Gateway:
        self.now += seconds
        self.seconds += seconds
        self.integral += seconds * in_flight
        self.in_flight = in_flight
        return self

    def ask(self) -> float:
        return self.past.mean(Count(self.in_flight, 0, self.integral, self.seconds), self.now)


def test_the_first_answer_is_the_count_and_the_next_ones_are_means() -> None:
    gateway = Gateway().run(1, 7)
    assert gateway.ask() == 7
    assert gateway.run(1, 2).ask() == 2
    assert gateway.run(1, 4).ask() == 3
    assert gateway.run(2, 8).ask() == (2 + 4 + 2 * 8) / 4


def test_what_happens_between_two_answers_counts_although_no_count_shows_it() -> None:
    gateway = Gateway()
    gateway.ask()
    gateway.run(0.9, 10).run(0.1, 0)
    assert gateway.ask() == pytest.approx(9)


def test_a_burst_is_whole_after_ten_seconds_and_gone_after_ten() -> None:
    gateway = Gateway()
    gateway.ask()
    means = [gateway.run(1, count).ask() for count in [5] * 12 + [55] * 12 + [5] * 12]
    assert means[:12] == [5] * 12
    assert means[12:24] == [10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 55, 55]
    assert means[24:] == [50, 45, 40, 35, 30, 25, 20, 15, 10, 5, 5, 5]


def test_answers_that_come_seldom_give_the_mean_between_them() -> None:
    gateway = Gateway()
    gateway.ask()
    assert gateway.run(9, 3).ask() == 3
    assert gateway.run(8, 3).run(4, 6).ask() == 4


def test_answers_too_far_apart_say_nothing_of_the_present() -> None:
    gateway = Gateway()
    gateway.ask()
    gateway.run(300, 50).run(0, 2)
    assert gateway.ask() == 2
    assert gateway.run(1, 4).ask() == 4


def test_a_process_that_restarts_is_believed_by_its_count_at_first() -> None:
    gateway = Gateway()
    gateway.ask()
    gateway.run(5, 9).ask()
    gateway.seconds = gateway.integral = 0.0
    assert gateway.run(1, 3).ask() == 3
    assert gateway.run(1, 5).run(1, 9).ask() == 7


def test_another_process_at_the_same_address_is_noticed_by_its_age() -> None:
    gateway = Gateway()
    gateway.ask()
    gateway.seconds += 500
    gateway.integral += 1_000_000
    assert gateway.run(1, 3).ask() == 3


def test_an_integral_that_falls_is_not_compared() -> None:
    gateway = Gateway()
    gateway.ask()
    gateway.integral -= 300
    assert gateway.run(1, 3).ask() == 3
    assert gateway.run(1, 5).ask() == 5


def test_a_gateway_that_says_no_integral_is_believed_by_its_count() -> None:
    gateway = Gateway()
    gateway.ask()
    assert gateway.past.mean(Count(11, 0), gateway.now + 1) == 11
    assert gateway.run(2, 3).ask() == 3, "what came before does not follow"


def test_however_often_it_is_asked_little_is_kept() -> None:
    gateway = Gateway()
    gateway.ask()
    for _ in range(1000):
        assert gateway.run(1 / 256, 4).ask() == 4
    assert len(gateway.past) < 20


@pytest.mark.parametrize(
    ("mean", "requests"), [(0.0, 0), (0.2, 1), (6.0, 6), (6.0000001, 6), (6.01, 7)]
)
def test_a_mean_is_rounded_up_except_for_dust(mean: float, requests: int) -> None:
    assert rounded_up(mean) == requests

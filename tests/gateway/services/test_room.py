"""Fair shares of the requests that may be held."""

from __future__ import annotations

from gateway.services.room import Room


def filled(room: Room, *services: int) -> list[int]:
    """How many requests each service holds when all press in, one after the other; those are the
    ones they hold at first."""
    waiting = list(services)
    room.held = sum(waiting)
    grown = True
    while grown:
        grown = False
        for index, each in enumerate(waiting):
            if room.admits(each):
                waiting[index] += 1
                room.held += 1
                grown = True
    return waiting


def test_one_service_alone_gets_half_and_each_further_one_an_equal_share() -> None:
    assert filled(Room(1000), 0) == [500]
    assert filled(Room(1200), 0, 0) == [400, 400]
    assert filled(Room(1200), 0, 0, 0) == [300, 300, 300]


def test_who_was_there_first_leaves_room_for_those_who_come() -> None:
    assert filled(Room(1000), 500, 0) == [500, 250]


def test_without_a_limit_all_are_held() -> None:
    room = Room(0)
    room.held = 10**6
    assert room.admits(10**6)

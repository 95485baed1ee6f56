"""Rows that several workers write: found, claimed, free again."""

from __future__ import annotations

from random import Random

from gateway.sharing.cells import KIN, WAYS, Cells, size

ROWS = 4 * WAYS


def made(workers: int = 2, rows: int = ROWS) -> list[Cells]:
    memory = memoryview(bytearray(size(rows, workers)))
    return [Cells(memory, rows, workers, me) for me in range(workers)]


def test_what_one_worker_writes_all_read() -> None:
    first, second = made()
    row = first.claim(77)
    first.mine[row] = 3
    assert (second.find(77), second.claim(77)) == (row, row)
    second.mine[row] += 2
    assert (first.total(row), second.total(row)) == (5, 5)
    assert first.others(row) == [(1, 2)]
    assert second.others(row) == [(0, 3)]
    assert (first.of(0, row), first.of(1, row)) == (3, 2)


def test_a_row_is_its_key_s_as_long_as_it_is_in_use() -> None:
    (cells,) = made(1, WAYS)
    rows = [cells.claim(key) for key in range(1, WAYS + 1)]
    assert len(set(rows)) == 1, "nobody has used any"
    for key in range(1, WAYS + 1):
        cells.mine[cells.claim(key)] = 1
    assert cells.claim(99) == cells.find(99) == -1
    cells.mine[cells.find(3)] = 0
    row = cells.claim(99)
    assert row >= 0
    assert cells.find(3) == -1


def test_the_number_of_all_counts_until_it_has_passed() -> None:
    (cells,) = made(1, WAYS)
    for key in range(1, WAYS + 1):
        cells.common[cells.claim(key, now=100)] = 100 + key
    assert cells.claim(99, now=100) == -1
    row = cells.claim(99, now=101)
    assert row >= 0
    assert cells.find(1) == -1
    assert cells.common[row] == 0, "what its last key had is none of the next one's"


def test_kin_leave_room_to_others() -> None:
    (cells,) = made(1, WAYS)
    for number in range(1, 5):
        cells.mine[cells.claim((5 << KIN) | number, kin=4)] = 1
    assert cells.claim((5 << KIN) | 9, kin=4) == -1
    assert cells.claim((5 << KIN) | 2, kin=4) == cells.find((5 << KIN) | 2)
    assert cells.claim((-6 << KIN) | 9, kin=4) >= 0


def test_a_worker_that_has_ended_is_forgotten() -> None:
    first, second = made()
    for key in range(1, 9):
        first.mine[first.claim(key)] = 1
        second.mine[second.claim(key)] = 2
    first.forget(1)
    assert [first.total(first.find(key)) for key in range(1, 9)] == [1] * 8


def test_any_keys_and_numbers_as_a_dictionary_would_keep_them() -> None:
    workers, random = made(3, 64 * WAYS), Random(5)
    keys = [random.getrandbits(63) * random.choice((1, -1)) for _ in range(150)]
    kept: dict[int, list[int]] = {}
    for _ in range(5000):
        key = random.choice(keys)
        me = random.randrange(3)
        row = workers[me].claim(key)
        assert row >= 0
        number = random.choice((0, 0, 1, 5))
        workers[me].mine[row] = number
        kept.setdefault(key, [0, 0, 0])[me] = number
        if not any(kept[key]):
            del kept[key]
    for key, numbers in kept.items():
        assert workers[0].total(workers[1].find(key)) == sum(numbers)

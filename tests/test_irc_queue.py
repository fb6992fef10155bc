"""The queue that decides who gets the next line, and the pace at which lines leave."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.irc_queue import Bucket, Fair


def taken(queue: Fair[str]) -> list[str]:
    things = []
    while (next_one := queue.take()) is not None:
        things.append(next_one[2])
    return things


def test_a_flood_delays_only_its_own_recipient() -> None:
    queue: Fair[str] = Fair(2)
    for number in range(5):
        queue.push(1, "ana", f"ana {number}")
    queue.push(1, "bob", "bob")
    queue.push(0, "ana", "urgent")

    assert taken(queue) == ["urgent", "ana 0", "bob", "ana 1", "ana 2", "ana 3", "ana 4"]


def test_what_is_given_back_stays_first_of_its_recipient() -> None:
    queue: Fair[str] = Fair(1)
    queue.push(0, "ana", "long")
    queue.push(0, "ana", "next")
    queue.push(0, "bob", "bob")

    assert queue.take() == (0, "ana", "long")
    queue.give_back(0, "ana", "long, rest")

    assert taken(queue) == ["bob", "long, rest", "next"]


def test_a_held_recipient_waits_and_then_comes_first() -> None:
    queue: Fair[str] = Fair(2)
    queue.hold("ana")
    for key in ("ana", "bob", "ana", "eve"):
        queue.push(1, key, key)
    queue.push(0, "ana", "urgent")

    assert taken(queue) == ["bob", "eve"]
    assert len(queue) == 3
    queue.push(1, "eve", "later")
    queue.release("ana")
    assert taken(queue) == ["urgent", "ana", "later", "ana"]
    queue.push(1, "ana", "free")
    assert taken(queue) == ["free"]


def test_draining_takes_held_ones_too() -> None:
    queue: Fair[str] = Fair(1)
    queue.hold("ana")
    queue.push(0, "ana", "a")
    queue.push(0, "bob", "b")

    assert sorted(queue.drain()) == ["a", "b"]
    assert len(queue) == 0
    queue.push(0, "ana", "again")
    assert taken(queue) == ["again"]


moves = st.lists(
    st.tuples(st.sampled_from(["push", "take", "hold", "release", "back"]), st.sampled_from("abc"), st.integers(0, 2)),
    max_size=60,
)


@given(moves)
def test_nothing_is_lost_and_order_holds_per_recipient_and_rank(steps: list[tuple[str, str, int]]) -> None:
    queue: Fair[int] = Fair(3)
    pushed: dict[tuple[int, str], list[int]] = {}
    got: dict[tuple[int, str], list[int]] = {}
    last: tuple[int, str, int] | None = None
    for number, (move, key, rank) in enumerate(steps):
        if move == "push":
            queue.push(rank, key, number)
            pushed.setdefault((rank, key), []).append(number)
        elif move == "hold":
            queue.hold(key)
        elif move == "release":
            queue.release(key)
        elif move == "back" and last:
            queue.give_back(*last)
            got[last[:2]].pop()
            last = None
        elif move == "take" and (last := queue.take()):
            got.setdefault(last[:2], []).append(last[2])
    for key in "abc":
        queue.release(key)
    while (thing := queue.take()) is not None:
        got.setdefault(thing[:2], []).append(thing[2])
    assert {key: things for key, things in got.items() if things} == pushed
    assert len(queue) == 0


def test_the_bucket_gives_a_burst_and_then_its_pace() -> None:
    bucket = Bucket(4, 2.0)
    for _ in range(4):
        assert bucket.wait_seconds(100.0) == 0.0
        bucket.take(100.0)
    assert bucket.wait_seconds(100.0) == 0.5
    assert bucket.wait_seconds(100.5) == 0.0
    bucket.take(100.5)
    bucket.take(100.5)  # what cannot wait makes the others wait longer
    assert bucket.wait_seconds(100.5) == 1.0
    assert bucket.wait_seconds(1000.0) == 0.0


def test_no_pace_means_no_waiting() -> None:
    bucket = Bucket(1, 0.0)
    for _ in range(100):
        assert bucket.wait_seconds(0.0) == 0.0
        bucket.take(0.0)

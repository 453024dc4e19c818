"""The desk's socket: datagrams press buttons, ask for a check, and nonsense presses nothing."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from recorder.capture.ports import Button
from recorder.devices.bench.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Bench:
    """A desk, whoever sends to it, and what the unit felt."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.edges: list[tuple[Button, bool]] = []
        self.log: list[str] = []
        self.desk = Desk(path, self._tell)
        self.desk.buttons.listen(lambda edge: self.edges.append((edge.button, edge.pressed)))
        self.finger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def _tell(self, event: str, sentence: str) -> None:
        self.log.append(f"{event}: {sentence}")

    def send(self, *wishes: object) -> None:
        for wish in wishes:
            data = wish if isinstance(wish, bytes) else json.dumps(wish).encode()
            self.finger.sendto(data, str(self.path))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "desk")
    yield made
    made.finger.close()
    made.desk.close()


def test_a_press_and_a_release_are_two_edges_in_order(bench: Bench) -> None:
    bench.send({"button": "record", "pressed": True}, {"button": "record", "pressed": False})
    assert bench.desk.look() is False
    assert bench.edges == [(Button.RECORD, True), (Button.RECORD, False)]


def test_a_button_that_is_down_is_not_pressed_again(bench: Bench) -> None:
    bench.send(*[{"button": "mark", "pressed": True}] * 3)
    bench.desk.look()
    assert bench.edges == [(Button.MARK, True)]


def test_a_wish_for_a_check_is_passed_on_and_presses_nothing(bench: Bench) -> None:
    bench.send({"button": "check"}, {"button": "record", "pressed": True})
    assert bench.desk.look() is True
    assert bench.desk.look() is False
    assert bench.edges == [(Button.RECORD, True)]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"", b"press!", b"\xff\xfe", b"[]", b"7", b"{}", b'{"button":"record"}',
        b'{"button":"delete","pressed":true}', b'{"button":["record"],"pressed":true}',
        b'{"button":"record","pressed":"no"}',
        b'{"button":"record","pressed":true}' + b" " * 300 + b"x",
    ],
)  # fmt: skip
def test_nonsense_presses_nothing_is_remembered_and_costs_no_later_wish(
    bench: Bench, nonsense: bytes
) -> None:
    bench.send(nonsense, {"button": "mark", "pressed": True})
    bench.desk.look()
    assert bench.edges == [(Button.MARK, True)]
    (line,) = bench.log
    assert line.startswith("log: a wish at the desk was not understood: ")


def test_a_desk_left_behind_by_a_killed_unit_is_taken_over(tmp_path: Path) -> None:
    first = Desk(tmp_path / "desk", print)
    second = Bench(tmp_path / "desk")
    second.send({"button": "record", "pressed": True})
    second.desk.look()
    assert second.edges == [(Button.RECORD, True)]
    second.finger.close()
    second.desk.close()
    first.close()

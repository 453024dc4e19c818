"""A watchdog that time alone cannot feed."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from recorder.programs.service import GETS_ON, READY, Watchdog, notify

if TYPE_CHECKING:
    from pathlib import Path

SECOND_NS = 1_000_000_000


@dataclass(slots=True)
class Manager:
    """What systemd hears, and when it is."""

    now_ns: int = 0
    heard: list[str] = field(default_factory=list)

    def dog(self, *watched: str) -> Watchdog:
        return Watchdog(self.heard.append, lambda: self.now_ns, watched)


@pytest.fixture
def manager() -> Manager:
    return Manager()


def test_the_first_turn_says_ready(manager: Manager) -> None:
    manager.dog("lens").turn()
    assert manager.heard == [READY, GETS_ON]


def test_a_loop_that_turns_without_its_lens_is_not_fed(manager: Manager) -> None:
    dog = manager.dog("lens")
    dog.turn()
    for _ in range(100):
        manager.now_ns += SECOND_NS
        dog.turn()
    assert manager.heard == [READY, GETS_ON]


def test_a_lens_that_moves_without_the_loop_is_not_fed_either(manager: Manager) -> None:
    dog = manager.dog("lens")
    dog.turn()
    for _ in range(100):
        manager.now_ns += SECOND_NS
        dog.moved("lens")
    assert manager.heard == [READY, GETS_ON]


def test_both_together_are_fed_once_a_second(manager: Manager) -> None:
    dog = manager.dog("lens")
    for _ in range(100):  # 20 ms each, 2 s in all
        dog.moved("lens")
        dog.turn()
        manager.now_ns += SECOND_NS // 50
    assert manager.heard == [READY, GETS_ON, GETS_ON]


def test_what_moved_before_the_last_feeding_does_not_count_twice(manager: Manager) -> None:
    dog = manager.dog("lens")
    dog.moved("lens")
    dog.turn()
    manager.now_ns += 5 * SECOND_NS
    dog.turn()
    assert manager.heard == [READY, GETS_ON]


def test_everything_that_is_watched_must_move(manager: Manager) -> None:
    dog = manager.dog("lens", "writer")
    dog.turn()
    manager.now_ns += SECOND_NS
    dog.moved("lens")
    dog.turn()
    assert manager.heard == [READY, GETS_ON]
    dog.moved("writer")
    dog.turn()
    assert manager.heard == [READY, GETS_ON, GETS_ON]


def test_the_manager_hears_it_on_its_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.settimeout(5)
        notify(READY, {"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert end.recv(100) == b"READY=1"


def test_without_a_manager_nothing_is_said() -> None:
    notify(READY, {})

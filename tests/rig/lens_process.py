"""The lens process by itself: our end is the conductor's and, where wanted, custody's."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, TypeVar

from recorder.capture import lens_words as words
from recorder.handover import packets
from recorder.handover.connection import accept, listen
from recorder.handover.errors import LinkLost
from tests.rig.rooms import PROMPTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

T = TypeVar("T", bound=words.Report)
SAMPLES = PROMPTS.parents[1] / "tests" / "config" / "samples"
Changes = tuple[tuple[str, str], ...]
SMALL: Changes = (("1920", "640"), ("1080", "360"), ("8_000", "2_000"))


class LensProcess:
    """Started by the constructor. `unit` and `rules` change the samples' words."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        unit: Changes = SMALL,
        rules: Changes = (),
    ) -> None:
        self.custody = folder / "custody.sock"
        layers = {"rules": rules, "fleet": (), "unit": unit}
        settings = {"custody": self.custody, "prompts": PROMPTS}
        settings |= {name: _layer(folder, name, changes) for name, changes in layers.items()}
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(10)
        self._lens = subprocess.Popen(
            [sys.executable, "-m", "recorder.programs.lens", "--control", str(theirs.fileno()),
             *(word for name, path in settings.items() for word in (f"--{name}", str(path)))],
            env=dict(environment), pass_fds=[theirs.fileno()],
        )  # fmt: skip
        theirs.close()

    def order(self, word: words.Order) -> None:
        self._line.send(words.encode(word))

    def hear_any(self) -> words.Report:
        word = words.decode(self._line.recv(words.PACKET_LIMIT_BYTES))
        assert isinstance(word, words.Report)
        return word

    def hear(self, kind: type[T]) -> T:
        while not isinstance(word := self.hear_any(), kind):
            pass
        return word

    def film(self) -> None:
        """Return when pictures and sound come."""
        self.order(words.Film())
        while not ((alive := self.hear(words.Alive)).frames and alive.samples):
            pass

    def end(self) -> int:
        self._line.close()
        return self._lens.wait(10)


class TakingCustody:
    """Custody's ear: takes every piece of one connection, and calls it durable."""

    def __init__(self, path: Path) -> None:
        self.kept = 0
        self.opened_ns: list[int] = []  # the first picture's instant of each file
        self._film = bytearray()
        self._done = threading.Event()
        self._listener = listen(path)
        self._listener.setblocking(True)
        self._listener.settimeout(15)
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def film(self) -> bytes:
        """Everything that was handed over, once the lens has said that this is all."""
        self._done.set()
        self._thread.join()
        self._listener.close()
        return bytes(self._film)

    def _take(self) -> None:
        link = accept(self._listener)
        assert link is not None
        try:
            while not isinstance(packet := link.receive(), packets.End):
                if packet is None:
                    select.select([link], [], [])
                elif isinstance(packet, packets.Keep):
                    self._keep(packet)
                    if packet.last:
                        link.send(packets.Kept(self.kept))
            self._done.wait()  # as custody does: whoever said the end may look for the answer
        except LinkLost:
            return
        finally:
            link.close()

    def _keep(self, packet: packets.Keep) -> None:
        self._film += packet.media
        self.kept += packet.last
        if packet.stamps is not None and packet.opens:
            self.opened_ns.append(packet.stamps.first_ns)


def _layer(folder: Path, name: str, changes: Changes) -> Path:
    text = (SAMPLES / f"{name}.toml").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    layer = folder / f"{name}.toml"
    layer.write_text(text, encoding="utf-8")
    return layer

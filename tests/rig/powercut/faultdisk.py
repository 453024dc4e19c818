"""A disk that forgets: an NBD server over a Unix socket, which misbehaves when it is told to.

    python -m tests.rig.powercut.faultdisk IMAGE NBD_SOCKET CONTROL_SOCKET [LOG]

IMAGE holds what is durable. A write goes into a volatile cache, which reads see, and reaches IMAGE
only at a flush or with FUA. nbdfuse and a loop device make a disk of it that can be mounted.

Control, one line in and one line out: `mark TEXT` (into the log), `cut SEED SHARE` (each pending
sector reaches IMAGE with this chance, and nothing works after), `hang`, `unhang`, `slow MS`,
`broken` (every write fails), `whole`, `lie` (a flush does nothing and says yes), `stat`.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import random
import socket
import struct
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.rig.powercut.writelog import SECTOR, Entry, Kind, sectors

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_HELLO = struct.Struct(">8s8sH")
_OPTION = struct.Struct(">8sII")
_OPTION_ANSWER = struct.Struct(">QIII")
_REQUEST = struct.Struct(">IHHQQI")
_ANSWER = struct.Struct(">IIQ")
_OPTION_MAGIC, _ANSWER_MAGIC = 0x3E889045565A9, 0x67446698
_EXPORT_NAME, _INFO, _GO = 1, 6, 7
_ACK, _INFORMATION, _UNSUPPORTED = 1, 3, 0x80000001
_READ, _WRITE, _DISCONNECT, _FLUSH, _TRIM = range(5)
# Has flags, flush, FUA, trim, and many connections: one cache serves them all.
_FLAGS = 1 | 4 | 8 | 32 | 256


class FaultDisk:
    """The disk; every method may be called from any thread."""

    def __init__(self, image: BinaryIO, log: BinaryIO | None) -> None:
        self.durable = mmap.mmap(image.fileno(), 0)
        self._log = log
        self._pending: dict[int, bytes] = {}
        self._lock = threading.Lock()
        self._answering = threading.Event()
        self._answering.set()
        self._cut = self._lies = self._broken = False
        self._slow_seconds = 0.0
        self._flushes = 0

    def read(self, offset: int, length: int) -> bytes:
        """Give what was written, durable or not."""
        self._answering.wait()
        with self._lock:
            self._check_power()
            found = bytearray(self.durable[offset : offset + length])
            for at in range(offset - offset % SECTOR, offset + length, SECTOR):
                sector = self._pending.get(at)
                if sector is not None:
                    first, last = max(at, offset), min(at + SECTOR, offset + length)
                    found[first - offset : last - offset] = sector[first - at : last - at]
            return bytes(found)

    def write(self, offset: int, data: bytes, *, durably: bool) -> None:
        """Take in; durable at the next flush, or at once."""
        self._wait()
        with self._lock:
            self._check_power()
            if self._broken:
                raise OSError(errno.EIO, "broken")
            self._remember(Entry(Kind.WRITE, time.monotonic_ns(), durably, offset, data))
            for at, sector in sectors(offset, data):
                if durably and not self._lies:
                    self._pending.pop(at, None)
                    self.durable[at : at + SECTOR] = sector
                else:
                    self._pending[at] = sector

    def flush(self) -> None:
        """Make durable what was taken in before."""
        self._wait()
        with self._lock:
            self._check_power()
            self._flushes += 1
            self._remember(Entry(Kind.FLUSH, time.monotonic_ns()))
            if not self._lies:
                self._settle(1, random.Random(0))  # noqa: S311 - all of it, so chance has no say

    def obey(self, line: str) -> str:
        """Do what a control line says; give the answer."""
        word, _, rest = line.strip().partition(" ")
        match word:
            case "mark":
                with self._lock:
                    self._remember(Entry(Kind.MARK, time.monotonic_ns(), data=rest.encode()))
            case "cut":
                seed, share = rest.split()
                self._cut_power(int(seed), float(share))
            case "hang":
                self._answering.clear()
            case "unhang":
                self._answering.set()
            case "slow":
                self._slow_seconds = int(rest) / 1000
            case "broken" | "whole":
                self._broken = word == "broken"
            case "lie":
                self._lies = True
            case "stat":
                return f"{self._flushes} flushes, {len(self._pending)} sectors pending"
            case _:
                return f"I do not know {word}."
        return "ok"

    def _cut_power(self, seed: int, share: float) -> None:
        with self._lock:
            self._cut = True
            self._settle(share, random.Random(seed))  # noqa: S311 - repeatable on purpose
            self.durable.flush()
            if self._log is not None:
                self._log.flush()
        self._answering.set()

    def _settle(self, share: float, dice: random.Random) -> None:
        for at, sector in self._pending.items():
            if dice.random() < share:
                self.durable[at : at + SECTOR] = sector
        self._pending.clear()

    def _wait(self) -> None:
        self._answering.wait()
        if self._slow_seconds:
            time.sleep(self._slow_seconds)

    def _check_power(self) -> None:
        if self._cut:
            raise OSError(errno.EIO, "the power is cut")

    def _remember(self, entry: Entry) -> None:
        if self._log is not None:
            self._log.write(entry.packed())


def _exactly(end: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        more = end.recv(count - len(found))
        if not more:
            raise EOFError
        found += more
    return bytes(found)


def serve_nbd(end: socket.socket, disk: FaultDisk) -> None:
    """Speak NBD, fixed newstyle, with one client."""
    try:
        end.sendall(_HELLO.pack(b"NBDMAGIC", b"IHAVEOPT", 3))
        _exactly(end, 4)
        if _agree(end, len(disk.durable)):
            while _serve_one(end, disk):
                pass
    except (EOFError, ConnectionError):
        return


def _agree(end: socket.socket, size: int) -> bool:
    """Answer options until the client goes on to requests, or leaves."""
    while True:
        _, option, length = _OPTION.unpack(_exactly(end, _OPTION.size))
        _exactly(end, length)

        def answer(kind: int, body: bytes = b"", to: int = option) -> None:
            end.sendall(_OPTION_ANSWER.pack(_OPTION_MAGIC, to, kind, len(body)) + body)

        if option == _EXPORT_NAME:
            end.sendall(struct.pack(">QH", size, _FLAGS) + bytes(124))
            return True
        if option in {_INFO, _GO}:
            answer(_INFORMATION, struct.pack(">HQH", 0, size, _FLAGS))
            answer(_INFORMATION, struct.pack(">HIII", 3, SECTOR, 4096, 1 << 25))
            answer(_ACK)
            if option == _GO:
                return True
        else:
            answer(_UNSUPPORTED)


def _serve_one(end: socket.socket, disk: FaultDisk) -> bool:
    _, flags, kind, name, offset, length = _REQUEST.unpack(_exactly(end, _REQUEST.size))
    out, trouble = b"", 0
    try:
        if kind == _READ:
            out = disk.read(offset, length)
        elif kind == _WRITE:
            disk.write(offset, _exactly(end, length), durably=bool(flags & 1))
        elif kind == _FLUSH:
            disk.flush()
        elif kind == _DISCONNECT:
            return False
        elif kind != _TRIM:
            trouble = errno.EINVAL
    except OSError as error:
        if error.errno is None or isinstance(error, ConnectionError):
            raise
        trouble, out = error.errno, b""
    end.sendall(_ANSWER.pack(_ANSWER_MAGIC, trouble, name) + out)
    return True


def serve_control(end: socket.socket, disk: FaultDisk) -> None:
    """Obey line by line."""
    with end.makefile() as lines:
        for line in lines:
            end.sendall(disk.obey(line).encode() + b"\n")


def listen(path: str, serve: Callable[[socket.socket, FaultDisk], None], disk: FaultDisk) -> None:
    """Let everybody who connects be served by a thread."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)

    def accept() -> None:
        while True:
            end, _ = listener.accept()
            threading.Thread(target=serve, args=(end, disk), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def main() -> None:
    image, nbd, control, *log = sys.argv[1:]
    with contextlib.ExitStack() as open_files:
        held = open_files.enter_context(Path(image).open("r+b"))
        kept = open_files.enter_context(Path(log[0]).open("wb")) if log else None
        disk = FaultDisk(held, kept)
        listen(nbd, serve_nbd, disk)
        listen(control, serve_control, disk)
        print("ready", flush=True)  # noqa: T201 - whoever started us waits for it
        sys.stdin.read()


if __name__ == "__main__":
    main()

"""Our end of a device in a child process: the Camera or Microphone port, and a few orders more."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recorder.capture.ports import DeviceLost, Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHILD = Path(__file__).with_name("child.py")
PATIENCE_SECONDS = 20.0


class RemoteDevice:
    """One adapter in a child; DeviceLost as the adapter raises it, TimeoutError if it hangs."""

    def __init__(
        self, kind: str, settings: Mapping[str, object], environment: Mapping[str, str]
    ) -> None:
        self._line, theirs = Pipe()
        self._answers: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._on_item: Callable[[Any], None] = lambda _item: None
        self._on_lost: Callable[[Any], None] = lambda _loss: None
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD), kind, str(theirs.fileno()), json.dumps(dict(settings))],
            env=dict(environment),
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        self._thread = threading.Thread(target=self._hear, name=f"remote {kind}", daemon=True)
        self._thread.start()
        try:
            self._granted = self._answer()
        except BaseException:
            self.close()
            raise

    @property
    def picture(self) -> Picture:
        assert isinstance(self._granted, Picture)
        return self._granted

    @property
    def lux(self) -> int:
        lux = self.order("lux")
        assert isinstance(lux, int)
        return lux

    @property
    def rate_hz(self) -> int:
        return 48_000

    def start(self, on_item: Callable[[Any], None], on_lost: Callable[[Any], None]) -> None:
        self._on_item, self._on_lost = on_item, on_lost
        self.order("start")

    def stop(self) -> None:
        self.order("stop")

    def order(self, word: str) -> object:
        """Have it done, and wait for the answer."""
        self._line.send(word)
        return self._answer()

    def close(self) -> None:
        """End the child, even one that hangs."""
        if self._process.poll() is None:
            self._line.send("end")
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._thread.join()
        self._line.close()

    def _answer(self) -> object:
        try:
            kind, fact = self._answers.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            self._process.kill()
            raise TimeoutError(f"No answer within {PATIENCE_SECONDS} s: it hangs.") from None
        if kind == "answer gone":
            raise DeviceLost(*fact)
        return fact

    def _hear(self) -> None:
        while True:
            try:
                kind, fact = self._line.recv()
            except (EOFError, OSError):
                self._answers.put(("answer", None))
                return
            if kind.startswith("answer"):
                self._answers.put((kind, fact))
            elif kind == "item":
                self._on_item(fact)
            else:
                self._on_lost(DeviceLost(*fact) if kind == "lost gone" else fact)


def pass_seconds(seconds: float) -> None:
    """Let real time pass: a real device has no other."""
    threading.Event().wait(seconds)


def until(happened: Callable[[], object], patience_seconds: float = 10.0) -> float:
    """Wait for it and return the seconds it took; AssertionError when it does not happen."""
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < patience_seconds, "It did not happen in time."
        pass_seconds(0.02)
    return time.monotonic() - began

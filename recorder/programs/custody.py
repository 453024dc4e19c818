"""The process that holds the pen: `python -I -m recorder.programs.custody --config FILE`."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from recorder.custody.capabilities import keep_one_capability
from recorder.custody.clock import KernelClock
from recorder.custody.durable import LinuxDisk
from recorder.custody.effects import go_on
from recorder.custody.errors import CustodyError, KeyLost, KeyMissing
from recorder.custody.house import Custody, World
from recorder.custody.landlock import restrict_writing
from recorder.custody.layout import make_layout, vouching_request
from recorder.custody.seccomp import take_calls_away
from recorder.custody.settings import Settings, load
from recorder.evidence.errors import Malformed
from recorder.evidence.words import check_digest
from recorder.handover.connection import SocketInUse, listen
from recorder.handover.errors import BadSettings
from recorder.programs.service import BAD_SETTINGS, NO_KEY, NO_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recorder.custody.durable import Disk

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_FIRST_PASSED_FD = 3


def main(argv: Sequence[str] | None = None, disk: Disk | None = None) -> int:
    """Serve until told to stop; one sentence and an exit code for whatever stands in the way."""
    parser = argparse.ArgumentParser(prog="custody", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="its TOML file")
    parser.add_argument(
        "--init", action="store_true", help="make folders and keys of a new unit, and end"
    )
    parser.add_argument(
        "--request", metavar="SHA256", help="print a request that vouches for this courier's key"
    )
    args = parser.parse_args(argv)
    if not args.config.exists():
        print(f"custody: {args.config} is not there; is this unit set up?", file=sys.stderr)
        return NO_SETTINGS
    try:
        settings = load(args.config)
        world = World(KernelClock(), secrets.token_bytes, disk or LinuxDisk(), go_on, _boot_id())
        if args.init:
            made = make_layout(settings, world)
            print("" if args.request else f"{made}\n", end="")
        if args.request:
            print(vouching_request(settings, check_digest(args.request)).decode(), end="")
        return 0 if args.init or args.request else _serve(settings, world)
    except (BadSettings, KeyMissing, KeyLost) as trouble:
        print(f"custody: {trouble}", file=sys.stderr)
        return BAD_SETTINGS if isinstance(trouble, BadSettings) else NO_KEY
    except (CustodyError, SocketInUse, Malformed) as trouble:
        print(f"custody: {trouble}", file=sys.stderr)
    except OSError as trouble:
        place = f" at {trouble.filename}" if trouble.filename else ""
        print(f"custody: {trouble.strerror or trouble}{place}; nothing is lost.", file=sys.stderr)
    return 1


def _serve(settings: Settings, world: World) -> int:
    woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waker)
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda which, _frame: stopped.append(which))
    # A socket that a killed process left is taken away here; from then on nothing can be.
    listener = _passed_socket() or listen(settings.socket)
    world = replace(world, protection=_refuse_myself(settings))
    custody = Custody(settings, listener, world)
    custody.watch(woken)
    custody.listen_apart()
    notify("READY=1")
    print(json.dumps({"event": "ready", "run": custody.run}), flush=True)
    while not stopped:
        custody.turn()
        notify("WATCHDOG=1")
    custody.shut_down("stopped by " + signal.Signals(stopped[0]).name)
    return 0


def _refuse_myself(settings: Settings) -> tuple[str, ...]:
    """Give up, for good, what custody never needs; give what really holds."""
    # Capabilities first, while they may still be given up; Landlock wants no-new-privileges.
    calls = keep_one_capability(flags=settings.protect) + take_calls_away()
    if settings.token is not None:
        return calls  # its library writes to devices and files that only it knows
    folders = (settings.spool, settings.keys, settings.state)
    # One that is missing is named by what needs it.
    return calls + restrict_writing(folder for folder in folders if folder.is_dir())


def notify(state: str) -> None:
    """Tell systemd how we are, if it asked (sd_notify)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            end.sendall(state.encode())


def _passed_socket() -> socket.socket | None:
    """Take the socket that systemd listens on for us, if there is one."""
    mine = os.environ.get("LISTEN_PID") == str(os.getpid())
    if not mine or os.environ.get("LISTEN_FDS") != "1":
        return None
    listener = socket.socket(fileno=_FIRST_PASSED_FD)
    listener.setblocking(False)
    return listener


def _boot_id() -> str:
    return BOOT_ID.read_text(encoding="ascii").strip()


if __name__ == "__main__":
    sys.exit(main())

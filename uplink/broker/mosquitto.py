"""Mosquitto as a child of ours: its configuration from our settings and access table."""

import errno
import os
import pwd
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from uplink.broker.access import NAME_LEVEL, AccessTable
from uplink.broker.refusals import cannot_listen
from uplink.broker.settings import BrokerSettings
from uplink.wire.post import Address, BrokerMissing

_PLACES = "/usr/sbin:/usr/local/sbin"
_START_SECONDS = 10.0
_STOP_SECONDS = 5.0
_LOOK_SECONDS = 0.02
_LOG, _REFUSED = "mosquitto.log", "certificate verify failed"
_IN_FLIGHT = 20
_SOCKET_PATH_MAX = 104
_KEEP_BUFFERS = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "67108864"}
"""glibc's own switches: a chunk's buffer is not given back to the kernel each time."""
_QUEUE_FACTOR = 60
"""Mosquitto drops what a slow client cannot take, where ours pauses the sender: so, more room."""


def find_mosquitto(search_path: str, places: str = _PLACES) -> Path:
    """Return the program's path, from `search_path` or the usual `places`.

    Raise BrokerMissing when it is not installed.
    """
    found = shutil.which("mosquitto", path=f"{search_path}{os.pathsep}{places}")
    if found is None:
        raise BrokerMissing(
            "mosquitto is not installed: install mosquitto (Debian: apt install mosquitto), "
            "or use the embedded broker"
        )
    return Path(found)


@dataclass(frozen=True, slots=True)
class Door:
    """A socket file beside the TLS port: whoever may open it goes by one name, without TLS."""

    socket: Path
    access_file: Path


def configuration(
    settings: BrokerSettings,
    access_file: Path,
    *,
    persistence: Path | None,
    door: Door | None = None,
) -> str:
    """Return mosquitto.conf for these settings, sessions kept in `persistence` if given."""
    lines = [
        "per_listener_settings true",
        "log_dest stderr",
        "connection_messages false",
        "set_tcp_nodelay true",
        f"max_inflight_messages {_IN_FLIGHT}",
        "max_queued_messages 0",
        f"max_queued_bytes {settings.held_bound_bytes * _QUEUE_FACTOR}",
        f"max_packet_size {settings.packet_bound_bytes}",
        f"persistence {'false' if persistence is None else 'true'}",
    ]
    if persistence is not None:
        lines.append(f"persistence_location {persistence}/")
    if os.geteuid() == 0:
        # It would otherwise become a user who may not read the key.
        lines.append(f"user {pwd.getpwuid(0).pw_name}")
    if door is not None:
        lines += [
            f"listener 0 {door.socket}",
            f"acl_file {door.access_file}",
            "allow_anonymous true",
        ]
    lines.append(f"listener {settings.address.port} {settings.address.host}")
    lines.append(f"acl_file {access_file}")
    if settings.tls is None:
        lines.append("allow_anonymous true")
    else:
        lines += [
            "allow_anonymous false",
            f"cafile {settings.tls.ca}",
            f"certfile {settings.tls.certificate}",
            f"keyfile {settings.tls.key}",
            "tls_version tlsv1.3",
            "require_certificate true",
            "use_identity_as_username true",
        ]
        if settings.tls.crl is not None:
            lines.append(f"crlfile {settings.tls.crl}")
    return "\n".join(lines) + "\n"


def access_file_text(access: AccessTable) -> str:
    """Return Mosquitto's ACL file for the table that our own broker enforces.

    Mosquitto grants a subscription that goes beyond the table and delivers only what is inside.
    """
    lines = []
    for rule in access.rules:
        if rule.who is None:
            # Mosquitto gives bare topics to nameless clients only, and patterns to all.
            filled = rule.topic_filter.replace(NAME_LEVEL, "%u")
            lines.append(f"pattern {rule.action.value} {filled}")
    for who in sorted({rule.who for rule in access.rules if rule.who is not None}):
        lines.append(f"user {who}")
        lines += [
            f"topic {rule.action.value} {rule.topic_filter.replace(NAME_LEVEL, who)}"
            for rule in access.rules
            if rule.who == who
        ]
    return "\n".join(lines) + "\n"


def door_access_text(access: AccessTable, name: str) -> str:
    """Return the ACL file of a door: what `name` may, for everybody who comes through it."""
    lines = [
        f"topic {rule.action.value} {rule.topic_filter.replace(NAME_LEVEL, name)}"
        for rule in access.rules
        if rule.who in {None, name}
    ]
    return "\n".join(lines) + "\n"


class MosquittoBroker:
    """Mosquitto on these settings: `with MosquittoBroker(settings, program, folder) as broker:`.

    Its configuration and log lie in `folder`; it ends with this object, not with the folder.
    With `door_for` it also opens a socket file in a folder that only our own user may enter, for
    the client of that name: `inside` is its address.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        program: Path,
        folder: Path,
        *,
        keeps_state: bool = False,
        door_for: str | None = None,
    ) -> None:
        self._door_for = door_for
        self._settings = settings
        self._program = program
        self._folder = folder.resolve()  # a socket file is known by its leading slash
        self._keeps_state = keeps_state
        self._process: subprocess.Popen[bytes] | None = None
        self._read_bytes = 0

    @property
    def address(self) -> Address:
        """Where it listens, with the port that it really got."""
        return self._settings.address

    @property
    def inside(self) -> Address | None:
        """The address of the socket file; None without one, or where its path is too long."""
        path = self._folder / "door" / "mqtt"
        fits = len(os.fsencode(path)) < _SOCKET_PATH_MAX
        return Address(str(path), 0) if self._door_for and fits else None

    @property
    def process_id(self) -> int:
        """The child's process id; ValueError before it started."""
        if self._process is None:
            raise ValueError("Mosquitto was not started; call start first")
        return self._process.pid

    def start(self) -> Self:
        """Start it and return once it listens. Raise PortInUse or BrokerMissing."""
        where = _free_address(self._settings.address)
        self._settings = replace(self._settings, address=where)
        access_file = self._folder / "access"
        access_file.write_text(access_file_text(self._settings.access))
        settings_file = self._folder / "mosquitto.conf"
        kept = self._folder if self._keeps_state else None
        text = configuration(self._settings, access_file, persistence=kept, door=self._door())
        settings_file.write_text(text)
        log = self._folder / _LOG
        self._read_bytes = 0
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [*leash(), self._program, "-c", settings_file],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **_KEEP_BUFFERS},
            )
        self._await_running(self._process, log)
        return self

    def _door(self) -> Door | None:
        if self.inside is None or self._door_for is None:
            return None
        socket_file = Path(self.inside.host)
        socket_file.parent.mkdir(mode=0o700, exist_ok=True)
        socket_file.parent.chmod(0o700)
        socket_file.unlink(missing_ok=True)
        access_file = self._folder / "access.door"
        access_file.write_text(door_access_text(self._settings.access, self._door_for))
        return Door(socket_file, access_file)

    def stop(self) -> None:
        """End it; killed when it does not leave within five seconds."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def renew(self) -> None:
        """Start anew where it listens, to read its papers again: every line breaks."""
        self.stop()
        self.start()

    def turned_away(self) -> tuple[str, ...]:
        """Say why, of each whose certificate was not accepted since the last time."""
        with (self._folder / _LOG).open("rb") as log:
            log.seek(self._read_bytes)
            said = log.read()
        whole = said[: said.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        refused = (one for one in whole.decode(errors="replace").splitlines() if _REFUSED in one)
        return tuple(one.rpartition("::")[2] for one in refused)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _await_running(self, process: subprocess.Popen[bytes], log: Path) -> None:
        deadline_seconds = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline_seconds:
            if b" running" in log.read_bytes():
                return
            try:
                process.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            break
        self.stop()
        said = log.read_text(errors="replace").strip().splitlines()
        if any("Address already in use" in line for line in said):
            raise cannot_listen(self.address, OSError(errno.EADDRINUSE, said[-1]))
        raise BrokerMissing(
            f"{self._program} did not start ({said[-1] if said else 'it said nothing'}); "
            f"see {log}, or use the embedded broker"
        )


def leash() -> tuple[str, ...]:
    """Let the kernel end the child when we are killed, so that it does not keep the port."""
    setpriv = shutil.which("setpriv")
    return () if setpriv is None else (setpriv, "--pdeathsig", "TERM")


def _free_address(wanted: Address) -> Address:
    """Return the address with a port that was free just now; raise PortInUse."""
    family = socket.AF_INET6 if ":" in wanted.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((wanted.host, wanted.port))
        except OSError as error:
            raise cannot_listen(wanted, error) from error
        return Address(wanted.host, probe.getsockname()[1])

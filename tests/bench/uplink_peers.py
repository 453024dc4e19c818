"""What an upload is measured against: rsync over ssh, and one bare socket with mutual TLS 1.3.

Both bring the same files from one folder into another, and tell how many seconds that took. The
ssh daemon is ours, listens on the loopback interface only, and ends with the bench.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

START_SECONDS = 10.0
SOCKET_CHUNK_BYTES = 256 * 1024
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"


def program(name: str) -> str:
    """Where a program is; LookupError names the one that is missing."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}")
    if found is None:
        raise LookupError(f"this bench needs {name}; .ci/packages.toml names its package")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Ssh:
    """A private ssh daemon, for one key, on one port; `with Ssh(folder) as ssh:`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._daemon: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        folder = self._folder
        folder.mkdir()
        for name in ("host", "client"):
            file = str(folder / name)
            keygen = [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", file]
            subprocess.run(keygen, check=True)
        shutil.copy(folder / "client.pub", folder / "allowed")
        (folder / "allowed").chmod(0o600)
        config = folder / "sshd_config"
        config.write_text(
            f"Port {self._port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\n"
            f"AuthorizedKeysFile {folder / 'allowed'}\nStrictModes no\nUsePAM no\n"
            f"PermitRootLogin prohibit-password\nPidFile {folder / 'sshd.pid'}\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # it keeps its privileges apart there
        said = (folder / "sshd.log").open("wb")
        command = [program("sshd"), "-D", "-e", "-f", str(config)]
        self._daemon = subprocess.Popen(command, stderr=said)
        said.close()
        await_port(self._port)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        assert self._daemon is not None
        self._daemon.terminate()
        self._daemon.wait()

    def seconds(self, source: Path, target: Path) -> float:
        """How long rsync takes; whole files, since nothing of them is there yet, and durable."""
        ssh = (
            f"{program('ssh')} -i {self._folder / 'client'} -p {self._port} -o LogLevel=ERROR "
            "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        )
        where = f"{os.environ.get('USER', 'root')}@127.0.0.1:{target}/"
        how = ["-a", "-W", "--inplace", "--fsync"]
        command = [program("rsync"), *how, "-e", ssh, f"{source}/", where]
        began = time.monotonic()
        subprocess.run(command, check=True)
        seconds = time.monotonic() - began
        self._await_quiet()
        return seconds

    def _await_quiet(self) -> None:
        """Return once the session of a client that ended has ended too."""
        assert self._daemon is not None
        pid, deadline = self._daemon.pid, time.monotonic() + START_SECONDS
        while Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii"):
            if time.monotonic() > deadline:
                raise TimeoutError("an ssh session does not end")
            time.sleep(0.02)

    def cpu_seconds(self) -> float:
        """Processor seconds of every session that ended."""
        assert self._daemon is not None
        stat = Path(f"/proc/{self._daemon.pid}/stat").read_text(encoding="ascii")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def await_port(port: int) -> None:
    """Return once somebody listens on a port of this machine."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def socket_seconds(source: Path, target: Path, papers: Path, station: Path) -> float:
    """How long one TLS 1.3 socket takes, file to socket to file, two processes, no protocol."""
    port = free_port()
    tls = station / "tls"
    theirs = (target, station / "ca/tls.pem", tls / "broker.pem", tls / "broker.key")
    ours = (source, papers / "ca.pem", papers / "tls.pem", papers / "tls.key")
    receiver = [__file__, "receive", str(port), *map(str, theirs)]
    sender = [__file__, "send", str(port), *map(str, ours)]
    with subprocess.Popen([sys.executable, *receiver], stdout=subprocess.PIPE) as there:
        assert there.stdout is not None
        there.stdout.readline()
        here = subprocess.run([sys.executable, *sender], check=True, capture_output=True)
    return float(here.stdout)


def _context(purpose: int, ca: str, certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(purpose)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(ca)
    context.load_cert_chain(certificate, key)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _send(port: int, source: Path, context: ssl.SSLContext) -> None:
    plain = socket.create_connection(("127.0.0.1", port))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(SOCKET_CHUNK_BYTES)
    view = memoryview(buffer)
    with context.wrap_socket(plain) as line:
        began = time.monotonic()
        for path in sorted(one for one in source.rglob("*") if one.is_file()):
            line.sendall(struct.pack("!Q", path.stat().st_size))
            with path.open("rb", buffering=0) as file:
                while taken := file.readinto(buffer):
                    line.sendall(view[:taken])
        line.sendall(struct.pack("!Q", 2**64 - 1))
        assert line.recv(1) == b"!"
        print(time.monotonic() - began)


def _receive(port: int, target: Path, context: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", port)) as listener:
        print("listening", flush=True)
        plain, _address = listener.accept()
    buffer = bytearray(SOCKET_CHUNK_BYTES)
    view = memoryview(buffer)
    with context.wrap_socket(plain, server_side=True) as line:
        number = 0
        while (left := struct.unpack("!Q", _exactly(line, 8))[0]) != 2**64 - 1:
            number += 1
            with (target / str(number)).open("wb", buffering=0) as file:
                while left:
                    taken = line.recv_into(view[: min(left, len(buffer))])
                    file.write(view[:taken])
                    left -= taken
        line.sendall(b"!")


def _exactly(line: ssl.SSLSocket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        came = line.recv(count - len(data))
        if not came:
            raise ConnectionError("the sender went away")
        data += came
    return data


def main(words: list[str]) -> None:
    """One end of the bare socket, a process of its own."""
    side, port, folder, ca, certificate, key = words
    if side == "send":
        context = _context(ssl.PROTOCOL_TLS_CLIENT, ca, certificate, key)
        _send(int(port), Path(folder), context)
    else:
        context = _context(ssl.PROTOCOL_TLS_SERVER, ca, certificate, key)
        _receive(int(port), Path(folder), context)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The programs as they are started: one sentence for what is wrong, and a whole short life."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, TypeVar

import pytest

from recorder.evidence.record import Refused, Shutdown, StopCause
from recorder.handover import packets as p
from recorder.handover.codec import encode, keep_packets
from recorder.handover.connection import Link, listen
from recorder.handover.orders import Assign, Command
from tests.custody.judge import disproofs
from tests.custody.process import command, config_text, station_table, written
from tests.custody.rig import AGENCY, CREW, NUMBER
from tests.verify.film import fragment, opening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.custody.rig import Rig


Kind = TypeVar("Kind")
ANOTHER = '"yuxian.shilu/command+c9966130+AQFOTZIsWWo4Ct/J7tci6DWCLxI2dhaT5Lq7YeGvuwTx"'


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(program, *arguments), capture_output=True, text=True, timeout=30, check=False
    )


@pytest.fixture
def served(rig: Rig) -> Iterator[subprocess.Popen[str]]:
    """Custody as a process of its own, ready."""
    config = written(rig, config_text(rig))
    with subprocess.Popen(
        command("custody", "--config", config), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"event": "ready", "run": 1}
        yield process
        if process.poll() is None:
            process.kill()


def heard(link: Link, kind: type[Kind]) -> Kind:
    """Wait for the next packet of a kind."""
    with selectors.DefaultSelector() as selector:
        selector.register(link, selectors.EVENT_READ)
        while selector.select(10):
            packet = link.receive()
            if isinstance(packet, kind):
                return packet
    raise AssertionError(f"custody never said {kind.__name__}")


def record_once(rig: Rig) -> None:
    """Open, film half a second, close."""
    conductor, lens = Link.connect(rig.settings.socket), Link.connect(rig.settings.socket)
    conductor.send(p.Hello(p.Role.CONDUCTOR))
    lens.send(p.Hello(p.Role.LENS))
    heard(lens, p.Welcome)
    conductor.send(rig.opening())
    heard(conductor, p.Opened)
    for media, opens in ((opening(), True), (fragment(0, bytes(100_000)), False)):
        stamps = p.Stamps(1, 2, 0 if opens else 12, 0)
        for keep in keep_packets(media, stamps, opens=opens, key=not opens):
            lens.send(keep)
    heard(lens, p.Kept)
    lens.send(p.End())
    conductor.send(p.Close(StopCause.BUTTON))
    heard(conductor, p.Closed)
    conductor.close()
    lens.close()


@pytest.mark.slow
def test_a_process_records_is_told_to_end_and_says_so(
    rig: Rig, served: subprocess.Popen[str]
) -> None:
    record_once(rig)
    served.send_signal(signal.SIGTERM)
    assert served.wait(10) == 0
    assert rig.records()[-1].body == Shutdown("stopped by SIGTERM")
    assert disproofs(rig) == set()


@pytest.mark.slow
def test_a_socket_in_use_ends_the_second_process_with_one_sentence(
    rig: Rig, served: subprocess.Popen[str]
) -> None:
    done = run("custody", "--config", rig.folder / "custody.toml")
    assert served.poll() is None
    assert done.returncode == 1
    assert "stop that one first" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_init_makes_a_unit_once(rig: Rig) -> None:
    places = {
        name: f'"{rig.folder / "new" / name}"' for name in ("spool", "keys", "state", "socket")
    }
    config = written(rig, config_text(rig, **places))
    first, second = (run("custody", "--config", config, "--init") for _ in range(2))
    assert first.returncode == 0
    assert first.stdout.strip() == str(rig.folder / "new" / "keys" / "identity.csr")
    assert "BEGIN CERTIFICATE REQUEST" in (rig.folder / "new/keys/identity.csr").read_text()
    assert (rig.folder / "new/keys/identity.pem").stat().st_mode & 0o777 == 0o600
    assert second.returncode == 1
    assert "already" in second.stderr


WRONG = {
    "no unit": ({"unit": ""}, "lacks unit"),
    "an unknown key": ({"colour": '"red"'}, "unknown keys: colour"),
    "a unit that is none": ({"unit": '"x"'}, "not a unit's number"),
    "a text for a number": ({"sync_ms": '"fast"'}, "must be of kind int"),
    "a pace beyond half a second": ({"sync_ms": "900"}, "must be 10 to 500"),
    "a relative folder": ({"spool": '"spool"'}, "absolute path"),
    "no recipient": ({"recipients": "[]"}, "no recipient"),
    "a recipient that is none": ({"recipients": '["age1x"]'}, "recipient is wrong"),
    "a kind that is none": ({"unit_kind": '"toy"'}, "unit_kind is wrong"),
    "a digest that is none": ({"config_sha256": '"abc"'}, "config_sha256 is wrong"),
    "a command key that is none": ({"command_key": '"x"'}, "command_key is wrong"),
    "a command key of somebody else": (
        {"command_key": ANOTHER},
        "key is named yuxian.shilu/command",
    ),
    "a device without users": ({"unit_kind": '"device"'}, "lacks users"),
    "no TOML": ({"agency": "= ="}, "is not TOML"),
    "a spool that is not there": ({"spool": '"/nonexistent/spool"'}, "--init"),
    "keys that are not there": ({"keys": '"/nonexistent/keys"'}, "identity key"),
    "a state that is not there": ({"state": '"/nonexistent/state"'}, "--init"),
    "a socket that cannot be": ({"socket": '"/nonexistent/c.sock"'}, "choose another path"),
}
EXIT = {
    "keys that are not there": 77,
    "a spool that is not there": 1,
    "a state that is not there": 1,
    "a socket that cannot be": 1,
}


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_one_sentence(rig: Rig, wrong: str) -> None:
    """Its exit code says what the alert says aloud: docs/services.md."""
    changes, word = WRONG[wrong]
    done = run("custody", "--config", written(rig, config_text(rig, **changes)))
    assert done.returncode == EXIT.get(wrong, 78), "78: a setting is wrong"
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_release_as_a_process_frees_what_is_receipted(
    rig: Rig, served: subprocess.Popen[str]
) -> None:
    config = rig.folder / "release.toml"
    config.write_text(
        f'agency = "{AGENCY}"\nunit = "{NUMBER}"\nspool = "{rig.settings.spool}"\n'
        f'socket = "{rig.settings.socket}"\nleast_age_hours = 0\nkeep_marked = true\n'
        + station_table(rig),
        encoding="utf-8",
    )
    record_once(rig)
    done = run("release", "--config", config)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    courier = Link.connect(rig.settings.socket)
    courier.send(p.Hello(p.Role.COURIER))
    courier.send(rig.receipt(seen=0))
    heard(courier, p.Filed)
    courier.close()
    done = run("release", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["event"] for line in done.stdout.splitlines()] == ["freed"]
    assert not [name for name in rig.files() if name.startswith("media/")]
    served.kill()
    served.wait(10)
    alone = run("release", "--config", config)
    assert alone.returncode == 1
    assert "does not answer" in alone.stderr


HELLO = """
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as end:
    end.connect(sys.argv[1])
    end.settimeout(20)
    end.send(bytes.fromhex(sys.argv[2]))
    print("let in" if b"origin" in end.recv(65536) else "refused")
"""
COURIER, STRANGER = 992, 65_000


@pytest.mark.slow
def test_the_kernel_says_who_calls_and_a_role_is_for_its_user_alone(rig: Rig) -> None:
    if os.geteuid():
        pytest.skip("Calling as another user needs root: sudo make test.")
    users = f"[users]\nconductor = 0\nlens = 0\ncourier = {COURIER}\n"
    config = written(rig, config_text(rig, unit_kind='"device"') + users)
    rig.folder.chmod(0o755)

    def outcome(user: int, role: p.Role) -> str:
        hello = encode(p.Hello(role)).hex()
        as_whom = ("setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups")
        program = (sys.executable, "-c", HELLO, str(rig.settings.socket), hello)
        return subprocess.run(
            [*as_whom, *program], capture_output=True, text=True, timeout=30, check=True
        ).stdout.strip()

    with subprocess.Popen(
        command("custody", "--config", config), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        rig.settings.socket.chmod(0o666)  # a group's right on a unit; here nobody is kept out
        let_in = {
            (user, role)
            for user in (0, COURIER, STRANGER)
            for role in p.Role
            if outcome(user, role) == "let in"
        }
        process.terminate()
    assert let_in == {(0, p.Role.CONDUCTOR), (0, p.Role.LENS), (COURIER, p.Role.COURIER)}
    refused = [r.body.by for r in rig.records() if isinstance(r.body, Refused)]
    assert refused == ["user 0"] * 2 + [f"user {COURIER}"] * 3 + [f"user {STRANGER}"] * 4


@pytest.mark.slow
def test_a_film_that_custody_may_not_read_is_written_down_and_it_starts(rig: Rig) -> None:
    """As a hostile neighbour may leave one. Custody reads what its own user may, even as root."""
    stranger = rig.settings.spool / "media" / "900001-0001.mp4.age"
    stranger.write_bytes(b"closed to you")
    stranger.chmod(0)
    with subprocess.Popen(
        command("custody", "--config", written(rig, config_text(rig))),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert "ready" in process.stdout.readline(), process.stderr.read()
        process.terminate()
    refused = [r.body for r in rig.records() if isinstance(r.body, Refused)]
    assert [stranger.name in one.because for one in refused] == [True]


@pytest.mark.slow
def test_systemd_is_told_when_custody_is_ready(rig: Rig) -> None:
    address = rig.folder / "notify"
    config = written(rig, config_text(rig))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(10)
        environment = {**os.environ, "NOTIFY_SOCKET": str(address)}
        with subprocess.Popen(
            command("custody", "--config", config), stdout=subprocess.DEVNULL, env=environment
        ) as process:
            assert manager.recv(100) == b"READY=1"
            assert manager.recv(100) == b"WATCHDOG=1"
            process.terminate()
    listen(rig.settings.socket).close()


def test_a_command_is_obeyed_and_kept_within_the_cage(
    rig: Rig, served: subprocess.Popen[str]
) -> None:
    courier = Link.connect(rig.settings.socket)
    courier.send(p.Hello(p.Role.COURIER))
    note = rig.order(1, since="2020-01-01T00:00:00.000Z", until="2099-01-01T00:00:00.000Z")
    courier.send(Command(note))
    assert heard(courier, p.Filed).size == 1
    conductor = Link.connect(rig.settings.socket)
    conductor.send(p.Hello(p.Role.CONDUCTOR))
    assert heard(conductor, Assign).officers.names == CREW.names
    for link in (courier, conductor):
        link.close()
    served.terminate()
    assert served.wait(10) == 0

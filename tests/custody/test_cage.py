"""What the process that holds the pen has taken from itself, asked of the kernel for each call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.custody.seccomp import MACHINES, RELEASES, program
from recorder.evidence.record import RunBegins
from tests.custody.process import command, config_text, written
from tests.custody.test_protection import clear_flags

if TYPE_CHECKING:
    from tests.custody.rig import Rig

ATTEMPTS = """
import ctypes, errno, json, os, socket, sys
from pathlib import Path
from recorder.custody.landlock import restrict_removing, restrict_writing
from recorder.custody.seccomp import RELEASES, take_calls_away

mine, other = Path(sys.argv[1]), Path(sys.argv[2])
for folder in (mine, other):
    (folder / "film").write_bytes(b"film")
    (folder / "empty").mkdir()
held = os.open(mine / "film", os.O_RDWR)
if "seccomp" in sys.argv[3:]:
    holds = take_calls_away()
elif "release" in sys.argv[3:]:
    holds = take_calls_away(RELEASES)
else:
    ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
    holds = ()
if "landlock" in sys.argv[3:]:
    holds += restrict_writing([mine])
elif "landlock of release" in sys.argv[3:]:
    holds += restrict_removing(mine)
libc = ctypes.CDLL(None, use_errno=True)

def call(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")

f = mine / "film"
how = (ctypes.c_uint64 * 3)(os.O_WRONLY | os.O_TRUNC, 0, 0)
attempts = {
    "append": lambda: os.write(os.open(f, os.O_WRONLY | os.O_APPEND), b"more"),
    "create": lambda: os.close(os.open(mine / "new", os.O_WRONLY | os.O_CREAT | os.O_EXCL)),
    "overwrite a slot": lambda: os.pwrite(held, b"slot", 0),
    "read elsewhere": lambda: (other / "film").read_bytes(),
    "reserve": lambda: os.posix_fallocate(held, 0, 8192),
    "unlink": f.unlink,
    "remove a folder": mine.rmdir,
    "rename": lambda: f.rename(mine / "gone"),
    "replace": lambda: f.replace(mine / "gone"),
    "link": lambda: os.link(f, mine / "twin"),
    "truncate": lambda: os.truncate(f, 1),
    "shorten an open file": lambda: os.ftruncate(held, 1),
    "open to truncate": lambda: os.open(f, os.O_WRONLY | os.O_TRUNC),
    "openat2 to truncate": lambda: call(437, -100, bytes(f), how, 24),
    "punch a hole": lambda: libc.fallocate(held, 3, ctypes.c_long(0), ctypes.c_long(4096))
    and (_ for _ in ()).throw(OSError(ctypes.get_errno(), "")),
    "io_uring": lambda: call(425, 8, (ctypes.c_char * 256)()),
    "run a program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "mount": lambda: libc.mount(b"none", bytes(other), b"no such kind", 0, None)
    and (_ for _ in ()).throw(OSError(ctypes.get_errno(), "")),
    "write elsewhere": lambda: os.open(other / "film", os.O_WRONLY | os.O_APPEND),
    "create elsewhere": lambda: os.open(other / "new", os.O_WRONLY | os.O_CREAT),
}
def lay_a_socket():
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(mine / "socket"))

lays = {
    "a folder": (mine / "folder").mkdir,
    "a pipe": lambda: os.mkfifo(mine / "pipe"),
    "a symbolic link": lambda: (mine / "pointer").symlink_to(f),
    "a link": lambda: os.link(f, mine / "twin"),
    "an empty file": lambda: os.close(os.open(mine / "name", os.O_RDONLY | os.O_CREAT)),
    "a file without a name": lambda: os.close(os.open(mine, os.O_TMPFILE | os.O_WRONLY)),
    "a socket": lay_a_socket,
    "remove an empty folder": lambda: os.rmdir("empty", dir_fd=os.open(mine, os.O_RDONLY)),
    "close the folder": lambda: mine.chmod(0),
    "open the film to all": lambda: os.chmod(held, 0o777),
    "give the film away": lambda: os.chown(f, os.getuid(), -1),
    "name an attribute": lambda: os.setxattr(f, "user.shilu", b"x"),
}
if "lay" in sys.argv[3:]:
    attempts = lays | {"unlink": f.unlink, "unlink elsewhere": (other / "film").unlink}
said = {}
for name, attempt in attempts.items():
    try:
        attempt()
        said[name] = "done"
    except OSError as error:
        said[name] = errno.errorcode[error.errno]
print(json.dumps([holds, said, f.exists(), f.stat().st_size if f.exists() else 0]))
"""
NEEDED = {"append", "create", "overwrite a slot", "read elsewhere"}
PATHS = {"write elsewhere", "create elsewhere"}


def attempted(folder: Path, *means: str) -> tuple[list[str], dict[str, str]]:
    for name in ("mine", "other"):
        (folder / name).mkdir()
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, folder / "mine", folder / "other", *means],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    holds, said, _, _ = json.loads(done.stdout)
    return holds, said


@pytest.mark.slow
def test_seccomp_takes_every_call_that_removes_and_leaves_what_custody_needs(folder: Path) -> None:
    holds, said = attempted(folder, "seccomp")
    assert holds == ["no-new-privileges", "seccomp"]
    done = {name for name, outcome in said.items() if outcome == "done"}
    assert done == NEEDED | PATHS | {"reserve"}
    assert {said[name] for name in said.keys() - done} == {"EPERM"}


@pytest.mark.slow
def test_the_release_process_may_unlink_and_can_lay_nothing_down(folder: Path) -> None:
    """Whoever may unlink in media/ may also add to it, says the file system; seccomp does not."""
    _, said = attempted(folder, "release")
    assert {name for name, outcome in said.items() if outcome == "done"} == {
        "read elsewhere",
        "unlink",
        "overwrite a slot",  # by a descriptor that the test opened before
    }


@pytest.mark.slow
def test_the_release_process_makes_no_name_and_changes_no_mode(folder: Path) -> None:
    """A name that it laid would end the recording that is to have it."""
    _, said = attempted(folder, "release", "lay")
    assert {name for name, outcome in said.items() if outcome == "done"} == {
        "unlink",
        "unlink elsewhere",  # seccomp sees no paths; users, modes and Landlock do
    }
    assert set(said.values()) == {"done", "EPERM"}


@pytest.mark.slow
def test_landlock_lets_the_release_process_unlink_in_its_folder_alone(folder: Path) -> None:
    """It knows no modes, owners or attributes: seccomp takes those."""
    holds, said = attempted(folder, "landlock of release", "lay")
    if not holds:
        assert said["unlink elsewhere"] == "done"
        return
    assert said["unlink"] == "done"
    named = {name for name in said if name.startswith(("a ", "an "))}
    assert {said[name] for name in named | {"unlink elsewhere"}} <= {"EACCES", "EXDEV"}
    assert said["remove an empty folder"] == "EACCES"


@pytest.mark.slow
def test_names_and_modes_are_anybodys_where_nothing_refuses_them(folder: Path) -> None:
    """The control."""
    _, said = attempted(folder, "lay")
    assert set(said.values()) == {"done"}


@pytest.mark.slow
def test_landlock_keeps_the_pen_in_its_own_folders(folder: Path) -> None:
    holds, said = attempted(folder, "landlock")
    if not holds:
        assert said["write elsewhere"] == "done"
        return
    assert {said[name] for name in PATHS | {"unlink", "remove a folder", "rename", "mount"}} <= {
        "EACCES",
        "EPERM",
    }
    assert {said[name] for name in NEEDED} == {"done"}


@pytest.mark.slow
def test_a_process_that_asks_for_nothing_may_do_all_of_it(folder: Path) -> None:
    """The control: these attempts succeed where nothing refuses them."""
    _, said = attempted(folder)
    assert said["unlink"] == said["write elsewhere"] == said["run a program"] == "done"


def test_the_filter_of_each_machine_stays_within_short_forward_jumps() -> None:
    for machine in (*MACHINES.values(), *RELEASES.values()):
        code = program(machine)
        assert len(code) % 8 == 0
        assert len(code) // 8 < 4096
        assert code[-8:-4] == b"\x06\x00\x00\x00"


def capabilities(status: str) -> dict[str, int]:
    """Give the sets of /proc/self/status by name, as the bits that they are."""
    lines = (line.split() for line in status.splitlines() if line.startswith("Cap"))
    return {name.rstrip(":"): int(bits, 16) for name, bits in lines}


@pytest.mark.slow
@pytest.mark.parametrize("protect", ["true", "false"])
def test_custody_keeps_the_one_capability_that_it_needs(rig: Rig, protect: str) -> None:
    """Root has all of them, and no other user has one that we could take away here."""
    config = written(rig, config_text(rig, protect=protect))
    with subprocess.Popen(
        command("custody", "--config", config), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        process.terminate()
    held = capabilities(status)
    kept = 1 << 9 if protect == "true" and not os.geteuid() else 0  # CAP_LINUX_IMMUTABLE
    assert (held["CapEff"], held["CapPrm"]) == (kept, kept)
    assert held["CapInh"] == held["CapAmb"] == 0
    if not os.geteuid():
        assert held["CapBnd"] == kept
    begins = rig.records()[1].body
    assert isinstance(begins, RunBegins)
    assert "capabilities" in begins.protection
    clear_flags(rig.folder)


@pytest.mark.slow
def test_the_run_states_what_the_kernel_has_granted(rig: Rig) -> None:
    config = written(rig, config_text(rig))
    with subprocess.Popen(
        command("custody", "--config", config), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        threads = len(os.listdir(f"/proc/{process.pid}/task"))  # noqa: PTH208 - no Path has it
        process.terminate()
    begins = rig.records()[1].body
    assert isinstance(begins, RunBegins)
    assert ("Seccomp:\t2" in status) is ("seccomp" in begins.protection)
    assert ("NoNewPrivs:\t1" in status) is ("no-new-privileges" in begins.protection)
    assert threads == 2

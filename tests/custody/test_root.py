"""Root at the card: what the file system refuses it, and what the verifier says when it goes on.

A real ext4 on a loop device. Root first does as a shell would; the flags refuse. Then root takes
the flags away, which nobody can prevent, and what it does after is named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from recorder.custody.errors import CustodyError
from recorder.evidence.head import parse_signed_head, split_heads
from recorder.evidence.record import RunBegins
from recorder.evidence.verify.receipts import Outside
from tests.custody.judge import disproofs
from tests.custody.rig import Rig
from tests.rig.powercut.card import LoopMount, make_ext4, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow
FILM, SIDE = "media/000001-0001.mp4.age", "media/000001-0001.side.age"
LOG, HEADS = "log/000001.jsonl", "log/000001.heads"


@pytest.fixture
def rig(need: Callable[[str], Path], folder: Path) -> Iterator[Rig]:
    """A unit on a card of its own, one recording on it, and custody at rest."""
    need("mkfs.ext4")
    if os.geteuid():
        pytest.skip("Mounting a card needs root: sudo make test.")
    make_ext4(folder / "card.img", 32)
    with LoopMount(folder / "card.img", folder / "m") as mounted:
        rig = Rig(mounted.folder, protect=True)
        conductor, lens = rig.start().record(pieces=3, media_bytes=100_000)
        rig.stop(conductor, lens)
        rig.cut()
        yield rig
        rig.clear_away()


def shell(rig: Rig, line: str) -> int:
    """Let root type a line in the spool; give the exit code."""
    return subprocess.run(
        ["/bin/sh", "-c", line], cwd=rig.settings.spool, capture_output=True, check=False
    ).returncode


EDIT = "printf X | dd of={0} bs=1 seek=1000 conv=notrunc"
ATTEMPTS = {
    "edits": EDIT,
    "appends": "printf X >> {0}",
    "truncates": "truncate -s 100 {0}",
    "empties": ": > {0}",
    "deletes": "rm -f {0}",
    "renames": "mv {0} {0}.old",
    "replaces": "new=$(mktemp) && cp /bin/true $new && mv -f $new {0}",
    "re-dates": "touch -d '2020-01-01' {0}",
    "makes writable": "chmod 666 {0}",
    "gives away": "chown nobody {0}",
    "links": "ln {0} {0}.twin",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_root_is_refused_while_the_flags_stand(rig: Rig, attempt: str) -> None:
    before = rig.files()
    names = (FILM, SIDE) if attempt == "appends" else (FILM, SIDE, LOG, HEADS)
    for name in names:
        assert shell(rig, ATTEMPTS[attempt].format(name)) != 0, f"root {attempt} {name}"
    assert rig.files() == before
    assert disproofs(rig) == set()


def test_root_can_append_to_the_newest_log_and_the_next_run_states_it(rig: Rig) -> None:
    assert shell(rig, f"printf forged >> {LOG}") == 0
    rig.start()
    (torn,) = [r.body.torn for r in rig.records()[5:] if isinstance(r.body, RunBegins)]
    assert torn.log_bytes == len("forged")
    assert disproofs(rig) == set()


NAMED = {
    "edits a film": EDIT.format(FILM),
    "truncates a film": f"truncate -s 100000 {FILM}",
    "deletes a film": f"rm {FILM}",
    "deletes a sidecar": f"rm {SIDE}",
    "edits a sidecar": f"printf X | dd of={SIDE} bs=1 seek=300 conv=notrunc",
    "renames a film": f"mv {FILM} media/000001-0002.mp4.age",
    "edits the log": f"sed -i 's/button/remote/' {LOG}",
    "cuts the log": f"sed -i '$d' {LOG}",
    "deletes the log": f"rm {LOG}",
    "deletes the heads": f"rm {HEADS}",
    "forges a head": f"sed -i 's/^5$/4/' {HEADS}",
}


@pytest.mark.parametrize("deed", NAMED)
def test_root_that_takes_the_flags_away_is_named(rig: Rig, deed: str) -> None:
    before, records = rig.files(), rig.records()
    assert shell(rig, "chattr -R -i -a log media") == 0
    assert shell(rig, NAMED[deed]) == 0
    assert rig.files() != before
    assert disproofs(rig, records) != set()


def test_a_date_is_no_evidence_so_changing_it_changes_nothing(rig: Rig) -> None:
    shell(rig, "chattr -R -i -a log media")
    assert shell(rig, f"touch -d '2020-01-01' {FILM} {LOG}") == 0
    assert disproofs(rig) == set()


def test_a_log_that_was_put_back_is_not_continued(rig: Rig, folder: Path) -> None:
    """Root keeps the log of yesterday and puts it back; keys and state stay as they are."""
    old = folder / "old"
    shutil.copytree(rig.settings.spool, old)
    for _ in range(2):
        conductor, lens = rig.start().record(pieces=2)
        rig.stop(conductor, lens)
        rig.cut()
    shell(rig, "chattr -R -i -a log media && rm -rf log media")
    shutil.copytree(old, rig.settings.spool, dirs_exist_ok=True)
    with pytest.raises(CustodyError, match=r"put back|gone|damaged"):
        rig.start()


def test_a_whole_card_that_was_put_back_contradicts_the_head_that_somebody_keeps(
    rig: Rig, folder: Path
) -> None:
    """Nothing on the card can show it; a head at the station, or at the scene, does."""
    card = rig.folder
    run("cp", "-a", card, folder / "old")
    conductor, lens = rig.start().record(pieces=2)
    rig.stop(conductor, lens)
    rig.cut()
    kept = split_heads(rig.files()["log/000002.heads"])[0][-1]
    outside = Outside(parse_signed_head(kept), "the station")
    assert disproofs(rig, outside=outside) == set()
    shell(rig, "chattr -R -i -a log media")
    run("rm", "-rf", card / "spool", card / "keys", card / "state")
    run("cp", "-a", *(folder / "old" / name for name in ("spool", "keys", "state")), card)
    conductor, lens = rig.start().record(pieces=2)
    rig.stop(conductor, lens)
    assert disproofs(rig) == set()
    assert disproofs(rig, outside=outside) != set()

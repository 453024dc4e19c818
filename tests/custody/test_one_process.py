"""One custody at a time: how it begins, rests, hears and ends."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.custody.errors import NotReady
from recorder.custody.layout import make_layout

if TYPE_CHECKING:
    from pathlib import Path

    from tests.custody.rig import Rig


def test_epochs_go_on_while_nothing_is_filmed(rig: Rig) -> None:
    conductor = rig.start().conductor()
    rig.pass_ms(15 * 60 * 1000)
    conductor.ask(rig.opening())
    rig.pass_ms(15 * 60 * 1000)
    assert rig.types() == "epoch run epoch start epoch"


def test_an_end_on_purpose_at_rest_says_so(rig: Rig) -> None:
    assert rig.start().custody is not None
    assert rig.custody is not None
    rig.custody.shut_down("stopped for the test")
    rig.custody = None
    assert rig.types() == "epoch run shutdown"


def test_a_second_custody_of_the_same_state_is_not_let_in(rig: Rig) -> None:
    rig.start()
    rig.settings = replace(rig.settings, socket=rig.settings.socket.with_name("s2"))
    first, rig.custody = rig.custody, None
    with pytest.raises(NotReady, match="Another custody"):
        rig.start()
    rig.custody = first


def test_custody_hears_apart_and_is_woken(rig: Rig) -> None:
    rig.start()
    assert rig.custody is not None
    reader, writer = os.pipe2(os.O_NONBLOCK)
    rig.custody.watch(reader)
    rig.custody.listen_apart()
    os.write(writer, b"\0")
    rig.custody.turn()
    rig.cut()
    os.close(reader)
    os.close(writer)


def test_a_state_or_keys_that_cannot_be_written_are_one_sentence(rig: Rig) -> None:
    settings, file = rig.settings, rig.settings.spool / "identity" / "chain.pem"
    for wrong in (replace(settings, state=file), replace(settings, keys=file)):
        rig.settings = wrong
        with pytest.raises(NotReady):
            rig.start()
    rig.settings = replace(settings, socket=settings.socket.with_name("s2"))
    (settings.state / "standing.0").unlink(missing_ok=True)
    (settings.state / "standing.0").mkdir(parents=True)
    with pytest.raises(NotReady, match="cannot be written"):
        rig.start()


def test_a_unit_is_made_once_and_only_where_it_may_be(rig: Rig, folder: Path) -> None:
    with pytest.raises(NotReady, match="already"):
        make_layout(rig.settings, rig.world())
    (folder / "file").write_bytes(b"")
    elsewhere = replace(rig.settings, keys=folder / "file" / "keys")
    with pytest.raises(NotReady, match="cannot be made"):
        make_layout(elsewhere, rig.world())

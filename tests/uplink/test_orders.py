"""Orders: given at the station, told by its log, brought until the unit's own log shows them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.command import parse_command
from recorder.evidence.record import CommandTaken, Ordered, parse_record
from recorder.evidence.sidecar import Officers
from recorder.evidence.trust import parse_trust
from recorder.programs import shilu, verify
from tests.uplink.dock import Dock, Killed, Wire
from tests.verify.unit import Dice, Unit
from uplink.broker.access import Action
from uplink.courier import events as courier_events
from uplink.programs.access import access_table
from uplink.programs.wiring import registrar_for
from uplink.station import events
from uplink.station.care.orders import Asked, Desk, standings
from uplink.station.care.orders import Standing as OrderStanding
from uplink.station.log.changes import What, parse_change
from uplink.station.settings import read_settings, read_signing_key
from uplink.station.store.order_book import NEWEST_SENT, OrderBook
from uplink.wire.orders import CommandLetter
from uplink.wire.topics import Kind, parse_topic

if TYPE_CHECKING:
    from pathlib import Path

    from uplink.wire.post import Letter

AGENCY, UNIT = "baofeng-mz", "BF-0007"
SINCE, UNTIL, NOW = (
    "2026-11-21T07:00:00.000Z",
    "2036-11-21T07:00:00.000Z",
    "2026-11-21T08:00:00.000Z",
)
CREW = Officers(("王伟", "李娜"), ("110025", "110026"))
NAMED = ("--officers", "王伟=110025", "李娜=110026", "--by", "王五")
SPAN = ("--from", SINCE, "--until", UNTIL)


@pytest.fixture
def dock(tmp_path: Path) -> Dock:
    made = Dock(tmp_path)
    made.enrol()
    made.unit.boot()
    return made


def station(dock: Dock, *arguments: str) -> int:
    config = ("--config", str(dock.station_folder / "station.toml"))
    return shilu.main(["station", *config, *arguments])


def desk(dock: Dock) -> Desk:
    assert dock.settings.command_key is not None
    key = read_signing_key(dock.settings.command_key)
    clock = dock.unit.clock
    registrar = registrar_for(
        dock.settings, unix_ms=lambda: clock.boottime_ms + clock.true_offset_ms
    )
    return Desk(dock.layout, AGENCY, key, registrar, Dice(3), dock.step)


def order(dock: Dock, officers: Officers | None = CREW, since: str = SINCE) -> int:
    asked = Asked(UNIT, officers, since, UNTIL, "王五", "换班")
    return desk(dock).give(asked, NOW)[0]


def obeyed(dock: Dock) -> list[int]:
    """The numbers of what the unit's log says that it took."""
    return [one.number for one in taken(dock)]


def taken(dock: Dock) -> list[CommandTaken]:
    bodies = (parse_record(line).body for line in dock.unit.lines)
    return [body for body in bodies if isinstance(body, CommandTaken)]


def hows(dock: Dock, utc: str = NOW) -> list[str]:
    return [one.how.name for one in stood(dock, utc)]


def stood(dock: Dock, utc: str = NOW) -> list[OrderStanding]:
    registrar = registrar_for(dock.settings)
    registrar.catch_up()
    return list(standings(registrar, OrderBook(dock.layout, AGENCY), UNIT, utc))


def sent(dock: Dock) -> list[int]:
    return [one.number for one in dock.told(events.OrderSent)]


def test_an_order_travels_at_the_journey_and_is_over_when_the_verified_log_shows_it(
    dock: Dock, tmp_path: Path
) -> None:
    dock.dock()
    dock.bring_home()
    dock.unit.clock.boottime_ms += 60_000
    order(dock)
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert obeyed(dock) == [1]
    assert hows(dock) == ["OBEYED"]
    brought = len(sent(dock))
    dock.unit.clock.boottime_ms += 60_000
    dock.unit.record(1, 1)
    dock.dock()
    dock.bring_home()
    assert (obeyed(dock), len(sent(dock))) == ([1], brought)
    package = tmp_path / "package"
    assert station(dock, "package", UNIT, "--out", str(package)) == 0
    arguments = [str(package), "--trust", str(dock.station_folder / "trust.toml")]
    arguments += ["--key", str(dock.station_folder / "station.agekey"), "--json"]
    assert verify.main(arguments) == 0


def test_a_unit_that_stands_at_the_dock_with_nothing_to_say_gets_it_at_once(dock: Dock) -> None:
    dock.dock()
    dock.bring_home()
    for _ in range(8):
        dock.turn()
    assert dock.courier.home
    order(dock)
    for _ in range(40):
        dock.turn()
    assert obeyed(dock) == [1]
    assert hows(dock) == ["OBEYED"]


def test_a_unit_whose_line_comes_back_gets_it_though_it_has_nothing_to_bring(dock: Dock) -> None:
    dock.dock()
    dock.bring_home()
    order(dock)
    dock.runner.look()
    dock.down.out.clear()  # it was away when it was given
    dock.dock()
    for _ in range(8):
        dock.turn()
    assert obeyed(dock) == [1]


def test_a_station_that_begins_anew_brings_what_was_not_obeyed(dock: Dock) -> None:
    order(dock)
    order(dock, None)
    dock.restart()
    dock.unit.record(1)
    dock.dock()
    dock.bring_home()
    assert obeyed(dock) == [1, 2]
    assert [one.what for one in taken(dock)] == [Ordered.OFFICERS, Ordered.CHECK]


def test_the_log_tells_of_an_order_and_names_nobody(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert station(dock, "order", "--unit", UNIT, *NAMED, *SPAN, "--reason", "换班") == 0
    said = capsys.readouterr().out
    for words in ("第 1 号命令", "王伟 110025、李娜 110026", "order 1", UNTIL, "entry 0"):
        assert words in said
    ((_number, line),) = dock.index().changes()
    change = parse_change(line)
    assert change is not None
    (given,) = OrderBook(dock.layout, AGENCY).given(UNIT)
    assert (change.what, change.by) == (What.ORDER, "王五")
    assert change.reason == f"1 officers {given.signed.sha256} 换班"
    assert b"110025" not in line
    assert station(dock, "register", "--unit", UNIT) == 0
    assert given.signed.sha256 in capsys.readouterr().out


def test_orders_shows_how_each_stands(dock: Dock, capsys: pytest.CaptureFixture[str]) -> None:
    station(dock, "order", "--unit", UNIT, *NAMED, *SPAN)
    capsys.readouterr()
    assert station(dock, "orders") == 0
    shown = capsys.readouterr().out
    for words in (UNIT, "王伟 110025、李娜 110026", SINCE, UNTIL, "王五", "待取 on its way"):
        assert words in shown
    dock.dock()
    dock.bring_home()
    station(dock, "order", "--unit", UNIT, "--check", "--by", "王五")
    capsys.readouterr()
    assert station(dock, "orders", "--unit", UNIT) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "已执行 obeyed (" in first
    assert "自检 check" in second
    assert station(dock, "orders", "--unit", "BF-0008") == 0
    assert not capsys.readouterr().out


def test_an_order_before_a_later_one_is_passed_over_and_said_to_be(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    station(dock, "order", "--unit", UNIT, *NAMED, "--from", "2035-01-01T00:00:00.000Z")
    station(dock, "order", "--unit", UNIT, "--check", "--by", "王五", *SPAN)
    assert "第 1 号命令不会再被取走 will be passed over by 2" in capsys.readouterr().out
    assert hows(dock) == ["EARLY", "WAITING"]
    dock.dock()
    dock.bring_home()
    assert obeyed(dock) == [2]
    assert hows(dock) == ["PASSED", "OBEYED"]


def test_what_was_not_taken_in_time_is_not_sent_any_more(dock: Dock) -> None:
    asked = Asked(UNIT, CREW, SINCE, "2026-11-21T07:30:00.000Z", "王五", "")
    desk(dock).give(asked, NOW)
    dock.dock()
    dock.bring_home()
    assert (obeyed(dock), sent(dock), hows(dock)) == ([], [], ["LATE"])


def test_of_many_that_nobody_took_the_newest_are_sent(dock: Dock) -> None:
    for _ in range(NEWEST_SENT + 2):
        order(dock)
    dock.dock()
    dock.bring_home()
    assert obeyed(dock) == list(range(3, NEWEST_SENT + 3))


def test_a_unit_that_states_another_note_under_a_number_is_told_of(dock: Dock) -> None:
    order(dock)
    dock.unit.say(CommandTaken(1, Ordered.OFFICERS, "ab" * 32))
    dock.unit.commands = 1
    dock.dock()
    dock.bring_home()
    assert hows(dock) == ["OTHER"]
    assert order(dock) == 2


@pytest.mark.parametrize(
    ("moment", "entries", "drafts"),
    [
        ("order: before 1 (draft)", 0, 0),
        ("order: before 2 (entry)", 0, 1),
        ("order: before 3 (may be sent)", 1, 1),
    ],
)
def test_an_order_that_was_cut_off_is_never_sent_and_its_number_never_used_again(
    dock: Dock, moment: str, entries: int, drafts: int
) -> None:
    def step(name: str) -> None:
        if name == moment:
            raise Killed

    dock.step = step
    with pytest.raises(Killed):
        order(dock)
    dock.step = lambda _name: None
    assert len(dock.index().changes()) == entries
    assert hows(dock) == []
    assert order(dock) == 1 + drafts
    dock.dock()
    dock.bring_home()
    assert obeyed(dock) == [1 + drafts]


class Altering(Wire):
    """A way to custody on which somebody changes an officer's number."""

    def publish(self, letter: Letter) -> int:
        return super().publish(
            replace(letter, payload=letter.payload.replace(b"110025", b"110027"))
        )


def test_a_courier_that_alters_a_byte_changes_nothing_and_the_next_journey_mends_it(
    dock: Dock,
) -> None:
    order(dock)
    honest, dock.down = dock.down, Altering()
    dock.dock()
    dock.bring_home()
    assert obeyed(dock) == []
    assert "does not fit" in dock.told(courier_events.NotFiled)[0].sentence
    dock.down = honest
    dock.dock()
    dock.bring_home()
    assert obeyed(dock) == [1]


def test_what_custody_refuses_is_not_handed_in_again_within_the_hour(dock: Dock) -> None:
    dock.spool.commands = ()
    order(dock)
    dock.dock()
    letter = CommandLetter(OrderBook(dock.layout, AGENCY).given(UNIT)[0].note.replace("110", "112"))
    dock.spool.commands = parse_trust((dock.station_folder / "trust.toml").read_text()).commands
    desk_of_unit = dock.berth.desk
    (refused,) = desk_of_unit.hand_command(letter, 1000.0)
    assert isinstance(refused, courier_events.NotFiled)
    assert desk_of_unit.hand_command(letter, 4599.0) == ()
    assert len(desk_of_unit.hand_command(letter, 4600.0)) == 1


def test_a_letter_that_is_no_command_is_dropped(dock: Dock) -> None:
    dock.dock()
    dock.turn()
    order(dock)
    dock.clock.seconds += 1
    dock.runner.look()
    letter: Letter = dock.down.out[-1]
    assert parse_topic(letter.topic).kind is Kind.COMMAND
    dock.down.out[-1] = replace(letter, payload=json.dumps({"v": 1, "note": 7}).encode())
    dock.turn()
    dock.turn()
    assert obeyed(dock) == []
    assert any("is not read" in one.sentence for one in dock.told(courier_events.NotFiled))


def test_a_unit_reads_only_what_is_addressed_to_it_and_orders_nobody() -> None:
    table = access_table(AGENCY)
    mine, other = (f"shilu/1/{AGENCY}/{unit}/command" for unit in (UNIT, "BF-0008"))
    assert table.may(UNIT, Action.READ, mine)
    assert not table.may(UNIT, Action.READ, other)
    assert not table.may(UNIT, Action.READ, f"shilu/1/{AGENCY}/+/command")
    assert not table.may(UNIT, Action.WRITE, mine)
    assert not table.may(UNIT, Action.WRITE, other)
    assert table.may("station", Action.WRITE, mine)


def without_a_key(dock: Dock) -> Path:
    """A station as it was founded before there were orders."""
    for name, word in (("station.toml", "command_key"), ("trust.toml", "commands")):
        file = dock.station_folder / name
        lines = file.read_text().splitlines()
        file.write_text("\n".join(one for one in lines if not one.startswith(word)) + "\n")
    key = dock.station_folder / "keys" / "command.key"
    key.unlink()
    return key


def test_a_station_without_the_key_says_what_to_do_and_gets_one(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    key = without_a_key(dock)
    revoked = f'\n[[revoked]]\nunit = "BF-0003"\nfrom = "{SINCE}"\n'
    trust = dock.station_folder / "trust.toml"
    trust.write_text(trust.read_text() + revoked)
    assert station(dock, "order", "--unit", UNIT, *NAMED) == 1
    assert "shilu station order-key" in capsys.readouterr().err
    station(dock, "doctor")
    assert "`shilu station order-key` makes one" in capsys.readouterr().out
    assert station(dock, "order-key") == 0
    pinned = capsys.readouterr().out
    made, config = key.read_bytes(), (dock.station_folder / "station.toml").read_text()
    assert key.stat().st_mode & 0o777 == 0o600
    assert station(dock, "order-key") == 0  # once more changes nothing
    assert capsys.readouterr().out == pinned
    assert (key.read_bytes(), trust.read_text().count("commands")) == (made, 1)
    assert (dock.station_folder / "station.toml").read_text() == config
    (public,) = parse_trust(trust.read_text()).commands
    assert f'command_key = "{public.text()}"' in pinned
    assert parse_trust(trust.read_text()).revoked_from_ms("BF-0003") is not None
    assert station(dock, "order", "--unit", UNIT, *NAMED) == 0
    assert read_settings(dock.station_folder / "station.toml").command_key == key


def test_a_founded_station_has_the_key_and_pins_its_public_half(dock: Dock) -> None:
    key = dock.station_folder / "keys" / "command.key"
    assert key.stat().st_mode & 0o777 == 0o600
    public = read_signing_key(key).public_key().public_bytes_raw()
    (pinned,) = dock.trust.commands
    assert (pinned.name, pinned.public_key) == (f"{AGENCY}.shilu/command", public)
    assert public != dock.trust.policy.station.public_key


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--unit", "BF-0099", *NAMED), "not on the roll"),
        (("--unit", UNIT, "--officers", "王伟", "--by", "王五"), "write 张三=41042101"),
        (("--unit", UNIT, "--check", "--by", " "), "say who orders it"),
        (("--unit", UNIT, "--check", "--by", "王五", "--until", SINCE), "is over"),
        (("--unit", UNIT, "--check", "--by", "王五", "--from", "today"), "is not a time"),
        (("--unit", UNIT, "--officers", "王 伟 =1", "--by", "王五"), "without a space at an end"),
    ],
)
def test_what_no_unit_would_obey_is_not_given(
    dock: Dock, arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert station(dock, "order", *arguments) == 1
    assert sentence in capsys.readouterr().err
    assert (hows(dock), dock.index().changes()) == ([], ())


def test_a_backup_holds_the_orders_and_no_key(dock: Dock, tmp_path: Path) -> None:
    order(dock)
    assert station(dock, "backup", str(tmp_path / "copy")) == 0
    (note,) = (tmp_path / "copy").rglob("*.note")
    assert parse_command(note.read_bytes()).command.number == 1
    assert not list((tmp_path / "copy").rglob("*.key"))


def test_a_note_that_the_disk_spoilt_is_not_sent_and_the_doctor_names_it(
    dock: Dock, capsys: pytest.CaptureFixture[str]
) -> None:
    order(dock)
    order(dock, None)
    note = dock.layout.orders(AGENCY, UNIT) / "000001.note"
    note.write_bytes(b"spoilt")
    dock.dock()
    dock.bring_home()
    assert obeyed(dock) == [2]
    assert station(dock, "doctor") == 1
    assert f"{note} cannot be read" in capsys.readouterr().out


def test_each_unit_has_its_own_numbers(tmp_path: Path) -> None:
    dock = Dock(tmp_path)
    dock.enrol()
    other = Dock(tmp_path, Unit(number="BF-0008", seed=21))
    other.enrol()
    both = ("--unit", UNIT, "--unit", "BF-0008")
    assert station(dock, "order", *both, *NAMED, *SPAN) == 0
    assert station(dock, "order", "--unit", UNIT, *NAMED, *SPAN) == 0
    book = OrderBook(dock.layout, AGENCY)
    assert [one.number for one in book.given(UNIT)] == [1, 2]
    assert [one.number for one in book.given("BF-0008")] == [1]

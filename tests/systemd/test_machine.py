"""The package in a booted Debian: its services under systemd, from a press to a receipt."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from tests.systemd.agency import OFFICERS, UNIT
from tests.systemd.conftest import SPOOL

if TYPE_CHECKING:
    from tests.systemd.conftest import Unit

# The first test waits for a Debian tree to be made, once: a minute or two.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(480)]

ARCHIVE = "/var/lib/shilu-station/data/archive"
REFUSED = {"EACCES", "EPERM", "EROFS", "EFBIG", "EAFNOSUPPORT", "ENETUNREACH"}


def test_a_press_ends_in_a_receipt_and_in_free_space(unit: Unit) -> None:
    unit.until_ready()
    film = f"{unit.record():06d}-0001.mp4.age"
    unit.machine.until("the film at the station", lambda: film in unit.names(ARCHIVE), 40)
    unit.machine.until("a release", lambda: film not in unit.names(f"{SPOOL}/media"), 40)
    assert any(name.endswith(".tlog-proof") for name in unit.names(f"{SPOOL}/receipts"))


def test_a_technician_gets_a_signed_acceptance_report_without_touching_the_unit(unit: Unit) -> None:
    unit.until_ready()
    station = "/var/lib/shilu-station"
    of = ("--station", station, "--unit", UNIT, "--trust", f"{station}/trust.toml")
    said = json.loads(unit.machine.do("shilu", "config", "selftest", "--json", *of))
    assert said["unit"].endswith(f"/{UNIT}")
    assert {"camera", "microphone", "storage", "key"} <= {item[0] for item in said["items"]}


def test_the_notice_is_spoken_with_the_names_of_the_list_and_found_again(unit: Unit) -> None:
    unit.until_ready()
    said = [event["text"] for event in unit.events("said") if event["clip"] == "notice"]
    assert "陵川县自然资源局执法人员王建国、欧阳解" in said[0]
    listed = (unit.given / "seeds" / "flashed.csv").read_text("utf-8")
    row = next(csv.DictReader(listed.splitlines()))
    sought = [json.loads(event["report"]) for event in unit.events("lens says")]
    notices = [report for report in sought if "clip_sha256" in report]
    assert row["notice_sha256"] in {report["clip_sha256"] for report in notices}


def test_a_recording_goes_on_by_itself_when_the_pen_is_killed(unit: Unit) -> None:
    unit.until_ready()
    opened, closed = (len(unit.events(one)) for one in ("opened", "closed"))
    unit.press(0.1)
    first = unit.until_told("opened", opened + 1)["recording"]
    unit.machine.do("kill", "-KILL", str(unit.main_pid("custody")))
    assert unit.until_told("opened", opened + 2)["recording"] == first + 1
    unit.press(2.3)
    unit.until_told("closed", closed + 1)
    resumed = {"event": "open", "cause": "resume", "continues": first, "pre_record_ms": 0}
    assert unit.events("open")[-1] == resumed


_LEAVE_ON = """
mkdir -p /run/systemd/system/shilu-off.service.d
printf '[Unit]\\nSuccessAction=none\\n' >/run/systemd/system/shilu-off.service.d/leave-on.conf
systemctl daemon-reload
"""


def test_a_button_held_eight_seconds_asks_systemd_for_the_end(unit: Unit) -> None:
    """All but the last step, which would take the machine away from the other tests."""
    unit.until_ready()
    unit.machine.do("sh", "-c", _LEAVE_ON)
    unit.press(8.5)
    unit.machine.until("power off", lambda: "Finished shilu-off" in journal(unit), seconds=20)
    unit.until_ready()


def journal(unit: Unit) -> str:
    return unit.machine.do("journalctl", "-u", "shilu-off.service", "-o", "cat", "--no-pager")


@pytest.mark.parametrize("service", ["custody", "capture", "courier", "station"])
def test_whatever_is_killed_comes_back(unit: Unit, service: str) -> None:
    unit.until_ready()
    before = unit.main_pid(service)
    assert before
    unit.machine.do("kill", "-KILL", str(before))
    unit.machine.until(
        f"{service} anew", lambda: unit.main_pid(service) not in {0, before}, seconds=30
    )
    unit.until_ready()
    unit.machine.until("a fault lamp that rests", lambda: unit.fault_lamp() == "none", seconds=30)


def test_a_conductor_that_hangs_is_killed_for_it_and_the_fault_is_shown(unit: Unit) -> None:
    unit.until_ready()
    before = unit.main_pid("capture")
    unit.machine.do("kill", "-STOP", str(before))
    unit.machine.until(
        "another conductor", lambda: unit.main_pid("capture") not in {0, before}, seconds=40
    )
    journal = unit.machine.do("journalctl", "--no-pager", "-o", "cat")
    assert "shilu-capture.service: Watchdog timeout" in journal
    assert "shilu-capture: setup.fault: " in journal
    unit.until_ready()


@pytest.mark.parametrize(
    ("service", "may"),
    [
        ("capture", {"read whether somebody keeps the clock"}),
        ("courier", {"list the spool", "read the film"}),
        (
            "custody",
            {
                "list the spool",
                "read the film",
                "read the key",
                "add to the spool",
                "fill the spool",
                "lay a folder in the spool",
                "lay a socket in the spool",
                "name an attribute of the spool",
                "read whether somebody keeps the clock",
            },
        ),
        # Whoever may unlink in a folder may also add to it: an empty file, that no log names.
        ("release", {"list the spool", "read the film", "add to the spool"}),
    ],
)
def test_a_service_taken_over_may_do_its_work_and_nothing_else(
    unit: Unit, service: str, may: set[str]
) -> None:
    answers = unit.attempt(service)
    assert {name for name, answer in answers.items() if answer == "done"} == may
    assert {answers[name] for name in answers.keys() - may} <= REFUSED, answers


def test_only_the_courier_has_a_network(unit: Unit) -> None:
    answers = {one: unit.attempt(one)["call somebody"] for one in ("capture", "custody", "release")}
    assert set(answers.values()) == {"EAFNOSUPPORT"}, answers
    assert unit.attempt("courier")["call somebody"] == "ENETUNREACH"  # the machine has none itself


def test_what_capture_says_of_places_and_people_is_on_no_card(unit: Unit) -> None:
    unit.until_ready()
    assert unit.events("fix"), "the unit knows where it is"
    names = f"lat_e7|{'|'.join(OFFICERS)}"
    on_card = unit.machine.run("grep", "-raE", names, "/var/log", "/var/lib/shilu")
    assert (on_card.code, on_card.said) == (1, "")


def test_upgrading_the_package_interrupts_nothing(unit: Unit) -> None:
    unit.until_ready()
    before = {one: unit.main_pid(one) for one in ("custody", "capture", "courier", "station")}
    unit.machine.do("dpkg", "--install", "/host/shilu.deb", seconds=120)
    assert {one: unit.main_pid(one) for one in before} == before

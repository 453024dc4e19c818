"""What provisioning writes is what the units, users and folders of systemd/ expect: one truth."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from msgspec import structs

from config import load
from config.provision import places
from config.provision.batch import UnitRow
from config.provision.process_files import courier_text, custody_text, release_text
from config.provision.seeds import Layers, seed
from config.words import ConfigRefused
from recorder.custody.spool import FOLDERS
from recorder.handover.packets import Role
from tests.systemd.test_units import ROOT, UNITS, settings

SAMPLES = ROOT / "tests" / "config" / "samples"
CONFIG = load.load(*(SAMPLES / f"{name}.toml" for name in ("rules", "fleet", "unit")))
WHERE = places.Where(
    places.STATE,
    places.SOCKET,
    places.SETTINGS / "papers",
    places.OUTBOX,
    {role: 900 + number for number, role in enumerate(places.USERS)},
)
CUSTODY = tomllib.loads(custody_text(CONFIG, WHERE))
COURIER = tomllib.loads(courier_text(CONFIG, WHERE))
RELEASE = tomllib.loads(release_text(CONFIG, WHERE, 24))


def started(unit: str) -> list[str]:
    """Give the words of a unit's own program."""
    return settings(f"shilu-{unit}.service")["ExecStart"][0].split()


def after(words: list[str], option: str) -> list[str]:
    """Give what follows an option, up to the next one."""
    rest = words[words.index(option) + 1 :]
    end = next((at for at, word in enumerate(rest) if word.startswith("--")), len(rest))
    return rest[:end]


def folders() -> dict[str, tuple[str, str]]:
    """Give each folder that tmpfiles makes, with its mode and owner."""
    lines = (ROOT / "systemd" / "shilu.tmpfiles").read_text(encoding="utf-8").splitlines()
    made = [line.split() for line in lines if line.startswith("d ")]
    return {words[1]: (words[2], words[3]) for words in made}


@pytest.mark.parametrize("service", ["custody", "courier", "release"])
def test_a_service_is_started_with_the_file_that_provisioning_writes(service: str) -> None:
    assert after(started(service), "--config") == [str(places.SETTINGS / f"{service}.toml")]


def test_the_conductor_reads_the_layers_and_the_prompts_that_the_seed_writes() -> None:
    words = started("capture")
    layers = [Path(after(words, f"--{name}")[0]) for name in ("rules", "fleet", "unit")]
    row = UnitRow(2, "BF-0001", "", "", ())
    user_data = seed(row, Layers("r", "f", "u"), "0" * 64, {})["user-data"].decode()
    written = [line.split()[-1] for line in user_data.splitlines() if "- path: " in line]
    assert {str(layer) for layer in layers} <= set(written)
    assert after(words, "--prompts") == ["/usr/share/shilu/prompts", str(places.PROMPTS)]
    assert after(words, "--custody") == [str(places.SOCKET)]


def test_one_socket() -> None:
    listened = settings("shilu-custody.socket")["ListenSequentialPacket"]
    said = [CUSTODY["socket"], COURIER["custody_socket"], RELEASE["socket"]]
    assert said == listened * 3


def test_every_role_is_the_user_of_its_unit() -> None:
    assert set(CUSTODY["users"]) == set(places.USERS) == {role.value for role in Role}
    units = {"conductor": "capture", "lens": "capture", "courier": "courier", "release": "release"}
    for role, unit in units.items():
        assert settings(f"shilu-{unit}.service")["User"] == [places.USERS[role]]
    assert settings("shilu-custody.service")["User"] == [places.CUSTODY_USER]


def test_the_folders_of_the_evidence_are_made_for_custody_alone_to_write() -> None:
    made = folders()
    for name in FOLDERS:
        assert made[f"{CUSTODY['spool']}/{name}"] == ("2750", places.CUSTODY_USER)
    for name in ("keys", "state"):
        assert made[CUSTODY[name]] == ("0700", places.CUSTODY_USER)
    own = Path(settings("shilu-custody.service")["ReadWritePaths"][0])
    assert all(Path(CUSTODY[name]).is_relative_to(own) for name in ("spool", "keys", "state"))
    assert settings("var-lib-shilu.mount")["Where"] == [str(own)] == [str(places.STATE)]


def test_courier_and_release_may_write_what_their_files_name_and_no_more() -> None:
    courier = settings("shilu-courier.service")
    assert COURIER["outbox"].startswith(f"/var/lib/{courier['StateDirectory'][0]}/")
    assert "ReadWritePaths" not in courier
    assert COURIER["spool"] == RELEASE["spool"] == CUSTODY["spool"]
    assert settings("shilu-release.service")["ReadWritePaths"] == [f"{RELEASE['spool']}/media"]


def test_the_couriers_key_reaches_it_as_a_credential_at_the_place_it_is_told() -> None:
    courier = settings("shilu-courier.service")
    name, source = courier["LoadCredential"][0].split(":")
    assert source == COURIER["broker"]["key"] == str(WHERE.papers / "tls.key")
    bound, target = courier["BindReadOnlyPaths"][0].split(":")
    assert (bound, target) == (f"/run/credentials/shilu-courier.service/{name}", source)


def test_what_waits_for_a_step_waits_for_the_file_that_the_step_writes() -> None:
    first = settings("shilu-first.service")["ConditionPathExists"]
    custody, courier, release = (
        str(places.SETTINGS / f"{name}.toml") for name in ("custody", "courier", "release")
    )
    assert first == [str(places.SETTINGS / "unit.toml"), f"!{custody}"]
    assert settings("shilu-courier.service")["ConditionPathExists"] == [courier]
    assert settings("shilu-courier.path")["PathChanged"] == [courier]
    assert settings("shilu-release.service")["ConditionPathExists"] == [release]
    assert settings("shilu-unenrolled.service")["ConditionPathExists"] == [f"!{courier}", custody]
    assert settings("shilu-papers.service")["ConditionPathExists"] == [custody, f"!{courier}"]
    receipts = settings("shilu-release.path")["PathChanged"]
    assert receipts == [f"{CUSTODY['spool']}/receipts"]


def test_the_alert_looks_where_things_lie() -> None:
    alert = (ROOT / "systemd" / "alert").read_text(encoding="utf-8")
    assert f"settings=${{SHILU_SETTINGS:-{places.SETTINGS}}}" in alert
    assert f"evidence=${{SHILU_EVIDENCE:-{places.STATE}}}" in alert


def test_a_bench_keeps_to_its_own_folder(tmp_path: Path) -> None:
    bench = structs.replace(CONFIG, unit=structs.replace(CONFIG.unit, kind="bench"))
    assert places.where(bench, tmp_path).papers == tmp_path / "papers"


def test_under_systemd_the_evidence_lies_in_one_place_only() -> None:
    elsewhere = structs.replace(CONFIG.unit, state_directory="/srv/elsewhere")
    with pytest.raises(ConfigRefused, match="state_directory must be /var/lib/shilu"):
        places.where(structs.replace(CONFIG, unit=elsewhere), places.SETTINGS)


def test_every_unit_of_the_target_is_there() -> None:
    wanted = " ".join(settings("shilu.target")["Wants"]).split()
    assert {one for one in wanted if not (UNITS / one).is_file()} == set()

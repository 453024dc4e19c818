"""The image recipe, asked by Raspberry Pi's own tool; and the card it lays out, as a unit meets it.

`rpi-image-gen.tar.xz` holds rpi-image-gen's checker, layers and schemas (commit 262d4df, BSD-3;
github.com/raspberrypi/rpi-image-gen). What is not done here is to fill the card with a system.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from config.command import main

if TYPE_CHECKING:
    from collections.abc import Callable

RECIPE = Path(__file__).resolve().parents[2] / "config" / "image"
MODELS = {"zero2w": "rpizero2w", "pi3": "rpi3", "pi4": "rpi4", "pi5": "rpi5"}
CUSTODY_UID = 986
MIB = 1 << 20


@pytest.fixture(scope="session")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raspberry Pi's tool, as far as it checks."""
    home = tmp_path_factory.mktemp("rpi-image-gen")
    with tarfile.open(Path(__file__).parent / "rpi-image-gen.tar.xz") as packed:
        packed.extractall(home, filter="data")
    return home


def ig(tool: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", tool / "bin" / "ig", *words],
        capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip


LAYERS = sorted(RECIPE.glob("layer/*.yaml")) + sorted(RECIPE.glob("image/*/image.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("layer", LAYERS, ids=lambda path: str(path.relative_to(RECIPE)))
def test_the_tool_finds_no_fault_in_a_layer_and_would_name_one(
    tool: Path, layer: Path, tmp_path: Path
) -> None:
    judged = ig(tool, "metadata", "--lint", layer)
    assert (judged.returncode, judged.stdout.strip()) == (0, "OK"), judged.stderr
    wrong = tmp_path / "wrong.yaml"
    text = layer.read_text(encoding="utf-8")
    wrong.write_text(text.replace("X-Env-Layer-Category", "X-Env-Layer-Catgory"), "utf-8")
    assert ig(tool, "metadata", "--lint", wrong).returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_the_tool_resolves_every_layer_of_a_models_image(
    tool: Path, model: str, tmp_path: Path
) -> None:
    """Unknown layers, missing providers, variables of the wrong kind end the pipeline."""
    env, plan, package = (tmp_path / name for name in ("env", "plan", "shilu.deb"))
    package.touch()
    read = ig(tool, "config", RECIPE / "config" / f"{model}.yaml", "--path", RECIPE / "config",
              "-S", RECIPE, "--write-to", env)  # fmt: skip
    assert read.returncode == 0, read.stderr
    chosen = dict(line.split("=", 1) for line in env.read_text().splitlines())
    wanted = [chosen[f"IGconf_{one}"].strip('"') for one in ("device_layer", "image_layer",
              "layer_unit")]  # fmt: skip
    given = {
        "IGconf_shilu_package": package, "IGTOP": tool, "IGROOT": tool, "SRCROOT": RECIPE,
        "LAYER_HOOKS": tool / "layer-hooks", "RPI_TEMPLATES": tool / "templates" / "rpi",
        "DEB_BUILD_ARCH": "amd64", "DEB_BUILD_GNU_TYPE": "x86_64-linux-gnu",
        "DEB_HOST_ARCH": "arm64", "DEB_HOST_GNU_TYPE": "aarch64-linux-gnu",
        "TOOLCHAIN_MODE": "cross",
    }  # fmt: skip
    with env.open("a") as more:
        more.writelines(f'{name}="{value}"\n' for name, value in given.items())
    (tmp_path / "dynamic" / "layer").mkdir(parents=True)
    where = {"DYNlayer": tmp_path / "dynamic" / "layer", "SRClayer": RECIPE / "layer",
             "SRCimage": RECIPE / "image", "IGdevice": tool / "device", "IGimage": tool / "image",
             "IGlayer": tool / "layer"}  # fmt: skip
    resolved = ig(tool, "pipeline", "--env-in", env, "--layers", *wanted, "--path",
                  ":".join(f"{tag}={path}" for tag, path in where.items()),
                  "--env-out", tmp_path / "resolved", "--plan-out", plan)  # fmt: skip
    assert resolved.returncode == 0, resolved.stdout + resolved.stderr
    order = [line.split(":")[0] for line in plan.read_text().splitlines()]
    assert wanted[0] == MODELS[model]
    assert order.index("rpi-boot-firmware") < order.index("image-shilu") < len(order) - 1
    assert order[-1] == "shilu-unit", "it may rely on all others"
    assert "openssh-server" not in order, "nobody logs in"


def test_what_a_layer_installs_and_runs_is_what_mmdebstrap_takes() -> None:
    for layer in LAYERS:
        body = yaml.safe_load(layer.read_text(encoding="utf-8"))["mmdebstrap"]
        assert set(body) == {"packages", "customize-hooks"}
        assert body["packages"] == sorted(set(body["packages"]))
        for hook in body["customize-hooks"]:
            subprocess.run(["/bin/sh", "-n", "-c", hook], check=True)


def test_the_provisioning_map_is_one(tool: Path) -> None:
    schema = json.loads((tool / "layer/rpi/schemas/provisionmap/v1/schema.json").read_text())
    stated = json.loads((RECIPE / "image/unit/provisionmap-clear.json").read_text())
    jsonschema.validate(stated, schema)
    images = [one["image"] for one in stated[1]["partitions"]]
    layout = (RECIPE / "image/unit/genimage.cfg.in").read_text()
    assert [line.split()[1] for line in layout.splitlines() if "partition " in line] == images
    stated[1]["partitions"][2]["expand_to_fit"] = True
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(stated, schema)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory, need: Callable[[str], Path]) -> Path:
    """A unit's card, laid out small, over a system of two files."""
    work = tmp_path_factory.mktemp("card")
    root = work / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "passwd").write_text(
        f"root:x:0:0\nshilu-custody:x:{CUSTODY_UID}:{CUSTODY_UID}\n"
    )
    (root / "boot" / "firmware").mkdir(parents=True)
    (root / "boot" / "firmware" / "config.txt").write_text("[all]\n")
    sizes = {"boot": "16M", "root": "16M", "evidence": "160M"}
    asked = {f"IGconf_image_{part}_part_size": size for part, size in sizes.items()}
    path = {"PATH": f"{need('tune2fs').parent}:{need('mkdosfs').parent}:{os.environ['PATH']}"}
    subprocess.run(
        [RECIPE / "image/unit/pre-image.sh", root, work],
        env={**path, **asked, "IGconf_image_name": "shilu", "IGconf_image_suffix": "img",
             "IGconf_image_assetdir": str(RECIPE / "image/unit")},
        check=True,
    )  # fmt: skip
    subprocess.run(
        [need("genimage"), "--rootpath", root, "--tmppath", work / "tmp", "--inputpath", work,
         "--outputpath", work / "out", "--config", work / "genimage.cfg"],
        env=path, check=True, capture_output=True,
    )  # fmt: skip
    return work / "out" / "shilu.img"


def evidence(image: Path) -> str:
    """Name the third partition as e2fsprogs do."""
    with image.open("rb") as raw:
        table = raw.read(512)
    (first,) = struct.unpack_from("<I", table, 446 + 2 * 16 + 8)
    return f"{image}?offset={first * 512}"


def facts(need: Callable[[str], Path], place: str) -> dict[str, str]:
    """Tell what the superblock of a file system says."""
    said = subprocess.run(
        [need("dumpe2fs"), "-h", place], capture_output=True, text=True, check=True
    )
    pairs = (line.partition(":") for line in said.stdout.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


@pytest.mark.slow
def test_the_card_has_an_evidence_partition_as_custody_wants_it(
    card: Path, need: Callable[[str], Path]
) -> None:
    place = evidence(card)
    found = facts(need, place)
    assert found["Filesystem volume name"] == "shilu", "by its label the mount unit finds it"
    assert found["Block size"] == "4096"
    assert "verity" in found["Filesystem features"]
    assert found["Reserved blocks uid"].startswith(f"{CUSTODY_UID} "), "for the last records"
    assert int(found["Reserved block count"]) == int(found["Block count"]) * 2 // 100
    subprocess.run([need("e2fsck"), "-fn", place], check=True, capture_output=True)


@pytest.mark.slow
def test_the_evidence_partition_grows_over_a_larger_card(
    card: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    """By the tool that cloud-init calls; and what custody alone may use grows with it."""
    larger = tmp_path / "larger.img"
    shutil.copyfile(card, larger)
    os.truncate(larger, card.stat().st_size + 512 * MIB)
    subprocess.run([need("growpart"), larger, "3"], check=True, capture_output=True)
    with larger.open("rb") as raw:
        first, sectors = struct.unpack_from("<II", raw.read(512), 446 + 2 * 16 + 8)
    assert (first + sectors) * 512 > larger.stat().st_size - 2 * MIB
    part = tmp_path / "evidence"
    with larger.open("rb") as raw, part.open("wb") as alone:
        raw.seek(first * 512)
        os.copy_file_range(raw.fileno(), alone.fileno(), 160 * MIB, first * 512)
        alone.truncate(sectors * 512)
    subprocess.run([need("e2fsck"), "-fn", part], check=True, capture_output=True)
    subprocess.run([need("resize2fs"), part], check=True, capture_output=True)
    found = facts(need, str(part))
    assert int(found["Block count"]) * 4096 > 600 * MIB
    assert int(found["Reserved block count"]) >= int(found["Block count"]) * 19 // 1000


@pytest.mark.slow
def test_a_unit_of_a_list_is_flashed_into_such_a_card(
    agency: Path, card: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("mcopy")
    fleet = agency / "fleet"
    lines = (fleet / "units.csv").read_text("utf-8-sig").splitlines()
    (fleet / "units.csv").write_text("\n".join(lines[:3]) + "\n")
    words = ("flash", "--batch", fleet / "units.csv", "--rules", fleet / "rules.toml", "--fleet",
             fleet / "fleet.toml", "--image", card, "--to", tmp_path / "cards")  # fmt: skip
    assert main([str(word) for word in words]) == 0
    for number in (1, 2):
        one = tmp_path / "cards" / f"BF-000{number}.img"
        subprocess.run([need("e2fsck"), "-fn", evidence(one)], check=True, capture_output=True)


def test_cloud_init_looks_for_the_seed_where_flash_puts_it() -> None:
    text = (RECIPE / "rootfs-overlay/etc/cloud/cloud.cfg.d/90-shilu.cfg").read_text()
    settings: dict[str, Any] = yaml.safe_load(text)
    boot = (RECIPE / "image/unit/genimage.cfg.in").read_text().partition("image boot.vfat {")[2]
    (folder,) = re.findall(r'mountpoint = "(.*)"', boot.partition("\n}")[0])
    assert settings["datasource"]["NoCloud"]["seedfrom"] == f"file://{folder}/"
    assert settings["growpart"]["devices"] == ["/dev/disk/by-label/shilu"]

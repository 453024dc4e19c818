from __future__ import annotations

import hashlib
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from config.live import segment_seconds, travels_live
from config.load import (
    MOST_BYTES,
    Source,
    canonical,
    json_schema,
    load,
    load_rules,
    shipped,
    shipped_rules,
)
from config.schema import Fleet, Rules, Unit
from config.words import ConfigRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "samples" / "broken.toml").read_text(encoding="utf-8"))["cases"]
LAYERS = ("rules", "fleet", "unit")
GOOD = {layer: (HERE / "samples" / f"{layer}.toml").read_text("utf-8") for layer in LAYERS}


def edited(samples: dict[str, Source], layer: str, old: str, new: str) -> dict[str, Source]:
    text = samples[layer].data.decode()
    assert old in text
    source = replace(samples[layer], data=text.replace(old, new, 1).encode())
    return {**samples, layer: source}


def said(refused: ConfigRefused) -> list[str]:
    return [sentence for one in refused.problems for sentence in (one.zh, one.en)]


def test_the_samples_are_accepted(samples: dict[str, Source]) -> None:
    found = load(**samples)
    assert found.unit.number == "NS-0007"
    assert found.unit.record.segment_seconds == 60
    assert [one.name for one in found.unit.officers] == ["张三", "李四"]
    assert found.fleet.station.port == 8883
    assert found.rules.hand_in.hours == 24


def test_a_unit_file_of_three_lines_gets_every_default(samples: dict[str, Source]) -> None:
    short = Source("unit.toml", b'format = 1\nnumber = "NS-0008"\nkind = "bench"\n')
    unit = load(samples["rules"], samples["fleet"], short).unit
    assert (unit.record.segment_seconds, unit.record.live_segment_seconds) == (60, 10)
    assert (unit.picture.width, unit.picture.height, unit.picture.rate_hz) == (1920, 1080, 30)
    assert (unit.record.pre_record_seconds, unit.officers) == (0, ())
    assert (unit.devices.ir_cut_pin, unit.devices.ir_light_pin) == (-1, -1)


def test_any_number_of_pins_may_be_said_to_be_missing(samples: dict[str, Source]) -> None:
    none = "lamp_pin = 22\nir_cut_pin = -1\nir_light_pin = -1"
    unit = load(**edited(samples, "unit", "lamp_pin = 22", none)).unit
    assert (unit.devices.ir_cut_pin, unit.devices.ir_light_pin) == (-1, -1)


@pytest.mark.parametrize("name", shipped_rules())
def test_each_shipped_regulation_goes_with_the_sample_fleet_and_unit(
    samples: dict[str, Source], name: str
) -> None:
    rules = shipped(name)
    agency = load_rules(rules).regulation.agency
    fleet = edited(samples, "fleet", "南山县水务局", agency)["fleet"]
    assert load(rules, fleet, samples["unit"]).rules.regulation.id == name


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['layer']}: {case['new'][:30]}")
def test_a_broken_configuration_is_answered_in_exactly_these_words(
    samples: dict[str, Source], case: dict[str, Any]
) -> None:
    with pytest.raises(ConfigRefused) as refused:
        load(**edited(samples, case["layer"], case["old"], case["new"]))
    assert said(refused.value) == case["said"]
    assert not refused.value.unreadable


def test_every_error_of_all_three_files_is_said_at_once_in_order(
    samples: dict[str, Source],
) -> None:
    broken = edited(samples, "unit", "segment_seconds = 60\n", "segment_seconds = 0\n")
    broken = edited(broken, "unit", 'number = "NS-0007"', "nummer = 7")
    broken = edited(broken, "fleet", "port = 8883", "port = ")
    broken = edited(broken, "rules", 'article = "第八条"', 'article = "第十三条"')
    broken = edited(broken, "rules", "wearers = 1", "wearers = 3")
    broken = edited(broken, "unit", "pre_record_seconds = 0", "pre_record_seconds = 9")
    broken = edited(broken, "unit", "off_hold_ms = 8000", "off_hold_ms = 0")
    with pytest.raises(ConfigRefused) as refused:
        load(**broken)
    assert [(one.file, one.line, one.key) for one in refused.value.problems] == [
        ("rules.toml", 17, "crew.wearers"),
        ("rules.toml", 69, "hand_in.article"),
        ("fleet.toml", 11, ""),
        ("unit.toml", 1, "number"),
        ("unit.toml", 2, "nummer"),
        ("unit.toml", 13, "record.segment_seconds"),
        ("unit.toml", 15, "record.pre_record_seconds"),
        ("unit.toml", 24, "gestures.off_hold_ms"),
    ]
    assert str(refused.value).splitlines() == said(refused.value)


def test_an_empty_file_is_told_everything_it_lacks(samples: dict[str, Source]) -> None:
    with pytest.raises(ConfigRefused) as refused:
        load(samples["rules"], samples["fleet"], Source("unit.toml", b""))
    assert [one.zh for one in refused.value.problems] == [
        "unit.toml 第 1 行 format：缺少这一项。加上 format = 1。",
        'unit.toml 第 1 行 number：缺少这一项。加上 number = "BF-0007"。',
        'unit.toml 第 1 行 kind：缺少这一项。加上 kind = "bench" | "device"。',
    ]


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (
            b'number = "\xb1\xa6"\n',
            "unit.toml 第 1 行：不是 UTF-8 编码。在编辑器里另存为 UTF-8。",
            "unit.toml line 1: is not UTF-8. Save it as UTF-8 in the editor.",
        ),
        (
            b"#" * (MOST_BYTES + 1),
            "unit.toml：大于 1 MiB，不像配置文件。检查是否给错了文件。",
            "unit.toml: is over 1 MiB and no configuration. Check that this is the right file.",
        ),
        (
            b"a = " + b"[" * 100_000,
            "unit.toml：嵌套太深。检查是否给错了文件。",
            "unit.toml: is nested too deeply. Check that this is the right file.",
        ),
    ],
    ids=["not utf-8", "too large", "too deep"],
)
def test_what_is_no_configuration_at_all_is_unreadable(
    samples: dict[str, Source], data: bytes, zh: str, en: str
) -> None:
    with pytest.raises(ConfigRefused) as refused:
        load(samples["rules"], samples["fleet"], Source("unit.toml", data))
    assert said(refused.value) == [zh, en]
    assert refused.value.unreadable


def test_a_file_that_is_not_there_and_a_directory_are_said_in_one_sentence_each(
    samples: dict[str, Source], tmp_path: Path
) -> None:
    (tmp_path / "fleet.toml").mkdir()
    (tmp_path / "rules.toml").write_bytes(samples["rules"].data)
    with pytest.raises(ConfigRefused) as refused:
        load(
            tmp_path / "rules.toml" / "rules.toml",
            tmp_path / "fleet.toml",
            tmp_path / "unit.toml",
        )
    assert said(refused.value) == [
        "rules.toml：读不出来（Not a directory）。检查存储卡。",
        "rules.toml: cannot be read (Not a directory). Check the card.",
        "fleet.toml：是目录，不是文件。写出目录里的文件名。",
        "fleet.toml: is a directory, not a file. Name the file inside it.",
        "unit.toml：没有这个文件。检查路径和文件名。",
        "unit.toml: there is no such file. Check its path and name.",
    ]
    assert refused.value.unreadable


def test_files_are_read_from_disk_as_they_lie(samples: dict[str, Source], tmp_path: Path) -> None:
    for layer in LAYERS:
        (tmp_path / f"{layer}.toml").write_bytes(samples[layer].data)
    found = load(*(tmp_path / f"{layer}.toml" for layer in LAYERS))
    assert found == load(**samples)


def test_an_editor_on_windows_changes_neither_values_nor_lines(
    samples: dict[str, Source],
) -> None:
    def windows(source: Source) -> Source:
        return replace(source, data=b"\xef\xbb\xbf" + source.data.replace(b"\n", b"\r\n"))

    assert load(**{layer: windows(one) for layer, one in samples.items()}) == load(**samples)
    broken = edited(samples, "unit", "segment_seconds = 60\n", "segment_seconds = 0\n")
    with pytest.raises(ConfigRefused) as refused:
        load(samples["rules"], samples["fleet"], windows(broken["unit"]))
    assert [one.line for one in refused.value.problems] == [13]


def test_the_digest_is_of_what_is_in_force_not_of_how_it_is_written(
    samples: dict[str, Source],
) -> None:
    first = load(**samples)
    comment = edited(samples, "unit", "[picture]", "# 换过镜头\n[picture]")
    spelled = edited(comment, "unit", "width = 1920\nheight = 1080", "height = 1080\nwidth = 0x780")
    default = edited(spelled, "unit", "rate_hz = 30\n", "")
    assert load(**default).digest == first.digest
    changed = load(**edited(samples, "unit", "rate_hz = 30", "rate_hz = 25"))
    assert changed.digest != first.digest
    assert changed.rules_digest == first.rules_digest
    other = load(**edited(samples, "rules", "years = 2", "years = 3"))
    assert other.digest != first.digest
    assert other.rules_digest != first.rules_digest


def test_the_digest_agrees_with_an_independent_canonical_json(samples: dict[str, Source]) -> None:
    found = load(**samples)
    whole = {"rules": found.rules, "fleet": found.fleet, "unit": found.unit}
    independent = rfc8785.dumps(msgspec.to_builtins(whole))
    assert found.digest == hashlib.sha256(independent).hexdigest()
    assert found.rules_digest == hashlib.sha256(canonical(found.rules)).hexdigest()


def test_an_unknown_regulation_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigRefused) as refused:
        shipped("baofeng")
    assert said(refused.value) == [
        "baofeng：没有这个规则文件。现有 baofeng-minzheng。",
        "baofeng: there is no such rule file. There is baofeng-minzheng.",
    ]


def test_a_regulation_on_its_own_is_checked_as_strictly(samples: dict[str, Source]) -> None:
    broken = edited(samples, "rules", "years = 2", "years = 0")["rules"]
    with pytest.raises(ConfigRefused) as refused:
        load_rules(broken)
    assert [one.key for one in refused.value.problems] == ["retention[1].years"]


def test_editors_get_a_schema_of_each_layer() -> None:
    for layer, key in ((Rules, "hand_in"), (Fleet, "station"), (Unit, "record")):
        schema = json_schema(layer)
        assert key in schema["$defs"][layer.__name__]["properties"]
        assert [name for name, one in schema["$defs"].items() if one["additionalProperties"]] == []


def paths(value: object, path: tuple[str | int, ...] = ()) -> Iterable[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else pairs:
        yield (*path, key)
        yield from paths(one, (*path, key))


def as_toml(value: object) -> str:
    """Write a document as one inline table after another."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {as_toml(one)}' for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(one) for one in value) + "]"
    return msgspec.json.encode(value).decode()


@settings(deadline=None)  # a busy machine proves nothing
@given(
    layer=st.sampled_from(LAYERS),
    where=st.integers(0, 10_000),
    put=st.sampled_from(
        [None, 0, -1, 10**30, 1.5, True, "", "x", "default", [], [1], {}, {"a": 1}]
    ),
)
def test_whatever_stands_at_a_key_the_answer_is_a_configuration_or_a_refusal(
    layer: str, where: int, put: object
) -> None:
    document = tomllib.loads(GOOD[layer])
    every = list(paths(document))
    *before, last = every[where % len(every)]
    node: Any = document
    for key in before:
        node = node[key]
    if put is None:
        del node[last]
    else:
        node[last] = put
    text = "".join(f"{key} = {as_toml(one)}\n" for key, one in document.items())
    sources = {one: Source(f"{one}.toml", GOOD[one].encode()) for one in LAYERS}
    sources[layer] = Source(f"{layer}.toml", text.encode())
    try:
        load(**sources)
    except ConfigRefused as refused:
        assert refused.problems  # noqa: PT017 - either outcome is right, any other error is not


def test_live_takes_the_regulation_and_the_unit_and_no_secrecy(samples: dict[str, Source]) -> None:
    asks = edited(samples, "unit", "[record]", "[record]\nlive = true")
    allows = edited(asks, "rules", '[live]\nmode = "off"', '[live]\nmode = "on_request"')
    asked = load(**allows)
    assert (travels_live(asked), segment_seconds(asked)) == (True, 10)
    not_asked = load(**edited(allows, "unit", "live = true", "live = false"))
    assert (travels_live(not_asked), segment_seconds(not_asked)) == (False, 60)
    secret = '[secrecy]\nlabels = ["国家秘密"]\nsource = "default"\nreason = "没有规定"\n\n[live]'
    with pytest.raises(ConfigRefused, match="let nothing travel live"):
        load(**edited(allows, "rules", "[live]", secret))

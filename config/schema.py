"""The three layers of a configuration and what they are together; frozen, and light to import.

`rules` is an agency's regulation, `fleet` what all units of an agency share, `unit` one unit.
No layer holds a secret: keys come through systemd credentials.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from config import regulation as r
from config.fields import (
    AbsolutePath,
    AgeRecipient,
    CommandKey,
    FontPath,
    FreePin,
    Host,
    LogKey,
    OfficerNumber,
    Pin,
    Port,
    Slug,
    Text,
    UnitNumber,
    WitnessKey,
)


class Rules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One regulation. What is absent here, the regulation does not say."""

    format: Literal[1]
    regulation: r.Regulation
    in_force: r.InForce | None = None
    purpose: r.Rule | None = None
    interpretation: r.Rule | None = None
    device_kinds: r.DeviceKinds | None = None
    coverage: r.Coverage | None = None
    custodian: r.Rule | None = None
    wearing: r.Rule | None = None
    own_use_only: r.Rule | None = None
    self_check: r.SelfCheck
    crew: r.Crew
    notice: r.Notice
    span: r.Span
    continuity: r.Continuity
    no_editing: r.Rule
    stop_reasons: tuple[r.Ground, ...] = ()
    not_recorded_reasons: tuple[r.Ground, ...] = ()
    interruption_causes: tuple[r.Cause, ...] = ()
    resume: r.Resume
    reports: tuple[r.Report, ...] = ()
    scenes: tuple[r.Scene, ...] = ()
    focus: tuple[r.Ground, ...] = ()
    hand_in: r.HandIn
    clearing: r.Clearing
    store: r.Rule | None = None
    retention: Annotated[tuple[r.Retention, ...], Meta(min_length=1)]
    disc: r.Disc | None = None
    extraction: r.Extraction | None = None
    archive: r.Archive | None = None
    access: r.Access
    registers: tuple[r.Register, ...] = ()
    paper_times: r.Rule | None = None
    spot_checks: r.SpotChecks | None = None
    damage: r.Damage | None = None
    secrecy: r.Secrecy | None = None
    offences: tuple[r.Ground, ...] = ()
    sanctions: tuple[r.Ground, ...] = ()
    pre_record: r.PreRecord
    live: r.Live


class Agency(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who enforces. `name` is what the notice says aloud."""

    id: Slug
    name: Text
    name_en: str = ""


class Station(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where footage goes, and the keys by which a unit knows the place."""

    host: Host
    port: Port = 8883
    log_key: LogKey
    age_recipient: AgeRecipient
    command_key: CommandKey = ""


class Recovery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agency's second key to all footage; its private half lies in a safe."""

    age_recipient: AgeRecipient


class Witnesses(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who cosigns the station's log, and how many of them a receipt needs."""

    quorum: Annotated[int, Meta(ge=1, le=32, examples=[2])]
    keys: Annotated[tuple[WitnessKey, ...], Meta(min_length=1)]


class Fleet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all units of an agency share."""

    format: Literal[1]
    agency: Agency
    station: Station
    recovery: Recovery
    witnesses: Witnesses


class Officer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One officer, as bound to recordings and spoken in the notice."""

    name: Text
    number: OfficerNumber


class Picture(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the camera films: pixels, pictures and bits per second."""

    width: Annotated[int, Meta(ge=320, le=1920, multiple_of=2, examples=[1920])] = 1920
    height: Annotated[int, Meta(ge=240, le=1080, multiple_of=2, examples=[1080])] = 1080
    rate_hz: Annotated[int, Meta(ge=5, le=60, examples=[30])] = 30
    bits_per_second: Annotated[int, Meta(ge=500_000, le=25_000_000, examples=[8_000_000])] = (
        8_000_000
    )


class PictureText(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the text in the picture is drawn with."""

    font: FontPath = ""


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a recording is divided into segments, and what is kept from before the press."""

    segment_seconds: Annotated[int, Meta(ge=5, le=600, examples=[60])] = 60
    live: bool = False
    live_segment_seconds: Annotated[int, Meta(ge=2, le=60, examples=[10])] = 10
    pre_record_seconds: Annotated[int, Meta(ge=0, le=30, examples=[0])] = 0


class Devices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the sensors are: device nodes and names, or on a bench unit the tapes that are played.

    Empty: the first one that is found.
    """

    camera: str = ""
    microphone: str = ""
    speaker: str = ""
    gps: str = ""
    record_button_pin: Pin = 17
    mark_button_pin: Pin = 27
    lamp_pin: Pin = 22
    buzzer_pin: Pin = 23
    vibration_pin: Pin = 24
    ir_cut_pin: FreePin = -1
    ir_cut_high: Literal["day", "night"] = "day"
    ir_light_pin: FreePin = -1


class Night(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the infrared filter goes away and the infrared light comes on, and when back.

    The unit's own infrared light makes its camera see brighter: `bright_lux` must lie above that.
    """

    dark_lux: Annotated[int, Meta(ge=0, le=1_000, examples=[5])] = 5
    dark_seconds: Annotated[int, Meta(ge=1, le=60, examples=[3])] = 3
    bright_lux: Annotated[int, Meta(ge=1, le=10_000, examples=[40])] = 40
    bright_seconds: Annotated[int, Meta(ge=1, le=300, examples=[10])] = 10


class Gestures(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a press is what; how long the mark after a resume lasts."""

    stop_hold_ms: Annotated[int, Meta(ge=500, le=10_000, examples=[2000])] = 2000
    off_hold_ms: Annotated[int, Meta(ge=3000, le=30_000, examples=[8000])] = 8000
    double_press_ms: Annotated[int, Meta(ge=150, le=1000, examples=[400])] = 400
    resume_mark_seconds: Annotated[int, Meta(ge=5, le=300, examples=[60])] = 60


class Reminder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often a recording unit says that it records: beeps, or besides a spoken sentence."""

    minutes: Literal[0, 1, 2, 5] = 2
    spoken: bool = False


class Unit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One unit."""

    format: Literal[1]
    number: UnitNumber
    kind: Literal["device", "bench"]
    state_directory: AbsolutePath = "/var/lib/shilu"
    officers: tuple[Officer, ...] = ()
    picture: Picture = Picture()
    picture_text: PictureText = PictureText()
    record: Record = Record()
    devices: Devices = Devices()
    night: Night = Night()
    gestures: Gestures = Gestures()
    reminder: Reminder = Reminder()


class Effective(Struct, frozen=True, kw_only=True):
    """All three layers together.

    `digest` and `rules_digest` are SHA-256 in hexadecimal over the canonical JSON (RFC 8785) of
    the whole and of the rules with every default filled in: comments and order do not count.
    """

    rules: Rules
    fleet: Fleet
    unit: Unit
    digest: str
    rules_digest: str

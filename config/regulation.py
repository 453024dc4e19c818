"""An agency's regulation as data: every rule with the words of the article it comes from.

A rule either cites (`article` and the verbatim `text`), or says `source = "default"` and why.
Nothing else is accepted, so that no screen can show a rule that nobody made.
"""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta, Struct

from config.fields import Article, Slug, Text

Hours = Annotated[int, Meta(ge=1, le=720, examples=[24])]
Years = Annotated[int, Meta(ge=1, le=100, examples=[2])]
Names = Annotated[tuple[Text, ...], Meta(min_length=1)]


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all rules share: the article and its words, or the reason of a default."""

    source: Literal["article", "default"] = "article"
    article: Article = ""
    text: str = ""
    reason: str = ""


class Regulation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which regulation this is, and how many articles and list items its original has."""

    id: Slug
    title: Text
    agency: Text
    number: str = ""
    articles: Annotated[int, Meta(ge=1, le=200, examples=[20])]
    list_items: Annotated[int, Meta(ge=0, le=200, examples=[0])] = 0
    utc_offset_minutes: Annotated[int, Meta(ge=-720, le=840, examples=[480])] = 480


class InForce(Rule, frozen=True, kw_only=True):
    """Since when it holds; no date where the original names none."""

    since: dt.date | None = None


class DeviceKinds(Rule, frozen=True, kw_only=True):
    """The recording devices that the regulation means."""

    kinds: Names


class Coverage(Rule, frozen=True, kw_only=True):
    """One unit for at most so many licensed officers."""

    officers_per_unit: Annotated[int, Meta(ge=1, le=20, examples=[2])]


class SelfCheck(Rule, frozen=True, kw_only=True):
    """What must be checked before going out."""

    checks: Annotated[
        tuple[Literal["faults", "battery", "storage", "clock"], ...], Meta(min_length=1)
    ]


class Crew(Rule, frozen=True, kw_only=True):
    """How many officers act together, and how many of them wear a unit."""

    officers: Annotated[int, Meta(ge=1, le=20, examples=[2])]
    wearers: Annotated[int, Meta(ge=1, le=20, examples=[1])]


class Occasion(Rule, frozen=True, kw_only=True):
    """Before what the party is told: all enforcement, or questioning only."""

    before: Literal["enforcement", "questioning"]


class Wording(Rule, frozen=True, kw_only=True):
    """The sentence to speak; `{agency}` and `{officers}` are filled in."""

    say: Text


class InsideRecording(Rule, frozen=True, kw_only=True):
    """Whether the notice itself must be part of the recording."""

    required: bool


class Notice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """告知: when, in which words, and whether it is recorded."""

    occasion: Occasion
    wording: Wording
    inside_recording: InsideRecording


class Span(Rule, frozen=True, kw_only=True):
    """From when to when is recorded."""

    begins: Literal["arrival", "scene"]
    ends: Literal["activity_end", "scene_end"]


class Continuity(Rule, frozen=True, kw_only=True):
    """When a recording may be interrupted."""

    interruption: Literal["other_place_or_time", "stop_reasons", "objective_causes", "never"]


class Ground(Rule, frozen=True, kw_only=True):
    """One item of an enumeration; `text` is what a screen shows."""

    id: Slug


class Cause(Ground, frozen=True, kw_only=True):
    """A cause of interruption; `measured` names the one the unit can fill in by itself."""

    measured: Literal["", "device", "battery", "storage"] = ""


class Resume(Rule, frozen=True, kw_only=True):
    """What the officer must say aloud when recording resumes."""

    explain: Annotated[tuple[Literal["cause", "reason_to_continue"], ...], Meta(min_length=1)]


class Report(Rule, frozen=True, kw_only=True):
    """A report that somebody owes: on what, to whom, until when, stating what."""

    id: Slug
    on: Literal["interrupted", "not_recorded", "cannot_continue"]
    to: Text
    due: Literal["immediately", "after_activity"]
    form: Literal["spoken_or_written", "work_record", "written_statement"]
    states: tuple[Literal["cause", "basis", "circumstances"], ...] = ()
    reviewed: bool = False
    filed: bool = False


class Scene(Ground, frozen=True, kw_only=True):
    """An occasion that must be recorded, and what the picture must show.

    Empty fields: the regulation does not say.
    """

    name: Text
    category: str = ""
    carriers: tuple[Text, ...] = ()
    place: str = ""
    must_show: tuple[Text, ...] = ()
    department: str = ""
    recorder: str = ""


class Away(Ground, frozen=True, kw_only=True):
    """A circumstance that moves the hand-in to so many hours after return to the unit."""

    hours_after_return: Hours


class HandIn(Rule, frozen=True, kw_only=True):
    """Until when footage is handed in: `hours` after the end, or before the day is over."""

    within: Literal["hours_after_end", "same_day"]
    hours: Hours | None = None
    exceptions: tuple[Away, ...] = ()


class Clearing(Rule, frozen=True, kw_only=True):
    """When the unit frees receipted footage; footage without a receipt is never freed."""

    when: Literal["at_once", "when_space_is_needed"]


class Retention(Rule, frozen=True, kw_only=True):
    """How long a class of footage is kept.

    `years` belongs to keep = "years". "never_purge" stands for a regulation that states no term.
    The class "general" holds for everything.
    """

    id: Slug
    name: Text
    keep: Literal["years", "case_file", "long_term", "permanent", "never_purge"]
    years: Years | None = None


class Disc(Rule, frozen=True, kw_only=True):
    """Discs made for the file: how many copies, and what the label says."""

    copies: Annotated[int, Meta(ge=1, le=10, examples=[2])]
    label: tuple[Text, ...] = ()


class Extraction(Rule, frozen=True, kw_only=True):
    """What accompanies footage that leaves the store as evidence (制作说明)."""

    note: tuple[Text, ...] = ()
    into_case_file: bool


class Archive(Rule, frozen=True, kw_only=True):
    """How the archive is ordered."""

    group_by: Literal["class", "party"]


class Approval(Rule, frozen=True, kw_only=True):
    """Who must consent, one after the other, and what is kept of it."""

    approvers: Names
    registered: bool
    copy_only: bool = False
    letter_kept: bool = False
    asked_by: tuple[Text, ...] = ()


class Access(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Retrieval by own staff, and by anybody else."""

    inside: Approval
    outside: Approval


class Register(Rule, frozen=True, kw_only=True):
    """A book that is kept, and its columns."""

    id: Slug
    name: Text
    fields: Names


class SpotChecks(Rule, frozen=True, kw_only=True):
    """Who draws samples; `every_days` only where the regulation names a number."""

    by: Text
    every_days: Annotated[int, Meta(ge=1, le=366, examples=[30])] | None = None


class Damage(Rule, frozen=True, kw_only=True):
    """How soon damage is reported for repair."""

    report_within_hours: Hours


class Secrecy(Rule, frozen=True, kw_only=True):
    """Labels that bring footage under the secrecy rules and keep it off the air."""

    labels: Names


class PreRecord(Rule, frozen=True, kw_only=True):
    """预录: what is kept from before the press."""

    mode: Literal["off", "video", "video_and_sound"]


class Live(Rule, frozen=True, kw_only=True):
    """Whether a supervisor may ask for segments while recording goes on."""

    mode: Literal["off", "on_request"]

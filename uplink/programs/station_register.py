"""What the log tells people: `not-recorded` enters a declaration, `register` lists every entry."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from config.load import load_rules, rules_digest, shipped
from config.regulation import Ground, Report
from config.schema import Rules
from config.words import ConfigRefused
from recorder.evidence.moment import utc_text
from recorder.evidence.words import parse_origin, station_origin, unit_origin
from uplink.programs.events_out import complain
from uplink.programs.heads import read_collected
from uplink.programs.wiring import registrar_for, roll_for, system_unix_ms
from uplink.station import events
from uplink.station.care.standing import Standing
from uplink.station.log.changes import parse_change
from uplink.station.log.declaration import Declaration, parse_declaration
from uplink.station.settings import StationSettings, read_settings
from uplink.station.store.layout import Layout
from uplink.wire.table import BadConfig

COMMANDS = ("not-recorded", "register", "heads")


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the station's."""
    declare = commands.add_parser(
        "not-recorded", help="declare why there is no recording; without --reason: which may be"
    )
    declare.add_argument("--reason", default="", help="an id of the rule file")
    declare.add_argument("--unit", default="", help="whose recording is missing")
    declare.add_argument("--officer", action="append", default=[], help="again for the second one")
    declare.add_argument("--from", dest="since", default="", help="2026-11-21T08:00:00.000Z")
    declare.add_argument("--until", default="", help="2026-11-21T08:40:00.000Z")
    declare.add_argument("--basis", default="", help="what happened; stands in the log")
    declare.add_argument("--by", default="", help="who declares it; stands in the log")
    register = commands.add_parser("register", help="every entry of the log that is no receipt")
    register.add_argument("--unit", default="", help="of this one alone")
    heads = commands.add_parser("heads", help="are heads that a unit holds of this log?")
    heads.add_argument("folder", type=Path, help="as `shilu heads collect` wrote it")


def run(asked: argparse.Namespace) -> int:
    """Run one of them; return the exit code."""
    settings = read_settings(asked.config)
    if asked.command == "register":
        for line in _register(settings, asked.unit):
            print(line)
        return 0
    if asked.command == "heads":
        return _heads(settings, asked.folder)
    rules = rules_of(settings, asked.config)
    if not asked.reason:
        for one in rules.not_recorded_reasons:
            print(f"{one.id}  {one.article}  {one.text}")
        return 0 if rules.not_recorded_reasons else complain(_none(rules))
    return _declare(settings, rules, asked)


def check_shipped(rules: str) -> str:
    """Return the name of a shipped rule file, or an empty one. Raise BadConfig with those known."""
    try:
        if rules:
            shipped(rules)
    except ConfigRefused as refusal:
        raise BadConfig(str(refusal)) from refusal
    return rules


def _declare(settings: StationSettings, rules: Rules, asked: argparse.Namespace) -> int:
    """1 the entry is in the log, cosigned · 2 status knows it."""
    grounds = {one.id: one for one in rules.not_recorded_reasons}
    if asked.reason not in grounds:
        return complain(_unknown(asked.reason, rules))
    officers = tuple(one.strip() for one in asked.officer if one.strip())
    missing = _missing(asked, officers)
    if missing:
        return complain(missing)
    if asked.unit and asked.unit not in roll_for(settings).units(settings.agency):
        return complain(f"{asked.unit} is not on the roll of this station; check its number")
    ground = grounds[asked.reason]
    declared = Declaration(
        unit_origin(settings.agency, asked.unit) if asked.unit else "",
        officers,
        asked.since,
        asked.until,
        rules_digest(rules),
        *(ground.id, ground.article, ground.text),
        asked.basis.strip(),
        asked.by.strip(),
        station_origin(settings.agency),
        _utc(),
    )
    declared.check_span()
    number = registrar_for(settings).enter(declared)  # 1
    standing = Standing(Layout(settings.data).standing, _utc)
    standing.take(events.DeclaredNotRecorded(asked.unit, declared.sentence()))  # 2
    standing.close()
    print(f"entry {number}: {declared.sentence()}")
    for report in rules.reports:
        if report.on == "not_recorded":
            print(_owed(report))
    return 0


def _missing(asked: argparse.Namespace, officers: tuple[str, ...]) -> str:
    if not officers and not asked.unit:
        return "say whose recording is missing: --officer or --unit, or both"
    if not asked.since or not asked.until:
        return "say from when until when: --from and --until, as 2026-11-21T08:00:00.000Z"
    if not asked.basis.strip():
        return "say what happened: --basis"
    return "" if asked.by.strip() else "say who declares it: --by"


def _owed(report: Report) -> str:
    due = "at once" if report.due == "immediately" else "after the activity"
    return f"report it to {report.to} {due} ({report.form.replace('_', ' ')}), {report.article}"


def _unknown(reason: str, rules: Rules) -> str:
    if not rules.not_recorded_reasons:
        return _none(rules)

    def said(one: Ground) -> str:
        return f"{one.id} ({one.article} {one.text})"

    allowed = "; ".join(map(said, rules.not_recorded_reasons))
    return f"{reason} is no reason of these rules; they know {allowed}"


def _none(rules: Rules) -> str:
    named = rules.regulation.title
    return f"{named} names no reason not to record; what it covers is recorded, always"


def rules_of(settings: StationSettings, config: Path) -> Rules:
    """Return the agency's regulation, as station.toml names it. Raise BadConfig."""
    named = settings.rules
    if not named:
        raise BadConfig(
            f'{config} names no regulation; write rules = "…" into it, the name of a shipped rule '
            "file or the path of the agency's own"
        )
    try:
        return load_rules(config.parent / named if named.endswith(".toml") else shipped(named))
    except ConfigRefused as refusal:
        raise BadConfig(str(refusal)) from refusal


def _register(settings: StationSettings, unit: str) -> Iterator[str]:
    registrar = registrar_for(settings)
    registrar.catch_up()
    for number, line in registrar.index.changes():
        change, declared = parse_change(line), parse_declaration(line)
        if declared is not None and unit in {"", declared.unit}:
            named = declared.unit or "-"
            yield f"{number}  {declared.utc}  not-recorded  {named}  {declared.sentence()}"
        if change is not None and unit in {"", parse_origin(change.log)[1]}:
            recordings = ", ".join(map(str, change.recordings))
            yield (
                f"{number}  {change.utc}  {change.what.value}  {parse_origin(change.log)[1]}  "
                f"{f'recordings {recordings}, ' if recordings else ''}by {change.by or '-'}: "
                f"{change.reason or '-'}"
            )


def _heads(settings: StationSettings, folder: Path) -> int:
    """Say of each head whether this log had it: the one thing that no other log can imitate."""
    registrar = registrar_for(settings)
    registrar.catch_up()
    log, foreign = registrar.log, 0
    collected = read_collected(folder, registrar.policy)
    for one in collected.heads:
        size = one.head.size
        of_ours = size <= log.size and log.root(size) == one.head.root
        foreign += not of_ours
        print(f"{'ours   ' if of_ours else 'FOREIGN'}  {size} entries  {one.where}")
    for stranger in collected.strangers:
        print(f"unsigned  {stranger}")
    if foreign:
        return complain(
            f"{foreign} heads carry the signature of this log's key and are not of this log: "
            "either a part of it was replaced, or somebody else signs with its key; keep the "
            "folder and this log as they are, and tell who oversees the station"
        )
    return 0


def _utc() -> str:
    return utc_text(system_unix_ms())

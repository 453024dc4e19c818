"""What becomes of footage later: `hold`, `unhold` and `dispose`, each an entry of the log."""

import argparse
import time

from recorder.evidence.moment import utc_text
from recorder.evidence.words import station_origin, unit_origin
from uplink.programs.events_out import complain
from uplink.programs.wiring import registrar_for
from uplink.station import events
from uplink.station.care.disposal import Keeper, footage
from uplink.station.care.standing import Standing
from uplink.station.log.changes import Change, What
from uplink.station.log.index import Index
from uplink.station.settings import read_settings
from uplink.station.steps import no_step
from uplink.station.store.layout import Layout

_WHAT = {"hold": What.HOLD, "unhold": What.UNHOLD, "dispose": What.DISPOSAL}
COMMANDS = tuple(_WHAT)


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands to the station's."""
    says = {
        "hold": "let nobody dispose of recordings, until the hold is ended",
        "unhold": "end a hold",
        "dispose": "remove recordings, after the log says so; nothing else ever does",
    }
    for name, help_text in says.items():
        one = commands.add_parser(name, help=help_text)
        one.add_argument("unit")
        one.add_argument("--recording", type=int, action="append", required=True)
        one.add_argument("--by", required=True, help="who decided it; stands in the log")
        one.add_argument("--reason", required=True, help="why; stands in the log")
        if name == "dispose":
            one.add_argument("--confirmed-by", required=True, help="the second person")
            one.add_argument("--article", required=True, help="of the regulation: 第十五条")


def run(asked: argparse.Namespace) -> int:
    """Run one of them; return the exit code."""
    settings = read_settings(asked.config)
    by, reason = asked.by.strip(), asked.reason.strip()
    if asked.command == "dispose":
        second = asked.confirmed_by.strip()
        if not by or not second or by == second:
            return complain("--confirmed-by must name a second person")
        by, reason = f"{by}, {second}", f"{asked.article.strip()}: {reason}"
    layout = Layout(settings.data)
    index = Index(layout.index)
    keeper = Keeper(layout, index, registrar_for(settings), no_step)
    change = Change(
        _WHAT[asked.command],
        unit_origin(settings.agency, asked.unit),
        tuple(sorted(set(asked.recording))),
        by,
        reason,
        station_origin(settings.agency),
        utc_text(time.time_ns() // 1_000_000),
    )
    named = ", ".join(map(str, change.recordings))
    if asked.command == "dispose":
        keeper.dispose(settings.agency, asked.unit, change)
        print(f"recordings {named} of {asked.unit} are gone; their log and this entry stay")
    else:
        number = keeper.hold(settings.agency, asked.unit, change)
        print(f"{asked.command} of recordings {named} of {asked.unit} is entry {number}")
        standing = Standing(layout.standing, lambda: change.utc)
        on_hold = footage((line for _number, line in index.changes()), change.log).held
        standing.take(events.HoldsChanged(asked.unit, len(on_hold)))
        standing.close()
    index.close()
    return 0

"""`shilu demo`: tell the story, in text and on a page."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from config.load import shipped_rules
from config.summary import summary
from recorder.programs.demo.agency import FIRST
from recorder.programs.demo.founding import Given, found
from recorder.programs.demo.household import FellShort, Household, Told
from recorder.programs.demo.page import Page, PageUnservable
from recorder.programs.demo.places import make_places
from recorder.programs.demo.story import Chapter, Story
from recorder.programs.demo.telling import Telling, press

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from config.schema import Effective

_ALL_PERCENT = 100
_LOOK_SECONDS = 0.2
SET_UP = Chapter("set up", "准备", "station, witnesses, an enrolled unit, tapes")
CHAPTERS: tuple[tuple[Chapter, Callable[[Telling], str]], ...] = (
    (
        Chapter("dock once", "出勤前入座", "the unit has seen the station's cosigned head"),
        Telling.dock_once,
    ),
    (
        Chapter("self-check", "自检", "camera, microphone, storage, key, clock; ready"),
        Telling.self_check,
    ),
    (Chapter("press", "按下录像", "felt within 150 ms, red light, recording"), Telling.press),
    (Chapter("notice", "告知", "found in the microphone's sound"), Telling.notice),
    (Chapter("mark", "重点标记", "this second is in the log"), Telling.mark),
    (
        Chapter("kill capture", "强行结束采集进程", "resumes by itself, at most 1 s lost"),
        Telling.kill_capture,
    ),
    (
        Chapter("kill custody", "强行结束封存进程", "recovers and resumes, at most 1 s lost"),
        Telling.kill_custody,
    ),
    (Chapter("stop", "停止", "the last segment is sealed"), Telling.stop),
    (Chapter("dock", "入座上传", "verified, archived, logged, receipted"), Telling.dock),
    (Chapter("release", "释放空间", "receipted and unmarked files go, no others"), Telling.release),
    (Chapter("export", "导出", "package and films; at most 1 s lost at each kill"), Telling.export),
    (Chapter("verify", "核验", "five times proven, exit code 0"), Telling.verify),
    (
        Chapter("change one byte", "改一个字节", "exit code 2 and the second it is in"),
        Telling.change_one_byte,
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Tell it; 0 if every step was as expected."""
    args = _parser().parse_args(argv)
    try:
        return _tell(args)
    except (FellShort, PageUnservable) as short:
        print(f"shilu demo: {short}", file=sys.stderr)
        return 1
    except OSError as error:
        what = error.strerror or error
        print(
            f"shilu demo: {args.out} cannot be written ({what});"
            " free space there, or choose another folder with --out",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shilu demo", description=__doc__)
    parser.add_argument("--headless", action="store_true", help="no page")
    parser.add_argument("--out", type=Path, default=Path("demo-out"), help="where all is left")
    parser.add_argument("--video", type=Path, help="a film to play as the camera")
    parser.add_argument("--audio", type=Path, help="a sound to play as the microphone")
    parser.add_argument("--nmea", type=Path, help="an NMEA log to play as the GPS receiver")
    parser.add_argument("--by-hand", action="store_true", help="press the drawn button yourself")
    parser.add_argument("--port", type=int, default=0, help="of the page; 0: any free one")
    parser.add_argument(
        "--broker", choices=("any", "embedded", "mosquitto"), default="any", help="MQTT broker"
    )
    parser.add_argument(
        "--rules", choices=shipped_rules(), default=FIRST, help="the agency that tells the story"
    )
    return parser


def _tell(args: argparse.Namespace) -> int:
    places = make_places(args.out)
    page = None
    if not args.headless:
        page = Page(args.port, lambda wish: press(places, wish))
        print(f"看着它发生 · watch it happen: {page.address}", flush=True)
    show = page.show if page is not None else _show_nothing
    house = Household(places.logs, lambda told: pass_on(told, show))
    story = Story(places.story, lambda line: print(line, flush=True), show)
    try:
        with story.step(SET_UP) as seen:
            founded = found(
                places, Given(args.video, args.audio, args.nmea, args.broker, args.rules)
            )
            seen.words = _in_force(founded.config, show)
        telling = Telling(places, founded, house, show, page, by_hand=args.by_hand)
        for chapter, tell in CHAPTERS:
            with story.step(chapter) as seen:
                seen.words = tell(telling)
    finally:
        house.end_all()
        shutil.rmtree(places.sockets, ignore_errors=True)
    print(f"\n{places.out}: package/  trust.toml  station.agekey  clear/  changed/  story.json")
    _stay(page)
    return 0


def _in_force(config: Effective, show: Callable[..., None]) -> str:
    """Say whose story it is, and by which rules it goes."""
    agency = config.fleet.agency.name
    officers = [officer.name for officer in config.unit.officers]
    lines = summary(config.rules, agency, officers, datetime.now(UTC))
    rows = [[f"{line.name} {line.name_en}", line.words, line.article] for line in lines]
    show("rules", title=config.rules.regulation.title, lines=rows)
    told = "\n".join(f"        │ {line.text}" for line in lines)
    return f"unit {config.unit.number} of {agency}\n{told}"


def _stay(page: Page | None) -> None:
    """Keep the page for whoever is there: until Enter, or while a browser shows it."""
    if page is None:
        return
    if sys.stdin is not None and sys.stdin.isatty():
        input(f"{page.address} 回车结束 · press Enter to end ")
    else:
        while page.watched:
            time.sleep(_LOOK_SECONDS)
    page.close()


def _show_nothing(kind: str, **facts: object) -> None:
    """There is no page."""


def pass_on(told: Told, show: Callable[..., None]) -> None:
    """What a process told, as the page shows it."""
    facts = dict(told.facts)
    match told.event:
        case "lamp" | "said" | "state" | "welcome" | "fix":
            show(told.event, **facts)
        case "Arriving":
            stage = "assembled" if facts["percent"] == _ALL_PERCENT else "arriving"
            show("file", file=facts["file"], done=facts["percent"], total=100, stage=stage)
        case "Progress":
            speed, left = facts["megabytes_per_second"], facts["seconds_left"]
            show("rate", text=f"{speed:.1f} MB/s · {left:.0f} s")
        case "Verified" | "Archived":
            name = f"media/{facts['recording']:06d}-{facts['segment']:04d}.mp4.age"
            show("file", file=name, stage=told.event.lower())
        case "ReceiptSent":
            for name in facts["files"] if isinstance(facts["files"], list) else ():
                show("file", file=name, stage="receipt")
        case "RefusedFile":
            show("file", file=facts["file"], stage="quarantined")
        case _:
            pass  # for the logs only

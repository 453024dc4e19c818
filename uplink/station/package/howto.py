"""HOW-TO-CHECK.txt: the check done by hand, with `sha256sum`, `openssl` and `age` alone.

Every indented line is a command and is run literally by a test, in one `sh -eu`, in the package's
folder. It writes only into `../check`, since a file more would not be the bag that was handed out.
"""

from importlib.resources import files

from recorder.evidence.package import UNIT
from recorder.evidence.words import heads_file, log_file
from uplink.station.package.facts import PackageFacts

FILE_NAME = "HOW-TO-CHECK.txt"


def howto_text(facts: PackageFacts) -> str:
    """Give the page for this package, its own names and numbers in it."""
    page = files("uplink.station.package").joinpath("howto.txt").read_text(encoding="utf-8")
    return page.replace("@COLLECT@", _collected(facts)).replace(
        "@OPEN@", _opened(facts) + _stamped(facts)
    )


def _collected(facts: PackageFacts) -> str:
    """Collect the records that count: those with a head."""
    takes = "".join(
        f"    head -n {records} {UNIT}{log_file(run)} >> ../check/lines\n"
        for run, records in facts.runs
    )
    last, records = facts.runs[-1]
    head = f"    head -n {5 * records} {UNIT}{heads_file(last)} | tail -n 5 > ../check/head\n"
    return f"\n    mkdir -p ../check\n    : > ../check/lines\n{takes}{head}"


def _opened(facts: PackageFacts) -> str:
    films = [one.seal.media for one in facts.segments]
    whole = [
        UNIT + film.file for film in films if film.complete and UNIT + film.file in facts.digests
    ]
    cut = [film.file for film in films if not film.complete]
    text = "\n8  解密后的影像正是记录里封存的 / The opened films are those of the records\n\n"
    for file in whole:
        text += f"    sum=$(age -d -i ../station.agekey {file} | sha256sum | cut -c1-64)\n"
        text += '    grep -q "\\"sha256\\":\\"$sum\\"" ../check/lines\n'
    if cut:
        names = "、".join(cut)
        text += (
            f"\n断电时未写完、age 打不开的文件，见 docs/format.md §8 / Cut off by power: {names}\n"
        )
    return text


def _stamped(facts: PackageFacts) -> str:
    """Check the time-stamps, if there are any."""
    if not facts.stamps:
        return ""
    return files("uplink.station.package").joinpath("howto_stamps.txt").read_text(encoding="utf-8")

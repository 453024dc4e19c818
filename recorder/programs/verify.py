"""`shilu verify`: five plain answers on an evidence package, without a network.

Exit codes (`docs/format.md` §11): 0 proven · 1 could not run · 2 changed or incomplete · 3 intact,
signer unknown · 4 intact, something not provable.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from recorder.evidence.age import Identity
from recorder.evidence.errors import BadProof, EvidenceError, Malformed
from recorder.evidence.excerpt import check_part, parse_excerpt, segment_of
from recorder.evidence.head import parse_signed_head
from recorder.evidence.trust import parse_trust
from recorder.evidence.verdict import Exit, Language, verdict_value
from recorder.evidence.verify.examine import Question, examine
from recorder.evidence.verify.page import page_of
from recorder.evidence.verify.receipts import Outside
from recorder.programs.bag import FolderFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recorder.evidence.verdict import Verdict

WORKERS = 2
_EXCERPT = {  # what is proven, fragments of all, which ones, by which record; and what is not
    Language.ZH: ("节选  通过  片段属于封存的影像：", "节选  不通过  "),
    Language.EN: ("Excerpt  passed  fragments of what was sealed: ", "Excerpt  failed  "),
}
MOST_WORDS_BYTES = 1 << 20


class _Parser(argparse.ArgumentParser):
    """Answers misuse with 1: 2 means that a package was changed."""

    def error(self, message: str) -> NoReturn:
        raise Malformed(f"{message}. Run 'shilu verify --help' to see how it is asked.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="shilu verify",
        description="Check an evidence package and print five answers.",
        epilog="Exit: 0 proven, 1 could not run, 2 changed or incomplete, "
        "3 signer unknown, 4 not provable.",
    )
    parser.add_argument("package", type=Path, help="the folder that holds bagit.txt")
    parser.add_argument("--trust", type=Path, required=True, help="whom you believe (TOML)")
    parser.add_argument("--key", type=Path, help="an age key, to look inside as well")
    parser.add_argument("--head", type=Path, help="a signed head kept outside the package")
    parser.add_argument("--excerpt", type=Path, help="check an excerpt.json against this log")
    parser.add_argument("--report", type=Path, help="write the verdict as a page of PDF/A-3")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument(
        "--lang", choices=[language.value for language in Language], default=Language.ZH.value
    )
    return parser


def _small_file(path: Path, what: str) -> bytes:
    try:
        if path.stat().st_size > MOST_WORDS_BYTES:
            raise Malformed(f"The {what} {path} is far too large to be one; give the right file.")
        return path.read_bytes()
    except OSError as error:
        raise Malformed(f"The {what} {path} cannot be read: {error.strerror}.") from error


def _text(path: Path, what: str) -> str:
    try:
        return _small_file(path, what).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"The {what} {path} is not text; give the right file.") from error


def _identities(path: Path | None) -> tuple[Identity, ...]:
    if path is None:
        return ()
    lines = [line.strip() for line in _text(path, "key file").splitlines()]
    keys = tuple(Identity.parse(line) for line in lines if line and not line.startswith("#"))
    if not keys:
        raise Malformed(f"The key file {path} holds no key; it needs a line AGE-SECRET-KEY-1….")
    return keys


def _question(asked: argparse.Namespace) -> Question:
    outside = None
    if asked.head is not None:
        signed = parse_signed_head(_small_file(asked.head, "head"))
        outside = Outside(signed, asked.head.name)
    return Question(
        trust=parse_trust(_text(asked.trust, "trust file")),
        identities=_identities(asked.key),
        outside=outside,
    )


def _check_excerpt(files: FolderFiles, origin: str, statement: Path) -> list[str]:
    """Give the sentences on an excerpt; raise BadProof if something in it was not sealed."""
    excerpt = parse_excerpt(_small_file(statement, "excerpt"))
    if excerpt.origin != origin:
        raise BadProof(f"The excerpt is of {excerpt.origin}, and this is the log of {origin}.")
    films = FolderFiles(statement.parent)
    shown = {part.film for part in excerpt.parts}
    for name in sorted(films.names()):
        if "/" not in name and name.lower().endswith(".mp4") and name not in shown:
            raise BadProof(f"{name} lies beside the excerpt, and nothing proves it.")
    sentences = []
    for part in excerpt.parts:
        segment = segment_of(files, part.seq)
        check_part(part, films.read(part.film), segment)
        sentences.append(
            f"{part.film}: {len(part.proofs) - 1}/{segment.media.fragments.count - 1} "
            f"({part.first}…{part.first + len(part.proofs) - 2}), #{part.seq}"
        )
    return sentences


class _Reporter(Protocol):
    def write_report(self, package: Path, verdict: Verdict, out: Path) -> None:
        """Write the page."""


def _reporter(out: Path | None) -> _Reporter | None:
    """Load what writes the page, which is the station's: only when it is asked for."""
    if out is None:
        return None
    try:
        return cast("_Reporter", importlib.import_module("uplink.station.package.certificate"))
    except (ImportError, OSError) as error:
        raise Malformed(
            f"A report needs the station's programs ({error}). Install them with: "
            "pip install 'shilu[station]', and Debian's libpango-1.0-0, libpangoft2-1.0-0 and "
            "fonts-wqy-zenhei; without --report the verdict needs none of them."
        ) from error


def _write_report(reporter: _Reporter, package: Path, verdict: Verdict, out: Path) -> None:
    try:
        reporter.write_report(package, verdict, out)
    except (OSError, ValueError) as error:
        raise Malformed(f"The report could not be written: {error}.") from error


def _excerpt_answer(
    files: FolderFiles, verdict: Verdict, statement: Path, language: Language
) -> int:
    """Print the verdict on the log, then the one on the excerpt; give the exit code."""
    print(page_of(verdict, language), end="")
    try:
        sentences = _check_excerpt(files, verdict.origin, statement)
    except BadProof as error:
        print(_EXCERPT[language][1] + str(error))
        return int(Exit.CHANGED)
    print("".join(_EXCERPT[language][0] + sentence + "\n" for sentence in sentences), end="")
    return int(verdict.exit)


def main(argv: Sequence[str] | None = None) -> int:
    """Answer on the package that `argv` names; give the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal without Chinese gets escapes
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        asked = _parser().parse_args(argv)
        if asked.excerpt is not None and (asked.json or asked.report is not None):
            raise Malformed("--excerpt prints text only; leave out --json and --report.")
        language = Language(asked.lang)
        reporter = _reporter(asked.report)
        with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1)) as pool:
            files = FolderFiles(asked.package)
            verdict = examine(files, _question(asked), pool.map)
        if asked.excerpt is not None:
            return _excerpt_answer(files, verdict, asked.excerpt, language)
        if reporter is not None:
            _write_report(reporter, asked.package, verdict, asked.report)
    except EvidenceError as error:
        print(error, file=sys.stderr)
        return int(Exit.COULD_NOT_RUN)
    if asked.json:
        print(json.dumps(verdict_value(verdict, language), ensure_ascii=False, indent=1))
    else:
        print(page_of(verdict, language), end="")
    return int(verdict.exit)


if __name__ == "__main__":
    sys.exit(main())

"""`shilu verify`: five plain answers on an evidence package, without a network.

Exit codes (`docs/format.md` §11): 0 proven · 1 could not run · 2 changed or incomplete · 3 intact,
signer unknown · 4 intact, something not provable.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from recorder.evidence.age import Identity
from recorder.evidence.errors import EvidenceError, Malformed
from recorder.evidence.head import parse_signed_head
from recorder.evidence.trust import parse_trust
from recorder.evidence.verdict import Exit, Language, verdict_value
from recorder.evidence.verify.examine import Question, examine
from recorder.evidence.verify.page import page_of
from recorder.evidence.verify.receipts import Outside
from recorder.programs.bag import FolderFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

WORKERS = 2
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


def main(argv: Sequence[str] | None = None) -> int:
    """Answer on the package that `argv` names; give the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal without Chinese gets escapes
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        asked = _parser().parse_args(argv)
        language = Language(asked.lang)
        with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1)) as pool:
            verdict = examine(FolderFiles(asked.package), _question(asked), pool.map)
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

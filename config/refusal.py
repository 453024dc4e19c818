"""One way to refuse: the same bilingual problem, whether a line is wrong or a file is missing."""

from __future__ import annotations

from pathlib import Path

from config.words import ConfigRefused, Problem, Words

READABLE = 0o644


def refusal(where: Path | str, reason: Words, remedy: Words, value: str = "") -> ConfigRefused:
    """Return the refusal of what `where` says or asks for (exit code 2)."""
    name = where.name if isinstance(where, Path) else where
    return ConfigRefused((Problem(name, 0, "", value, reason, remedy),))


def unusable(where: Path | str, reason: Words, remedy: Words) -> ConfigRefused:
    """Return the refusal of a file or folder that cannot be read or written (exit code 1)."""
    problem = Problem(str(where), 0, "", "", reason, remedy, unreadable=True)
    return ConfigRefused((problem,))


def cannot(path: Path, error: OSError, *, write: bool = False) -> ConfigRefused:
    """Return the refusal that an error of the operating system amounts to."""
    said = error.strerror or str(error)
    reason = (
        Words(f"写不进去（{said}）", f"cannot be written ({said})")
        if write
        else Words(f"读不出来（{said}）", f"cannot be read ({said})")
    )
    return unusable(path, reason, Words("检查路径和权限", "Check its path and permissions"))


def read_text(path: Path) -> str:
    """Read a UTF-8 file; raise ConfigRefused if it cannot be."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise cannot(path, error) from error
    except UnicodeDecodeError as error:
        raise unusable(
            path,
            Words("不是 UTF-8 编码", "is not UTF-8"),
            Words("另存为 UTF-8；表格软件里选“CSV UTF-8”", 'Save it as UTF-8 ("CSV UTF-8")'),
        ) from error


def write_new(path: Path, data: bytes, mode: int = READABLE) -> None:
    """Write a file that was not there; raise ConfigRefused if it was, or cannot be.

    A file that anybody may read may have more rights than that: FAT, on a boot partition or a
    stick, has no modes, and refuses to be given one.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            made = path.stat().st_mode & 0o777
            if made & mode != mode or mode not in {READABLE, made}:
                path.chmod(mode)
            out.write(data)
    except FileExistsError as error:
        raise refusal(
            str(path),
            Words("已经存在，不覆盖", "is there already and is not overwritten"),
            Words("换一个目录，或先把它移走", "Choose another folder, or move it away first"),
        ) from error
    except OSError as error:
        raise cannot(path, error, write=True) from error

"""Bech32 (BIP 173) without its length limit: how age writes keys."""

from recorder.evidence.errors import Malformed

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def bech32_text(prefix: str, data: bytes) -> str:
    """Write `data` behind a lower-case `prefix`, in lower case."""
    values = _regroup(data, 8, 5)
    if len(data) * 8 % 5:
        rest = len(data) * 8 % 5
        values.append((data[-1] << (5 - rest)) & 31)
    check = _checksum(_expanded(prefix) + values + [0] * 6) ^ 1
    values += [(check >> 5 * (5 - n)) & 31 for n in range(6)]
    return f"{prefix}1{''.join(_LETTERS[value] for value in values)}"


def bech32_bytes(prefix: str, text: str) -> bytes:
    """Read what `bech32_text` wrote, in lower case; raise Malformed for anything else.

    No sentence repeats `text`: it may be a secret.
    """
    head, one, tail = text.rpartition("1")
    if not one or head != prefix or len(tail) < 6 or not set(tail) <= set(_LETTERS):
        raise Malformed(f"This is not a key that begins with '{prefix}1': copy it whole.")
    values = [_LETTERS.index(letter) for letter in tail]
    if _checksum(_expanded(prefix) + values) != 1:
        raise Malformed(f"This key '{prefix}1…' is mistyped: its checksum does not fit.")
    data = bytes(_regroup(values[:-6], 5, 8))
    if bech32_text(prefix, data) != text:
        raise Malformed(f"This key '{prefix}1…' is not in its canonical form.")
    return data


def _regroup(values: bytes | list[int], given: int, wanted: int) -> list[int]:
    """Cut a bit string into groups of another width, leaving out an incomplete last group."""
    groups, bits, held = [], 0, 0
    for value in values:
        bits, held = bits << given | value, held + given
        while held >= wanted:
            held -= wanted
            groups.append(bits >> held)
            bits &= (1 << held) - 1
    return groups


def _expanded(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _checksum(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check

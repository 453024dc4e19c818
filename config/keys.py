"""Public keys in a fleet file: a typing slip is found here, not when footage cannot be opened.

Checks the checksums that age recipients and C2SP verifier keys carry. Holds no secret, and
recognises one that was pasted by mistake.
"""

import base64
import hashlib
import re

from config.words import BadValue, Words

_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_AGE_LENGTH = 62  # "age1", 52 characters for 32 bytes, 6 of checksum
_ED25519_LOG, _ED25519_COSIGNATURE = 0x01, 0x04
_COMMAND_NAME = ".shilu/command"
_SECRET = re.compile(r"AGE-SECRET-KEY-|PRIVATE\+KEY\+|-----BEGIN [A-Z ]*PRIVATE KEY-----")
_COPY_KEY = Words(
    "从生成它的设备上整行复制公钥，不要手抄",
    "Copy the public key as one whole line from where it was made, do not type it",
)


def is_secret(value: str) -> bool:
    """Tell whether `value` holds a private key in a form that this product meets."""
    return _SECRET.search(value) is not None


def check_age_recipient(value: str) -> None:
    """Raise BadValue unless `value` is an age X25519 recipient whose checksum agrees."""
    if not value.startswith("age1") or len(value) != _AGE_LENGTH or set(value[4:]) - set(_BECH32):
        raise BadValue(
            Words(
                "须为 age 公钥：age1 开头，共 62 个字符",
                "must be an age recipient: age1 and 62 characters in all",
            ),
            _COPY_KEY,
        )
    if _bech32_sum("age", value[4:]) != 1:
        raise BadValue(
            Words(
                "age 公钥的校验和不对，有字符抄错", "the checksum of this age recipient is wrong"
            ),
            _COPY_KEY,
        )


def check_log_key(value: str) -> None:
    """Raise BadValue unless `value` is a C2SP verifier key of a log (Ed25519, type 0x01)."""
    _check_verifier_key(value, _ED25519_LOG)


def check_command_key(value: str) -> None:
    """Raise BadValue unless `value` is a C2SP verifier key of a station's orders, or empty."""
    if not value:
        return
    _check_verifier_key(value, _ED25519_LOG)
    if not value.partition("+")[0].endswith(_COMMAND_NAME):
        raise BadValue(
            Words(
                f"不是命令公钥：名称须以 {_COMMAND_NAME} 结尾",
                f"is no key for orders: its name must end with {_COMMAND_NAME}",
            ),
            Words(
                "日志公钥不能签命令；用 trust.toml 里 commands 的那一个",
                "The log's key signs no orders; use the one under commands in trust.toml",
            ),
        )


def check_witness_key(value: str) -> None:
    """Raise BadValue unless `value` is a C2SP verifier key of a witness (cosignature/v1, 0x04)."""
    _check_verifier_key(value, _ED25519_COSIGNATURE)


def _check_verifier_key(value: str, algorithm: int) -> None:
    name, _, rest = value.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:  # binascii.Error, or letters beyond ASCII
        key = b""
    if not name or re.search(r"\s", name) or len(key_id) != 8 or len(key) != 33:
        raise BadValue(
            Words(
                "须为 C2SP 验证公钥：名称+8 位十六进制+base64",
                "must be a C2SP verifier key: name+8 hexadecimal digits+base64",
            ),
            _COPY_KEY,
        )
    if key[0] != algorithm:
        raise BadValue(
            Words(
                f"密钥类型是 0x{key[0]:02x}，此处须为 0x{algorithm:02x}",
                f"the key is of type 0x{key[0]:02x}, it must be 0x{algorithm:02x} here",
            ),
            Words(
                "日志公钥（0x01）与见证公钥（0x04）不要对调",
                "Do not swap the log's key (0x01) and a witness's key (0x04)",
            ),
        )
    if hashlib.sha256(f"{name}\n".encode() + key).hexdigest()[:8] != key_id:
        raise BadValue(
            Words(
                "公钥与它的编号不符，有字符抄错",
                "the key does not agree with its own key id, a character is wrong",
            ),
            _COPY_KEY,
        )


def _bech32_sum(prefix: str, payload: str) -> int:
    """Return the Bech32 checksum (BIP 173); 1 if the payload agrees with its last six symbols."""
    symbols = (
        [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    )
    total = 1
    for symbol in symbols + [_BECH32.index(letter) for letter in payload]:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ symbol
        for bit, step in enumerate(_BECH32_STEPS):
            total ^= step if (top >> bit) & 1 else 0
    return total

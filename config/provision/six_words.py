"""Six words of a key, for two people to compare: each a quality and a thing, 11 bits.

66 bits of SHA-256 over the key's SubjectPublicKeyInfo: nobody finds another key with the same
words. Things that sound alike are not in the list together.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

COUNT = 6
QUALITIES = "红黄蓝白黑绿紫灰金银大小高老新冷"
THINGS = (
    "马牛羊狗猫虎兔龙蛇鱼鸟鸡鸭鹅猴熊"
    "象鹿狼鼠山河海湖沙田林树花草竹松"
    "柳梅桃梨瓜豆米麦菜茶酒饭糖盐油云"
    "雨雪风雷星月日夜春秋冬光火水冰土"
    "门窗房墙桥车船灯钟镜床桌椅箱伞笔"
    "纸书琴鼓笛棋球刀斧锤针线绳布衣帽"
    "鞋包碗盘杯锅勺铁铜玉珠塔城村店园"
    "亭站港岛湾牌票炮弓剑盾哨哑铃砖瓦"
)


def key_digest(public: EllipticCurvePublicKey) -> bytes:
    """Return the 32 bytes by which a key is known: SHA-256 of its SubjectPublicKeyInfo."""
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def six_words(digest: bytes) -> tuple[str, ...]:
    """Return the words of a key's digest, the first bits first; ValueError unless 32 bytes."""
    if len(digest) != 32:
        raise ValueError(f"A key's digest has 32 bytes, not {len(digest)}.")
    bits = int.from_bytes(digest, "big") >> (256 - 11 * COUNT)
    numbers = [(bits >> (11 * place)) & 0x7FF for place in reversed(range(COUNT))]
    return tuple(QUALITIES[number >> 7] + THINGS[number & 0x7F] for number in numbers)


def spoken(public: EllipticCurvePublicKey) -> str:
    """Return the six words of a key as both screens show them, a space between."""
    return " ".join(six_words(key_digest(public)))


def fingerprint(public: EllipticCurvePublicKey) -> str:
    """Return the digest in hexadecimal, four digits at a time, as a label shows it."""
    said = key_digest(public).hex()
    return " ".join(said[at : at + 4] for at in range(0, len(said), 4))

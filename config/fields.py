"""The kinds of values a configuration holds, each with its bounds, an example and its own words.

`extra` may carry `reason` (the words of a refusal) and `check` (a function that raises BadValue).
"""

from typing import Annotated

from msgspec import Meta

from config.keys import (
    check_age_recipient,
    check_command_key,
    check_log_key,
    check_witness_key,
)
from config.words import Words

CITATION = (
    r"^(第[一二三四五六七八九十]+条(第[一二三四五六七八九十]+款)?(第（[一二三四五六七八九十]+）项)?"
    r"|清单第[0-9]+项)$"
)

Text = Annotated[str, Meta(min_length=1)]

Article = Annotated[
    str,
    Meta(
        pattern=CITATION.replace("^(", "^((").replace(")$", ")(、(?!$)|$))+$"),
        examples=["第十条"],
        description="The cited articles in the regulation's own numbering, joined by 、",
        extra={
            "reason": Words(
                "须为条文编号，多个用顿号隔开",
                "must be article numbers as printed in the original",
            )
        },
    ),
]

Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_-]{1,39}$",
        examples=["baofeng-minzheng"],
        extra={
            "reason": Words(
                "须为 2 到 40 个小写字母、数字或短横线，以字母开头",
                "must be 2 to 40 lower-case letters, digits or hyphens, a letter first",
            )
        },
    ),
]

UnitNumber = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z0-9-]{3,16}$",
        examples=["BF-0007"],
        description="Unit number, as on its label",
        extra={
            "reason": Words(
                "须为 3 到 16 个大写字母、数字或短横线",
                "must be 3 to 16 capital letters, digits or hyphens",
            )
        },
    ),
]

OfficerNumber = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9-]{1,32}$",
        examples=["41042101"],
        description="Number of the law-enforcement certificate",
        extra={
            "reason": Words(
                "执法证号须为 1 到 32 个字母、数字或短横线",
                "a certificate number has 1 to 32 letters, digits or hyphens",
            )
        },
    ),
]

Host = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$",
        examples=["station.local"],
        extra={
            "reason": Words(
                "须为主机名或 IP 地址，不带协议和路径",
                "must be a host name or an address, without scheme or path",
            )
        },
    ),
]

AbsolutePath = Annotated[
    str,
    Meta(
        pattern=r"^/[^\x00]*$",
        examples=["/var/lib/shilu"],
        extra={
            "reason": Words("须为绝对路径，以 / 开头", "must be an absolute path, with / first")
        },
    ),
]

FontPath = Annotated[
    str,
    Meta(
        pattern=r"^(/[^\x00]*)?$",
        examples=["/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc"],
        description="a TrueType or OpenType file; empty: the first Chinese font that is here",
        extra={
            "reason": Words("须为绝对路径，以 / 开头", "must be an absolute path, with / first")
        },
    ),
]

Port = Annotated[int, Meta(ge=1, le=65535, examples=[8883])]
Pin = Annotated[int, Meta(ge=0, le=27, examples=[17], description="BCM number of a GPIO line")]
FreePin = Annotated[
    int, Meta(ge=-1, le=27, examples=[5], description="BCM number of a GPIO line; -1: none")
]
AgeRecipient = Annotated[
    str,
    Meta(
        examples=["age1…"],
        extra={"check": check_age_recipient},
        description="age X25519 recipient, public",
    ),
]
LogKey = Annotated[
    str,
    Meta(
        examples=["…+…+…"],
        extra={"check": check_log_key},
        description="C2SP verifier key of the station's log",
    ),
]
CommandKey = Annotated[
    str,
    Meta(
        examples=["….shilu/command+…+…"],
        extra={"check": check_command_key},
        description="C2SP verifier key of the station's orders; empty: none is obeyed",
    ),
]
WitnessKey = Annotated[
    str,
    Meta(
        examples=["…+…+…"],
        extra={"check": check_witness_key},
        description="C2SP verifier key of a witness",
    ),
]

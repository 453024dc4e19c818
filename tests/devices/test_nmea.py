"""What a receiver sends becomes a fix, a loss, or nothing; never a crash, never a false time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture.ports import Fix, NoFix
from recorder.devices.nmea import UNKNOWN_HDOP_E2, NmeaReader

SECOND_NS = 1_000_000_000
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def sentence(body: str) -> bytes:
    check = 0
    for byte in body.encode():
        check ^= byte
    return f"${body}*{check:02X}\r\n".encode()


def rmc(clock: str = "010000.00", date: str = "211126", status: str = "A") -> bytes:
    return sentence(f"GNRMC,{clock},{status},3352.12800,N,11303.28200,E,2.7,0.0,{date},,,A")


def gga(clock: str = "010000.00") -> bytes:
    return sentence(f"GNGGA,{clock},3352.12800,N,11303.28200,E,1,09,0.98,112.3,M,-17.1,M,,")


@pytest.fixture
def reader() -> NmeaReader:
    return NmeaReader(NOT_BEFORE)


FIX = Fix(5, "2026-11-21T01:00:00.000Z", 338_688_000, 1_130_547_000, 9, 98)


def test_position_and_quality_of_one_second_make_one_fix(reader: NmeaReader) -> None:
    assert reader.feed(rmc() + gga(), 5) == [FIX]


def test_the_two_sentences_may_come_in_any_order(reader: NmeaReader) -> None:
    assert reader.feed(gga() + rmc(), 5) == [FIX]


def test_pieces_of_seven_bytes_make_the_same_fix(reader: NmeaReader) -> None:
    stream = rmc() + gga()
    facts = [
        fact for at in range(0, len(stream), 7) for fact in reader.feed(stream[at : at + 7], 5)
    ]
    assert facts == [FIX]


def test_a_position_without_quality_is_stated_with_the_next(reader: NmeaReader) -> None:
    assert reader.feed(rmc(), 5) == []
    (fix,) = reader.feed(rmc("010001.00"), 5 + SECOND_NS)
    assert isinstance(fix, Fix)
    assert (fix.boottime_ns, fix.satellites, fix.hdop_e2) == (5, 0, UNKNOWN_HDOP_E2)


def test_the_last_position_is_not_kept_back_for_ever(reader: NmeaReader) -> None:
    reader.feed(rmc(), 5)
    assert reader.idle(5 + SECOND_NS // 2) == []
    assert len(reader.idle(5 + 2 * SECOND_NS)) == 1


def test_garbage_before_the_dollar_does_not_hide_a_sentence(reader: NmeaReader) -> None:
    ubx = b"\xb5\x62\x01\x07\x5c\x00\xff\xfe$GN"
    assert reader.feed(ubx + rmc() + ubx + gga(), 5) == [FIX]


def test_a_wrong_checksum_costs_that_sentence_alone(reader: NmeaReader) -> None:
    broken = rmc().replace(b"3352", b"3353")
    assert reader.feed(broken + rmc() + gga(), 5) == [FIX]


def test_a_sentence_without_a_checksum_does_not_count(reader: NmeaReader) -> None:
    assert reader.feed(rmc().split(b"*")[0] + b"\r\n" + gga(), 5) == []


def test_losing_the_sky_is_stated_once(reader: NmeaReader) -> None:
    reader.feed(rmc() + gga(), 5)
    facts = [fact for n in range(5) for fact in reader.feed(rmc(status="V"), 6 + n)]
    assert [type(fact) for fact in facts] == [NoFix]
    assert len(reader.feed(rmc() + gga(), 20)) == 1
    assert len(reader.feed(rmc(status="V"), 21)) == 1


def test_silence_is_a_loss_after_three_seconds(reader: NmeaReader) -> None:
    reader.feed(rmc() + gga(), 0)
    seen = [reader.idle(n * SECOND_NS) for n in range(1, 7)]
    assert [len(facts) for facts in seen] == [0, 0, 0, 1, 0, 0]
    (silence,) = seen[3]
    assert isinstance(silence, NoFix)
    assert "cable" in silence.cause


def test_in_a_leap_second_the_place_counts_and_the_time_does_not(reader: NmeaReader) -> None:
    (fix,) = reader.feed(rmc("235960.00", "311226") + gga("235960.00"), 5)
    assert fix == Fix(5, "", FIX.lat_e7, FIX.lon_e7, 9, 98)


def test_a_week_rollover_is_not_believed(reader: NmeaReader) -> None:
    (fix,) = reader.feed(rmc(date="070407") + gga(), 5)
    assert isinstance(fix, Fix)
    assert fix.utc == ""


def test_a_jump_of_the_time_is_believed_only_when_it_lasts(reader: NmeaReader) -> None:
    times = ["010000", "010001", "040000", "010003", "050000", "050001", "050002", "050003"]
    facts = []
    for n, clock in enumerate(times):
        facts += reader.feed(rmc(clock) + gga(clock), n * SECOND_NS)
    assert [fact.utc[11:19] for fact in facts if isinstance(fact, Fix)] == [
        "01:00:00", "01:00:01", "", "01:00:03", "", "", "05:00:02", "05:00:03",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "GNRMC,010000.00,A,,,,,2.7,0.0,211126,,,A",
        "GNRMC,010000.00,A,9952.128,N,11303.282,E,2.7,0.0,211126,,,A",
        "GNRMC,010000.00,A,x,N,y,E,2.7,0.0,211126,,,A",
        "GNRMC,010000.00,A",
        "GNRMC,",
    ],
)
def test_an_rmc_without_a_place_is_a_loss(reader: NmeaReader, body: str) -> None:
    (fact,) = reader.feed(sentence(body) + gga(), 5)
    assert isinstance(fact, NoFix)


def test_sentences_of_other_kinds_state_nothing(reader: NmeaReader) -> None:
    assert reader.feed(sentence("PUBX,00") + sentence("GNGSA,A,3,05,,,,1.7,0.9,1.4"), 5) == []


FIELDS = st.text(",AVNE.0123456789-x", max_size=60)
LINES = st.one_of(
    st.binary(max_size=40),
    st.text("$GNRMCA,*0123456789.\n", max_size=60).map(str.encode),
    FIELDS.map(lambda fields: sentence("GNRMC" + fields)),
    FIELDS.map(lambda fields: sentence("GPGGA" + fields)),
)


@given(st.lists(LINES))
def test_no_bytes_crash_the_reader(chunks: list[bytes]) -> None:
    reader = NmeaReader(NOT_BEFORE)
    for n, chunk in enumerate(chunks):
        for fact in reader.feed(chunk, n) + reader.idle(n):
            assert isinstance(fact, (Fix, NoFix))

"""RFC 3161: an authority's word on a head of the log, kept, packed, and checked by `openssl ts`."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from recorder.evidence.certificates import parse_certificates
from recorder.evidence.moment import utc_text
from recorder.evidence.receipt import TlogProof, check_receipt
from recorder.evidence.trust import parse_trust
from recorder.programs import verify
from tests.export.authority import OpensslAuthority
from tests.export.conftest import Exported, exported
from tests.export.test_pages import bagged_anew, by_hand
from tests.verify.unit import NOON_MS
from uplink.programs import station
from uplink.station.log.stamp_authority import Authority, HttpAuthority, check_stamp
from uplink.station.log.stamps import NotStamped, Stamps
from uplink.station.package.bag import Order, Packer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow
HEAD = b"baofeng-mz.shilu/station\n42\n0mE0CIFKsJYyl0QJgwGvc6Fo3ULFQTWjJJkpvLiLz5k=\n\n"


@pytest.fixture(scope="module")
def authority(
    tmp_path_factory: pytest.TempPathFactory, need: Callable[[str], Path]
) -> OpensslAuthority:
    return OpensslAuthority.found(tmp_path_factory.mktemp("time") / "authority", need("openssl"))


@pytest.fixture(scope="module")
def stamped(authority: OpensslAuthority, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A station that had its head stamped, and a package made afterwards."""
    made = exported(tmp_path_factory.mktemp("stamped"))
    settings = made.dock.station_folder / "station.toml"
    shutil.copy(authority.root, made.dock.station_folder / "tsa.pem")
    shutil.copy(authority.root, made.folder / "tsa.pem")
    with authority.served() as url, settings.open("a", encoding="utf-8") as file:
        file.write(f'\n[time_stamp]\nurl = "{url}"\ncertificate = "tsa.pem"\n')
        file.flush()
        assert station.main(["--config", str(settings), "stamp"]) == 0
    order = Order(
        "baofeng-mz", made.dock.unit.number, (), "baofeng-mz.shilu/station", utc_text(NOON_MS)
    )
    shutil.rmtree(made.package)
    Packer(made.dock.layout, made.dock.index(), order, made.package).pack()
    return made


@pytest.fixture
def copied(stamped: Exported, tmp_path: Path, need: Callable[[str], Path]) -> Path:
    for program in ("sha256sum", "openssl", "age"):
        need(program)
    for name in ("root.pem", "station.agekey", "tsa.pem", "trust.toml"):
        shutil.copy(stamped.folder / name, tmp_path)
    return shutil.copytree(stamped.package, tmp_path / "package")


def believed(authority: OpensslAuthority) -> Authority:
    return Authority(parse_certificates(authority.root.read_bytes()), authority.answer)


# --- asking ---------------------------------------------------------------------------------------


def test_an_honest_token_says_when_the_head_was_there(authority: OpensslAuthority) -> None:
    honest = believed(authority)
    token = honest.stamp(HEAD)
    assert check_stamp(token, HEAD, honest.roots).tzinfo is not None


def test_a_token_over_other_bytes_is_refused(authority: OpensslAuthority) -> None:
    honest = believed(authority)
    with pytest.raises(NotStamped, match="not one of this head"):
        check_stamp(honest.stamp(HEAD), HEAD.replace(b"42", b"43"), honest.roots)


def test_an_answer_to_another_request_is_refused(authority: OpensslAuthority) -> None:
    """Replayed: the same head, the same authority, an older question."""
    old = believed(authority).stamp(HEAD)
    replaying = Authority(believed(authority).roots, lambda _: old)
    with pytest.raises(NotStamped, match="Nonce"):
        replaying.stamp(HEAD)


def test_an_authority_that_nobody_named_is_refused(
    authority: OpensslAuthority, tmp_path: Path
) -> None:
    other = OpensslAuthority.found(tmp_path / "other", authority.openssl)
    with pytest.raises(NotStamped, match="not one of this head"):
        Authority(believed(authority).roots, other.answer).stamp(HEAD)


@pytest.mark.parametrize("at", [20, 300, -20])
def test_a_forged_token_is_refused(authority: OpensslAuthority, at: int) -> None:
    honest = believed(authority)
    token = bytearray(honest.stamp(HEAD))
    token[at] ^= 1
    with pytest.raises(NotStamped, match="not one of this head"):
        check_stamp(bytes(token), HEAD, honest.roots)


@pytest.mark.parametrize("answer", [b"", b"no token", b"0" * 70_000])
def test_what_is_no_token_is_refused(authority: OpensslAuthority, answer: bytes) -> None:
    with pytest.raises(NotStamped):
        Authority(believed(authority).roots, lambda _: answer).stamp(HEAD)


def test_an_authority_that_does_not_answer_costs_a_sentence() -> None:
    with pytest.raises(NotStamped, match="does not answer"):
        HttpAuthority("http://127.0.0.1:9/tsa").ask(b"query")


# --- at the station -------------------------------------------------------------------------------


def test_a_head_is_stamped_once(
    stamped: Exported, authority: OpensslAuthority, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = len(authority.asked)
    settings = stamped.dock.station_folder / "station.toml"
    assert station.main(["--config", str(settings), "stamp"]) == 0
    assert "already" in capsys.readouterr().out
    assert len(authority.asked) == asked


def test_a_station_without_an_authority_says_what_to_add(
    honest: Exported, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = honest.dock.station_folder / "station.toml"
    assert station.main(["--config", str(settings), "stamp"]) == 1
    assert "[time_stamp]" in capsys.readouterr().err


def test_a_receipt_goes_with_the_oldest_stamp_over_it(stamped: Exported) -> None:
    stamps = Stamps(stamped.dock.layout)
    newest = stamps.covering(0)
    assert newest is not None
    assert stamps.covering(newest.size) is None


# --- in a package ---------------------------------------------------------------------------------


def test_each_receipt_of_the_package_is_proven_under_a_stamped_head(stamped: Exported) -> None:
    trust = parse_trust((stamped.folder / "trust.toml").read_text(encoding="utf-8"))
    receipts = sorted((stamped.package / "data/unit/receipts").iterdir())
    assert receipts
    for receipt in receipts:
        proof = TlogProof.parse((stamped.package / "stamps" / receipt.name).read_bytes())
        assert proof.extra == TlogProof.parse(receipt.read_bytes()).extra
        check_receipt(proof, trust.policy)


def test_by_hand_the_stamps_are_checked_to_the_end(copied: Path) -> None:
    done = by_hand(copied)
    assert done.returncode == 0, done.stderr
    stamps = list((copied / "stamps").glob("*.tsr"))
    assert done.stdout.count("Verification: OK") == len(stamps) > 1


@pytest.mark.parametrize("lie", ["another authority", "another head", "another receipt", "no path"])
def test_by_hand_a_false_stamp_does_not_pass(
    copied: Path, authority: OpensslAuthority, lie: str
) -> None:
    proofs = sorted((copied / "stamps").glob("*.tlog-proof"))
    if lie == "another authority":
        OpensslAuthority.found(copied.parent / "other", authority.openssl)
        shutil.copy(copied.parent / "other/root.pem", copied.parent / "tsa.pem")
    elif lie == "another head":
        receipt = TlogProof.parse((copied / "data/unit/receipts" / proofs[0].name).read_bytes())
        proofs[0].write_bytes(receipt.text())
    elif lie == "another receipt":
        shutil.copy(proofs[1], proofs[0])
    else:
        whole = TlogProof.parse(proofs[0].read_bytes())
        short = TlogProof(whole.extra, whole.index, whole.hashes[:-1], whole.checkpoint)
        proofs[0].write_bytes(short.text())
    bagged_anew(copied)
    assert by_hand(copied).returncode != 0


def test_the_verdict_names_the_stamps_and_rests_on_none(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(copied), "--trust", str(copied.parent / "trust.toml"), "--lang", "en"]
    count = len(list((copied / "stamps").glob("*.tsr")))
    assert verify.main(asked) == 0
    with_stamps = capsys.readouterr().out
    assert f"{count} time-stamps" in with_stamps
    for token in (copied / "stamps").glob("*.tsr"):
        token.write_bytes(b"no token")
    bagged_anew(copied)
    assert verify.main(asked) == 0
    assert capsys.readouterr().out == with_stamps


def test_openssl_ts_reads_a_kept_token(stamped: Exported, need: Callable[[str], Path]) -> None:
    folder = stamped.dock.layout.stamps
    token = next(folder.glob("*.tsr"))
    words = ["ts", "-verify", "-in", str(token), "-data", str(token.with_suffix(".head"))]
    words += ["-CAfile", str(stamped.folder / "tsa.pem")]
    done = subprocess.run([need("openssl"), *words], check=True, capture_output=True, text=True)
    assert "Verification: OK" in done.stdout + done.stderr

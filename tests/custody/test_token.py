"""The identity key in a real PKCS#11 token (SoftHSM2): it signs, and does not come out."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recorder.custody.errors import KeyLost, NotReady
from recorder.custody.token import TokenPlace, TokenSigner
from recorder.evidence.record import EpochBegins, KeyStore
from tests.contracts.signers import keeps_the_contract
from tests.custody.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pkcs11 = pytest.importorskip("pkcs11")
pytestmark = pytest.mark.slow
PIN = "1234"
LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so")


@pytest.fixture(scope="module")
def token(
    need: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TokenPlace]:
    """A token of its own, with a P-256 pair that cannot be taken out."""
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder}/tokens\n", encoding="ascii")
    # The library reads where its tokens lie from the environment, once in a process.
    os.environ["SOFTHSM2_CONF"] = str(settings)
    tool = need("softhsm2-util")
    subprocess.run(
        [tool, "--init-token", "--free", "--label", "unit", "--pin", PIN, "--so-pin", PIN],
        check=True,
        capture_output=True,
    )
    library = next(path for path in map(Path, LIBRARIES) if path.exists())
    made = pkcs11.lib(str(library)).get_token(token_label="unit")
    with made.open(rw=True, user_pin=PIN) as session:
        curve = pkcs11.util.ec.encode_named_curve_parameters("secp256r1")
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
        )
        parameters.generate_keypair(store=True, label="identity")
    pin_file = folder / "pin"
    pin_file.write_text(PIN + "\n", encoding="ascii")
    yield TokenPlace(library, "unit", "identity", pin_file)
    del os.environ["SOFTHSM2_CONF"]


def test_a_token_signs_what_its_public_key_checks(token: TokenPlace) -> None:
    signer = TokenSigner.open(token)
    keeps_the_contract(signer)
    assert signer.key_store is KeyStore.PKCS11
    signer.close()


def test_the_private_key_does_not_come_out(token: TokenPlace) -> None:
    session = pkcs11.lib(str(token.library)).get_token(token_label="unit").open(user_pin=PIN)
    private = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label="identity")
    with pytest.raises(pkcs11.AttributeSensitive):
        private[pkcs11.Attribute.VALUE]
    session.close()


def test_custody_signs_its_epochs_with_the_key_in_the_token(
    token: TokenPlace, folder: Path
) -> None:
    rig = Rig(folder)
    rig.settings = replace(rig.settings, token=token)
    rig.start()
    body = rig.records()[0].body
    assert isinstance(body, EpochBegins)
    assert body.key_store is KeyStore.PKCS11
    rig.clear_away()


def test_a_token_that_is_gone_is_one_sentence(token: TokenPlace) -> None:
    signer = TokenSigner.open(token)
    signer.close()
    with pytest.raises(KeyLost, match="hand the unit in"):
        signer.sign(b"epoch 2")


def test_a_key_of_another_kind_is_one_sentence(token: TokenPlace) -> None:
    made = pkcs11.lib(str(token.library)).get_token(token_label="unit")
    with made.open(rw=True, user_pin=PIN) as session:
        curve = pkcs11.util.ec.encode_named_curve_parameters("secp384r1")
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
        )
        parameters.generate_keypair(store=True, label="other")
    with pytest.raises(NotReady, match="no P-256"):
        TokenSigner.open(replace(token, key="other"))


def test_what_is_missing_is_one_sentence(token: TokenPlace, tmp_path: Path) -> None:
    wrong_pin = tmp_path / "pin"
    wrong_pin.write_text("9999", encoding="ascii")
    for place in (
        TokenPlace(token.library, "another", token.key, token.pin_file),
        TokenPlace(token.library, token.token, "another", token.pin_file),
        TokenPlace(tmp_path / "no.so", token.token, token.key, token.pin_file),
        TokenPlace(token.library, token.token, token.key, tmp_path / "no pin"),
    ):
        with pytest.raises(NotReady, match=r"check|cannot be read"):
            TokenSigner.open(place)

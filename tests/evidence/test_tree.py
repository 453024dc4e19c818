"""The tree against pymerkle, an implementation that is not ours, and against forgers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.evidence.errors import BadProof
from recorder.evidence.tree import (
    EMPTY_ROOT,
    FullTree,
    Tree,
    check_consistency,
    check_inclusion,
    leaf_hash,
)

MOST = 130

# The reference tree that Certificate Transparency implementations share.
CT_ENTRIES = (
    *("", "00", "10", "2021", "3031", "40414243"),
    *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
)
CT_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
CT_FROM_6_TO_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
CT_FROM_2_TO_5 = [
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
]


@dataclass(frozen=True)
class Witness:
    """A tree of ours and pymerkle's of the same entries."""

    ours: FullTree
    theirs: pymerkle.InmemoryTree


@pytest.fixture(scope="module")
def both() -> Witness:
    entries = [b"record %d" % n for n in range(MOST)]
    theirs = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        theirs.append_entry(entry)
    return Witness(FullTree(leaf_hash(entry) for entry in entries), theirs)


def leaf(number: int) -> bytes:
    return leaf_hash(b"record %d" % number)


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << ((len(leaves) - 1).bit_length() - 1)
    nodes = root_of(leaves[:middle]) + root_of(leaves[middle:])
    return hashlib.sha256(b"\x01" + nodes).digest()


def subproof(old: int, leaves: list[bytes], *, known: bool) -> list[bytes]:
    """RFC 6962 §2.1.2, word by word."""
    if old == len(leaves):
        return [] if known else [root_of(leaves)]
    middle = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= middle:
        return [*subproof(old, leaves[:middle], known=known), root_of(leaves[middle:])]
    return [*subproof(old - middle, leaves[middle:], known=False), root_of(leaves[:middle])]


def test_an_empty_tree_has_the_digest_of_nothing() -> None:
    assert Tree().root() == FullTree().root() == EMPTY_ROOT == hashlib.sha256().digest()


def test_growing_and_full_trees_have_pymerkles_roots(both: Witness) -> None:
    growing = Tree()
    for size in range(1, MOST + 1):
        growing.append(leaf(size - 1))
        assert growing.size == size
        assert growing.root() == both.ours.root(size) == both.theirs.get_root(size)
    assert both.ours.size == MOST


def test_a_copy_grows_on_by_itself() -> None:
    tree = Tree()
    tree.append(leaf(0))
    twin = tree.copy()
    twin.append(leaf(1))
    assert (tree.size, tree.root()) == (1, leaf(0))
    assert (twin.size, twin.root()) == (2, FullTree([leaf(0), leaf(1)]).root())


def test_inclusion_proofs_are_pymerkles(both: Witness) -> None:
    for size in range(1, MOST + 1):
        root = both.theirs.get_root(size)
        for index in {0, size // 3, size // 2, size - 1}:
            proof = both.ours.inclusion(index, size)
            assert list(proof) == both.theirs.prove_inclusion(index + 1, size).path[1:]
            check_inclusion(leaf(index), index, size, proof, root)


def test_consistency_proofs_lead_to_pymerkles_roots(both: Witness) -> None:
    for new in range(1, MOST + 1):
        for old in {1, new // 3, new // 2, new - 1} - {0, new}:
            proof = both.ours.consistency(old, new)
            assert list(proof) == subproof(old, [leaf(n) for n in range(new)], known=True)
            old_root, new_root = both.theirs.get_root(old), both.theirs.get_root(new)
            check_consistency(old, old_root, new, new_root, proof)


def test_the_proofs_are_those_of_the_certificate_transparency_test_vectors() -> None:
    tree = FullTree(leaf_hash(bytes.fromhex(entry)) for entry in CT_ENTRIES)
    assert tree.root().hex() == CT_ROOT
    assert [node.hex() for node in tree.consistency(6, 8)] == CT_FROM_6_TO_8
    assert [node.hex() for node in tree.consistency(2, 5)] == CT_FROM_2_TO_5


def test_every_pair_of_small_sizes_is_consistent(both: Witness) -> None:
    for new in range(20):
        for old in range(new + 1):
            proof = both.ours.consistency(old, new)
            check_consistency(old, both.ours.root(old), new, both.ours.root(new), proof)


@settings(deadline=None)
@given(st.data(), st.integers(1, MOST))
def test_no_other_leaf_place_or_path_is_believed(
    both: Witness, data: st.DataObject, size: int
) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = both.ours.inclusion(index, size), both.ours.root(size)
    other = data.draw(st.integers(0, size).filter(lambda n: n != index))
    wrong = [
        (leaf_hash(b"edited"), index, size, proof, root),
        (leaf(index), other, size, proof, root),
        (leaf(index), index, size, (*proof, root), root),
        (leaf(index), index, size, (root, *proof), root),
        (leaf(index), index, size, proof, EMPTY_ROOT),
    ]
    if proof:
        spoilt = data.draw(st.integers(0, len(proof) - 1))
        wrong.append((leaf(index), index, size, proof[:-1], root))
        bad = tuple(EMPTY_ROOT if n == spoilt else node for n, node in enumerate(proof))
        wrong.append((leaf(index), index, size, bad, root))
    for claim in wrong:
        with pytest.raises(BadProof):
            check_inclusion(*claim)


@settings(deadline=None)
@given(st.data(), st.integers(2, MOST))
def test_no_rewritten_history_is_believed(both: Witness, data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(1, new - 1))
    proof = both.ours.consistency(old, new)
    old_root, new_root = both.ours.root(old), both.ours.root(new)
    spoilt = data.draw(st.integers(0, len(proof) - 1))
    bad = tuple(EMPTY_ROOT if n == spoilt else node for n, node in enumerate(proof))
    for claim in (
        (old, EMPTY_ROOT, new, new_root, proof),
        (old, old_root, new, EMPTY_ROOT, proof),
        (old, old_root, new, new_root, proof[:-1]),
        (old, old_root, new, new_root, (*proof, old_root)),
        (old, old_root, new, new_root, (old_root, *proof)),
        (old, old_root, new, new_root, bad),
        (new, new_root, old, old_root, proof),
    ):
        with pytest.raises(BadProof):
            check_consistency(*claim)


def test_equal_and_empty_trees_need_no_proof_and_take_none() -> None:
    check_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, ())
    check_consistency(0, EMPTY_ROOT, 5, leaf(0), ())
    check_consistency(5, leaf(0), 5, leaf(0), ())
    for claim in (
        (0, leaf(0), 5, leaf(0), ()),
        (0, EMPTY_ROOT, 0, leaf(0), ()),
        (0, EMPTY_ROOT, 5, leaf(0), (leaf(0),)),
        (5, leaf(0), 5, leaf(1), ()),
        (-1, EMPTY_ROOT, 5, leaf(0), ()),
    ):
        with pytest.raises(BadProof):
            check_consistency(*claim)


def test_a_tree_proves_only_what_it_has() -> None:
    tree = FullTree([leaf(0), leaf(1)])
    for ask in (
        lambda: tree.root(3),
        lambda: tree.inclusion(2, 2),
        lambda: tree.inclusion(0, 3),
        lambda: tree.inclusion(0, 0),
        lambda: tree.consistency(2, 1),
        lambda: tree.consistency(1, 3),
    ):
        with pytest.raises(BadProof):
            ask()


def test_a_million_records_need_twenty_nodes_of_memory() -> None:
    tree = Tree()
    for _ in range(4096 + 255):
        tree.append(leaf(0))
    assert len(tree._peaks) <= 13  # noqa: SLF001 - the promise is about its memory


def test_a_tree_grows_on_from_its_peaks_alone() -> None:
    tree = Tree()
    for number in range(MOST):
        again = Tree.of(tree.size, tree.peaks)
        for each in (tree, again):
            each.append(leaf(number))
        assert (again.size, again.root()) == (tree.size, tree.root())
    with pytest.raises(BadProof, match="peaks"):
        Tree.of(3, (EMPTY_ROOT,))

//! Proofs over the log (RFC 6962, sections 2.1.1 and 2.1.2; checked as RFC 9162, sections
//! 2.1.3.2 and 2.1.4.2, describes): that an event is in a tree, and that one tree begins with
//! another.

use crate::merkle::{CompactRange, Hash, node_hash};

/// The root over these leaves.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    let mut tree = CompactRange::new();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree.root()
}

/// The largest power of two below `size`, which is at least 2: where a tree splits.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// The proof that leaf number `index` (from 0) is in the tree over these leaves, the lowest
/// hash first; `None` if there is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut leaves, mut index, mut path) = (leaves, index, Vec::new());
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if index < left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            index -= left.len();
            leaves = right;
        }
    }
    path.reverse();
    Some(path)
}

/// Whether the proof shows that `leaf` is number `index` (from 0) of the `size` leaves under
/// `root`.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            // Levels on which the node is the last one and has no right sibling.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// The proof that the tree over these leaves begins with the tree over the first `old` of them;
/// `None` if there are not as many. Empty if `old` is nothing or everything.
#[must_use]
pub fn consistency_proof(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    if old > leaves.len() {
        return None;
    }
    if old == 0 || old == leaves.len() {
        return Some(Vec::new());
    }
    let (mut leaves, mut old, mut known, mut path) = (leaves, old, true, Vec::new());
    while old != leaves.len() {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if old <= left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            old -= left.len();
            leaves = right;
            known = false;
        }
    }
    if !known {
        path.push(root(leaves));
    }
    path.reverse();
    Some(path)
}

/// Whether the proof shows that the tree of `new_size` leaves under `new_root` begins with the
/// tree of `old_size` leaves under `old_root`.
#[must_use]
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> bool {
    if old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    if old_size == 0 {
        return proof.is_empty() && *old_root == root(&[]);
    }
    let (mut place, mut last) = (old_size - 1, new_size - 1);
    let levels = place.trailing_ones();
    place >>= levels;
    last >>= levels;
    // Where the old tree is full, its root is the start and is not repeated in the proof.
    let (start, rest) = if place == 0 {
        (*old_root, proof)
    } else {
        let Some((first, rest)) = proof.split_first() else { return false };
        (*first, rest)
    };
    let (mut old, mut new) = (start, start);
    for hash in rest {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old = node_hash(hash, &old);
            new = node_hash(hash, &new);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, hash);
        }
        place >>= 1;
        last >>= 1;
    }
    last == 0 && old == *old_root && new == *new_root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::merkle::leaf_hash;

    /// The definition of the root, word for word (RFC 6962, section 2.1).
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node_hash(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|number| leaf_hash(&number.to_le_bytes())).collect()
    }

    fn hex(hash: &Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn roots_are_those_of_the_reference_vectors() {
        // The inputs and roots that certificate-transparency's own tests use.
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let leaves: Vec<Hash> = inputs.iter().map(|input| leaf_hash(input)).collect();
        let roots = [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ];
        for (size, expected) in roots {
            assert_eq!(hex(&root(&leaves[..size])), expected, "{size} leaves");
        }
    }

    #[test]
    fn a_kept_range_goes_on_where_it_was() {
        let leaves = leaves(100);
        let mut tree = CompactRange::new();
        for (count, leaf) in leaves.iter().enumerate() {
            assert_eq!(tree.root(), root_by_definition(&leaves[..count]));
            tree = CompactRange::from_bytes(tree.size(), &tree.to_bytes()).unwrap();
            tree.push(*leaf);
        }
        assert!(CompactRange::from_bytes(3, &tree.to_bytes()[..32]).is_none());
        assert!(CompactRange::from_bytes(1, &[0; 31]).is_none());
    }

    proptest! {
        #[test]
        fn every_leaf_has_a_proof_and_no_other_leaf_fits_it(
            size in 1_usize..200, index: usize, other: usize, flip in 0_usize..256,
        ) {
            let leaves = leaves(size);
            let (index, other) = (index % size, other % size);
            let root = root(&leaves);
            let mut proof = inclusion_proof(&leaves, index).unwrap();
            let verify = |leaf: usize, place: usize, proof: &[Hash]| {
                verify_inclusion(&leaves[leaf], place as u64, size as u64, proof, &root)
            };
            prop_assert!(verify(index, index, &proof));
            prop_assert_eq!(verify(other, index, &proof), other == index);
            prop_assert_eq!(verify(index, other, &proof), other == index);
            prop_assert!(!verify(index, size, &proof));
            if let Some(hash) = proof.last_mut() {
                hash[flip / 8] ^= 1 << (flip % 8);
                prop_assert!(!verify(index, index, &proof));
                proof.pop();
                prop_assert!(!verify(index, index, &proof));
            }
        }

        #[test]
        fn every_tree_is_consistent_with_its_beginnings_and_with_nothing_else(
            size in 1_usize..200, old: usize, flip in 0_usize..256,
        ) {
            let leaves = leaves(size);
            let old = old % (size + 1);
            let (old_root, new_root) = (root(&leaves[..old]), root(&leaves));
            let mut proof = consistency_proof(&leaves, old).unwrap();
            let verify = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
                verify_consistency(old as u64, old_root, size as u64, new_root, proof)
            };
            prop_assert!(verify(&old_root, &new_root, &proof));
            let mut wrong = old_root;
            wrong[flip / 8] ^= 1 << (flip % 8);
            prop_assert!(!verify(&wrong, &new_root, &proof));
            if let Some(hash) = proof.last_mut() {
                hash[flip / 8] ^= 1 << (flip % 8);
                prop_assert!(!verify(&old_root, &new_root, &proof));
            }
        }

        #[test]
        fn proofs_of_any_length_are_judged_without_a_panic(
            index: u64, size: u64, proof in prop::collection::vec(any::<Hash>(), 0..70),
        ) {
            prop_assert!(!verify_inclusion(&[0; 32], index, size, &proof, &[1; 32]));
            let consistent = verify_consistency(index, &[1; 32], size, &[2; 32], &proof);
            prop_assert!(!consistent);
        }
    }
}

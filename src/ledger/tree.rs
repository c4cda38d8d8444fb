//! The Merkle tree of RFC 6962 §2.1, kept as its right edge: appending a leaf and taking the root
//! cost a logarithm of the size, and the leaves need not be kept.

use sha2::{Digest as _, Sha256};

/// A node of the tree.
pub type NodeHash = [u8; 32];

/// The roots of the perfect subtrees of which the tree is made, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RightEdge {
    size: u64,
    peaks: Vec<NodeHash>,
}

impl RightEdge {
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn push(&mut self, leaf: NodeHash) {
        // Every trailing one bit of the size is a subtree as high as the one that just got complete.
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = parent(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    pub fn root(&self) -> NodeHash {
        let root = self.peaks.iter().rev().copied().reduce(|right, left| parent(&left, &right));
        root.unwrap_or_else(|| Sha256::digest(b"").into())
    }
}

/// The hash of a leaf's data.
pub fn leaf(data: &[u8]) -> NodeHash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(data);
    hasher.finalize().into()
}

fn parent(left: &NodeHash, right: &NodeHash) -> NodeHash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaves and roots of the reference test suite of Certificate Transparency.
    const VECTORS: [(&str, &str); 8] = [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        (
            "606162636465666768696a6b6c6d6e6f",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ),
    ];

    fn hexadecimal(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn bytes(text: &str) -> Vec<u8> {
        let digits = (0..text.len()).step_by(2);
        digits.map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal")).collect()
    }

    #[test]
    fn the_roots_are_those_of_the_reference_suite() {
        let mut edge = RightEdge::default();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hexadecimal(&edge.root()), empty);
        for (size, (data, root)) in (1..).zip(VECTORS) {
            edge.push(leaf(&bytes(data)));
            assert_eq!((edge.size(), hexadecimal(&edge.root()).as_str()), (size, root));
        }
    }

    /// The definition of RFC 6962, word for word, as the oracle.
    fn tree_hash(leaves: &[NodeHash]) -> NodeHash {
        match leaves {
            [] => Sha256::digest(b"").into(),
            [only] => *only,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().div_ceil(2).next_power_of_two());
                parent(&tree_hash(left), &tree_hash(right))
            }
        }
    }

    #[test]
    fn the_edge_agrees_with_the_definition_at_every_size() {
        let (mut edge, mut leaves) = (RightEdge::default(), Vec::new());
        for number in 0_u16..200 {
            assert_eq!(edge.root(), tree_hash(&leaves), "{number} leaves");
            let leaf = leaf(&number.to_be_bytes());
            leaves.push(leaf);
            edge.push(leaf);
        }
    }
}

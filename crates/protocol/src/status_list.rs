//! Token Status Lists (draft-ietf-oauth-status-list): many tokens' states as one compressed array of bits, which a
//! third party reads without asking about any one token.
//!
//! Decides how a list is written and read; never which token stands where.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use serde::{Deserialize, Serialize};

/// The `typ` of a Status List Token (§5.1).
pub const STATUS_LIST_TYPE: &str = "statuslist+jwt";
/// A token is valid (§7.1).
pub const VALID: u8 = 0;
/// A token was revoked.
pub const INVALID: u8 = 1;
/// Entries of one list of ours: 8 KiB of bits, and enough tokens for one among them to say nothing.
pub const LIST_SIZE: u32 = 1 << 16;
/// Most bytes that a list is unpacked to: 2^20 entries of 8 bits, and as much again.
const MOST_BYTES: usize = 2 << 20;
/// zlib's own default level; the best costs ten times as long for a percent.
const LEVEL: u8 = 6;

/// Why a text is no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoStatusList {
    /// An entry has 1, 2, 4 or 8 bits.
    Bits,
    /// It is no base64url, or no zlib stream within the limit.
    Packed,
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    bits: u8,
    bytes: Vec<u8>,
}

/// As a Status List Token carries it (§4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedStatusList {
    /// Bits of one entry.
    pub bits: u8,
    /// All entries, packed.
    pub lst: String,
}

/// The claims of a Status List Token (§5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusListClaims {
    /// This authority; the token is signed by the key that signs the tokens it speaks of.
    pub iss: String,
    /// The address that it was fetched from.
    pub sub: String,
    /// Unix seconds.
    pub iat: i64,
    /// Unix seconds.
    pub exp: i64,
    /// After so many seconds it is to be fetched again.
    pub ttl: i64,
    /// The list.
    pub status_list: PackedStatusList,
}

/// Where the state of a token is found (§6.2): its `status` claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// In a status list.
    pub status_list: StatusReference,
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusReference {
    /// Which entry.
    pub idx: u32,
    /// Which list.
    pub uri: String,
}

impl Status {
    /// The claim of a token that stands at `idx` of the list at `uri`.
    #[must_use]
    pub const fn at(idx: u32, uri: String) -> Self {
        Self { status_list: StatusReference { idx, uri } }
    }
}

impl StatusList {
    /// A list of `size` entries of `bits` bits, all valid.
    ///
    /// # Errors
    /// [`NoStatusList::Bits`].
    pub fn new(bits: u8, size: u32) -> Result<Self, NoStatusList> {
        if ![1, 2, 4, 8].contains(&bits) {
            return Err(NoStatusList::Bits);
        }
        let bytes = (u64::from(size) * u64::from(bits)).div_ceil(8);
        Ok(Self { bits, bytes: vec![VALID; usize::try_from(bytes).unwrap_or(usize::MAX)] })
    }

    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.bytes.len() * 8 / usize::from(self.bits)
    }

    /// Byte and shift of an entry: from the lowest bit of each byte upwards (§4.1).
    fn place(&self, idx: u32) -> Option<(usize, u32)> {
        let bit = u64::from(idx) * u64::from(self.bits);
        let byte = usize::try_from(bit / 8).ok().filter(|byte| *byte < self.bytes.len())?;
        Some((byte, u32::try_from(bit % 8).ok()?))
    }

    const fn mask(&self) -> u8 {
        if self.bits == 8 { u8::MAX } else { (1 << self.bits) - 1 }
    }

    /// The state of an entry; none beyond the end.
    #[must_use]
    pub fn get(&self, idx: u32) -> Option<u8> {
        let (byte, shift) = self.place(idx)?;
        Some((self.bytes.get(byte)? >> shift) & self.mask())
    }

    /// Sets the state of an entry; false beyond the end, or where the state does not fit.
    pub fn set(&mut self, idx: u32, state: u8) -> bool {
        let mask = self.mask();
        let Some((byte, shift)) = self.place(idx).filter(|_| state <= mask) else { return false };
        let Some(byte) = self.bytes.get_mut(byte) else { return false };
        *byte = (*byte & !(mask << shift)) | (state << shift);
        true
    }

    /// As a token carries it.
    #[must_use]
    pub fn pack(&self) -> PackedStatusList {
        let packed = compress_to_vec_zlib(&self.bytes, LEVEL);
        PackedStatusList { bits: self.bits, lst: URL_SAFE_NO_PAD.encode(packed) }
    }

    /// Reads what a token carries. What unpacks to more than 2 MiB is refused.
    ///
    /// # Errors
    /// [`NoStatusList`].
    pub fn unpack(packed: &PackedStatusList) -> Result<Self, NoStatusList> {
        if ![1, 2, 4, 8].contains(&packed.bits) {
            return Err(NoStatusList::Bits);
        }
        let bytes = URL_SAFE_NO_PAD.decode(&packed.lst).map_err(|_| NoStatusList::Packed)?;
        let bytes = decompress_to_vec_zlib_with_limit(&bytes, MOST_BYTES)
            .map_err(|_| NoStatusList::Packed)?;
        Ok(Self { bits: packed.bits, bytes })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// The published vectors, where `CLAVIGER_VECTORS` names their folder.
    fn vectors() -> Option<Value> {
        let folder = std::env::var_os("CLAVIGER_VECTORS")?;
        let path = std::path::Path::new(&folder).join("token-status-list/vectors.json");
        Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    }

    fn packed(value: &Value) -> PackedStatusList {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn the_published_lists_say_what_they_are_to_say() {
        let Some(vectors) = vectors() else {
            assert!(std::env::var_os("CI").is_none(), "CI must set CLAVIGER_VECTORS");
            return;
        };
        let all = vectors["test_vectors"].as_array().unwrap();
        assert_eq!(all.len(), 4);
        for vector in all {
            let list = StatusList::unpack(&packed(&vector["json"])).unwrap();
            let size = u32::try_from(vector["size"].as_u64().unwrap()).unwrap();
            assert!(list.entries() >= size as usize);
            let expected = vector["expected"].as_object().unwrap();
            let mut made = StatusList::new(list.bits, size).unwrap();
            for (idx, state) in expected {
                let state = u8::try_from(state.as_u64().unwrap()).unwrap();
                assert!(made.set(idx.parse().unwrap(), state));
            }
            for idx in 0..size {
                let state = expected.get(&idx.to_string()).and_then(Value::as_u64).unwrap_or(0);
                assert_eq!(list.get(idx).map(u64::from), Some(state), "{} {idx}", list.bits);
            }
            // What we make of the same entries is the same list, and survives its own packing.
            assert_eq!(made.bytes, list.bytes);
            assert_eq!(StatusList::unpack(&made.pack()).unwrap(), list);
        }
        for short in vectors["short_examples"].as_array().unwrap() {
            let list = StatusList::unpack(&packed(&short["json"])).unwrap();
            let hex: String = list.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, short["byte_array_hex"].as_str().unwrap());
        }
    }

    /// §4.1, the first example: bits from the lowest upwards.
    #[test]
    fn entries_stand_from_the_lowest_bit_upwards() {
        let mut list = StatusList::new(1, 16).unwrap();
        for (idx, state) in [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1].into_iter().enumerate()
        {
            assert!(list.set(u32::try_from(idx).unwrap(), state));
        }
        assert_eq!(list.bytes, [0xb9, 0xa3]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let of =
            |bits, lst: &str| StatusList::unpack(&PackedStatusList { bits, lst: lst.to_owned() });
        assert_eq!(of(3, "eNrbuRgAAhcBXQ"), Err(NoStatusList::Bits));
        for bad in ["", "x", "eNrbuRgAAhcBX", "eNrb_____", "AAAA"] {
            assert_eq!(of(1, bad), Err(NoStatusList::Packed), "{bad}");
        }
        // A few kilobytes that would become gigabytes.
        let bomb = URL_SAFE_NO_PAD.encode(compress_to_vec_zlib(&vec![0; MOST_BYTES + 1], 9));
        assert_eq!(of(1, &bomb), Err(NoStatusList::Packed));
        assert_eq!(StatusList::new(0, 8), Err(NoStatusList::Bits));
        let mut list = StatusList::new(2, 8).unwrap();
        assert!(!list.set(8, 1) && !list.set(0, 4));
        assert_eq!((list.get(8), list.get(u32::MAX)), (None, None));
    }

    proptest! {
        /// An entry keeps its state, and its neighbours theirs, through packing and unpacking.
        #[test]
        fn every_entry_keeps_its_state(
            bits in prop::sample::select(vec![1_u8, 2, 4, 8]),
            entries in prop::collection::btree_map(0_u32..5000, any::<u8>(), 0..200),
        ) {
            let mut list = StatusList::new(bits, 5000).unwrap();
            let mask = list.mask();
            for (idx, state) in &entries {
                prop_assert!(list.set(*idx, state & mask));
            }
            let read = StatusList::unpack(&list.pack()).unwrap();
            for idx in 0..5000 {
                prop_assert_eq!(read.get(idx), Some(entries.get(&idx).map_or(0, |state| state & mask)));
            }
        }

        #[test]
        fn no_text_upsets_the_reader(bits in any::<u8>(), lst in "[A-Za-z0-9_-]{0,60}") {
            let _ = StatusList::unpack(&PackedStatusList { bits, lst });
        }
    }
}

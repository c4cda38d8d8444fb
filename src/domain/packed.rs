//! Rows of a fixed width: what is kept by the million in files and read back without parsing.

/// A value that always takes the same number of bytes, little-endian.
pub trait Packed: Sized {
    /// Bytes.
    const WIDTH: usize;

    /// Appends exactly [`Packed::WIDTH`] bytes.
    fn pack(&self, out: &mut Vec<u8>);

    /// Reads the first [`Packed::WIDTH`] bytes; bytes that are not there are zeros.
    fn unpack(bytes: &[u8]) -> Self;
}

/// All rows of a file's bytes. A row that is cut off at the end is left out.
pub fn unpack_rows<T: Packed>(bytes: &[u8]) -> Vec<T> {
    bytes.chunks_exact(T::WIDTH).map(T::unpack).collect()
}

/// Whole numbers as they are.
macro_rules! packed_numbers {
    ($($number:ty),*) => {$(
        impl Packed for $number {
            const WIDTH: usize = size_of::<$number>();

            fn pack(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn unpack(bytes: &[u8]) -> Self {
                bytes.first_chunk().map_or(0, |bytes| Self::from_le_bytes(*bytes))
            }
        }
    )*};
}

packed_numbers!(u8, u32, u64, i64, u128);

/// A byte that says whether there is a value, and the value or zeros.
impl<T: Packed> Packed for Option<T> {
    const WIDTH: usize = 1 + T::WIDTH;

    fn pack(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.is_some()));
        match self {
            Some(value) => value.pack(out),
            None => out.resize(out.len() + T::WIDTH, 0),
        }
    }

    fn unpack(bytes: &[u8]) -> Self {
        match bytes.split_first() {
            Some((1, value)) => Some(T::unpack(value)),
            _ => None,
        }
    }
}

/// Declares a struct whose fields are packed one after the other.
macro_rules! packed {
    (
        $(#[$about:meta])*
        pub struct $name:ident { $($(#[$doc:meta])* pub $field:ident: $type:ty,)* }
    ) => {
        $(#[$about])*
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }

        impl $crate::domain::packed::Packed for $name {
            const WIDTH: usize = 0 $(+ <$type as $crate::domain::packed::Packed>::WIDTH)*;

            fn pack(&self, out: &mut Vec<u8>) {
                $($crate::domain::packed::Packed::pack(&self.$field, out);)*
            }

            fn unpack(bytes: &[u8]) -> Self {
                let mut rest = bytes;
                $(
                    let $field = $crate::domain::packed::take(&mut rest);
                )*
                let _ = rest;
                Self { $($field),* }
            }
        }
    };
}
pub(crate) use packed;

/// An enumeration without data as the number of its variant; a number that is none is the default.
macro_rules! packed_words {
    ($($word:ty = $default:expr),* $(,)?) => {$(
        impl $crate::domain::packed::Packed for $word {
            const WIDTH: usize = 1;

            fn pack(&self, out: &mut Vec<u8>) {
                out.push(*self as u8);
            }

            fn unpack(bytes: &[u8]) -> Self {
                let number = bytes.first().copied().unwrap_or(u8::MAX);
                Self::from_repr(number).unwrap_or($default)
            }
        }
    )*};
}
pub(crate) use packed_words;

/// Unpacks a value and goes on behind it.
pub(crate) fn take<T: Packed>(bytes: &mut &[u8]) -> T {
    let value = T::unpack(bytes);
    *bytes = bytes.get(T::WIDTH..).unwrap_or_default();
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    packed! {
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Row {
            pub wide: u128,
            pub maybe: Option<i64>,
            pub small: u8,
        }
    }

    proptest! {
        #[test]
        fn rows_come_back(rows in proptest::collection::vec((any::<u128>(), any::<Option<i64>>(), any::<u8>()), 0..20)) {
            let rows: Vec<Row> =
                rows.into_iter().map(|(wide, maybe, small)| Row { wide, maybe, small }).collect();
            let mut bytes = Vec::new();
            rows.iter().for_each(|row| row.pack(&mut bytes));
            prop_assert_eq!(bytes.len(), rows.len() * Row::WIDTH);
            prop_assert_eq!(unpack_rows::<Row>(&bytes), rows);
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert_eq!(unpack_rows::<Row>(&bytes).len(), bytes.len() / Row::WIDTH);
            let _ = Row::unpack(&bytes);
        }
    }
}

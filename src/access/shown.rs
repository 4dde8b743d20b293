//! What leaves the service: values of which every field was decided.
//!
//! An answer implements [`Shown`] by [`shown!`](crate::shown), which takes it apart without `..`: a new field does not compile
//! until someone states which rule reveals it. A [`Permit`](super::Permit) answers with nothing else.

use std::ops::Deref;

use serde::{Serialize, Serializer};

/// A value as one reader sees it.
#[derive(Debug, Clone)]
pub struct Seen<T>(T);

impl<T> Seen<T> {
    /// A value whose fields were decided. For implementations of [`Shown`] only.
    #[must_use]
    pub fn decided(value: T) -> Self {
        Self(value)
    }

    /// The value, to become part of a larger one.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Seen<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Serialize> Serialize for Seen<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// An answer that states of each of its fields who sees it.
pub trait Shown: Sized {
    /// What is known of the reader: the answers of the field rules that it asks.
    type Reader;

    /// The value as this reader sees it.
    fn seen_by(self, reader: &Self::Reader) -> Seen<Self>;
}

/// The reader of an answer without field rules: the rule about the row decides on all of it.
#[derive(Debug, Clone, Copy)]
pub struct RowReader;

/// An answer whose fields are all decided by the rule about its row.
pub trait Whole: Shown<Reader = RowReader> {
    /// The value as everyone sees it who may read the row.
    fn whole(self) -> Seen<Self> {
        self.seen_by(&RowReader)
    }
}

impl<T: Shown<Reader = RowReader>> Whole for T {}

/// States who sees each field of an answer.
///
/// `row` lists the fields that everyone sees who may read the row. Each other list is named after a method of the reader that
/// returns whether they are seen, and its fields are `Option`: `None` to those who do not see them. `each` lists those whose
/// items have field rules of their own.
#[macro_export]
macro_rules! shown {
    ($type:ty { $($field:ident),+ $(,)? }) => {
        $crate::shown!($type, $crate::access::RowReader { row { $($field),+ } });
    };
    ($type:ty, $reader:ty {
        row { $($row:ident),* $(,)? }
        $(each { $($each:ident),+ $(,)? })?
        $($rule:ident: $($field:ident),+;)*
    }) => {
        impl $crate::access::Shown for $type {
            type Reader = $reader;

            fn seen_by(self, reader: &$reader) -> $crate::access::Seen<Self> {
                let Self { $($row,)* $($($each,)+)? $($($field,)+)* } = self;
                $($(let $each = $each.into_iter().map(|item| item.seen_by(reader).into_inner()).collect();)+)?
                $($(let $field = $field.filter(|_| reader.$rule());)+)*
                let _ = reader;
                $crate::access::Seen::decided(Self { $($row,)* $($($each,)+)? $($($field,)+)* })
            }
        }
    };
}

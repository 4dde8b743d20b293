//! Values that may leave the service, since a rule decided on every field.
//!
//! An answer implements [`Shown`] by [`shown!`](crate::shown), which destructures it without `..`. A new field therefore does
//! not compile until someone states which rule shows it. A [`Permit`](super::Permit) answers only with such values.

use std::ops::Deref;

use serde::{Serialize, Serializer};

/// A value as one reader sees it.
#[derive(Debug, Clone)]
pub struct Seen<T>(T);

impl<T> Seen<T> {
    /// Wraps a value whose fields were decided. For implementations of [`Shown`] only.
    #[must_use]
    pub fn decided(value: T) -> Self {
        Self(value)
    }

    /// Returns the value, to become part of a larger one.
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

/// An answer that states who sees each of its fields.
pub trait Shown: Sized {
    /// The reader: the answers of the field rules that this type uses.
    type Reader;

    /// Returns the value as this reader sees it.
    fn seen_by(self, reader: &Self::Reader) -> Seen<Self>;

    /// Returns whether the reader sees all fields.
    fn is_whole(reader: &Self::Reader) -> bool;
}

/// An object with a version that some readers see only a part of.
///
/// The version counts all changes, so it would show such a reader that something hidden was changed. They get none: the entity tag is
/// a hash of what they see, and so are their changes guarded.
pub trait PartlySeen: Shown + Serialize {
    /// Returns the version that the reader sees.
    fn version(&self) -> Option<i64>;
}

/// The reader of an answer without field rules. The rule about the row decides on all fields.
#[derive(Debug, Clone, Copy)]
pub struct RowReader;

/// An answer whose fields are all decided by the rule about its row.
pub trait Whole: Shown<Reader = RowReader> {
    /// Returns the value as everyone who may read the row sees it.
    fn whole(self) -> Seen<Self> {
        self.seen_by(&RowReader)
    }
}

impl<T: Shown<Reader = RowReader>> Whole for T {}

/// States who sees each field of an answer.
///
/// `row` lists the fields that everyone who may read the row sees. A `version` after them, behind a semicolon, is seen by those who see all
/// fields ([`PartlySeen`]). `+ each` lists the fields whose items have field rules of
/// their own, and `+ one` those that are a value or nothing. Each other list is named after a method of the reader that returns whether the reader sees its fields. Those
/// fields are `Option`, and `None` to a reader who does not see them.
#[macro_export]
macro_rules! shown {
    ($type:ty { $($field:ident),+ $(,)? }) => {
        $crate::shown!($type, $crate::access::RowReader { row { $($field),+ } });
    };
    ($type:ty, $reader:ty {
        row { $($row:ident),* $(,)? $(; $version:ident)? }
        $(+ each { $($each:ident),+ $(,)? })?
        $(+ one { $($one:ident),+ $(,)? })?
        $($rule:ident: $($field:ident),+;)*
    }) => {
        impl $crate::access::Shown for $type {
            type Reader = $reader;

            fn seen_by(self, reader: &$reader) -> $crate::access::Seen<Self> {
                let Self { $($row,)* $($version,)? $($($each,)+)? $($($one,)+)? $($($field,)+)* } = self;
                $($(let $each = $each.into_iter().map(|item| item.seen_by(reader).into_inner()).collect();)+)?
                $($(let $one = $one.map(|item| item.seen_by(reader).into_inner());)+)?
                $($(let $field = $field.filter(|_| reader.$rule());)+)*
                $(let $version = $version.filter(|_| <Self as $crate::access::Shown>::is_whole(reader));)?
                let _ = reader;
                $crate::access::Seen::decided(Self { $($row,)* $($version,)? $($($each,)+)? $($($one,)+)? $($($field,)+)* })
            }

            fn is_whole(reader: &$reader) -> bool {
                let _ = reader;
                true $(&& reader.$rule())*
            }
        }
        $(
            impl $crate::access::PartlySeen for $type {
                fn version(&self) -> Option<i64> {
                    self.$version
                }
            }
        )?
    };
}

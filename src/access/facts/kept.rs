//! The rows of what is withheld from a guardian.

/// An SQL expression: the id of the entry that a row `w` withholds from a guardian; null if it withholds the whole case.
#[macro_export]
macro_rules! withheld_entry_sql {
    () => {
        "COALESCE(w.note_id, w.measure_id, w.meeting_id)"
    };
}

//! The characters of text from requests: which are removed, which are replaced, and which are refused.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiClass, DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic, IndicSyllabicCategory,
        JoiningType, VariationSelector,
    },
};

/// A character that is refused, and its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The place, counted in characters from 1.
    pub place: usize,
    /// The character.
    pub character: char,
}

/// Returns the text as it is stored: in NFC, without the invisible characters that pasting brings, and with one kind of line break.
///
/// # Errors
/// The first character that is refused.
pub(super) fn cleaned(text: &str, may_break: bool) -> Result<String, Refused> {
    if text.is_ascii() && !text.contains(|c: char| c.is_control()) {
        return Ok(text.to_owned());
    }
    let all: Vec<char> = text.chars().collect();
    let mut kept = String::with_capacity(text.len());
    for (at, &c) in all.iter().enumerate() {
        match c {
            _ if comes_with_pasting(c) => {}
            '\r' if may_break && all.get(at + 1) == Some(&'\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' if may_break => {
                kept.push('\n')
            }
            '\t' if !may_break => return Err(Refused { place: at + 1, character: c }),
            _ if is_refused(&all, at) => return Err(Refused { place: at + 1, character: c }),
            _ => kept.push(c),
        }
    }
    Ok(ComposingNormalizerBorrowed::new_nfc().normalize(&kept).into_owned())
}

/// The soft hyphen, the zero-width space, the word joiner and the byte order mark. They come from documents and say nothing.
fn comes_with_pasting(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Returns whether a character is a control, or would not be seen by the reader where it is.
fn is_refused(all: &[char], at: usize) -> bool {
    let c = all[at];
    match c {
        '\t' => false,
        '\u{2028}' | '\u{2029}' => true,
        // Marks of direction.
        '\u{200e}' | '\u{200f}' | '\u{61c}' => !is_beside_right_to_left(all, at),
        // The non-joiner and the joiner.
        '\u{200c}' => !is_beside_joining(all, at),
        '\u{200d}' => !is_beside_joining(all, at) && !joins_pictures(all, at),
        _ if c.is_control() || overrides_direction(c) || is_noncharacter(c) => true,
        _ if CodePointSetData::new::<VariationSelector>().contains(c) => !follows_something(all, at),
        _ => CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c),
    }
}

fn overrides_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fff9}'..='\u{fffb}')
}

fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// Returns whether the nearest letter before or after is written from right to left. Punctuation may be between.
fn is_beside_right_to_left(all: &[char], at: usize) -> bool {
    let class = |c: &char| match CodePointMapData::<BidiClass>::new().get(*c) {
        _ if matches!(*c, '\u{200e}' | '\u{200f}' | '\u{61c}') => None,
        BidiClass::RightToLeft | BidiClass::ArabicLetter => Some(true),
        BidiClass::LeftToRight => Some(false),
        _ => None,
    };
    let before = all[..at].iter().rev().find_map(class);
    let after = all[at + 1..].iter().find_map(class);
    before == Some(true) || after == Some(true)
}

/// Returns whether a neighbour belongs to a script whose letters join or form syllables.
fn is_beside_joining(all: &[char], at: usize) -> bool {
    let joins = |c: &&char| match CodePointMapData::<JoiningType>::new().get(**c) {
        JoiningType::DualJoining | JoiningType::LeftJoining | JoiningType::RightJoining => true,
        _ if c.is_ascii() => false,
        _ => !matches!(
            CodePointMapData::<IndicSyllabicCategory>::new().get(**c),
            IndicSyllabicCategory::Other
                | IndicSyllabicCategory::Number
                | IndicSyllabicCategory::ConsonantPlaceholder
                | IndicSyllabicCategory::Joiner
                | IndicSyllabicCategory::NonJoiner
        ),
    };
    // Vowel signs of Arabic are between the letters.
    let is_letter = |c: &&char| {
        !matches!(CodePointMapData::<JoiningType>::new().get(**c), JoiningType::Transparent)
            || CodePointMapData::<IndicSyllabicCategory>::new().get(**c) != IndicSyllabicCategory::Other
    };
    let before = all[..at].iter().rev().find(is_letter);
    let after = all[at + 1..].iter().find(is_letter);
    before.as_ref().is_some_and(joins) || after.as_ref().is_some_and(joins)
}

/// Returns whether pictures stand on both sides, which the joiner makes one picture.
fn joins_pictures(all: &[char], at: usize) -> bool {
    let is_picture = |c: &char| CodePointSetData::new::<ExtendedPictographic>().contains(*c);
    let modifies = |c: &&char| **c == '\u{fe0f}' || CodePointSetData::new::<EmojiModifier>().contains(**c);
    let before = all[..at].iter().rev().find(|c| !modifies(c));
    before.is_some_and(is_picture) && all.get(at + 1).is_some_and(is_picture)
}

/// Returns whether a visible character stands before, whose form a selector chooses.
fn follows_something(all: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| all[before]);
    before.is_some_and(|c| {
        !c.is_whitespace()
            && !c.is_control()
            && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str) -> Result<String, (usize, char)> {
        cleaned(text, true).map_err(|refused| (refused.place, refused.character))
    }

    #[test]
    fn a_letter_in_two_forms_is_one_letter() {
        assert_eq!(stored("Andre\u{301}"), Ok("André".to_owned()));
        assert_eq!(stored("A\u{30a}se"), Ok("Åse".to_owned()));
        assert_eq!(stored("\u{212b}se"), Ok("Åse".to_owned()));
    }

    #[test]
    fn what_pasting_brings_is_removed() {
        assert_eq!(
            stored("\u{feff}barne\u{ad}vern\u{200b} og\u{2060} skole"),
            Ok("barnevern og skole".to_owned())
        );
    }

    #[test]
    fn prose_has_one_kind_of_line_break_and_a_line_has_none() {
        assert_eq!(
            stored("a\r\nb\rc\u{85}d\u{2028}e\u{2029}f\u{b}g\u{c}h\n\ni"),
            Ok("a\nb\nc\nd\ne\nf\ng\nh\n\ni".to_owned())
        );
        for broken in ["a\nb", "a\rb", "a\u{85}b", "a\u{2028}b", "a\u{2029}b", "a\u{b}b", "a\u{c}b"] {
            let refused = cleaned(broken, false).expect_err("refused");
            assert_eq!((refused.place, Some(refused.character)), (2, broken.chars().nth(1)), "{broken:?}");
        }
    }

    #[test]
    fn marks_of_direction_are_right_beside_letters_from_right_to_left() {
        for right in ["שלום!\u{200f}", "\u{200e}123 \u{200f}سلام", "\u{61c}؟ سلام", "ABC \u{200f}שלום"]
        {
            assert_eq!(stored(right), Ok(right.to_owned()));
        }
        assert_eq!(stored("Iben\u{200f}"), Err((5, '\u{200f}')));
        assert_eq!(stored("I\u{200e}ben שלום"), Err((2, '\u{200e}')));
        assert_eq!(stored("\u{61c}"), Err((1, '\u{61c}')));
    }

    #[test]
    fn joiners_are_right_in_scripts_that_join_and_between_pictures() {
        for right in [
            "می\u{200c}خواهم",
            "ශ්\u{200d}රී",
            "ക്\u{200d}",
            "र\u{94d}\u{200d}य",
            "র\u{200d}্য",
            "👩\u{200d}👧",
            "👩🏽\u{200d}❤\u{fe0f}\u{200d}👩",
        ] {
            assert!(stored(right).is_ok(), "{right:?}");
        }
        assert_eq!(stored("I\u{200d}ben"), Err((2, '\u{200d}')));
        assert_eq!(stored("1\u{200c}2"), Err((2, '\u{200c}')));
        assert_eq!(stored("👩\u{200d}x"), Err((2, '\u{200d}')));
        assert_eq!(stored("\u{200d}\u{200d}"), Err((1, '\u{200d}')));
    }

    #[test]
    fn what_changes_direction_or_is_not_seen_is_refused_with_its_place() {
        for c in [
            '\u{0}',
            '\u{1b}',
            '\u{7f}',
            '\u{9f}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{2063}',
            '\u{206a}',
            '\u{3164}',
            '\u{115f}',
            '\u{34f}',
            '\u{180e}',
            '\u{e0041}',
            '\u{fffb}',
            '\u{1d173}',
            '\u{ffff}',
            '\u{fdd0}',
        ] {
            assert_eq!(stored(&format!("Iben {c} Fjellheim")), Err((6, c)), "{c:?}");
            // Also between letters of Hebrew.
            assert_eq!(stored(&format!("של{c}ום")), Err((3, c)), "{c:?}");
        }
        assert_eq!(stored("\u{ad}I\u{202e}ben"), Err((3, '\u{202e}')), "counted as it was sent");
    }

    #[test]
    fn a_selector_follows_what_it_changes() {
        assert_eq!(stored("❤\u{fe0f}"), Ok("❤\u{fe0f}".to_owned()));
        assert_eq!(stored("a \u{fe0f}"), Err((3, '\u{fe0f}')));
        assert_eq!(stored("❤\u{fe0f}\u{fe0f}"), Err((3, '\u{fe0f}')));
    }
}

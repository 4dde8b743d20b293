//! Lines that fit the terminal.

/// Breaks text between words, so that no line is longer than the width. Lines after the first begin with the indent. A word that is longer
/// than a line is not broken.
pub(super) fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    let leading = text.chars().take_while(|c| *c == ' ').count();
    line.push_str(&" ".repeat(leading));
    let mut is_empty = true;
    for word in text.split_whitespace() {
        let (length, added) = (line.chars().count(), word.chars().count());
        if !is_empty && length + 1 + added > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_counted_in_characters() {
        assert_eq!(wrap("  hører på barnets stemme", 14, 4), ["  hører på", "    barnets", "    stemme"]);
        assert_eq!(wrap("kort", 14, 4), ["kort"]);
        assert_eq!(wrap("barnehagepedagogene og", 10, 2), ["barnehagepedagogene", "  og"]);
    }
}

//! Normalization of words with several spellings.

/// Returns the word in lower case, without accents, and with the Norwegian letters in their transcribed form.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'å' => folded.push_str("aa"),
            'æ' | 'ä' => folded.push_str("ae"),
            'ø' | 'ö' => folded.push_str("oe"),
            'à' | 'á' | 'â' | 'ã' => folded.push('a'),
            'ç' | 'č' => folded.push('c'),
            'đ' | 'ð' => folded.push('d'),
            'è' | 'é' | 'ê' | 'ë' => folded.push('e'),
            'ì' | 'í' | 'î' | 'ï' => folded.push('i'),
            'ñ' | 'ŋ' => folded.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' => folded.push('o'),
            'š' => folded.push('s'),
            'ŧ' => folded.push('t'),
            'ù' | 'ú' | 'û' | 'ü' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ž' => folded.push('z'),
            other => folded.push(other),
        }
    }
    folded
}

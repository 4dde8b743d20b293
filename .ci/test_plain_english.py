"""Tests of .ci/plain_english.py: python3 -m unittest discover -s .ci"""

import pathlib
import tomllib
import unittest

import plain_english

RULES = tomllib.loads((pathlib.Path(__file__).parent / "plain_english.toml").read_text(encoding="utf-8"))


def words(path, text):
    return [(line, found) for line, found, _ in plain_english.findings(path, text, RULES)]


class Words(unittest.TestCase):
    def test_a_word_of_the_list_is_found_with_its_line(self):
        self.assertEqual(words("a.md", "Fine.\nIt tells the id.\n"), [(2, "tells")])

    def test_a_word_within_a_word_or_a_name_is_not_found(self):
        self.assertEqual(words("a.md", "A storyteller, kind_told and a-told-b.\n"), [])

    def test_code_in_backticks_is_not_prose(self):
        self.assertEqual(words("a.md", "The field `told` is a word.\n"), [])

    def test_a_sentence_that_begins_with_a_clause_is_found_across_lines(self):
        self.assertEqual(words("a.md", "- What may not be\n  known is not found.\n"), [(1, "What may not be known is not found.")])

    def test_a_question_and_a_heading_are_fine(self):
        self.assertEqual(words("a.md", "## What is promised\n\nWho holds the case?\n"), [])


class Languages(unittest.TestCase):
    def test_rust_has_prose_in_comments_and_strings_alone(self):
        text = '/// Tells it.\nfn told() { say("lies", r#"anew"#, \'"\'); } // whom\n'
        self.assertEqual(words("a.rs", text), [(1, "Tells"), (2, "anew"), (2, "lies"), (2, "whom")])

    def test_a_variable_in_a_format_string_is_not_prose(self):
        self.assertEqual(words("a.rs", 'panic!("{told} lies in {lies:?}");\n'), [(1, "lies")])

    def test_norwegian_summaries_are_left_alone(self):
        text = '@summary("It lies there.")\n@summary_no("Hun bids.")\npermit (told, lies);\n'
        self.assertEqual(words("a.cedar", text), [(1, "lies")])

    def test_a_document_of_the_api_has_prose_in_its_texts(self):
        self.assertEqual(words("a.json", '{"told": 1,\n "description": "Tells it."}'), [(2, "Tells")])


class Length(unittest.TestCase):
    def test_tables_headings_and_code_do_not_count(self):
        text = "# A heading of several words\n\nOne two three. Four five six.\n\n| a b c d e |\n\n```\na b c d\n```\n"
        self.assertEqual(plain_english.mean_sentence(text), (3, 2))


class Places(unittest.TestCase):
    def test_an_entry_allows_its_line_and_is_reported_when_unneeded(self):
        allowed = plain_english.Allowed([{"file": "a.md", "text": "told"}, {"file": "b.md"}])
        self.assertTrue(allowed.has("a.md", "as told"))
        self.assertFalse(allowed.has("a.md", "tells"))
        self.assertEqual(allowed.unneeded(["a.md", "b.md"]), [{"file": "b.md"}])


if __name__ == "__main__":
    unittest.main()

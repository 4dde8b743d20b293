"""Tests of .ci/dependencies.py: python3 -m unittest discover -s .ci"""

import unittest

from dependencies import CRATES_IO, faults, is_allowed

RULES = {"licenses": {"allow": ["MIT", "Zlib"]}, "bans": {"deny": [{"crate": "bad", "reason": "it is bad"}]}}


def package(**changes):
    return {"name": "good", "version": "1.0.0", "source": CRATES_IO, "license": "MIT"} | changes


class Licences(unittest.TestCase):
    def test_one_of_several_is_enough_and_all_of_a_pair_are_needed(self):
        allow = {"MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"}
        self.assertTrue(is_allowed("GPL-3.0 OR MIT", allow))
        self.assertTrue(is_allowed("GPL-3.0/MIT", allow))
        self.assertTrue(is_allowed("(GPL-3.0 OR MIT) AND Zlib", allow))
        self.assertTrue(is_allowed("Apache-2.0 WITH LLVM-exception", allow))
        self.assertFalse(is_allowed("Apache-2.0", allow))
        self.assertFalse(is_allowed("MIT AND GPL-3.0", allow))
        self.assertFalse(is_allowed("MIT OR GPL-3.0 AND LGPL-3.0 extra", allow))

    def test_each_kind_of_fault_is_found(self):
        self.assertEqual(list(faults([package()], RULES)), [])
        self.assertEqual(list(faults([package(source=None, license=None)], RULES)), [], "our own")
        for fault in [{"license": "GPL-3.0"}, {"license": None}, {"name": "bad"}, {"source": "git+https://example.com"}]:
            self.assertEqual(len(list(faults([package(**fault)], RULES))), 1, fault)


if __name__ == "__main__":
    unittest.main()

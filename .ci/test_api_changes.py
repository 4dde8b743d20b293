"""Tests of .ci/api_changes.py: python3 -m unittest discover -s .ci"""

import copy
import unittest

from api_changes import Comparison, stated, unstated

TEXT = {"type": "string"}


def document():
    """Reads and creates things; a thing refers to itself, and one of its fields can be null."""
    thing = {
        "type": "object",
        "required": ["id", "level"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "level": {"type": "string", "enum": ["low", "high"]},
            "note": {"oneOf": [{"type": "null"}, TEXT]},
            "parent": {"$ref": "#/components/schemas/Thing"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
    created = {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "maxLength": 10},
            "level": {"type": "string", "enum": ["low", "high"]},
            "age": {"type": ["integer", "null"]},
        },
    }
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingIn"}}}}
    query = {"in": "query", "name": "from", "required": False, "schema": TEXT}
    return {
        "paths": {
            "/things": {"post": {"operationId": "create", "requestBody": body, "responses": {"201": answer}}},
            "/things/{id}": {"get": {"operationId": "read", "parameters": [query], "responses": {"200": answer}}},
        },
        "components": {"schemas": {"Thing": thing, "ThingIn": created}},
    }


class Breaks(unittest.TestCase):
    def setUp(self):
        self.new = document()
        self.thing = self.new["components"]["schemas"]["Thing"]
        self.created = self.new["components"]["schemas"]["ThingIn"]
        self.read = self.new["paths"]["/things/{id}"]["get"]
        self.create = self.new["paths"]["/things"]["post"]

    def expect(self, *breaks):
        self.assertEqual(Comparison(document(), self.new).run(), list(breaks))

    def test_the_same_document_breaks_nothing(self):
        self.expect()

    def test_more_is_no_break(self):
        self.new["paths"]["/more"] = {"get": {"operationId": "more", "responses": {}}}
        self.thing["properties"]["more"] = TEXT
        self.thing["required"].append("more")
        self.thing["properties"]["level"]["enum"].append("middle")
        self.created["properties"]["more"] = TEXT
        self.created["properties"]["level"]["enum"].append("middle")
        self.created["properties"]["name"]["maxLength"] = 20
        self.created["required"].clear()
        self.read["parameters"].append({"in": "query", "name": "until", "schema": TEXT})
        self.expect()

    def test_other_words_of_description_and_other_schema_names_are_no_break(self):
        self.thing["description"] = "Something else."
        self.new["components"]["schemas"]["Other"] = self.new["components"]["schemas"].pop("ThingIn")
        self.create["requestBody"]["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Other"}
        self.expect()

    def test_an_operation_that_is_gone_or_has_another_name(self):
        del self.new["paths"]["/things/{id}"]
        self.create["operationId"] = "make"
        self.expect("`POST /things` is called `make`, not `create`", "`GET /things/{id}` is gone")

    def test_a_status_or_a_form_of_answer_that_is_gone(self):
        self.create["responses"] = {"200": self.create["responses"]["201"]}
        self.read["responses"]["200"]["content"] = {"text/csv": {}}
        self.expect("`create` does not answer 201", "`read` does not answer with application/json")

    def test_a_field_of_an_answer_that_is_gone_or_weaker(self):
        del self.thing["properties"]["tags"]
        self.thing["required"].remove("level")
        self.thing["properties"]["id"] = {"oneOf": [{"type": "null"}, {"type": "string", "format": "uuid"}]}
        self.expect(
            "`Thing.id` can be null in answers",
            "`Thing.tags` is not answered",
            "`Thing.level` can be absent from answers",
        )

    def test_types_and_formats_within_answers(self):
        self.thing["properties"]["tags"]["items"] = {"type": "integer"}
        self.thing["properties"]["id"] = TEXT
        self.expect("`Thing.id` has the format None, not uuid", "`Thing.tags[]` has the type integer in answers, not string")

    def test_a_request_that_must_have_more(self):
        self.created["required"].append("level")
        self.read["parameters"][0] = self.read["parameters"][0] | {"required": True}
        self.expect("`ThingIn.level` is required", "`read query from` is required")

    def test_a_request_that_may_have_less(self):
        del self.created["properties"]["level"]
        self.created["properties"]["age"] = {"type": "integer"}
        self.created["properties"]["name"] = {"type": "string", "maxLength": 5, "pattern": "^a"}
        self.read["parameters"].clear()
        self.expect(
            "`ThingIn.name` has maxLength 5, not 10",
            "`ThingIn.name` must match ^a",
            "`ThingIn.level` is not taken",
            "`ThingIn.age` may not be sent as null",
            "`read query from` is not taken",
        )

    def test_a_value_of_any_type_is_weaker_in_answers_and_no_break_in_requests(self):
        self.thing["properties"]["tags"]["items"] = {}
        self.created["properties"]["age"] = {}
        self.expect("`Thing.tags[]` can be null in answers", "`Thing.tags[]` has the type any in answers, not string")

    def test_items_of_a_page_have_the_name_of_the_thing(self):
        old = document()
        for side in (old, self.new):
            thing = copy.deepcopy(side["components"]["schemas"]["Thing"])
            page = {"type": "object", "properties": {"items": {"type": "array", "items": thing}}}
            side["components"]["schemas"]["Page_Thing"] = page
            answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page_Thing"}}}}
            side["paths"]["/things"]["get"] = {"operationId": "list", "responses": {"200": answer}}
        del self.new["components"]["schemas"]["Page_Thing"]["properties"]["items"]["items"]["properties"]["tags"]
        self.assertEqual(Comparison(old, self.new).run(), ["`Thing.tags` is not answered"])

    def test_a_word_that_is_not_taken(self):
        self.created["properties"]["level"]["enum"].remove("low")
        self.expect("`ThingIn.level` does not take `low`")

    def test_a_form_more_in_answers_and_a_form_less_in_requests(self):
        self.thing["properties"]["note"] = {"oneOf": [{"type": "null"}, TEXT, {"type": "integer"}]}
        self.expect("`Thing.note` has 2 forms, not 1")

    def test_what_a_break_says_is_said_once(self):
        again = copy.deepcopy(self.read)
        old = document()
        old["paths"]["/again"] = {"get": again}
        self.new["paths"]["/again"] = {"get": again}
        del self.thing["properties"]["tags"]
        self.assertEqual(Comparison(old, self.new).run(), ["`Thing.tags` is not answered"])


class Stated(unittest.TestCase):
    CHANGELOG = (
        "# Changelog\n\n## [Unreleased]\n\n### Breaking\n- `a.b` is not\n  answered. Read `a.c`.\n\n### Added\n- `x` is gone\n"
        "\n## [0.1.0]\n\n### Breaking\n- `old` is gone\n"
    )

    def test_a_break_is_stated_under_breaking_of_what_is_not_released(self):
        self.assertEqual(len(stated(self.CHANGELOG)), 2)
        breaks = ["`a.b` is not answered", "`x` is gone", "`old` is gone"]
        self.assertEqual(unstated(breaks, self.CHANGELOG), ["`x` is gone", "`old` is gone"])

    def test_a_changelog_without_that_part_states_nothing(self):
        self.assertEqual(unstated(["`a` is gone"], "# Changelog\n"), ["`a` is gone"])


if __name__ == "__main__":
    unittest.main()

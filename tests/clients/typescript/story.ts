// The main story of `stafett demo`, played by a client that is generated from the API document.
import { strict as assert } from "node:assert";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type CaseId = components["schemas"]["CaseId"];
type Measure = components["schemas"]["MeasureIn"];

const baseUrl = process.env.STAFETT_URL ?? "http://127.0.0.1:8080";
const password = process.env.STAFETT_PASSWORD ?? "fire blå ender over isen";
// The synthetic numbers of the demonstration.
const [mothersNumber, fathersNumber, childsNumber] = (process.env.STAFETT_NUMBERS ?? "").split(" ");
assert(mothersNumber && fathersNumber && childsNumber, "STAFETT_NUMBERS has three numbers");

// Days are in Norway. Swedish dates have the form of ISO 8601.
const day = (days: number) =>
  new Date(Date.now() + days * 86_400_000).toLocaleDateString("sv-SE", { timeZone: "Europe/Oslo" });

async function person(username: string) {
  const client = createClient<paths>({ baseUrl });
  const { data: tokens } = await client.POST("/v1/auth/login", { body: { username, password } });
  assert(tokens, `${username} logs in`);
  client.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `${tokens.token_type} ${tokens.access_token}`);
    },
  });
  const { data: me } = await client.GET("/v1/me");
  assert(me, `${username} is known`);
  const unit = me.roles[0]?.unit_id;
  return { client, id: me.person_id, unit: unit ?? "" };
}

const [teacher, school, nurse, ppt, nav, mother, father, auditor] = await Promise.all(
  (["tone", "ola", "hanne", "per", "nina", "mari", "jonas", "ragnhild"] as const).map((name) => person(`${name}@4014`)),
);
assert(teacher && school && nurse && ppt && nav && mother && father && auditor);

/** What was answered, or the problem as an error. */
function told<T>(answer: { data?: T; error?: components["schemas"]["Problem"]; response: Response }): T {
  assert(answer.data !== undefined, `${answer.response.url}: ${JSON.stringify(answer.error)}`);
  return answer.data;
}
const etag = (answer: { response: Response }) => answer.response.headers.get("ETag") ?? "";

// A concern becomes a case.
const unit_id = teacher.unit;
const registered = await teacher.client.POST("/v1/units/{unit_id}/children", {
  params: { path: { unit_id } },
  body: { national_id: childsNumber, name: "Ella Strand" },
});
const child_id = told(registered).id;
assert(registered.response.headers.get("Location")?.endsWith(child_id));
for (const [national_id, name] of [[mothersNumber, "Mari Strand"], [fathersNumber, "Jonas Strand"]] as const) {
  told(
    await teacher.client.POST("/v1/children/{child_id}/guardians", {
      params: { path: { child_id } },
      body: { national_id, name, parental_responsibility: true, lives_with_child: true },
    }),
  );
}
const faults = await teacher.client.POST("/v1/units/{unit_id}/concerns", {
  params: { path: { unit_id }, header: { "Idempotency-Key": `faults ${child_id}` } },
  body: { child_id: "nobody", facts: " " },
});
assert.equal(faults.response.status, 422);
assert.deepEqual(faults.error?.errors?.map((error) => error.pointer), ["/child_id", "/facts"]);
const concern = await teacher.client.POST("/v1/units/{unit_id}/concerns", {
  params: { path: { unit_id } },
  body: { child_id, facts: "Withdraws from play since August.", child_says: "It is so noisy inside." },
});
const decided = await teacher.client.POST("/v1/concerns/{concern_id}/decision", {
  params: { path: { concern_id: told(concern).id }, header: { "If-Match": etag(concern) } },
  body: {
    decision: "open_case", reason: "The guardians want help.", level: 1, contains: [],
    case_reason: "Ella finds it hard to join in play.", agreed_with: "guardians", agreed_on: day(0),
    next_step: { what: "Talk with the class.", held_by: "contact_person", due_on: day(14), contains: [] },
  },
});
const case_id: CaseId = told(decided).case_id ?? "";
const path = { case_id };
told(await mother.client.GET("/v1/cases/{case_id}", { params: { path } }));

// Without consent nobody else joins.
const join = (member: typeof teacher, task: string) =>
  teacher.client.POST("/v1/cases/{case_id}/team", {
    params: { path },
    body: { person_id: member.id, unit_id: member.unit, contains: [], task },
  });
assert.equal((await join(school, "teacher")).response.status, 409);
const consent = {
  unit_ids: [school.unit, nurse.unit, ppt.unit],
  purpose: "Help Ella with language and play.",
  valid_until: day(250),
  text_version: "2026-1",
};
told(await mother.client.POST("/v1/cases/{case_id}/consents", { params: { path }, body: consent }));
const fathers = told(await father.client.POST("/v1/cases/{case_id}/consents", { params: { path }, body: consent }));
for (const member of [school, nurse, ppt]) told(await join(member, "member"));
assert.equal((await nav.client.GET("/v1/cases/{case_id}", { params: { path } })).response.status, 404);

// A measure is agreed and evaluated, with the child's view.
const measure: Measure = {
  title: "Play group after lunch", level: "selective", contains: [],
  responsible_id: teacher.id, responsible_unit_id: unit_id, evaluate_on: day(42),
};
const agreed = await teacher.client.POST("/v1/cases/{case_id}/measures", { params: { path }, body: measure });
const measure_id = told(agreed).id;
const evaluate = (child_view?: string) =>
  teacher.client.POST("/v1/cases/{case_id}/measures/{measure_id}/evaluations", {
    params: { path: { case_id, measure_id }, header: { "If-Match": etag(agreed) } },
    body: {
      held_on: day(0), outcome: "continue", contains: [], assessment: "More words, more play.",
      next_evaluation_on: day(60), child_view: child_view ?? null,
    },
  });
assert.deepEqual((await evaluate()).error?.errors?.map((error) => error.pointer), ["/child_view"]);
told(await evaluate("It is fun with the small group."));

// The baton, and a withdrawal that counts from the next request.
const offer = await teacher.client.POST("/v1/cases/{case_id}/handovers", {
  params: { path },
  body: { to_person_id: school.id, to_unit_id: school.unit, contains: [], message: "She starts school in August." },
});
const handover = { params: { path: { case_id, handover_id: told(offer).id } }, body: {} };
told(await school.client.POST("/v1/cases/{case_id}/handovers/{handover_id}/accept", handover));
const now = told(await mother.client.GET("/v1/cases/{case_id}", { params: { path } }));
assert.equal(now.contact_person_id, school.id);
told(
  await father.client.POST("/v1/cases/{case_id}/consents/{consent_id}/withdraw", {
    params: { path: { case_id, consent_id: fathers.id } },
    body: { unit_ids: [ppt.unit] },
  }),
);
assert.equal((await ppt.client.GET("/v1/cases/{case_id}", { params: { path } })).response.status, 404);

// Who has looked, page by page.
let [cursor, seen]: [string | undefined, number] = [undefined, 0];
do {
  const page: components["schemas"]["FamilyEntryPage"] = told(
    await mother.client.GET("/v1/cases/{case_id}/access-log", { params: { path, query: { limit: 2, cursor } } }),
  );
  seen += page.items.length;
  cursor = page.next_cursor ?? undefined;
} while (cursor);
const audited = told(await auditor.client.GET("/v1/access-log", { params: { query: { child_id, limit: 200 } } }));
assert(seen > 3 && audited.items.length >= seen, `${seen} visits for the family, ${audited.items.length} for the auditor`);
console.log(`TypeScript: the story is told, ${seen} visits in the family's log`);

/** What the server can say about itself, and that what breaks is told without its words. */
import { expect, test } from "vitest";
import { Fault, Refusal } from "../../../src/protocol/errors.ts";
import { openEventLog, whereItBroke } from "../../../src/server/privacy.ts";

test("a line is an event, its fields and a date, and nothing of this machine", () => {
  const lines: string[] = [];
  const log = openEventLog({ write: (line) => lines.push(line) });
  log.event("batch-sealed", { batch: 3, size: 64 });
  log.event("server-stopped", {});
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^\{"level":"info","date":"\d{4}-\d\d-\d\d","event":"batch-sealed","batch":3,"size":64\}\n$/);
  expect(lines[1]).toMatch(/^\{"level":"info","date":"\d{4}-\d\d-\d\d","event":"server-stopped"\}\n$/);
});

test("what broke is told by a code, a step or a place in our source", () => {
  expect(whereItBroke(new Refusal("keys-missing", "log.seed"))).toBe("keys-missing");
  expect(whereItBroke(new Fault("using the database", new Error("a witness's words")))).toBe("using the database");
  const bug = new Error("a witness's words");
  bug.stack = "Error: a witness's words\n    at take (file:///somewhere/private/src/server/intake/tips.ts:12:3)";
  expect(whereItBroke(bug)).toBe("server/intake/tips.ts:12");
  for (const foreign of [new SyntaxError("a witness's words"), "a witness's words", null, { message: "a witness's words" }]) {
    expect(whereItBroke(foreign)).not.toContain("words");
  }
});

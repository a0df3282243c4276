/** What the reviewers' window asks of the review machine. An input is the name of a call, a newline, and what it is given. */
import { READERS, actRequest } from "../../../src/reviewer/window/api.ts";
import { formatJson, type Json, parseJson } from "../../../src/protocol/format/json.ts";
import { accepted, sameAgain, type Target } from "../engine/target.ts";

const TIP = "0123456789ab";
const FILTER = { query: "名", state: null, flag: null, todo: "mine", tag: "organs/kidney", language: "ug", grade: "settled", files: false };
const CALLS: Readonly<Record<string, Json>> = {
  act: { act: { kind: "graded", tip: TIP, source: "B", information: 2, reasons: [] }, words: "n" },
  declare: { tip: TIP, ties: [] },
  file: { tip: TIP, index: 0, encoding: "gb18030" },
  "forget-filter": { name: "f" },
  handover: { person: "Bo", secret: "s" },
  inbox: { ...FILTER, offset: 0, limit: 200 },
  "log-key": { text: "k" },
  page: { tip: TIP, index: 1, page: 0, longest: 10 },
  reply: { tip: TIP, text: "t", challenge: true },
  "save-filter": { name: "f", filter: FILTER },
  "sign-outbox": { digest: "0".repeat(64) },
  "write-outbox": { folder: "/media/x" },
};
const readers = { ...READERS, act: actRequest };

export const target: Target = {
  longest: 700,
  seeds: () => [...Object.keys(readers)].map((name) => Buffer.concat([Buffer.from(`${name}\n`), formatJson(CALLS[name] ?? { tip: TIP })])),
  run: (input) => {
    const end = input.indexOf(10);
    const name = Buffer.from(input.subarray(0, Math.max(end, 0))).toString("latin1");
    if (!Object.hasOwn(readers, name)) return;
    const bytes = input.slice(end + 1);
    const read = accepted(() => readers[name as keyof typeof readers](parseJson(bytes), name));
    if (read !== undefined) sameAgain(bytes, formatJson(read as unknown as Json));
  },
};

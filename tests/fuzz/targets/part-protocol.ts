/**
 * The upload over HTTP, to the real application. Its rows are in memory (`engine/memory-intake.ts`), or a million inputs would take a day; one input in some hundred goes to the same
 * application over a real PostgreSQL as well, and both must answer every request alike. An input is text: one request a line, as `METHOD path type body`.
 *
 * In paths `{A}` and `{B}` stand for ids that no input had before. A body is `E`, a whole envelope of the smallest class; `e` and octets that take the place of its first
 * ones; `Z` and a number of zero octets; `C`, the completion of that envelope; else it is the octets that stand there, with `{c}` and `{d}` for commitment and digest.
 *
 * Beside it a model of what the server has to know: parts that were answered with 204 are there and no others, a refusal for good leaves nothing, a receipt is for what
 * arrived and the same each time.
 */
import type { FastifyInstance } from "fastify";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { equal } from "../../../src/protocol/bytes.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { openNote } from "../../../src/protocol/crypto/note.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { fromUtf8, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { REFUSALS, type RefusalCode } from "../../../src/protocol/errors.ts";
import { parseReceipt } from "../../../src/protocol/format/receipt.ts";
import { buildApp, PATIENCE } from "../../../src/server/app.ts";
import { loadConfig } from "../../../src/server/config.ts";
import { openContext } from "../../../src/server/context.ts";
import { FINAL_REFUSALS } from "../../../src/server/intake/gate.ts";
import { loadPageFiles } from "../../../src/server/page-files.ts";
import { openDatabase } from "../../../src/server/store/database.ts";
import { startEmbeddedPostgres } from "../../../src/server/store/embedded-postgres.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { completionOf, makeTestKeys, makeTestPage, makeTip, NOON } from "../../support/server.ts";
import { memoryIntake } from "../engine/memory-intake.ts";
import { holds, type Target } from "../engine/target.ts";

/** Requests of one input at most, and octets of a body of zeros. */
const MOST_REQUESTS = 8;
const MOST_ZEROS = 530_000;
/** After so many inputs everything that waits is thrown away: it is the store's size that would slow this down. */
const CLEAR_EVERY = 2000;
/** Every input of so many is compared with the real store. */
const COMPARE_EVERY = 250;

const folder = await mkdtemp(join(tmpdir(), "fh-fuzz-"));
const keys = await makeTestKeys(join(folder, "keys"));
await makeTestPage(join(folder, "page"));
const postgres = await startEmbeddedPostgres(join(folder, "postgres"), NO_LOG);
const owner = openDatabase(postgres.url, { connections: 1 });
const config = loadConfig({
  DATA_DIR: join(folder, "data"),
  KEYS_DIR: keys.folder,
  PAGE_DIR: join(folder, "page"),
  DATABASE_URL: postgres.url,
  MIN_FREE_MIB: "0",
});
const context = await openContext(config, { log: NO_LOG, clock: () => NOON });
// What is durable is for other tests to say; here the disk would be all that is waited for.
await owner.query("alter table tip_part_1 set unlogged; alter table tip_seal_1 set unlogged");
const page = await loadPageFiles(config.pageDir);
const memory = memoryIntake(context.intake);
// Of timing another test speaks.
const patience = { ...PATIENCE, beat: 0, partBeat: 0 };
const fast = await buildApp({ ...context, intake: memory.database }, page, patience);
const real = await buildApp(context, page, patience);
const tip = await makeTip(keys.program);
const [envelope = new Uint8Array(0)] = tip.parts;

/** What the server has to know of a tip. */
interface Known {
  readonly parts: Map<number, Uint8Array>;
  receipt: string | null;
}

let inputs = 0;

export const target: Target = {
  longest: 600,
  seeds: () =>
    [
      "PUT /tips/{A}/parts/1 application/octet-stream E\nGET /tips/{A}/parts\nPOST /tips/{A} application/json C\nPOST /tips/{A} application/json C\nPUT /tips/{A}/parts/1 application/octet-stream E",
      "PUT /tips/{A}/parts/2 application/octet-stream Z70\nPUT /tips/{A}/parts/2 application/octet-stream Z71\nGET /tips/{A}/parts\nPUT /tips/{A}/parts/1 application/octet-stream E\nPOST /tips/{A} application/json C\nGET /tips/{A}/parts",
      "PUT /tips/{A}/parts/1 application/octet-stream E\nPOST /tips/{A} application/json C\nPUT /tips/{B}/parts/1 application/octet-stream E\nPOST /tips/{B} application/json C\nGET /tips/{B}/parts",
      'PUT /tips/{B}/parts/1 application/octet-stream e\u00c1\u00c3\nPOST /tips/{B} application/json {"commitment":"{c}","digest":"{c}","parts":1}\nPOST /tips/{B} text/plain C',
      "DELETE /tips/{A}\nGET /tips/x/parts\nPUT /tips/{A}/parts/0 application/octet-stream Z1\nPUT /tips/{A}/parts/8008 application/octet-stream Z524289\nGET /log/checkpoint\nPOST /mailbox application/json {}",
    ].map((text) => Buffer.from(text, "latin1")),
  run: async (input) => {
    if (++inputs % CLEAR_EVERY === 0) {
      memory.clear();
      await owner.query("truncate tip_part, tip_seal");
    }
    const ids = { "{A}": toHex(randomBytes(16)), "{B}": toHex(randomBytes(16)) };
    const commitment = randomBytes(32);
    const lines = Buffer.from(input).toString("latin1").split("\n").slice(0, MOST_REQUESTS);
    const answers = await answersTo(lines, fast, ids, commitment);
    if (inputs % COMPARE_EVERY === 0)
      holds(
        answers.join("\n") === (await answersTo(lines, real, ids, commitment)).join("\n"),
        "the rows in memory are not those of PostgreSQL",
      );
  },
  close: async () => {
    await fast.close();
    await real.close();
    await context.close();
    await owner.close();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  },
};

/** What `app` answers to each line that is a request: status and body. Everything is checked on the way. */
async function answersTo(
  lines: readonly string[],
  app: FastifyInstance,
  ids: Readonly<Record<string, string>>,
  commitment: Uint8Array<ArrayBuffer>,
): Promise<string[]> {
  const known = new Map<string, Known>();
  const answers: string[] = [];
  for (const line of lines) answers.push(await request(line, app, ids, commitment, known));
  return answers;
}

async function request(
  line: string,
  app: FastifyInstance,
  ids: Readonly<Record<string, string>>,
  commitment: Uint8Array<ArrayBuffer>,
  known: Map<string, Known>,
): Promise<string> {
  const [, method = "", path = "", type = "", spec = ""] = /^(GET|PUT|POST|DELETE) (\/[^ ]*)(?: ([^ ]*)(?: (.*))?)?$/s.exec(line) ?? [];
  // Other octets cannot stand in a request line, and `inject` would rewrite them as a browser does.
  if (!/^\/(?!\/)[\x21-\x5b\x5d\x5f\x61-\x7d]*$/.test(path) || /\/\.|["#<>]/.test(path)) return "";
  const url = path.replaceAll(/\{[AB]\}/g, (name) => ids[name] ?? name);
  const body = bodyOf(spec, commitment);
  const response = await app.inject({
    method: method as "GET" | "PUT" | "POST" | "DELETE",
    url,
    ...(/^[\x20-\x7e]+$/.test(type) ? { headers: { "content-type": type } } : {}),
    ...(method === "GET" ? {} : { payload: Buffer.from(body) }),
  });
  // There is no connection that ends: without this the server would wait for the rest of what it refused, and hold it.
  response.raw.req.destroy();
  const code = codeOf(response.statusCode, response.rawPayload);
  const [, id, part] = /^\/tips\/([0-9a-f]{32})(?:\/parts(?:\/([0-9]+))?)?$/.exec(decoded(url)) ?? [];
  const answer = `${String(response.statusCode)} ${response.rawPayload.toString("latin1")}`;
  if (id === undefined) return answer;
  const before = known.get(id) ?? { parts: new Map<number, Uint8Array>(), receipt: null };
  known.set(id, before);
  if (code !== null) {
    if (FINAL_REFUSALS.has(code) && before.receipt === null && method !== "GET") before.parts.clear();
    return answer;
  }
  if (method === "GET") {
    const { parts } = JSON.parse(response.body) as { parts: number[] };
    const expected = [...before.parts.keys()].sort((a, b) => a - b);
    holds(parts.join() === expected.join(), "the server tells of other parts than it took");
  } else if (part !== undefined) {
    const there = before.parts.get(Number(part));
    holds(there === undefined || equal(there, sha256(body)), "another part took the place of one that was there");
    holds(there !== undefined || before.receipt === null, "a part was added to a complete tip");
    before.parts.set(Number(part), sha256(body));
  } else {
    const { receipt } = JSON.parse(response.body) as { receipt: string };
    const { text } = await openNote(utf8(receipt), [context.keys.logSigner.vkey]);
    holds(equal(parseReceipt(text).commitment, commitment), "a receipt names another commitment");
    holds(before.parts.size === 1 && equal(before.parts.get(1) ?? body, sha256(envelope)), "a receipt was given for what did not arrive");
    holds(before.receipt === null || before.receipt === receipt, "the same completion got another receipt");
    before.receipt = receipt;
  }
  return answer;
}

/** The path as the router sees it, which undoes percent encoding. */
function decoded(url: string): string {
  try {
    return decodeURIComponent(url.split("?")[0] ?? "");
  } catch {
    return url;
  }
}

function bodyOf(spec: string, commitment: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const rest = spec.slice(1);
  if (spec === "E") return envelope;
  if (spec === "C") return completionOf(commitment, tip.digest, 1);
  if (spec.startsWith("e")) {
    const changed = envelope.slice();
    changed.set(octetsOf(rest).subarray(0, changed.length));
    return changed;
  }
  if (/^Z\d{1,6}$/.test(spec)) return new Uint8Array(Math.min(Number(rest), MOST_ZEROS));
  return octetsOf(spec.replaceAll("{c}", toHex(commitment)).replaceAll("{d}", toHex(tip.digest)));
}

function octetsOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The refusal in a response, null if it is none. @throws if it is neither what was asked for nor a refusal in its one form. */
function codeOf(status: number, body: Uint8Array): RefusalCode | null {
  // 303: the form, whose answer is a page.
  if ([200, 204, 303].includes(status)) return null;
  const { error, message } = JSON.parse(fromUtf8(body)) as { error: RefusalCode; message: string };
  holds(status >= 400 && status < 500, `the server answered ${String(status)}`);
  holds(Object.hasOwn(REFUSALS, error) && REFUSALS[error] === message, "a refusal has another form");
  return error;
}

/**
 * The marker test: words are sent in every place a request has, to a server that runs as it does in earnest, as a process with its own database. Afterwards they
 * are nowhere: not in what it printed, not in a table, not in a file of its data folder, database files and WAL included.
 *
 * A word that is planted on purpose must be found in each of these places, or the search would prove nothing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import supertest from "supertest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toBase64, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { openDatabase } from "../../../src/server/store/database.ts";
import { startEmbeddedPostgres } from "../../../src/server/store/embedded-postgres.ts";
import { NO_LOG } from "../../support/postgres.ts";
import { makeTestKeys, makeTestPage, makeTip, tipOf } from "../../support/server.ts";
import { allRows } from "../../support/tables.ts";

/** One word for each place, so that a failure says which. */
const WORDS = {
  path: "Wegwarte-path-41d0",
  query: "Wegwarte-query-7c12",
  header: "Wegwarte-header-90ab",
  agent: "Wegwarte-agent-5e5e",
  cookie: "Wegwarte-cookie-77f3",
  mediaType: "wegwarte-mediatype-1b2c",
  refusedBody: "Wegwarte-refused-body-0c4d",
  acceptedBody: "Wegwarte-accepted-body-e1f2",
  completion: "Wegwarte-completion-a9b8",
  fileName: "Wegwarte-filename-3d2e",
  broken: "Wegwarte-broken-6f6f",
  abandoned: "Wegwarte-abandoned-8a7b",
  method: "WEGWARTEMETHOD",
} as const;

const PLANTED = "Steinklee-planted-2468";

let folder: string;
let dataDir: string;
let said = "";
let tables: Record<string, string[]> = {};
let answers: { what: string; text: string }[] = [];

/** How a word may be written where it ends up. */
function formsOf(word: string): string[] {
  const bytes = utf8(word);
  return [
    word,
    word.toLowerCase(),
    toHex(bytes),
    toHex(bytes).toUpperCase(),
    encodeURIComponent(word),
    toBase64(bytes.slice(0, 12)).slice(0, 16),
  ];
}

function isIn(text: string, word: string): boolean {
  return formsOf(word).some((form) => text.includes(form));
}

/** Names of all files below `place` that hold the word, in any form. */
async function filesWith(place: string, word: string): Promise<string[]> {
  const found: string[] = [];
  const needles = formsOf(word).map((form) => Buffer.from(form));
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    if (isIn(entry.name, word) || needles.some((needle) => bytes.includes(needle))) found.push(join(entry.parentPath, entry.name));
  }
  return found;
}

async function startServer(): Promise<{ child: ChildProcess; address: string }> {
  const source = (path: string) => JSON.stringify(new URL(`../../../src/server/${path}`, import.meta.url).href);
  const program = `
    import { loadConfig } from ${source("config.ts")};
    import { openContext } from ${source("context.ts")};
    import { serve } from ${source("serve.ts")};
    const context = await openContext(loadConfig(process.env));
    const serving = await serve(context);
    process.stdout.write("ready " + serving.address + "\\n");
    process.once("SIGTERM", async () => { await serving.close(); await context.close(); });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    env: {
      PATH: process.env["PATH"],
      DATA_DIR: dataDir,
      KEYS_DIR: join(folder, "keys"),
      PAGE_DIR: join(folder, "page"),
      PORT: "0",
      MIN_FREE_MIB: "0",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const address = await new Promise<string>((done, failed) => {
    const listen = (piece: Buffer): void => {
      said += piece.toString("utf8");
      const ready = /^ready (\S+)$/m.exec(said)?.[1];
      if (ready !== undefined) done(ready);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("exit", () => {
      failed(new Error(`the server ended: ${said}`));
    });
  });
  return { child, address };
}

/** Sends bytes on a connection of their own; `hangUp` leaves without waiting for an answer. */
function sendRaw(address: string, bytes: Uint8Array, hangUp = false): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((done) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes, () => {
        if (hangUp) socket.resetAndDestroy();
      });
    });
    socket.on("data", (piece) => (answer += piece.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      done(answer);
    });
  });
}

async function sendMarkers(address: string): Promise<void> {
  const agent = supertest(address);
  const put = (id: string, part: number) => agent.put(`/tips/${id}/parts/${String(part)}`).set("content-type", "application/octet-stream");
  const keep = (what: string, response: { text?: string; headers: unknown; status: number }): void => {
    answers.push({ what, text: `${JSON.stringify(response.headers)} ${response.text ?? ""}` });
  };
  const noon = Date.now();
  const { program } = await makeTestKeysOnce(noon);

  keep("path", await agent.get(`/${WORDS.path}/${WORDS.path}`));
  keep("path of the log", await agent.get(`/log/${WORDS.path}`));
  keep("path of a tip", await agent.put(`/tips/${WORDS.path}/parts/${WORDS.path}`));
  keep("path that cannot be decoded", await agent.get(`/%zz${WORDS.path}`));
  keep("query", await agent.get(`/en/?q=${WORDS.query}`));
  keep("query of nothing", await agent.get(`/nothing?${WORDS.query}`));
  keep(
    "headers",
    await agent
      .get("/")
      .set("x-anything", WORDS.header)
      .set("referer", `http://${WORDS.header}/`)
      .set("x-forwarded-for", WORDS.header)
      .set("accept-language", WORDS.header)
      .set("user-agent", WORDS.agent)
      .set("cookie", `session=${WORDS.cookie}`),
  );

  const tip = await makeTip(program, 65_536, noon);
  keep("media type", await agent.put(`/tips/${tip.id}/parts/1`).set("content-type", `text/${WORDS.mediaType}`).send("x"));
  keep("refused body", await put(tip.id, 1).send(Buffer.from(WORDS.refusedBody.repeat(2000))));
  keep(
    "refused completion",
    await agent.post(`/tips/${tip.id}`).set("content-type", "application/json").send(`{"${WORDS.completion}":"${WORDS.completion}"}`),
  );
  const form = new FormData();
  form.set("file", new Blob(["x"]), `${WORDS.fileName}.jpg`);
  const posted = await fetch(`${address}/tips/${tip.id}`, { method: "POST", body: form });
  keep("form", { status: posted.status, headers: Object.fromEntries(posted.headers), text: await posted.text() });

  // Accepted: the gate sees framing only, so the word can stand where the ciphertext does.
  const marked = tip.parts[0]!.slice();
  for (let at = 2000; at < 60_000; at += 1000) marked.set(utf8(WORDS.acceptedBody), at);
  const accepted = await tipOf(marked);
  const taken = await put(accepted.id, 1).set("x-anything", WORDS.header).send(Buffer.from(marked));
  const completed = await agent
    .post(`/tips/${accepted.id}?${WORDS.query}`)
    .set("content-type", "application/json")
    .send(Buffer.from(accepted.completion).toString());
  expect([taken.status, completed.status]).toEqual([204, 200]);
  keep("accepted", completed);

  const half = await makeTip(program, 1_048_576, noon);
  const part = half.parts[1]!.slice();
  for (let at = 0; at < 500_000; at += 1000) part.set(utf8(WORDS.abandoned), at);
  expect((await put(half.id, 2).send(Buffer.from(part))).status).toBe(204);
  const cut = `PUT /tips/${half.id}/parts/1?${WORDS.query} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 500000\r\n\r\n${WORDS.abandoned}`;
  await sendRaw(address, utf8(cut), true);

  for (const [what, text] of Object.entries({
    "no HTTP": `${WORDS.broken}\r\n\r\n`,
    "a method that is none": `${WORDS.method} / HTTP/1.1\r\nhost: x\r\n\r\n`,
    "a bad header": `GET / HTTP/1.1\r\nhost: x\r\n${WORDS.broken}\r\n\r\n`,
    "a bad version": `GET /${WORDS.broken} HTTP/9.${WORDS.broken}\r\n\r\n`,
    "headers too long": `GET / HTTP/1.1\r\nx: ${WORDS.broken.repeat(1000)}\r\n\r\n`,
    "an expectation": `GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: ${WORDS.broken}\r\n\r\n`,
    "an upgrade": `GET / HTTP/1.1\r\nhost: x\r\nconnection: close, upgrade\r\nupgrade: ${WORDS.broken}\r\n\r\n`,
    "a bad chunk": `PUT /tips/${half.id}/parts/3 HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n${WORDS.broken}\r\n`,
  })) {
    answers.push({ what, text: await sendRaw(address, utf8(text)) });
  }
}

let madeKeys: ReturnType<typeof makeTestKeys> | undefined;
function makeTestKeysOnce(noon: number): ReturnType<typeof makeTestKeys> {
  return (madeKeys ??= makeTestKeys(join(folder, "keys"), noon));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fh-silence-"));
  await chmod(folder, 0o711); // root's PostgreSQL runs as another user and must get through
  dataDir = join(folder, "data");
  await makeTestKeysOnce(Date.now());
  await makeTestPage(join(folder, "page"));
  answers = [];
  const { child, address } = await startServer();
  const ended = new Promise((done) => child.once("exit", done));
  try {
    await sendMarkers(address);
    const postgres = await startEmbeddedPostgres(dataDir, NO_LOG);
    const db = openDatabase(postgres.url, { connections: 1 });
    await db.execute("insert into tile (path, bytes) values ('planted', $1)", [utf8(PLANTED)]);
    tables = await allRows(db);
    await db.close();
    await postgres.stop();
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("the search finds a word that was planted: in a table, in the database's files and in its WAL", async () => {
  expect(isIn(JSON.stringify(tables), PLANTED)).toBe(true);
  const files = await filesWith(dataDir, PLANTED);
  expect(files.some((path) => path.includes("/pg_wal/"))).toBe(true);
  expect(files.some((path) => path.includes("/base/"))).toBe(true);
});

describe.each(Object.entries(WORDS))("a word in %s (%s)", (_place, word) => {
  test("is not in what the server printed", () => {
    expect(isIn(said, word)).toBe(false);
  });

  test("is in no answer", () => {
    expect(answers.filter(({ text }) => isIn(text, word)).map(({ what }) => what)).toEqual([]);
  });

  test("is in no table", () => {
    const found = Object.entries(tables).filter(([, rows]) => rows.some((row) => isIn(row, word)));
    expect(found.map(([name]) => name)).toEqual([]);
  });

  test("is in no file of the data folder", async () => {
    expect(await filesWith(dataDir, word)).toEqual([]);
  });
});

test("what the server printed is events of the closed list, without a time of day", () => {
  const lines = said.split("\n").filter((line) => line.startsWith("{"));
  const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
  // Other runs of root's leave clusters behind, which are counted at a start.
  expect(events.filter((event) => event !== "old-clusters")).toEqual([
    "database-started",
    "migrations-done",
    "server-started",
    "server-stopped",
    "database-stopped",
  ]);
  for (const line of lines) {
    expect(line).toMatch(/^\{"level":"info","date":"\d{4}-\d\d-\d\d"(?:,"[a-z]+":(?:"[a-z-]+"|\d+|true|false))+\}$/);
  }
  expect(said.split("\n").filter((line) => line !== "" && !line.startsWith("{") && !line.startsWith("ready "))).toEqual([]);
});

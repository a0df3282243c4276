/** Asking a mailbox over real sockets: whatever there is and whatever is asked, as many bytes go and come. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bytes, concat } from "../../../src/protocol/bytes.ts";
import { sha256 } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { mailboxHash, openMailboxAnswer, sealReply } from "../../../src/protocol/crypto/reply.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { formatMailboxRequest } from "../../../src/protocol/format/mailbox.ts";
import { FIXED_HEADERS } from "../../../src/server/problem.ts";
import { type Serving, serve } from "../../../src/server/serve.ts";
import { putReply } from "../../../src/server/store/replies.ts";
import { testPostgres } from "../../support/postgres.ts";
import { NOON, openTestServer, testKeys, type TestServer } from "../../support/server.ts";

const DAY = 86_400_000;
const ANSWER_LENGTH = 4 * 4480;
const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;
let serving: Serving;

beforeAll(async () => {
  server = await openTestServer(postgres, keys.get());
  serving = await serve(server.context);
});
afterAll(async () => {
  await serving.close();
  await server.remove();
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Bytes;
}

/** Sends this body. */
function post(body: Uint8Array, type = "application/json", method = "POST"): Promise<Answer> {
  return new Promise((done, failed) => {
    const sending = request(`${serving.address}/mailbox`, { method, agent: false, headers: { "content-type": type } }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", failed);
      response.on("end", () => {
        done({ status: response.statusCode ?? 0, headers: response.headers, body: concat(...pieces) });
      });
    });
    sending.on("error", failed);
    sending.end(body);
  });
}

/** Who has a mailbox. */
interface Witness {
  readonly mailbox: Bytes;
  readonly key: Bytes;
}

function newWitness(): Witness {
  return { mailbox: randomBytes(32), key: randomBytes(32) };
}

async function putFor({ mailbox, key }: Witness, text: string, expires: string): Promise<Bytes> {
  const body = await sealReply({ challenge: null, date: "2026-11-20", text }, key);
  await putReply(server.context.db, { mailbox: mailboxHash(mailbox), sha256: sha256(body), expires, body });
  return sha256(body);
}

const textsIn = async ({ mailbox, key }: Witness, read: readonly Bytes[] = []): Promise<string[]> => {
  const { status, body } = await post(formatMailboxRequest({ mailbox, read }));
  expect([status, body.length]).toEqual([200, ANSWER_LENGTH]);
  return (await openMailboxAnswer(body, key)).map(({ reply }) => reply.text);
};

describe("a mailbox", () => {
  test("answers alike whether it exists, is empty, or was emptied", async () => {
    const witness = newWitness();
    const hash = await putFor(witness, "one", "2027-01-01");
    const ask = (mailbox: Bytes, read: readonly Bytes[] = []): Promise<Answer> => post(formatMailboxRequest({ mailbox, read }));
    const answers = [
      await ask(witness.mailbox),
      await ask(randomBytes(32)),
      await ask(randomBytes(32), [hash, randomBytes(32)]),
      await ask(witness.mailbox, [hash]),
      await ask(witness.mailbox, [hash]),
    ];
    for (const { status, headers, body } of answers) {
      expect([status, body.length]).toEqual([200, ANSWER_LENGTH]);
      expect(headers).toEqual({
        ...FIXED_HEADERS,
        "content-type": "application/octet-stream",
        "content-length": String(ANSWER_LENGTH),
        connection: "close",
      });
    }
    const opened = await Promise.all(answers.map(({ body }) => openMailboxAnswer(body, witness.key)));
    expect(opened.map(({ length }) => length)).toEqual([1, 0, 0, 0, 0]);
    expect(opened[0]?.[0]?.hash).toEqual(hash);
    // What is no reply is fresh each time.
    expect(new Set(answers.map(({ body }) => toHex(body.subarray(4480)))).size).toBe(answers.length);
  });

  test("gives the oldest four first, in an order that tells days only, and the next when those are deleted", async () => {
    const witness = newWitness();
    const hashes = new Map<string, Bytes>();
    for (const [text, expires] of [
      ["d", "2027-01-03"],
      ["a", "2027-01-01"],
      ["f", "2027-01-04"],
      ["b", "2027-01-01"],
      ["c", "2027-01-02"],
    ] as const) {
      hashes.set(text, await putFor(witness, text, expires));
    }
    const firstDay = ["a", "b"].sort((one, other) => (toHex(hashes.get(one)!) < toHex(hashes.get(other)!) ? -1 : 1));
    expect(await textsIn(witness)).toEqual([...firstDay, "c", "d"]);
    expect(await textsIn(witness, [hashes.get("a")!, hashes.get("c")!])).toEqual(["b", "d", "f"]);
    expect(
      await textsIn(
        witness,
        ["b", "d", "f"].map((text) => hashes.get(text)!),
      ),
    ).toEqual([]);
  });

  test("is deleted from by nobody who cannot name it", async () => {
    const [one, other] = [newWitness(), newWitness()];
    const hash = await putFor(one, "mine", "2027-01-01");
    expect(await textsIn(other, [hash])).toEqual([]);
    expect(await textsIn(one)).toEqual(["mine"]);
  });

  test("does not give out what has expired", async () => {
    const witness = newWitness();
    await putFor(witness, "late", "2026-11-26");
    expect(await textsIn(witness)).toEqual(["late"]);
    server.setClock(NOON + DAY);
    try {
      expect(await textsIn(witness)).toEqual([]);
    } finally {
      server.setClock(NOON);
    }
  });
});

describe("a request that is none", () => {
  const good = formatMailboxRequest({ mailbox: new Uint8Array(32), read: [] });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["one octet less", good.slice(0, -1)],
    ["one octet more", concat(good, utf8(" "))],
    ["much more", new Uint8Array(100_000)],
    ["another form", new Uint8Array(355).fill(32)],
    ["upper case", utf8(new TextDecoder().decode(good).replaceAll("0", "A"))],
  ])("%s is refused", async (_what, body) => {
    const { status, body: answer } = await post(body);
    expect([status, JSON.parse(new TextDecoder().decode(answer))]).toMatchObject([400, { error: "bad-request" }]);
  });

  test("another media type or method is refused", async () => {
    expect((await post(good, "text/plain")).status).toBe(415);
    expect((await post(good, "application/json", "PUT")).status).toBe(405);
  });
});

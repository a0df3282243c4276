/**
 * What the lengths of packets between a client and its first relay tell: a tip of one size class from another of the same, or an empty mailbox from a full one, not beyond
 * chance. A tip of another class is the control: it has to be told, or the line saw nothing.
 *
 * Sessions of the two kinds come in an order dealt by chance, so what else happens on the machine or in the network falls on both alike, and the test does not depend on speed.
 * All run on one circuit, which is the best an observer can hope for: others have the building of circuits as noise. By hand with more sessions of each kind:
 *
 *     SHAPE_SESSIONS=100 npm run test:tor -- traffic
 *
 * What is tried is in `distinguisher.ts`. The sessions are the page's requests, made by the page's own formats and HTTP from Node: no browser.
 */
import { randomInt } from "node:crypto";
import { Socks5ProxyAgent } from "undici";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Bytes, concat } from "../../src/protocol/bytes.ts";
import { deriveKeys, newCodename } from "../../src/protocol/crypto/codename.ts";
import { epochAt, openCertificate } from "../../src/protocol/crypto/certificate.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { openMailboxAnswer } from "../../src/protocol/crypto/reply.ts";
import { type AttachmentSource, sealTip } from "../../src/protocol/crypto/tip.ts";
import { toHex } from "../../src/protocol/encoding.ts";
import { formatJson } from "../../src/protocol/format/json.ts";
import { formatMailboxRequest } from "../../src/protocol/format/mailbox.ts";
import { EMPTY_ANSWERS } from "../../src/protocol/format/vocabulary.ts";
import { fileOf } from "../support/make-bundle.ts";
import { openPageSite, type PageSite } from "../support/page-site.ts";
import { testPostgres } from "../support/postgres.ts";
import { type ClientTor, openPrivateTor, type PrivateTor } from "../support/private-tor.ts";
import { tryToTell, type Verdict } from "./distinguisher.ts";
import { type GuardLine, openGuardLine, type Seen } from "./guard-line.ts";

/** Of each kind. */
const SESSIONS = Number(process.env["SHAPE_SESSIONS"] ?? "15");
/** Of chance, to compare with. */
const DEALS = 2000;
/** As good as this a classifier is by chance in one run of a thousand. What can be told is told again by new sessions, chance is not. */
const CHANCE = 0.001;
const AGAIN = { retry: 1 };
/** How long the line is watched after a session, milliseconds. */
const QUIET = 120;

const postgres = testPostgres();
let site: PageSite;
let network: PrivateTor;
let line: GuardLine;
let client: ClientTor;
let origin: string;

beforeAll(async () => {
  [site, network, line] = await Promise.all([openPageSite(postgres), openPrivateTor(), openGuardLine()]);
  const target = new URL(site.url).host;
  const [service, reached] = await Promise.all([
    network.service(["SocksPort 0", "HiddenServiceDir FOLDER/onion", `HiddenServicePort 80 ${target}`]),
    network.client([`HTTPSProxy 127.0.0.1:${String(line.port)}`]),
  ]);
  client = reached;
  origin = `http://${service.onion}`;
});
afterAll(async () => {
  await network.close();
  await line.close();
  await site.remove();
});

type Ask = (method: "GET" | "POST" | "PUT", path: string, body?: Bytes, type?: string) => Promise<Bytes>;

/** Runs a session over a connection of its own. @returns what was seen of it. */
async function watch(session: (ask: Ask) => Promise<void>): Promise<Seen[]> {
  const agent = new Socks5ProxyAgent(`socks5://${client.socks}`, { username: "one", password: "circuit", connectTimeout: 120_000 });
  const start = line.seen.length;
  try {
    await session(async (method, path, body, type) => {
      const { statusCode, body: answer } = await agent.request({
        origin,
        method,
        path,
        ...(body === undefined ? {} : { body, headers: { "content-type": type ?? "" } }),
      });
      if (statusCode >= 300) throw new Error(`${method} was answered with ${String(statusCode)}`);
      return new Uint8Array(await answer.arrayBuffer());
    });
  } finally {
    await agent.close();
  }
  await new Promise((resolve) => setTimeout(resolve, QUIET));
  return line.seen.slice(start);
}

/** Runs sessions of both kinds in an order dealt by chance. */
async function compare(first: () => Promise<Seen[]>, second: () => Promise<Seen[]>): Promise<Verdict[]> {
  const sessions: Seen[][] = [];
  const labels: boolean[] = [];
  const left = [SESSIONS, SESSIONS] as [number, number];
  // The first opens the circuit.
  await first();
  while (left[0] + left[1] > 0) {
    const isSecond = randomInt(left[0] + left[1]) < left[1];
    left[isSecond ? 1 : 0] -= 1;
    sessions.push(await (isSecond ? second : first)());
    labels.push(isSecond);
  }
  return tryToTell(sessions, labels, DEALS);
}

/** Says what was found, for whoever runs this by hand. */
function report(what: string, verdicts: readonly Verdict[]): void {
  for (const { classifier, accuracy, p } of verdicts) {
    console.info(`${what}: ${classifier}, ${String(2 * SESSIONS)} sessions: ${(100 * accuracy).toFixed(0)} % right, p = ${p.toFixed(4)}`);
  }
}

/** Seals and sends a tip as the page does. */
async function tip(narrative: string, attachments: readonly AttachmentSource[]): Promise<Seen[]> {
  const certificates = [await openCertificate(site.keys.programBytes), await openCertificate(site.keys.rewardsBytes)] as const;
  const now = Math.floor(Date.now() / 1000);
  const { thread, mailbox, reply } = await deriveKeys(newCodename());
  const to = { program: epochAt(certificates[0], now), rewards: epochAt(certificates[1], now) };
  const answers = { ...EMPTY_ANSWERS, narrative };
  const sealed = await sealTip({ answers, attachments, thread, sequence: 0, reply: { mailbox, key: reply }, claim: null }, to);
  const parts: Bytes[] = [];
  for await (const part of sealed.parts) parts.push(concat(part));
  const { commitment, digest } = sealed.finish();
  const completion = formatJson({ commitment: toHex(commitment), digest: toHex(digest), parts: parts.length });
  const address = `/tips/${toHex(randomBytes(16))}`;
  return watch(async (ask) => {
    for (const [index, part] of parts.entries())
      await ask("PUT", `${address}/parts/${String(index + 1)}`, part, "application/octet-stream");
    await ask("POST", address, completion, "application/json");
  });
}

const short = (): Promise<Seen[]> => tip("I saw it.", []);

it("two tips of one class look alike", AGAIN, async () => {
  const verdicts = await compare(short, () => tip("I saw it. ".repeat(1000), [fileOf("a.jpg", "image/jpeg", randomBytes(40_000))]));
  report("tips of one class", verdicts);
  expect(verdicts.filter(({ p }) => p <= CHANCE)).toEqual([]);
});

it("a tip of another class does not, so the line sees what there is to see", async () => {
  const verdicts = await compare(short, () => tip("I saw it.", [fileOf("a.jpg", "image/jpeg", randomBytes(100_000))]));
  report("tips of two classes", verdicts);
  expect(verdicts.some(({ p }) => p <= CHANCE)).toBe(true);
});

it("an empty mailbox looks like one with four replies", AGAIN, async () => {
  const ask = async (replies: 0 | 4): Promise<Seen[]> => {
    // Before every session four replies are delivered, to this mailbox or another, so that what went before is the same.
    const [own, other] = [await deriveKeys(newCodename()), await deriveKeys(newCodename())];
    const to = replies > 0 ? own : other;
    for (let index = 0; index < 4; index++) {
      const text = `What colour was door ${String(index)}?`;
      await site.deliver({ mailbox: to.mailbox, key: to.reply }, { challenge: null, date: "2026-11-02", text });
    }
    const { mailbox, reply } = own;
    const request = async (read: readonly Bytes[]): Promise<[Seen[], Bytes]> => {
      let answer = new Uint8Array(0);
      const seen = await watch(async (send) => {
        answer = await send("POST", "/mailbox", formatMailboxRequest({ mailbox, read }), "application/json");
      });
      return [seen, answer];
    };
    const [first, answer] = await request([]);
    const received = await openMailboxAnswer(answer, reply);
    expect(received).toHaveLength(replies);
    // The second request goes when the witness has read and presses a button. How long people read is theirs: the two are put together without a pause.
    const [second] = await request(received.map(({ hash }) => hash));
    const shift = (first.at(-1)?.at ?? 0) - (second[0]?.at ?? 0);
    return [...first, ...second.map((seen) => ({ ...seen, at: seen.at + shift }))];
  };
  const verdicts = await compare(
    () => ask(0),
    () => ask(4),
  );
  report("mailboxes", verdicts);
  expect(verdicts.filter(({ p }) => p <= CHANCE)).toEqual([]);
});

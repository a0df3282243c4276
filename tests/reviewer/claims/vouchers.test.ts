/**
 * Vouchers from a key to a paid voucher, by the commands' own functions and the witness's and the payer's program: nothing is signed before as many can be as were promised, two officers agree to
 * each, reviewers bring every witness a number and cannot tell which are real, and a voucher is paid once.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bytes, collect, concat } from "../../../src/protocol/bytes.ts";
import { openCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { challengeDigest, signClaimProof } from "../../../src/protocol/crypto/claim.ts";
import { type CodenameKeys, codenameToWords, deriveKeys, newCodename } from "../../../src/protocol/crypto/codename.ts";
import { openReply } from "../../../src/protocol/crypto/reply.ts";
import { sealTip, type TipContent } from "../../../src/protocol/crypto/tip.ts";
import { askForVoucher } from "../../../src/protocol/crypto/voucher.ts";
import { fromBase64, fromHex, toBase64, toHex } from "../../../src/protocol/encoding.ts";
import { formatProgram } from "../../../src/protocol/format/program.ts";
import { SAVED_HEADER_LENGTH, parseSavedHeader } from "../../../src/protocol/format/saved.ts";
import { EMPTY_ANSWERS } from "../../../src/protocol/format/vocabulary.ts";
import { parseVoucherOffer, type VoucherOffer } from "../../../src/protocol/format/voucher.ts";
import { importBundle } from "../../../src/reviewer/casebook/import.ts";
import type { Act, ActOf } from "../../../src/reviewer/casebook/event.ts";
import * as claims from "../../../src/reviewer/claims/commands.ts";
import * as vouchers from "../../../src/reviewer/claims/voucher-commands.ts";
import type { Desk } from "../../../src/reviewer/desk.ts";
import type { Subject } from "../../../src/reviewer/triage/acts.ts";
import * as referral from "../../../src/reviewer/referral/commands.ts";
import { formatOffline } from "../../../src/page/document/offline.ts";
import { LANGUAGES } from "../../../src/page/locales/languages.ts";
import { run } from "../../../src/voucher/command.ts";
import { streamOf } from "../../support/bytes.ts";
import { deskAt, sitting } from "../../support/desk.ts";
import { epochsOf, type Item, SmallServer } from "../../support/make-bundle.ts";
import { signerOf } from "../../support/memory-log.ts";
import { OFFERING } from "../../support/programs.ts";
import { referredAndAccepted } from "../../support/referral-story.ts";
import { refusalOf } from "../../support/refusals.ts";
import { openWith, smallCeremony } from "../../support/small-casebook.ts";

const ORIGIN = "tips.test/log";
const TODAY = new Date().toISOString().slice(0, 10);
const EXPIRES = "2099-12-31";
const NAMES = ["ann", "ben", "cat"] as const;
type Name = (typeof NAMES)[number];

interface Person {
  readonly bits: Bytes;
  readonly keys: CodenameKeys;
  readonly claim: string;
}

let ceremony: string;
let folder: string;
let server: SmallServer;
let to: Awaited<ReturnType<typeof epochsOf>>;
let page: (name: string, shown: VoucherOffer) => Promise<void>;
let officers: { bo: Desk; cy: Desk };
let key: string;
const people = {} as Record<Name, Person>;

const reviewersAt = (person = "Ana") => deskAt(ceremony, person);
const at = (name: string): string => join(folder, name);
const casebook = async () => (await openWith(join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt"))).casebook;

async function takeIn(...items: Item[]): Promise<void> {
  for (const item of items) await server.seal([item]);
  const open = await openWith(join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt"));
  await importBundle(streamOf((await server.exportBundle()).bytes, 65_536), {
    casebook: open.casebook,
    program: open.vault.program,
    log: (await signerOf(ORIGIN)).vkey,
    person: await open.casebook.person("Ana"),
    now: new Date(),
    progress: () => undefined,
  });
}

async function tipBy({ keys }: Person, changes: Partial<TipContent>): Promise<Item> {
  const answers = { ...EMPTY_ANSWERS, narrative: "I saw it.", sharing: "share_all" } as const;
  const reply = { mailbox: keys.mailbox, key: keys.reply };
  const sealed = await sealTip({ answers, attachments: [], thread: keys.thread, sequence: 0, reply, claim: null, ...changes }, to);
  const envelope = await collect(sealed.parts, sealed.length);
  return { envelope, commitment: sealed.finish().commitment };
}

/** Runs `firsthand-voucher`: its exit status, and what it said as JSON. */
async function voucher(...args: string[]): Promise<{ status: number; said: Record<string, unknown> }> {
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text) };
  const status = await run([...args, "--json"], new Date(), { out: stream, error: stream });
  return { status, said: JSON.parse(said.join("")) as Record<string, unknown> };
}

const ask = (name: Name, changes: Readonly<Record<string, string>> = {}) =>
  voucher(
    ...["ask", at("offer.json"), at(`${name}.tip`), "--page", changes["page"] ?? at("page.html"), "--words", at(`${name}.words`)],
    ...["--text", at("more.txt"), "--keep", at(`${name}.keep`)],
  );

/** Hands over what is new, and takes it in. */
async function handOver(name: string): Promise<Record<string, unknown>> {
  await claims.exportClaims(at(name), false, reviewersAt());
  return (await claims.importClaims(at(name), officers.bo)).json;
}

/** Does these things in one sitting. What each was refused with, or null. */
function attempts(desk: Desk, acts: readonly Act[]): Promise<(string | null)[]> {
  return sitting(desk, async (open, person) => {
    const codes: (string | null)[] = [];
    for (const act of acts) codes.push(await refusalOf(() => open.append(act, person, new Date())));
    return codes;
  });
}

/** How many events the officers' casebook has. */
const events = () => sitting(officers.bo, (open) => Promise.resolve(open.events.length));

const proposed = (subject: Subject): Act => ({ kind: "proposed", subject });
const confirmed = (proposal: number): Act => ({ kind: "confirmed", proposal });

beforeAll(async () => {
  ceremony = await smallCeremony(true, { names: ["Ana", "Bo", "Cai"] });
  folder = dirname(ceremony);
  const [program, rewards] = await Promise.all(
    ["program.pgp", "rewards.pgp"].map(async (name) => new Uint8Array(await readFile(join(ceremony, "public", name)))),
  );
  if (program === undefined || rewards === undefined) throw new Error("a ceremony makes two certificates");
  const pair = concat(program, rewards);
  to = await epochsOf(program, rewards);
  const [one, other] = [await openCertificate(program), await openCertificate(rewards)];
  page = async (name, shown) => {
    const program = { ...OFFERING, voucher: { lines: { en: ["Bring it."] }, offer: shown } };
    const log = { name: ORIGIN, id: 1, key: `${"A".repeat(43)}=` };
    const html = formatOffline(LANGUAGES, {
      ...{
        pinned: { program: one.fingerprint, rewards: other.fingerprint, log },
        demo: true,
        program,
        lists: new Map(),
        script: "",
        style: "",
      },
      ...{ hashes: { script: "x", style: "x" }, keys: toBase64(pair), until: EXPIRES },
    });
    await writeFile(at(name), html);
  };
  await writeFile(at("more.txt"), "The van was white.\n");
  await writeFile(at("program.json"), formatProgram({ ...OFFERING, ineligible: null }));
  await mkdir(at("paid"));
  server = await SmallServer.create(ORIGIN);
  for (const name of NAMES) {
    const bits = newCodename();
    const keys = await deriveKeys(bits);
    people[name] = { bits, keys, claim: toHex(keys.claim.publicKey) };
    await writeFile(at(`${name}.words`), (await codenameToWords(bits, "english")).join(" "));
  }
  const { ann, ben, cat } = people;
  await takeIn(
    await tipBy(ann, { claim: ann.keys.claim.publicKey }),
    await tipBy(ben, {}),
    await tipBy(cat, { claim: cat.keys.claim.publicKey }),
  );
  await referral.recordProgram(at("program.json"), reviewersAt());
  officers = { bo: { ...reviewersAt("Bo"), folder: at("officers") }, cy: { ...reviewersAt("Cy"), folder: at("officers") } };
  const shareFiles = [join(ceremony, "rewards", "cards", "card-1-of-1.txt")];
  for (const desk of Object.values(officers)) Object.assign(desk, { shareFiles });
  await claims.openClaims(
    at("officers"),
    {
      ...{ lockedFile: join(ceremony, "rewards", "rewards.locked"), shareFiles, publicFolder: join(ceremony, "public") },
      officers: ["Bo", "Cy"].map((name) => ({ name, passphrase: null })),
    },
    new Date(),
  );
  await referral.recordProgram(at("program.json"), officers.bo);
});

describe("vouchers", { timeout: 300_000 }, () => {
  it("begin with a key of the reward officers, which everybody is to see", async () => {
    const terms = { amount: 500, currency: "USD", expires: EXPIRES, least: 2 };
    expect(await refusalOf(() => vouchers.makeKey(at("no"), terms, reviewersAt()))).toBe("not-allowed");
    key = (await vouchers.makeKey(at("offer.json"), terms, officers.bo)).json["key"] as string;
    expect(parseVoucherOffer(new Uint8Array(await readFile(at("offer.json"))))).toMatchObject(terms);
    const offer = parseVoucherOffer(new Uint8Array(await readFile(at("offer.json"))));
    await page("page.html", offer);
    await page("other.html", { ...offer, amount: 501 });
  });

  it("are for claims that were proved, decided and made payable", async () => {
    const { ann, cat } = people;
    const number = await referredAndAccepted([...(await casebook()).state.tips.keys()], at("statement.json"), reviewersAt);
    await writeFile(at("ask.txt"), "If you kept a code, you may prove it.");
    await referral.tell(number, at("ask.txt"), true, reviewersAt());
    const digests = (await casebook())
      .acts("replied")
      .map(({ asked, date }) => (asked === null ? null : challengeDigest({ ...asked, nonce: fromHex(asked.nonce, 32) }, date)));
    const proving = async (person: Person, digest: Bytes | null | undefined): Promise<Item> => {
      if (!digest) throw new Error("a challenge went to everybody");
      return tipBy(person, {
        sequence: 20_000,
        claim: person.keys.claim.publicKey,
        proof: await signClaimProof(person.keys.claim, digest),
      });
    };
    await takeIn(await proving(ann, digests[0]), await proving(cat, digests[2]));
    expect(await handOver("first")).toMatchObject({ tips: 5, claims: 4, proofs: 2, vouchers: { asked: 0 } });
    const asked = { kind: "claim-asked", took_part: "no", other_claimants: "yes", official_duties: "no" } as const;
    const reward = { form: "voucher", money: { amount: 500, currency: "USD" }, share: 5_000 } as const;
    const both = [ann.claim, cat.claim];
    const moved = (claim: string, step: ActOf<"claim-moved">["to"]): Act => ({
      ...({ kind: "claim-moved", claim, to: step, date: TODAY, by: "An agency", document: null } as const),
    });
    const before = await events();
    const nominated = both.flatMap((claim) => [
      ...[moved(claim, "eligibility_check"), { ...asked, claim }, moved(claim, "nominated"), moved(claim, "committee")],
      proposed({ what: "decide-claim", claim, date: TODAY, reward }),
    ]);
    const payable = both.map((claim) => proposed({ what: "make-payable", claim, date: TODAY }));
    expect(await attempts(officers.bo, nominated)).toEqual(nominated.map(() => null));
    expect(await attempts(officers.cy, [confirmed(before + 5), confirmed(before + 10), ...payable])).toEqual([null, null, null, null]);
    expect(await attempts(officers.bo, [confirmed(before + 13), confirmed(before + 14)])).toEqual([null, null]);
  });

  it("are asked for in a follow-up like any other, by the claim's holder, under the key that everybody sees", async () => {
    const { ann } = people;
    expect(await ask("ann", { page: at("other.html") })).toMatchObject({ status: 1, said: { error: "wrong-certificate" } });
    const asked: Item[] = [];
    for (const name of NAMES) {
      expect(await ask(name)).toMatchObject({ status: 0 });
      const saved = new Uint8Array(await readFile(at(`${name}.tip`)));
      asked.push({ envelope: saved.slice(SAVED_HEADER_LENGTH), commitment: parseSavedHeader(saved.slice(0, SAVED_HEADER_LENGTH)) });
    }
    // Whoever holds a tip in their hands, as reviewers do, cannot put a request of their own into a claim.
    const offer = parseVoucherOffer(new Uint8Array(await readFile(at("offer.json"))));
    const { request } = await askForVoucher(offer, people.ben.keys.claim);
    asked.push(await tipBy(ann, { sequence: 20_001, claim: ann.keys.claim.publicKey, voucher: request }));
    await takeIn(...asked);
    const taken = await handOver("second");
    expect(taken).toMatchObject({ tips: 4, vouchers: { asked: 3 } });
    expect((taken["vouchers"] as { refused: string[] }).refused).toHaveLength(1);
    const words = JSON.stringify((await casebook()).events);
    for (const { claim } of Object.values(people)) expect(words).not.toContain(claim);
  });

  it("are agreed to by two officers, and signed only together and not before as many can be as the key promises", async () => {
    const { ann, ben, cat } = people;
    const asked = await sitting(officers.bo, (open) => Promise.resolve(open.state.claims.vouchers.asked));
    const pay = (claim: string) => proposed({ what: "sign-voucher", claim, date: TODAY, key, blinded: asked.get(claim)?.blinded ?? "" });
    const signed = (...all: string[]): Act => ({ kind: "vouchers-signed", key, claims: all, sha256: key });
    const payment = proposed({ what: "record-payment", claim: ann.claim, date: TODAY, recipient: "V-1" });
    const before = await events();
    expect(await attempts(officers.bo, [payment, pay(ben.claim), signed(ann.claim), pay(ann.claim), confirmed(before + 1)])).toEqual([
      ...["wrong-state", "wrong-state", "nothing-to-do", null, "needs-another-person"],
    ]);
    expect((await vouchers.agree(cat.claim, TODAY, officers.bo)).json).toEqual({ proposal: before + 2 });
    expect(
      await attempts(officers.cy, [confirmed(before + 1), pay(ann.claim), signed(ann.claim), confirmed(before + 2), signed(ann.claim)]),
    ).toEqual([...[null, "already-there", "wrong-state", null, "bad-field"]]);
    expect((await vouchers.sign(key.slice(0, 8), at("answers"), false, officers.bo)).json).toMatchObject({ signed: 2, witnesses: 3 });
    await vouchers.sign(key, at("again"), true, officers.cy);
    expect(await readFile(at("again"))).toEqual(await readFile(at("answers")));
    expect(await attempts(officers.bo, [payment])).toEqual([null]);
    expect((await vouchers.listKeys(officers.bo)).lines.join("\n")).toContain("2 equal vouchers were signed");
  });

  it("come back through reviewers who bring every witness a number and cannot tell which are real", async () => {
    await writeFile(at("told.txt"), "For your program. If you asked for nothing, this is nothing.");
    expect((await vouchers.tell(at("answers"), at("told.txt"), reviewersAt())).json).toEqual({ told: 3 });
    const replies = (await casebook()).acts("replied").slice(-3);
    expect(new Set(replies.map(({ sealed }) => sealed.length)).size).toBe(1);
    for (const name of NAMES) {
      const texts = await Promise.all(
        replies.map(({ sealed }) =>
          openReply(fromBase64(sealed), people[name].keys.reply).then(
            ({ text }) => text,
            () => null,
          ),
        ),
      );
      const own = texts.filter((text) => text !== null);
      expect(own).toHaveLength(1);
      await writeFile(at(`${name}.answer`), own.join());
    }
  });

  it("are taken out by who asked, with their words, and by nobody else", async () => {
    const take = (name: Name, changes: Readonly<Record<string, string>> = {}) =>
      voucher(
        ...["take", at("offer.json"), at(`${changes["out"] ?? name}.voucher`), "--words", at(`${changes["words"] ?? name}.words`)],
        ...["--keep", at(`${name}.keep`), "--answer", at(`${changes["answer"] ?? name}.answer`)],
      );
    expect(await take("ann", { answer: "cat", out: "x" })).toMatchObject({ status: 1, said: { error: "bad-signature" } });
    expect(await take("ann", { words: "cat", out: "x" })).toMatchObject({ status: 1, said: { error: "cannot-decrypt" } });
    expect(await take("ben", { out: "x" })).toMatchObject({ status: 1, said: { error: "bad-signature" } });
    for (const name of ["ann", "cat"] as const)
      expect(await take(name)).toMatchObject({ status: 0, said: { amount: 500, currency: "USD" } });
    const answers = await readFile(at("answers"), "utf8");
    const { message, signature } = JSON.parse(await readFile(at("ann.voucher"), "utf8")) as { message: string; signature: string };
    for (const part of [message, signature]) expect(answers).not.toContain(part);
  });

  it("are paid once, while they are worth something, and never more of them than were signed", async () => {
    const pay = (name: string, ...more: string[]) => voucher("pay", at(`${name}.voucher`), at("offer.json"), "--paid", at("paid"), ...more);
    expect(await pay("ann", "--signed", "0")).toMatchObject({ status: 1, said: { error: "wrong-state" } });
    const twice = await Promise.all([pay("ann", "--signed", "2"), pay("ann", "--signed", "2")]);
    expect(twice.map(({ status }) => status).sort()).toEqual([0, 1]);
    expect(await pay("ann")).toMatchObject({ status: 1, said: { error: "already-there" } });
    const forged = (await readFile(at("cat.voucher"), "utf8")).replace(/"message":"../, '"message":"00');
    await writeFile(
      at("forged.voucher"),
      forged.replace('"message":"00', forged.includes('"message":"00') ? '"message":"01' : '"message":"00'),
    );
    expect(await pay("forged")).toMatchObject({ status: 1, said: { error: "bad-signature" } });
    expect(await pay("cat", "--signed", "2")).toMatchObject({ status: 0, said: { paid: 2 } });
    expect(await voucher("pay", at("cat.voucher"), at("offer.json"))).toMatchObject({ status: 2, said: { error: "usage" } });
    const late = new Date("2100-01-01T00:00:00Z");
    const said: string[] = [];
    const stream = { write: (text: string) => said.push(text) };
    expect(await run(["pay", at("cat.voucher"), at("offer.json"), "--paid", at("paid")], late, { out: stream, error: stream })).toBe(1);
    expect(said.join("")).toContain("state it is in");
  });
});

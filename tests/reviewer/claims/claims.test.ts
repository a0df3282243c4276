/**
 * Claims from sealed parts to a report, by the commands' own functions: what graders can see is the same whether a reward is wanted or not; a proof counts once and for
 * one witness; what decides, pays or reveals takes two officers.
 */
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generateKey } from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { asBytes, type Bytes } from "../../../src/protocol/bytes.ts";
import { challengeDigest, signClaimProof } from "../../../src/protocol/crypto/claim.ts";
import { decryptWith } from "../../../src/protocol/crypto/detached.ts";
import { type SigningKey, signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { fromHex, fromUtf8, toHex } from "../../../src/protocol/encoding.ts";
import { CLAIM_LENGTH } from "../../../src/protocol/format/claim.ts";
import { formatProgram } from "../../../src/protocol/format/program.ts";
import { importBundle } from "../../../src/reviewer/casebook/import.ts";
import * as claims from "../../../src/reviewer/claims/commands.ts";
import { show } from "../../../src/reviewer/commands.ts";
import { decide } from "../../../src/reviewer/decisions.ts";
import type { Reward } from "../../../src/reviewer/claims/state.ts";
import type { Act, ActOf } from "../../../src/reviewer/casebook/event.ts";
import type { Subject } from "../../../src/reviewer/triage/acts.ts";
import type { Desk } from "../../../src/reviewer/desk.ts";
import * as referral from "../../../src/reviewer/referral/commands.ts";
import { streamOf } from "../../support/bytes.ts";
import { deskAt, sitting } from "../../support/desk.ts";
import { epochsOf, type Item, SmallServer, tipOf } from "../../support/make-bundle.ts";
import { signerOf } from "../../support/memory-log.ts";
import { OFFERING } from "../../support/programs.ts";
import { referredAndAccepted } from "../../support/referral-story.ts";
import { refusalOf } from "../../support/refusals.ts";
import { openWith, smallCeremony } from "../../support/small-casebook.ts";

const ORIGIN = "tips.test/log";
const PROGRAM = {
  ...OFFERING,
  approvals: [{ by: "Attorney General", condition: null, step: "concurrence" }],
  cap: { amount: 5_000_000, currency: "USD" },
  name: { en: "The Example Program" },
  receipt_days: 30,
  reports: [
    { days: 30, due: "after-payment", name: "Report of a reward", to: "Committees" },
    { days: 15, due: "before-payment-in-cryptocurrency", name: "Notice", to: "Two committees" },
    { days: 60, due: "after-fiscal-year", name: "Annual report", to: "Committees" },
  ],
} as const;

interface Person {
  readonly seed: Bytes;
  readonly claim: SigningKey;
  readonly reply: { readonly mailbox: Bytes; readonly key: Bytes };
}

let ceremony: string;
let folder: string;
let server: SmallServer;
let to: Awaited<ReturnType<typeof epochsOf>>;
let rewards: { bo: Desk; cy: Desk };
const people: Record<"ann" | "ben" | "cat", Person> = {} as Record<"ann" | "ben" | "cat", Person>;

const reviewersAt = (person = "Ana") => deskAt(ceremony, person);
const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

/** Seals a batch each of these, and takes them in. */
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

beforeAll(async () => {
  ceremony = await smallCeremony(true, { names: ["Ana", "Bo", "Cai"] });
  folder = dirname(ceremony);
  const read = async (name: string) => new Uint8Array(await readFile(join(ceremony, "public", name)));
  to = await epochsOf(await read("program.pgp"), await read("rewards.pgp"));
  server = await SmallServer.create(ORIGIN);
  for (const name of ["ann", "ben", "cat"] as const)
    people[name] = {
      seed: randomBytes(32),
      claim: await signingKeyFromSeed(randomBytes(32)),
      reply: { mailbox: randomBytes(32), key: randomBytes(32) },
    };
  const { ann, ben, cat } = people;
  const same = { narrative: "I saw it.", sharing: "share_all" } as const;
  await takeIn(
    await tipOf(to, same, [], { seed: ann.seed, reply: ann.reply, claim: ann.claim.publicKey }),
    await tipOf(to, same, [], { seed: ben.seed, reply: ben.reply }),
    await tipOf(to, same, [], { seed: cat.seed, reply: cat.reply, claim: cat.claim.publicKey }),
  );
  await referral.recordProgram(await file("program.json", formatProgram(PROGRAM)), reviewersAt());
});

async function tips(): Promise<string[]> {
  const open = await openWith(join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt"));
  return [...open.casebook.state.tips.keys()];
}

describe("what graders can see", () => {
  it("is the same whether a reward is wanted or not", async () => {
    const masked: string[] = [];
    for (const tip of await tips()) {
      const { json, lines } = await show(tip, reviewersAt());
      masked.push(JSON.stringify({ json, lines }).replaceAll(/[0-9a-f]{12,}|\d+/g, "#"));
    }
    expect(new Set(masked).size).toBe(1);
    const open = await openWith(join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt"));
    const events = JSON.stringify(open.casebook.events);
    for (const { claim } of Object.values(people)) expect(events).not.toContain(toHex(claim.publicKey));
  });

  it("is of one length in what is handed over, for every tip", async () => {
    const path = join(folder, "handover-1");
    await claims.exportClaims(path, false, reviewersAt());
    const { handover } = JSON.parse(await readFile(path, "utf8")) as { handover: string };
    const { tips: handed } = JSON.parse(handover) as { tips: { sealed: string }[] };
    expect(handed).toHaveLength(3);
    for (const { sealed } of handed) expect(Buffer.from(sealed, "base64")).toHaveLength(CLAIM_LENGTH);
    for (const { claim } of Object.values(people)) expect(handover).not.toContain(toHex(claim.publicKey));
  });
});

describe("the reward officers' casebook", { timeout: 300_000 }, () => {
  it("is made from the ceremony's rewards and takes two officers", async () => {
    const place = join(folder, "officers");
    const opening = {
      lockedFile: join(ceremony, "rewards", "rewards.locked"),
      shareFiles: [join(ceremony, "rewards", "cards", "card-1-of-1.txt")],
      publicFolder: join(ceremony, "public"),
      officers: [
        { name: "Bo", passphrase: null },
        { name: "Cy", passphrase: null },
      ],
    };
    expect(await refusalOf(() => claims.openClaims(place, { ...opening, officers: opening.officers.slice(1) }, new Date()))).toBe(
      "needs-another-person",
    );
    await claims.openClaims(place, opening, new Date());
    const deskOf = (person: string): Desk => ({ ...reviewersAt(person), folder: place, shareFiles: opening.shareFiles });
    rewards = { bo: deskOf("Bo"), cy: deskOf("Cy") };
    await referral.recordProgram(join(folder, "program.json"), rewards.bo);
    expect(await refusalOf(() => claims.importClaims(join(folder, "handover-1"), reviewersAt()))).toBe("not-allowed");
    expect(await refusalOf(() => claims.exportClaims(join(folder, "no"), true, rewards.bo))).toBe("not-allowed");
  });

  it("believes a hand-over only as the review key signed it, and sees who wants a reward", async () => {
    const bytes = await readFile(join(folder, "handover-1"), "utf8");
    const forged = await file(
      "forged",
      bytes.replace("I saw", "I sew").replace(/"date":"2026-06-02"|\\"date\\":\\"2026-06-02\\"/, '\\"date\\":\\"2026-06-01\\"'),
    );
    expect(await refusalOf(() => claims.importClaims(forged, rewards.bo))).toBe("bad-signature");
    expect((await claims.importClaims(join(folder, "handover-1"), rewards.bo)).json).toMatchObject({
      tips: 3,
      claims: 2,
      proofs: 0,
      refused: [],
    });
    expect((await claims.listClaims(rewards.bo)).json).toMatchObject({
      claims: [
        { claim: toHex(people.ann.claim.publicKey), state: "reserved", first_batch: 1 },
        { claim: toHex(people.cat.claim.publicKey), state: "reserved", first_batch: 3 },
      ],
    });
  });

  it("takes a proof once, from the witness who was asked, and from nobody else", async () => {
    const { ann, cat } = people;
    const ids = await tips();
    referralNumber = await referredAndAccepted(ids, join(folder, "statement.json"), reviewersAt);
    const number = referralNumber;
    await referral.tell(number, await file("ask.txt", "If you kept a code, you may prove it."), true, reviewersAt());
    const open = await openWith(join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt"));
    const asked = open.casebook.acts("replied").map((reply) => {
      if (reply.asked === null) throw new Error("a challenge went to everybody");
      return { tip: reply.tip, digest: challengeDigest({ ...reply.asked, nonce: fromHex(reply.asked.nonce, 32) }, reply.date) };
    });
    expect(asked.map(({ tip }) => tip)).toEqual(ids);
    const [toAnn, , toCat] = asked.map(({ digest }) => digest);
    if (toAnn === undefined || toCat === undefined) throw new Error("three were asked");
    const by = async (person: Person, key: SigningKey, digest: Bytes): Promise<Item> =>
      tipOf(to, {}, [], { seed: person.seed, sequence: 20_000, claim: key.publicKey, proof: await signClaimProof(key, digest) });
    await takeIn(
      await by(cat, cat.claim, toAnn),
      await by(ann, ann.claim, randomBytes(32)),
      await tipOf(to, {}, [], {
        ...{ seed: ann.seed, sequence: 20_001, claim: ann.claim.publicKey },
        proof: { challenge: toAnn, signature: (await signClaimProof(cat.claim, toAnn)).signature },
      }),
      await by(ann, ann.claim, toAnn),
      await by(ann, ann.claim, toAnn),
      await by(cat, cat.claim, toCat),
    );
    const path = join(folder, "handover-2");
    await claims.exportClaims(path, false, reviewersAt());
    const taken = await claims.importClaims(path, rewards.bo);
    expect(taken.json).toMatchObject({ tips: 6, proofs: 2 });
    expect((taken.json as { refused: { why: string }[] }).refused.map(({ why }) => why)).toEqual([
      "another-witness",
      "unknown-challenge",
      "not-signed",
      "replayed",
    ]);
    expect((await claims.showClaim(idOf("ann"), rewards.bo)).json).toMatchObject({
      state: "presented",
      referrals: [
        {
          referral: number,
          state: "accepted",
          claimants: [
            { place: 1, claim: idOf("ann") },
            { place: 2, claim: idOf("cat") },
          ],
        },
      ],
    });
  });

  it("asks who may be paid only here, and takes a nomination from an agency only", async () => {
    const [ann, cat] = [idOf("ann"), idOf("cat")];
    const answers = { kind: "claim-asked", took_part: "no", other_claimants: "yes" } as const;
    const codes = await attempts(rewards.bo, [
      moved(ann, "nominated", "An agency"),
      moved(ann, "eligibility_check"),
      moved(ann, "nominated", "An agency"),
      { ...answers, claim: ann, official_duties: "unknown" },
      moved(ann, "nominated"),
      ...(["nominated", "committee"] as const).map((to) => moved(ann, to, "An agency")),
      moved(cat, "eligibility_check"),
      { ...answers, claim: cat, official_duties: "no" },
      ...(["nominated", "committee"] as const).map((to) => moved(cat, to, "An agency")),
      ...[proposal(ann, {}), proposal(cat, { money: { amount: 5_000_001, currency: "USD" } }), proposal(cat, {})],
    ]);
    expect(codes).toEqual(["wrong-state", null, "wrong-state", null, "bad-field", ...nothing(6), "not-allowed", "not-allowed", null]);
  });

  it("decides and pays with two officers, in order and within the program", async () => {
    const cat = idOf("cat");
    const number = await sitting(rewards.bo, (casebook) => Promise.resolve(casebook.events.length));
    const payable = { what: "make-payable", claim: cat, date: "2026-11-03" } as const;
    const payment = { what: "record-payment", claim: cat, date: "2026-11-20", recipient: "R-7" } as const;
    const notice = (date: string) => ({ kind: "notice-filed", claim: cat, date, document: null }) as const;
    expect(await attempts(rewards.bo, [{ kind: "confirmed", proposal: number }])).toEqual(["needs-another-person"]);
    const concurrence = moved(cat, "ag_concurrence", "Attorney General");
    expect(
      await attempts(rewards.cy, [
        { kind: "confirmed", proposal: number },
        proposed(payable),
        proposal(idOf("ann"), {}),
        concurrence,
        proposed(payable),
      ]),
    ).toEqual([null, "wrong-state", "not-allowed", null, null]);
    expect(
      await attempts(rewards.bo, [
        { kind: "confirmed", proposal: number + 3 },
        ...[proposed(payment), notice("2026-11-06"), proposed(payment), notice("2026-11-05"), proposed(payment)],
      ]),
    ).toEqual([null, "wrong-state", null, "wrong-state", null, null]);
    await decide(number + 7, true, rewards.cy);
    const { steps } = (await claims.showClaim(cat, rewards.cy)).json as { steps: { to: string; officers: number }[] };
    expect(steps.at(-1)).toMatchObject({ to: "paid", officers: 2 });
  });

  it("seals who is paid to the payment officer alone", async () => {
    const made = await generateKey({
      type: "curve25519",
      userIDs: { name: "Payment officer" },
      date: new Date(Date.now() - 86_400_000),
      format: "binary",
    });
    const payee = await file("payee.txt", "Ann Onym, account 7");
    const cat = idOf("cat");
    await claims.sealPayee(cat, payee, asBytes(made.publicKey), rewards.bo);
    const out = join(folder, "payee.pgp");
    expect(await refusalOf(() => claims.writePayee(cat, out, rewards.bo))).toBe("needs-another-person");
    await both(cat, { what: "reveal-payee" });
    await claims.writePayee(cat, out, rewards.bo);
    const later = Math.floor(Date.now() / 1000) + 86_400;
    const opened = await decryptWith(asBytes(made.privateKey), new Uint8Array(await readFile(out)), later);
    expect(fromUtf8(opened)).toBe("Ann Onym, account 7");
    const shown = await claims.showClaim(cat, rewards.bo);
    expect(JSON.stringify(shown)).not.toContain("Onym");
  });

  it("reminds of what is due until it is done, and reports", async () => {
    const cat = idOf("cat");
    const at = (day: string): Desk => ({ ...rewards.bo, now: new Date(`${day}T12:00:00Z`) });
    expect((await claims.listDuties(at("2026-12-21"))).json).toMatchObject({
      duties: [
        { claim: cat, what: "Report of a reward", due: "2026-12-20", overdue: true },
        { claim: cat, what: "Receipt of the payment", due: "2026-12-20", overdue: true },
      ],
    });
    const receipt = await file("receipt.pdf", "a receipt");
    await claims.recordStep(cat, { to: "receipt_filed", date: "2026-12-01", by: null }, receipt, rewards.bo);
    const report = await claims.writeReport({ claim: cat }, join(folder, "report"), false, rewards.bo);
    expect(report.json).toMatchObject({
      amount: 100_000,
      recipient: "R-7",
      referrals: [{ acts: "Something happened.", significance: "Nobody knew." }],
    });
    expect(await readFile(join(folder, "report", "report.html"), "utf8")).toContain("Nobody knew.");
    await claims.recordStep(cat, { to: "reported_30d", date: "2026-12-02", by: null }, join(folder, "report", "report.json"), rewards.bo);
    expect((await claims.listDuties(at("2027-10-02"))).json).toMatchObject({
      duties: [{ claim: null, due: "2027-11-29", overdue: false }],
    });
    const metrics = join(folder, "metrics.csv");
    await claims.writeClaimMetrics(metrics, at("2027-10-02"));
    const rows = (await readFile(metrics, "utf8")).split("\r\n");
    expect(rows).toEqual(
      expect.arrayContaining(['"overdue","","0"', '"reached","paid","<5 or kept back"', '"cost_per_accepted_referral","","too few"']),
    );
    expect(rows).toContain('"days_from_payment_to_receipt","","too few"');
    await claims.writeReport({ year: 2027 }, join(folder, "year"), false, at("2027-10-02"));
    expect(JSON.parse(await readFile(join(folder, "year", "report.json"), "utf8"))).toMatchObject({ totals: { USD: 100_000 } });
    expect((await claims.listDuties(at("2027-12-02"))).json).toMatchObject({ duties: [] });
    const inducements = await claims.writeReport({ referral: referralNumber }, join(folder, "inducements"), false, rewards.bo);
    expect(inducements.json).toMatchObject({
      sources: [{ sealed_claim: true, place: 1 }, { sealed_claim: false }, { sealed_claim: true, place: 2 }],
    });
  });
});

let referralNumber = 0;

const idOf = (name: keyof typeof people): string => toHex(people[name].claim.publicKey);

async function both(claim: string, wanted: claims.Wanted): Promise<void> {
  const { proposal } = (await claims.proposeForClaim(claim, wanted, rewards.bo)).json as { proposal: number };
  await decide(proposal, true, rewards.cy);
}

/** Does these things in one sitting. What each was refused with, or null. */
function attempts(desk: Desk, acts: readonly Act[]): Promise<(string | null)[]> {
  return sitting(desk, async (casebook, person) => {
    const codes: (string | null)[] = [];
    for (const act of acts) codes.push(await refusalOf(() => casebook.append(act, person, new Date())));
    return codes;
  });
}

const nothing = (count: number): null[] => Array.from({ length: count }, () => null);

function moved(claim: string, to: ActOf<"claim-moved">["to"], by: string | null = null): Act {
  return { kind: "claim-moved", claim, to, date: "2026-11-01", by, document: null };
}

function proposed(subject: Subject): Act {
  return { kind: "proposed", subject };
}

function proposal(claim: string, changes: Partial<Reward>): Act {
  const reward = { form: "crypto", money: { amount: 100_000, currency: "USD" }, share: 6_000, ...changes } as const;
  return proposed({ what: "decide-claim", claim, date: "2026-11-02", reward });
}

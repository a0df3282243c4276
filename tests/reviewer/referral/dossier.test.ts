/**
 * From tips to a sealed dossier by the commands' own functions, in a casebook with real sealed tips: what is removed is nowhere in what leaves, two people who are not the
 * authors approve exactly these bytes, and whoever receives it can check it with the certificate alone.
 */
import { cp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { inflateRawSync, inflateSync } from "node:zlib";
import fastify from "fastify";
import { generateKey } from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { asBytes, type Bytes, collect } from "../../../src/protocol/bytes.ts";
import { decryptWith } from "../../../src/protocol/crypto/detached.ts";
import { fromUtf8, utf8 } from "../../../src/protocol/encoding.ts";
import { readTar } from "../../../src/protocol/format/tar.ts";
import { checkCasebook } from "../../../src/reviewer/casebook/check.ts";
import { importBundle } from "../../../src/reviewer/casebook/import.ts";
import { decide } from "../../../src/reviewer/decisions.ts";
import { reviewer } from "../../support/review-machine.ts";
import * as referral from "../../../src/reviewer/referral/commands.ts";
import { DOSSIER_SCHEMA } from "../../../src/reviewer/referral/schema.ts";
import type { Statement } from "../../../src/reviewer/referral/statement.ts";
import { verifyDossier } from "../../../src/reviewer/referral/verify.ts";
import { sealWords } from "../../../src/reviewer/casebook/tip-keys.ts";
import { patternOf, streamOf } from "../../support/bytes.ts";
import { deskAt, sitting } from "../../support/desk.ts";
import { epochsOf, fileOf, SmallServer, tipOf } from "../../support/make-bundle.ts";
import { signerOf } from "../../support/memory-log.ts";
import { refusalOf } from "../../support/refusals.ts";
import { openWith, smallCeremony } from "../../support/small-casebook.ts";

const run = promisify(execFile);

const ORIGIN = "tips.test/log";
const NURSE = "古丽娜尔";
const KEPT = "ئۇلار ئۇنى كېچىدە ئېلىپ كەتتى";
const ACCOUNT = `我和护士${NURSE}看见的。${KEPT}\n第二天${NURSE}不见了。\u202Ehidden`;
const TRANSLATION = "I saw it with the nurse Gulnar. They took him away at night.";
/** A day from now: whatever was signed here was signed before. */
const LATER = Math.floor(Date.now() / 1000) + 86_400;

let ceremony: string;
let folder: string;
let number: number;
let tips: string[];
let agency: { publicBytes: Bytes; secretBytes: Bytes };

const at = (person: string) => deskAt(ceremony, person);
const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

const STATEMENT: Statement = {
  action: "Look into the facility.",
  access: [
    { source: "T1", text: "Worked near it." },
    { source: "T2", text: "Saw it from outside." },
  ],
  consent: [{ source: "T1", note: "Agreed in a reply to this agency seeing it without details." }],
  contradicting: [{ sources: ["T2"], text: "T2 saw nobody that night." }],
  gaps: ["Who gave the order."],
  handling: [],
  identifiers: [],
  limits: ["Not to any police of the country."],
  none_contradicting: false,
  questions: ["What was the vehicle?"],
  risk_others: "The family of whoever was taken.",
  risk_source: "Few people knew of it.",
  route: "Global Magnitsky",
  significance: "First account from inside.",
  summary: "Somebody was taken away at night.",
  timeline: [
    { sources: ["T2"], what: "Nobody was seen.", when: "2017", where: "CN-XJ" },
    { sources: ["T1"], what: "=Taken away.", when: "2016", where: null },
  ],
  told: ["Nothing is on offer."],
  version: "1",
};

const statementFile = (name: string, changes: Partial<Statement> = {}) => file(name, JSON.stringify({ ...STATEMENT, ...changes }));

beforeAll(async () => {
  ceremony = await smallCeremony(true, { names: ["Ana", "Bo", "Cai"] });
  folder = dirname(ceremony);
  const file = async (name: string) => new Uint8Array(await readFile(join(ceremony, "public", name)));
  const to = await epochsOf(await file("program.pgp"), await file("rewards.pgp"));
  const server = await SmallServer.create(ORIGIN);
  const attachments = [
    fileOf("古丽娜尔.jpg", "image/jpeg", patternOf(70_000, 9)),
    fileOf("list.txt", "text/plain", utf8(`list: ${NURSE}`)),
  ];
  await server.seal([
    await tipOf(to, { narrative: ACCOUNT, language: "zh-Hans", sharing: "ask_me_first", where: "CN-XJ", when: "2016~" }, attachments),
  ]);
  await server.seal([await tipOf(to, { narrative: "I saw nobody.", sharing: "share_all" })]);
  await server.seal([await tipOf(to, { narrative: "For you only.", sharing: "reviewers_only" })]);
  const open = await openWith(join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt"));
  await importBundle(streamOf((await server.exportBundle()).bytes, 65_536), {
    casebook: open.casebook,
    program: open.vault.program,
    log: (await signerOf(ORIGIN)).vkey,
    person: await open.casebook.person("Ana"),
    now: new Date(),
    progress: () => undefined,
  });
  tips = [...open.casebook.state.tips.keys()];
  const [one = "", two = "", only = ""] = tips;
  for (const name of ["Ana", "Bo", "Cai"])
    await sitting(at(name), async (casebook, person) => {
      for (const tip of tips) {
        await casebook.append({ kind: "declared", tip, ties: [] }, person, new Date());
        await casebook.append({ kind: "tip-opened", tip }, person, new Date());
      }
      if (name === "Cai") return;
      const grade = { source: "F", information: 3, reasons: ["specific_detail"] } as const;
      await casebook.append({ kind: "graded", tip: one, ...grade, reasons: [...grade.reasons], note: null }, person, new Date());
      if (name === "Ana") return;
      await casebook.append({ kind: "reconciled", tip: one, ...grade, reasons: [...grade.reasons] }, person, new Date());
    });
  await sitting(at("Ana"), async (casebook, person) => {
    const now = new Date();
    await casebook.append({ kind: "reconciled", tip: one, source: "F", information: 3, reasons: ["specific_detail"] }, person, now);
    await casebook.append({ kind: "coded", tip: one, element: "cah.act_i", stance: "supports", quote: { start: 0, end: 20 } }, person, now);
    await casebook.append({ kind: "coded", tip: two, element: "cah.act_i", stance: "contradicts", quote: null }, person, now);
    await casebook.append({ kind: "linked", tip: one, other: two, link: "contradicts", independent: "yes" }, person, now);
    const entity = await casebook.append(
      { kind: "entity-named", entity: "facility", name: { text: "某医院", romanised: "mou yiyuan" }, role: null },
      person,
      now,
    );
    await casebook.append({ kind: "mentioned", tip: one, entity: entity.sequence, quote: null, certainty: "probable" }, person, now);
    const key = await casebook.tipKeys.of(casebook.state.tip(one).bundle, one);
    await casebook.append(
      { kind: "translated", tip: one, language: "en", method: "human", certified: true, sealed: await sealWords(TRANSLATION, key) },
      person,
      now,
    );
  });
  const made = await generateKey({
    type: "curve25519",
    userIDs: { name: "An agency" },
    date: new Date(Date.now() - 86_400_000),
    format: "binary",
  });
  agency = { publicBytes: asBytes(made.publicKey), secretBytes: asBytes(made.privateKey) };
  const drafted = await referral.draft("某医院 case", [one, two], at("Ana"));
  number = (drafted.json as { referral: number }).referral;
  const alone = await referral.draft("Only", [only], at("Ana"));
  const second = (alone.json as { referral: number }).referral;
  await referral.write(second, await statementFile("only.json", { access: [], consent: [] }), at("Ana"));
  expect(await refusalOf(() => referral.fix(second, at("Ana")))).toBe("not-allowed");
});

describe("a dossier", { timeout: 300_000 }, () => {
  it("asks for what only people know, and takes no empty form", async () => {
    const form = join(folder, "form.json");
    await referral.form(number, form, at("Ana"));
    expect(await refusalOf(() => referral.write(number, form, at("Ana")))).toBe("bad-field");
    expect(JSON.parse(await readFile(form, "utf8"))).toMatchObject({ access: [{ source: "T1" }, { source: "T2" }] });
    expect(await refusalOf(() => referral.fix(number, at("Ana")))).toBe("wrong-state");
    const silent = await statementFile("silent.json", { contradicting: [] });
    expect(await refusalOf(() => referral.write(number, silent, at("Ana")))).toBe("bad-field");
  });

  it("removes words wherever they stand, and is not fixed while they stand anywhere else", async () => {
    await referral.write(number, await statementFile("leaky.json", { summary: `The nurse ${NURSE} knows.` }), at("Ana"));
    const removed = await referral.remove(
      number,
      { wordsFile: await file("words.txt", `${NURSE}\n`) },
      "identifies_other_witness",
      at("Ana"),
    );
    expect((removed.json as { removals: number[] }).removals).toHaveLength(2);
    expect(await refusalOf(() => referral.fix(number, at("Ana")))).toBe("still-there");
    await referral.write(number, await statementFile("statement.json"), at("Ana"));
    await referral.remove(number, { wordsFile: await file("latin.txt", "Gulnar") }, "identifies_other_witness", at("Ana"));
    await referral.chooseExhibit(number, "X1", true, at("Ana"));
    await referral.chooseExhibit(number, "X2", true, at("Ana"));
    expect(await refusalOf(() => referral.fix(number, at("Ana")))).toBe("still-there");
    await referral.chooseExhibit(number, "X2", false, at("Ana"));
    const taken = await referral.remove(number, { source: "T2", text: 0, start: 0, end: 1 }, "not_relevant", at("Ana"));
    await referral.keep((taken.json as { removals: number[] }).removals[0] ?? 0, at("Ana"));
    await referral.fix(number, at("Ana"));
    const shown = await referral.showReferral(number, at("Bo"));
    expect(JSON.stringify(shown.json)).not.toContain(NURSE);
    expect(shown.json).toMatchObject({
      state: "sanitised",
      sources: [{ texts: [{ removals: [{}, {}] }, { removals: [{}] }] }, { texts: [{ removals: [] }] }],
    });
  });

  it("does not change once it is fixed", async () => {
    expect(await refusalOf(() => referral.write(number, join(folder, "statement.json"), at("Ana")))).toBe("wrong-state");
    expect(await refusalOf(() => referral.chooseExhibit(number, "X2", true, at("Ana")))).toBe("wrong-state");
  });

  it("is approved by two who are not its authors", async () => {
    expect(await refusalOf(() => referral.approve(number, at("Ana")))).toBe("needs-another-person");
    const { proposal } = (await referral.approve(number, at("Bo"))).json as { proposal: number };
    expect(await refusalOf(() => decide(proposal, true, at("Ana")))).toBe("needs-another-person");
    expect(await refusalOf(() => decide(proposal, true, at("Bo")))).toBe("needs-another-person");
    expect(await refusalOf(() => packTo("early"))).toBe("wrong-state");
    await decide(proposal, true, at("Cai"));
  });

  it("is sealed to the agency, the same each time but for print and signature", async () => {
    await packTo("packed");
    await packTo("again");
    const names = (await readdir(join(folder, "packed", "contents"), { recursive: true })).sort();
    expect(names).toEqual(
      [
        ...["approvals.json", "dossier.html", "dossier.json", "dossier.pdf", "dossier.schema.json", "entities.ftm.ndjson", "evidence"],
        ...["evidence/x1.jpg", "manifest.json", "manifest.sig", "subjects.csv", "timeline.csv"],
      ].sort(),
    );
    for (const name of names.filter((path) => !/^(?:evidence|dossier\.pdf|manifest\..*)$/.test(path)))
      expect(Buffer.compare(await contents("packed", name), await contents("again", name)), name).toBe(0);
  });

  it("opens with the agency's key and with no other", async () => {
    const [sealed = ""] = (await readdir(join(folder, "packed"))).filter((name) => name.endsWith(".pgp"));
    const bytes = new Uint8Array(await readFile(join(folder, "packed", sealed)));
    const archive = await decryptWith(agency.secretBytes, bytes, LATER);
    const files = new Map<string, Bytes>();
    for await (const { path, size, body } of readTar(streamOf(archive), archive.length)) files.set(path, await collect(body, size));
    expect(files.get("dossier.json")).toEqual(new Uint8Array(await contents("packed", "dossier.json")));
    const other = await generateKey({
      type: "curve25519",
      userIDs: { name: "Somebody" },
      date: new Date(Date.now() - 86_400_000),
      format: "binary",
    });
    expect(await refusalOf(() => decryptWith(asBytes(other.privateKey), bytes, LATER))).toBe("cannot-decrypt");
  });

  it("has all parts, in the form of its schema", async () => {
    const dossier = JSON.parse((await contents("packed", "dossier.json")).toString("utf8")) as Record<string, unknown>;
    expect(dossier).toMatchObject({
      accounts: [
        { source: "T1", text: expect.stringContaining(KEPT) as string, translations: [{ certified: true, translator: "P1" }] },
        { source: "T2" },
      ],
      contradicting: { links: [{ one: "T1", other: "T2" }], remarks: [{ sources: ["T2"] }] },
      elements: [
        { quote: expect.stringContaining("[removed: identifies_other_witness]") as string, stance: "supports" },
        { stance: "contradicts" },
      ],
      exhibits: [
        { exhibit: "X1", file: "evidence/x1.jpg", size: 70_000 },
        { exhibit: "X2", file: null },
      ],
      places: [{ names: [{ text: "某医院" }] }, { code: "CN-XJ" }],
      removals: [{ characters: 4, place: 4, text: 0 }, { text: 0 }, { characters: 6, text: 1 }],
      sources: [
        { grade: { source: "F", information: 3 }, witness: "W1" },
        { grade: null, witness: "W2" },
      ],
      timeline: [{ when: "2016" }, { when: "2017" }],
    });
    const app = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } }, bodyLimit: 10_000_000 });
    app.post("/", { schema: { body: DOSSIER_SCHEMA } }, () => "fine");
    const status = async (payload: object): Promise<number> => (await app.inject({ method: "POST", url: "/", payload })).statusCode;
    expect(await status(dossier)).toBe(200);
    for (const spoilt of [
      { ...dossier, more: 1 },
      { ...dossier, summary: 1 },
      { ...dossier, sources: [{}] },
      { ...dossier, version: 2 },
    ])
      expect(await status(spoilt)).toBe(400);
    await app.close();
    expect(JSON.parse(await readFile(new URL("../../../deploy/dossier.schema.json", import.meta.url), "utf8"))).toEqual(DOSSIER_SCHEMA);
    expect((await contents("packed", "timeline.csv")).toString("utf8")).toContain(`"'=Taken away."`);
    expect(fromUtf8(asBytes(await contents("packed", "entities.ftm.ndjson"))).split("\n")[0]).toContain('"schema":"Organization"');
  });

  it("holds nothing of what was removed, in any file and any encoding, and shows what was kept", async () => {
    const files = (await readdir(join(folder, "packed", "contents"), { recursive: true })).filter((name) => name !== "evidence");
    for (const name of files) {
      const bytes = await contents("packed", name);
      for (const layer of [bytes, ...inflated(bytes)])
        for (const words of [NURSE, "Gulnar"])
          for (const needle of [Buffer.from(words, "utf8"), Buffer.from(words, "utf16le"), Buffer.from(words, "utf16le").swap16()])
            expect(layer.includes(needle), name).toBe(false);
    }
    const letters = lettersOf(await contents("packed", "dossier.pdf"));
    for (const letter of "Lok不了某医院") expect(letters.has(letter), letter).toBe(true);
    for (const letter of NURSE) expect(letters.has(letter), letter).toBe(false);
    await foundBy(join(folder, "packed", "contents", "dossier.pdf"));
    expect((await contents("packed", "dossier.html")).toString("utf8")).toContain("&lt;U+202E&gt;hidden");
  });

  it("is checked by whoever received it, with the certificate alone", async () => {
    const key = join(ceremony, "public", "program.pgp");
    const place = join(folder, "packed", "contents");
    expect((await reviewer(["verify-dossier", place, "--key", key])).status).toBe(0);
    expect((await reviewer(["verify-dossier", place, "--key", join(ceremony, "public", "rewards.pgp")])).status).toBe(1);
    expect((await reviewer(["verify-dossier", place])).status).toBe(2);
  });

  it.each<[string, (place: string) => Promise<void>, string]>([
    ["a changed exhibit", (place) => writeFile(join(place, "evidence", "x1.jpg"), "other"), "evidence/x1.jpg"],
    ["a missing table", (place) => rm(join(place, "timeline.csv")), "timeline.csv"],
    ["a file too many", (place) => writeFile(join(place, "more"), ""), "the folder"],
    ["another manifest", (place) => writeFile(join(place, "manifest.json"), "{}"), "manifest.sig"],
    ["no signature", (place) => rm(join(place, "manifest.sig")), "manifest.sig"],
  ])("is not sound with %s", async (what, spoil, where) => {
    const place = join(folder, `spoilt ${what}`);
    await cp(join(folder, "packed", "contents"), place, { recursive: true });
    await spoil(place);
    const key = new Uint8Array(await readFile(join(ceremony, "public", "program.pgp")));
    const { findings } = await verifyDossier(place, key, LATER);
    expect(findings.map((finding) => finding.where)).toContain(where);
  });

  it("leaves when two said so about these very bytes, and takes in what the agency answers", async () => {
    const [again = ""] = (await readdir(join(folder, "again"))).filter((name) => name.endsWith(".pgp"));
    expect(await refusalOf(() => referral.send(number, join(folder, "packed", again), at("Bo")))).toBe("digest-mismatch");
    const { proposal } = (await referral.send(number, join(folder, "again", again), at("Ana"))).json as { proposal: number };
    await decide(proposal, true, at("Bo"));
    const plain = { outcome: null, date: "2026-11-24", reference: null, wordsFile: undefined, documentFiles: [] };
    expect(await refusalOf(() => referral.answered(number, { ...plain, answer: "accepted" }, at("Ana")))).toBe("wrong-state");
    await referral.answered(number, { ...plain, answer: "acknowledged", reference: "A-1" }, at("Ana"));
    const letter = await file("letter.pdf", "a letter");
    const words = await file("answer.txt", "More, please.");
    const asked = await referral.answered(
      number,
      { ...plain, answer: "more_requested", wordsFile: words, documentFiles: [letter] },
      at("Ana"),
    );
    const { documents } = asked.json as { documents: { sha256: string }[] };
    const out = join(folder, "letter-again.pdf");
    await referral.readAnswerDocument(number, documents[0]?.sha256 ?? "", out, at("Ana"));
    expect(await readFile(out, "utf8")).toBe("a letter");
    expect((await referral.showReferral(number, at("Bo"))).json).toMatchObject({
      state: "more_requested",
      answers: [{ reference: "A-1" }, { words: "More, please." }],
    });
    const open = await openWith(join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt"));
    expect(await checkCasebook(open.casebook, () => undefined)).toEqual([]);
    const kept = join(ceremony, "casebook", "documents", `${documents[0]?.sha256 ?? ""}.jwe`);
    await rename(kept, `${kept}.lost`);
    expect((await checkCasebook(open.casebook, () => undefined)).map((damage) => damage.where)).toEqual([
      `document of the agency, referral ${String(number)}`,
    ]);
    await rename(`${kept}.lost`, kept);
    await referral.reopen(number, at("Ana"));
    expect((await referral.showReferral(number, at("Bo"))).json).toMatchObject({ state: "draft" });
  });

  it("is gone from the casebook with any of its tips", async () => {
    const [, two = ""] = tips;
    const proposal = await sitting(at("Ana"), (casebook, person) =>
      casebook.append({ kind: "proposed", subject: { what: "destroy-tip", tip: two } }, person, new Date()),
    );
    await decide(proposal.sequence, true, at("Bo"));
    expect(await refusalOf(() => referral.showReferral(number, at("Bo")))).toBe("tip-destroyed");
    const open = await openWith(join(ceremony, "casebook"), join(ceremony, "cards", "card-1-of-1.txt"));
    expect(await refusalOf(() => open.casebook.tipKeys.of(1, two))).toBe("tip-destroyed");
  });
});

async function packTo(name: string): Promise<void> {
  await referral.pack(number, join(folder, name), { agency: agency.publicBytes, pdf: name !== "early" }, at("Ana"));
}

function contents(packed: string, name: string): Promise<Buffer> {
  return readFile(join(folder, packed, "contents", name));
}

/** Every deflated stream in a file, opened: a PDF's and an archive's. */
function inflated(bytes: Buffer): Buffer[] {
  const layers: Buffer[] = [];
  for (let at = bytes.indexOf("stream"); at >= 0; at = bytes.indexOf("stream", at + 6)) {
    const start = bytes[at + 6] === 13 ? at + 8 : at + 7;
    for (const open of [inflateSync, inflateRawSync]) {
      try {
        layers.push(open(bytes.subarray(start), { finishFlush: 2 }));
      } catch {
        // No deflated stream begins here.
      }
    }
  }
  return layers;
}

/** Other people's programs on the PDF: qpdf finds it sound and unpacks everything in it, Poppler reads what can be read. Neither may meet a word that was removed. */
async function foundBy(pdf: string): Promise<void> {
  const [plain, text] = [`${pdf}.unpacked`, `${pdf}.txt`].map((path) => join(folder, basename(path)));
  if (plain === undefined || text === undefined) throw new Error("two names");
  await run("qpdf", ["--check", pdf]);
  await run("qpdf", ["--qdf", "--object-streams=disable", "--stream-data=uncompress", "--decode-level=all", pdf, plain]);
  await run("pdftotext", ["-enc", "UTF-8", "-layout", pdf, text]);
  const [unpacked, read] = [await readFile(plain), (await readFile(text, "utf8")).normalize("NFKC")];
  expect(unpacked.includes("FlateDecode")).toBe(false);
  for (const words of [NURSE, "Gulnar"]) {
    const utf16 = Buffer.from(words, "utf16le");
    const asHex = Buffer.from(utf16).swap16().toString("hex");
    for (const needle of [
      Buffer.from(words, "utf8"),
      utf16,
      Buffer.from(utf16).swap16(),
      Buffer.from(asHex),
      Buffer.from(asHex.toUpperCase()),
    ])
      expect(unpacked.includes(needle)).toBe(false);
    expect(read.replaceAll(/\s+/g, "")).not.toContain(words);
  }
  for (const kept of ["T2 saw nobody that night.", "Look into the facility.", "某医院"])
    expect(read.replaceAll(/\s+/g, " ")).toContain(kept);
}

/** Letters that a PDF shows, from what its fonts say of their glyphs (ToUnicode): a browser puts only those into a font that are shown. */
function lettersOf(pdf: Buffer): Set<string> {
  const letters = new Set<string>();
  for (const layer of inflated(pdf).map((bytes) => bytes.toString("latin1"))) {
    for (const [, block = ""] of layer.matchAll(/beginbfchar([^]*?)endbfchar/g))
      for (const [, letter = ""] of block.matchAll(/<[0-9A-F]+>\s*<([0-9A-F]{4})>/gi))
        letters.add(String.fromCharCode(parseInt(letter, 16)));
    for (const [, block = ""] of layer.matchAll(/beginbfrange([^]*?)endbfrange/g))
      for (const [, from = "", to = "", letter = ""] of block.matchAll(/<([0-9A-F]+)>\s*<([0-9A-F]+)>\s*<([0-9A-F]{4})>/gi))
        for (let more = 0; more <= parseInt(to, 16) - parseInt(from, 16); more++)
          letters.add(String.fromCharCode(parseInt(letter, 16) + more));
  }
  return letters;
}

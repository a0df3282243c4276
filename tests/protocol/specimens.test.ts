/**
 * The published specimens (tests/vectors/specimens) still open, and say what they say also to OpenSSL (through `node:crypto`) and GNU tar, with nothing of ours in between.
 */
import { execFile } from "node:child_process";
import { createHash, createPublicKey, hkdfSync, verify } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { asBytes, type Bytes, collect } from "../../src/protocol/bytes.ts";
import { readBundle } from "../../src/protocol/crypto/bundle.ts";
import { openCertificate, openSecret } from "../../src/protocol/crypto/certificate.ts";
import { codenameToWords, deriveKeys, wordsToCodename } from "../../src/protocol/crypto/codename.ts";
import { openEnvelope } from "../../src/protocol/crypto/envelope.ts";
import { commitmentOf, digestOf } from "../../src/protocol/crypto/hash.ts";
import { openNote, parseVkey } from "../../src/protocol/crypto/note.ts";
import { joinShares, wordsToShare } from "../../src/protocol/crypto/quorum.ts";
import { openReceipt } from "../../src/protocol/crypto/receipt.ts";
import { mailboxHash, openReply } from "../../src/protocol/crypto/reply.ts";
import { openRetentionNote } from "../../src/protocol/crypto/retention-note.ts";
import { openTip } from "../../src/protocol/crypto/tip.ts";
import { fromHex, toHex, utf8 } from "../../src/protocol/encoding.ts";
import { parseAcknowledgement } from "../../src/protocol/format/acknowledgement.ts";
import { parseClaim } from "../../src/protocol/format/claim.ts";
import { envelopeLength } from "../../src/protocol/format/envelope.ts";
import { parseInventory } from "../../src/protocol/format/inventory.ts";
import { formatMailboxRequest, parseMailboxRequest } from "../../src/protocol/format/mailbox.ts";
import { NO_PREVIOUS } from "../../src/protocol/format/manifest.ts";
import { parseNote } from "../../src/protocol/format/note.ts";
import { sizeClassOf } from "../../src/protocol/format/padding.ts";
import { streamOf } from "../support/bytes.ts";
import { openWithOpenSsl } from "../support/openpgp-oracle.ts";
import codename from "../vectors/specimens/codename.json" with { type: "json" };
import digests from "../vectors/specimens/digests.json" with { type: "json" };
import mailbox from "../vectors/specimens/mailbox.json" with { type: "json" };
import notes from "../vectors/specimens/notes.json" with { type: "json" };
import shares from "../vectors/specimens/shares.json" with { type: "json" };
import sizes from "../vectors/specimens/sizes.json" with { type: "json" };
import tip from "../vectors/specimens/tip.json" with { type: "json" };

const ORIGIN = "firsthand.test/log";

async function specimen(name: string): Promise<Bytes> {
  return asBytes(await readFile(new URL(`../vectors/specimens/${name}`, import.meta.url)));
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251);
}

describe("the specimens", () => {
  it("give the same keys for the twelve words, as HKDF in OpenSSL does", async () => {
    const bits = fromHex(codename.bits, 16);
    for (const [list, words] of Object.entries(codename.words)) {
      const name = list as keyof typeof codename.words;
      expect((await codenameToWords(bits, name)).join(" ")).toBe(words);
      expect(await wordsToCodename(words.split(" "), name)).toEqual(bits);
    }
    const keys = await deriveKeys(bits);
    expect([keys.mailbox, keys.reply, keys.thread.publicKey, keys.claim.publicKey].map(toHex)).toEqual([
      codename.mailbox,
      codename.reply,
      codename.thread,
      codename.claim,
    ]);
    const derived = (info: string): string => Buffer.from(hkdfSync("sha256", bits, "firsthand/v1", info, 32)).toString("hex");
    expect([derived("mailbox"), derived("reply")]).toEqual([codename.mailbox, codename.reply]);
  });

  it("give the secret back from any enough cards", async () => {
    const [one, two, three] = shares["2-of-3"].map(wordsToShare);
    const [alone] = shares["1-of-1"].map(wordsToShare);
    if (!one || !two || !three || !alone) throw new Error("cards are missing");
    for (const cards of [[one, two], [three, one], [two, three], [alone]]) expect(toHex(await joinShares(cards))).toBe(shares.secret);
  });

  it("have the digests, commitments and lengths that the specification says", async () => {
    for (const { length, digest, commitment } of digests.of) {
      const content = counting(length);
      const hash = createHash("sha256").update("firsthand/parts/v1\0");
      const octets = Buffer.alloc(8);
      octets.writeBigUInt64BE(BigInt(length));
      hash.update(octets);
      for (let at = 0; at < length; at += 524_288)
        hash.update(
          createHash("sha256")
            .update(content.subarray(at, at + 524_288))
            .digest(),
        );
      expect(hash.digest("hex")).toBe(digest);
      expect(toHex((await digestOf([content])).digest)).toBe(digest);
      expect(toHex(commitmentOf(fromHex(digests.nonce, 32), fromHex(digest, 32)))).toBe(commitment);
    }
    for (const { content, class: size, envelope } of sizes.of)
      expect([sizeClassOf(content), envelopeLength(size)]).toEqual([size, envelope]);
  });

  it("hold a tip that opens, its claim, and a decoy beside it that opens as one", async () => {
    const program = await openSecret(await specimen("program-secret.pgp"));
    const rewards = await openSecret(await specimen("rewards-secret.pgp"));
    expect((await openCertificate(await specimen("program.pgp"))).epochs).toHaveLength(1);
    const envelope = await specimen("tip.pgp");
    let files = 0;
    const opened = await openTip(streamOf(envelope, 10_000), (pkesk) => program.decryptSessionKey(pkesk), {
      attachment: async (_, { size }, body) => {
        expect(await collect(body, size)).toEqual(counting(size));
        files++;
      },
    });
    if (opened.kind !== "tip") throw new Error("the specimen is no tip");
    expect(opened.tip.answers).toEqual(tip.answers);
    expect(opened.tip.attachments).toMatchObject(tip.attachments);
    expect(files).toBe(2);
    expect([toHex(opened.commitment), toHex(opened.digest)]).toEqual([tip.commitment, tip.digest]);
    const { content } = await openEnvelope(streamOf(opened.claim), (pkesk) => rewards.decryptSessionKey(pkesk));
    expect(parseClaim(await collect(content, 1024)).claim).toEqual(fromHex(codename.claim, 32));
    const decoy = await openTip(streamOf(await specimen("decoy.pgp")), (pkesk) => program.decryptSessionKey(pkesk), {
      attachment: () => Promise.reject(new Error("a decoy has no files")),
    });
    expect(decoy.kind).toBe("decoy");
  });

  it("open with OpenSSL, and list with GNU tar", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fh-specimens-"));
    try {
      await writeFile(join(folder, "tip.tar"), openWithOpenSsl(await specimen("tip.pgp"), await specimen("program-secret.pgp")));
      const { stdout } = await promisify(execFile)("tar", ["--list", "--file", join(folder, "tip.tar")]);
      expect(stdout.trim().split("\n")).toEqual(["tip.json", "tip.sig", "claim.pgp", "files/0001", "files/0002"]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("are signed by the keys they name, as OpenSSL finds too", async () => {
    const log = parseVkey(notes.log);
    const review = parseVkey(notes.review);
    for (const [note, key] of [
      [notes.receipt, log],
      [notes.checkpoint, log],
      [notes.inventory, log],
      [notes.acknowledgement, review],
      [notes.retention, review],
    ] as const) {
      const { text } = await openNote(utf8(note), [key]);
      const [signature] = parseNote(utf8(note)).signatures;
      const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key.publicKey]);
      const openSslKey = createPublicKey({ key: spki, format: "der", type: "spki" });
      expect(verify(null, utf8(text), openSslKey, signature?.signature ?? new Uint8Array())).toBe(true);
    }
    expect(toHex((await openReceipt(utf8(notes.receipt), log)).commitment)).toBe(tip.commitment);
    expect(parseAcknowledgement((await openNote(utf8(notes.acknowledgement), [review])).text).batch).toBe(1);
    expect(parseInventory((await openNote(utf8(notes.inventory), [log])).text).size).toBe(70);
    expect((await openRetentionNote(utf8(notes.retention), { origin: ORIGIN, review, before: null })).policy.daysAfterAcknowledgement).toBe(
      30,
    );
  });

  it("hold a bundle with an acknowledgement and a reply that only the twelve words open", async () => {
    const files = new Map<string, Bytes>();
    const expected = { origin: ORIGIN, to: "server", keys: [parseVkey(notes.review)], sequence: 1, previous: NO_PREVIOUS } as const;
    const read = await readBundle(streamOf(await specimen("to-server.bundle")), expected, async (path, size, body) => {
      files.set(path, await collect(body, size));
    });
    expect(read.manifestHash).toBe(mailbox.bundle);
    expect([...files.keys()]).toEqual(["acknowledgements/00000001", `replies/${mailbox.hash}/0001`]);
    const id = fromHex(codename.mailbox, 32);
    expect(toHex(mailboxHash(id))).toBe(mailbox.hash);
    const reply = await openReply(files.get(`replies/${mailbox.hash}/0001`) ?? new Uint8Array(), fromHex(codename.reply, 32));
    expect(reply.text).toBe("Thank you.");
    const request = parseMailboxRequest(utf8(mailbox.request));
    expect(request.mailbox).toEqual(id);
    expect(formatMailboxRequest(request)).toEqual(utf8(mailbox.request));
  });
});

/**
 * Makes the specimens again: `node tests/vectors/make.ts`. Only when a format changes: what is there is the proof that older files still open. What involves chance is
 * new each time; the rest comes out the same, and `tests/protocol/specimens.test.ts` checks both.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { collect } from "../../src/protocol/bytes.ts";
import { batchRoot, writeBundle } from "../../src/protocol/crypto/bundle.ts";
import { codenameToWords, deriveKeys } from "../../src/protocol/crypto/codename.ts";
import { commitmentOf, digestOf, sha256 } from "../../src/protocol/crypto/hash.ts";
import { noteSigner } from "../../src/protocol/crypto/note.ts";
import { shareToWords, splitSecret } from "../../src/protocol/crypto/quorum.ts";
import { mailboxHash, sealReply } from "../../src/protocol/crypto/reply.ts";
import { sealDecoy } from "../../src/protocol/crypto/tip.ts";
import { toHex } from "../../src/protocol/encoding.ts";
import { acknowledgementPath, formatAcknowledgement } from "../../src/protocol/format/acknowledgement.ts";
import { formatCheckpoint } from "../../src/protocol/format/checkpoint.ts";
import { envelopeLength } from "../../src/protocol/format/envelope.ts";
import { formatInventory } from "../../src/protocol/format/inventory.ts";
import { formatMailboxRequest } from "../../src/protocol/format/mailbox.ts";
import { NO_PREVIOUS } from "../../src/protocol/format/manifest.ts";
import { sizeClassOf } from "../../src/protocol/format/padding.ts";
import { formatReceipt } from "../../src/protocol/format/receipt.ts";
import { formatRetentionNote, NO_NOTE_BEFORE } from "../../src/protocol/format/retention-note.ts";
import { formatSavedHeader } from "../../src/protocol/format/saved.ts";
import { EMPTY_ANSWERS } from "../../src/protocol/format/vocabulary.ts";
import { streamOf } from "../support/bytes.ts";
import { newKeyPair } from "../support/certificates.ts";
import { attachmentOf, sealWhole } from "../support/tips.ts";

const FOLDER = join(import.meta.dirname, "specimens");
const ORIGIN = "firsthand.test/log";
const BITS = Uint8Array.from({ length: 16 }, (_, index) => index);
const seed = (octet: number): Uint8Array<ArrayBuffer> => new Uint8Array(32).fill(octet);

/** `length` octets; octet i is i modulo 251. */
function counting(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => index % 251);
}

async function put(name: string, bytes: Uint8Array): Promise<void> {
  await writeFile(join(FOLDER, name), bytes);
}

async function putJson(name: string, value: unknown): Promise<void> {
  await writeFile(join(FOLDER, name), `${JSON.stringify(value, null, 2)}\n`);
}

await mkdir(FOLDER, { recursive: true });
const keys = await deriveKeys(BITS);

await putJson("codename.json", {
  section: "1",
  bits: toHex(BITS),
  words: Object.fromEntries(
    await Promise.all(
      (["english", "simplified-chinese", "traditional-chinese", "korean"] as const).map(async (list) => [list, (await codenameToWords(BITS, list)).join(" ")] as const),
    ),
  ),
  mailbox: toHex(keys.mailbox),
  reply: toHex(keys.reply),
  thread: toHex(keys.thread.publicKey),
  claim: toHex(keys.claim.publicKey),
});

const secret = seed(7);
await putJson("shares.json", {
  section: "2",
  secret: toHex(secret),
  "2-of-3": (await splitSecret(secret, 2, 3)).map(shareToWords),
  "1-of-1": (await splitSecret(secret, 1, 1)).map(shareToWords),
});

await putJson("digests.json", {
  section: "3",
  content: "octet number i, from 0, is i modulo 251",
  nonce: toHex(seed(1)),
  of: await Promise.all(
    [0, 1, 524_287, 524_288, 524_289, 1_572_865].map(async (length) => {
      const { digest } = await digestOf([counting(length)]);
      return { length, digest: toHex(digest), commitment: toHex(commitmentOf(seed(1), digest)) };
    }),
  ),
});

await putJson("sizes.json", {
  section: "4",
  of: [1, 65_536, 65_537, 262_145, 1_048_577, 4_194_304, 4_194_305, 9_000_000, 100_000_000, 4_194_304_000].map((content) => ({
    content,
    class: sizeClassOf(content),
    envelope: envelopeLength(sizeClassOf(content)),
  })),
});

const program = await newKeyPair("program", 1);
const rewards = await newKeyPair("rewards", 1);
await put("program.pgp", program.publicBytes);
await put("program-secret.pgp", program.secretBytes);
await put("rewards.pgp", rewards.publicBytes);
await put("rewards-secret.pgp", rewards.secretBytes);

const answers = { ...EMPTY_ANSWERS, narrative: "我看到了。 ئۇلار ئۇنى ئېلىپ كەتتى.", where: "CN-XJ", when: "2016~" } as const;
const attachments = [attachmentOf("照片.jpg", counting(1_000), "image/jpeg"), attachmentOf("empty", new Uint8Array(0))];
const content = { answers, attachments, thread: keys.thread, sequence: 0, reply: { mailbox: keys.mailbox, key: keys.reply }, claim: keys.claim.publicKey };
const tip = await sealWhole(content, program, rewards);
await put("tip.pgp", tip.envelope);
await putJson("tip.json", {
  section: "5 and 6",
  answers,
  attachments: attachments.map(({ name, type, size }) => ({ name, type, size })),
  commitment: toHex(tip.commitment),
  digest: toHex(tip.digest),
  savedHeader: toHex(formatSavedHeader(tip.commitment)),
});
const decoy = await sealDecoy(program.epoch);
await put("decoy.pgp", decoy.envelope);

const log = await noteSigner(ORIGIN, seed(2));
const review = await noteSigner(`${ORIGIN}/review`, seed(3));
const people = await Promise.all([4, 5].map((octet) => noteSigner(`${ORIGIN}/retention/${String(octet - 3)}`, seed(octet))));
const text = (note: Uint8Array): string => new TextDecoder().decode(note);
const root = batchRoot([tip.commitment, decoy.commitment]);
const acknowledgement = await review.sign(formatAcknowledgement({ origin: ORIGIN, batch: 1, root, date: "2026-06-03" }));
await putJson("notes.json", {
  section: "8 and 11",
  log: log.vkey.text,
  review: review.vkey.text,
  receipt: text(await log.sign(formatReceipt({ origin: ORIGIN, commitment: tip.commitment, batch: 1 }))),
  checkpoint: text(await log.sign(formatCheckpoint({ origin: ORIGIN, size: 2, root: sha256(seed(6)) }))),
  acknowledgement: text(acknowledgement),
  retention: text(
    await review.sign(
      formatRetentionNote({
        origin: ORIGIN,
        number: 1,
        from: "2026-06-01",
        previous: NO_NOTE_BEFORE,
        policy: { daysAfterAcknowledgement: 30, daysAtMost: 120, graceDays: 21, unacknowledged: "keep" },
        signers: people.map(({ vkey }) => vkey.text).sort(),
      }),
    ),
  ),
  inventory: text(
    await log.sign(
      formatInventory({ origin: ORIGIN, date: "2026-06-04", size: 70, batches: [{ batch: 1, items: 64, whole: true }], keys: [] }),
    ),
  ),
});

const sealed = await sealReply({ challenge: null, date: "2026-06-03", text: "Thank you." }, keys.reply);
const files = [
  { path: acknowledgementPath(1), bytes: acknowledgement },
  { path: `replies/${toHex(mailboxHash(keys.mailbox))}/0001`, bytes: sealed },
].map(({ path, bytes }) => ({ path, size: bytes.length, sha256: sha256(bytes), open: () => streamOf(bytes) }));
const bundle = await writeBundle({ origin: ORIGIN, to: "server", sequence: 1, previous: NO_PREVIOUS, entries: files }, review);
await put("to-server.bundle", await collect(bundle.bytes, bundle.length));
await putJson("mailbox.json", {
  section: "10",
  request: text(formatMailboxRequest({ mailbox: keys.mailbox, read: [sha256(sealed)] })),
  hash: toHex(mailboxHash(keys.mailbox)),
  bundle: bundle.manifestHash,
});

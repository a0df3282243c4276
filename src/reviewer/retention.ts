/**
 * Retention policies on the review machine (specification section 11): the first one at the ceremony, and changes, which two people sign.
 *
 * Each of these people has a card of their own, and the card is the key: its 32 words are the seed of an Ed25519 key, nothing else of it is kept anywhere. It opens no
 * casebook, and a casebook opens none of these. A change is one small file that goes from one to the other and then to the server; it needs no casebook either.
 * Names of people stand nowhere in it: keys are called `<origin>/retention/1`, `/2`, ….
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asBytes, type Bytes } from "../protocol/bytes.ts";
import { signingKeyFromSeed } from "../protocol/crypto/ed25519.ts";
import { sha256 } from "../protocol/crypto/hash.ts";
import { noteSigner, type NoteSigner, parseVkey, type Vkey } from "../protocol/crypto/note.ts";
import { joinShares, splitSecret } from "../protocol/crypto/quorum.ts";
import { randomBytes } from "../protocol/crypto/random.ts";
import { signRetentionNote } from "../protocol/crypto/retention-note.ts";
import { fromUtf8, toHex, utf8 } from "../protocol/encoding.ts";
import { Fault, Refusal } from "../protocol/errors.ts";
import { type NoteSignature, parseNote } from "../protocol/format/note.ts";
import type { RetentionPolicy } from "../protocol/format/retention.ts";
import {
  formatRetentionNote,
  LONGEST_RETENTION_NOTE,
  MOST_SIGNERS,
  NO_NOTE_BEFORE,
  parseRetentionNote,
  type RetentionNote,
  SIGNERS_NEEDED,
} from "../protocol/format/retention-note.ts";
import { writeDurably, writeNewFile } from "./casebook/durable-file.ts";
import { formatCard, readShares } from "./share-cards.ts";
import { type Answer, count } from "./views.ts";

/** A policy as a change asks for it; what is left out stays as it is. */
export type PolicyChange = Partial<RetentionPolicy>;

/** What is asked of {@link changePolicy}. */
export interface ChangeOrder {
  /** File with the signed note of the policy now in force, as the log has it. */
  readonly current: string;
  readonly change: PolicyChange;
  /** First day, `YYYY-MM-DD`. */
  readonly from: string;
  /** File with the verifier keys of those who may sign the change after this, one a line; undefined: the same people as before. */
  readonly signersFile: string | undefined;
  /** Files with the card of the person who signs. */
  readonly cards: readonly string[];
}

/** A signed note as it stands in a file. Its signatures are not checked here: the server and every auditor do. */
interface NoteFile {
  readonly text: string;
  readonly note: RetentionNote;
  readonly signatures: readonly NoteSignature[];
}

/** Makes the card of a person who may sign changes, at `path`, which must be new. Returns the key that notes name. */
async function makeSignerCard(path: string, origin: string, number: number, demo: boolean): Promise<Vkey> {
  const seed = randomBytes(32);
  const { vkey } = await noteSigner(`${origin}/retention/${String(number)}`, seed);
  const [share] = await splitSecret(seed, 1, 1);
  if (share === undefined) throw new Error("one share was asked for");
  const opens = `signing changes of the retention policy, as person ${String(number)}`;
  const text = formatCard(share, {
    opens,
    origin,
    fingerprint: toHex(sha256(utf8(vkey.text))),
    number: 1,
    shares: 1,
    needed: 1,
    demo,
  });
  await writeNewFile(path, [utf8(text)]);
  return vkey;
}

/** The cards of `people` (2 to 16) in `folder`, and the signed note with which a log begins. `review` is the program's review key. */
export async function makeFirstPolicy(
  folder: string,
  { origin, from, policy, people, demo }: { origin: string; from: string; policy: RetentionPolicy; people: number; demo: boolean },
  review: NoteSigner,
): Promise<Bytes> {
  const signers: string[] = [];
  for (let number = 1; number <= people; number++) {
    const path = join(folder, `card-${String(number)}-of-${String(people)}.txt`);
    signers.push((await makeSignerCard(path, origin, number, demo)).text);
  }
  return review.sign(formatRetentionNote({ origin, number: 1, from, previous: NO_NOTE_BEFORE, policy, signers: signers.sort() }));
}

/**
 * Writes the next policy into a new file, signed by the person whose card is read. A second person must sign it before it counts.
 * @throws {Refusal} `already-there`, `bad-policy`, `bad-share`, `unknown-signer` if the card is of nobody who may sign. @throws {Fault} if a file cannot be read.
 */
export async function changePolicy(path: string, order: ChangeOrder): Promise<Answer> {
  const current = await readNote(order.current);
  const signers = order.signersFile === undefined ? current.note.signers : await readSigners(order.signersFile);
  const text = formatRetentionNote({
    origin: current.note.origin,
    number: current.note.number + 1,
    from: order.from,
    previous: toHex(sha256(utf8(current.text))),
    policy: { ...current.note.policy, ...order.change },
    signers,
  });
  const signer = await signerOf(order.cards, current.note);
  await writeNewFile(path, [await signRetentionNote(text, [], signer)]);
  return answerOf(path, parseRetentionNote(text), 1);
}

/**
 * Adds the signature of the person whose card is read to the file of a change, and says what was signed.
 * @throws {Refusal} `bad-policy` if it does not follow `current`; `unknown-signer`; `nothing-to-do` if this person has signed. @throws {Fault}.
 */
export async function signChange(path: string, currentPath: string, cards: readonly string[]): Promise<Answer> {
  const current = await readNote(currentPath);
  const { text, note, signatures } = await readNote(path);
  const follows = note.number === current.note.number + 1 && note.previous === toHex(sha256(utf8(current.text)));
  if (!follows || note.origin !== current.note.origin) throw new Refusal("bad-policy", "it does not follow the current one");
  const signer = await signerOf(cards, current.note);
  const { name, id } = signer.vkey;
  if (signatures.some((one) => one.name === name && one.id === id)) throw new Refusal("nothing-to-do", "this person has signed");
  await writeDurably(path, [await signRetentionNote(text, signatures, signer)]);
  return answerOf(path, note, signatures.length + 1);
}

/** What a note says. */
export async function showPolicy(path: string): Promise<Answer> {
  const { note, signatures } = await readNote(path);
  return answerOf(path, note, signatures.length);
}

/** Makes the card of one more person in a new file. */
export async function addSigner(path: string, origin: string, number: number): Promise<Answer> {
  const { text } = await makeSignerCard(path, origin, number, false);
  return {
    json: { file: path, vkey: text },
    lines: [`Card in ${path}; print it and destroy the file. Its key, for the file of --signers:`, text],
  };
}

function answerOf(file: string, note: RetentionNote, signatures: number): Answer {
  const { number, from, policy, signers } = note;
  const enough = number === 1 || signatures >= SIGNERS_NEEDED;
  return {
    json: { file, number, from, policy, signers, signatures },
    lines: [
      `Retention policy ${String(number)} of ${note.origin}, for batches of ${from} and later:`,
      `  ${count(policy.daysAfterAcknowledgement, "day")} after a batch was acknowledged, ${count(policy.daysAtMost, "day")} after its own day at most`,
      `  what nobody acknowledged by then: ${policy.unacknowledged === "keep" ? "kept, with an alarm" : "destroyed"}`,
      `  an epoch is accepted ${count(policy.graceDays, "day")} longer than it lasts`,
      `  ${count(signers.length, "person")} may sign the change after it`,
      `${count(signatures, "signature")} in ${file}.${enough ? "" : " One more person must sign it: firsthand-reviewer retention sign."}`,
    ],
  };
}

async function readNote(path: string): Promise<NoteFile> {
  const { text, signatures } = parseNote(await read(path), LONGEST_RETENTION_NOTE);
  return { text, note: parseRetentionNote(text), signatures };
}

async function readSigners(path: string): Promise<string[]> {
  const lines = fromUtf8(await read(path)).split("\n");
  const signers = lines.filter((line) => line !== "").map((line) => parseVkey(line).text);
  const people = new Set(signers).size;
  if (people !== signers.length || people < SIGNERS_NEEDED || people > MOST_SIGNERS) throw new Refusal("bad-policy", "signers");
  return signers.sort();
}

async function read(path: string): Promise<Bytes> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Fault("reading a retention note or its keys", cause);
  });
  return asBytes(bytes);
}

/** The signer whose card is read, if the current note names it. */
async function signerOf(cards: readonly string[], current: RetentionNote): Promise<NoteSigner> {
  const shares = await readShares(cards);
  if (shares.length !== 1) throw new Refusal("bad-share", "one person signs at a time, with one card");
  const seed = await joinShares(shares);
  const publicKey = toHex((await signingKeyFromSeed(seed)).publicKey);
  const named = current.signers.map(parseVkey).find((vkey) => toHex(vkey.publicKey) === publicKey);
  if (named === undefined) throw new Refusal("unknown-signer", "this card may not sign a change of this policy");
  return noteSigner(named.name, seed);
}

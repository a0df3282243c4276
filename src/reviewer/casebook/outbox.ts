/**
 * The outbox: what goes back to the server, a bundle signed by the review key. That is acknowledgements, "the review machine holds every item of this batch", and
 * sealed replies to witnesses, and records of weeks whose secret was destroyed.
 *
 * What leaves is written into the casebook before the file exists, notes and all, so the same bundle can be made again byte for byte (a stick is easily lost) and no
 * second, different bundle can ever have its number. Ed25519 signatures are deterministic (RFC 8032), which makes the manifest the same too.
 */
import { type Bytes, once } from "../../protocol/bytes.ts";
import { type BundleFile, writeBundle, type WrittenBundle } from "../../protocol/crypto/bundle.ts";
import { sha256 } from "../../protocol/crypto/hash.ts";
import { type NoteSigner, noteSigner, parseVkey } from "../../protocol/crypto/note.ts";
import { fromBase64, fromHex, fromUtf8, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { acknowledgementPath, formatAcknowledgement } from "../../protocol/format/acknowledgement.ts";
import { destructionPath, formatDestruction } from "../../protocol/format/destruction.ts";
import { replyPath } from "../../protocol/format/reply.ts";
import type { Casebook } from "./casebook.ts";
import { type ActOf, type BatchResult, NOTHING_BEFORE } from "./event.ts";
import type { ActingPerson } from "./people.ts";
import { repliesIn } from "./replies.ts";

/** Batches that are held whole and not acknowledged yet, in order. */
export function batchesToAcknowledge(casebook: Casebook): BatchResult[] {
  const sent = new Set(casebook.acts("outbox").flatMap(({ acknowledgements }) => acknowledgements.map(({ batch }) => batch)));
  const held = casebook.acts("imported").flatMap(({ batches }) => batches);
  return held.filter(({ batch, missing }) => missing === 0 && !sent.has(batch));
}

/** Replies that leave in outbox `bundle`; `null` stands for the next one. */
export function repliesLeaving(casebook: Casebook, bundle: number | null): ActOf<"replied">[] {
  return repliesIn(casebook)
    .filter(({ outbox }) => outbox === bundle)
    .map(({ reply }) => reply);
}

/** A week's secret that two people had destroyed. */
export interface DestroyedWeek {
  /** Fingerprint of the epoch's subkey. */
  readonly epoch: string;
  /** Day of the second person's signature. */
  readonly date: string;
}

/** Destroyed weeks that are told of in outbox `bundle`; `null` stands for the next one. */
export function destructionsLeaving(casebook: Casebook, bundle: number | null): DestroyedWeek[] {
  let waiting: DestroyedWeek[] = [];
  for (const { act, at } of casebook.events) {
    if (act.kind === "confirmed") {
      const subject = casebook.state.proposals.get(act.proposal)?.proposed.act.subject;
      if (subject?.what === "destroy-epoch") waiting.push({ epoch: subject.epoch, date: at.slice(0, 10) });
    }
    if (act.kind !== "outbox") continue;
    if (act.bundle === bundle) return waiting;
    waiting = [];
  }
  return bundle === null ? waiting : [];
}

/**
 * Records the next bundle for the server. The caller is the casebook's writer.
 * @throws {Refusal} `nothing-to-do` if there is nothing to acknowledge, no reply waits and no week was destroyed.
 */
export async function recordOutbox(casebook: Casebook, reviewSeed: Bytes, person: ActingPerson, now: Date): Promise<ActOf<"outbox">> {
  const batches = batchesToAcknowledge(casebook);
  const replies = repliesLeaving(casebook, null);
  const destroyed = destructionsLeaving(casebook, null);
  if (batches.length + replies.length + destroyed.length === 0)
    throw new Refusal("nothing-to-do", "every batch that is here is acknowledged and no reply waits");
  const signer = await reviewSigner(casebook, reviewSeed);
  const { origin } = casebook.opened;
  const date = now.toISOString().slice(0, 10);
  const acknowledgements: { batch: number; note: string }[] = [];
  for (const { batch, root } of batches) {
    const text = formatAcknowledgement({ origin, batch, root: fromHex(root, 32), date });
    acknowledgements.push({ batch, note: fromUtf8(await signer.sign(text)) });
  }
  const last = casebook.acts("outbox").at(-1);
  const outline = { bundle: (last?.bundle ?? 0) + 1, previous: last?.manifest ?? NOTHING_BEFORE, acknowledgements };
  const { manifestHash } = await bundleOf(origin, outline, { replies, destroyed }, signer);
  const act: ActOf<"outbox"> = { kind: "outbox", manifest: manifestHash, ...outline };
  await casebook.append(act, person, now);
  return act;
}

/**
 * The bytes of a recorded outbox.
 * @throws {Refusal} `casebook-damaged` if they are not the ones that were recorded.
 */
export async function outboxBytes(casebook: Casebook, reviewSeed: Bytes, act: ActOf<"outbox">): Promise<WrittenBundle> {
  const signer = await reviewSigner(casebook, reviewSeed);
  const leaving = { replies: repliesLeaving(casebook, act.bundle), destroyed: destructionsLeaving(casebook, act.bundle) };
  const written = await bundleOf(casebook.opened.origin, act, leaving, signer);
  if (written.manifestHash !== act.manifest) throw new Refusal("casebook-damaged", `outbox ${String(act.bundle)}`);
  return written;
}

async function reviewSigner(casebook: Casebook, seed: Bytes): Promise<NoteSigner> {
  const vkey = parseVkey(casebook.opened.review);
  const signer = await noteSigner(vkey.name, seed);
  if (signer.vkey.text !== vkey.text) throw new Refusal("casebook-damaged", "review key");
  return signer;
}

async function bundleOf(
  origin: string,
  { bundle, previous, acknowledgements }: Pick<ActOf<"outbox">, "bundle" | "previous" | "acknowledgements">,
  { replies, destroyed }: { readonly replies: readonly ActOf<"replied">[]; readonly destroyed: readonly DestroyedWeek[] },
  signer: NoteSigner,
): Promise<WrittenBundle> {
  const entries = [...acknowledgements.map(({ batch, note }) => fileOf(acknowledgementPath(batch), utf8(note))), ...replyFiles(replies)];
  for (const { epoch, date } of destroyed)
    entries.push(fileOf(destructionPath(epoch), await signer.sign(formatDestruction({ origin, epoch, date }))));
  return writeBundle({ origin, to: "server", sequence: bundle, previous, entries }, signer);
}

/** Replies in the order of their paths: who was answered first does not show. Those of one mailbox count from 1, in the order they were written. */
function replyFiles(replies: readonly ActOf<"replied">[]): BundleFile[] {
  const numbers = new Map<string, number>();
  const files = replies.map(({ mailbox, sealed }) => {
    const number = (numbers.get(mailbox) ?? 0) + 1;
    numbers.set(mailbox, number);
    return fileOf(replyPath(mailbox, number), fromBase64(sealed));
  });
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

function fileOf(path: string, bytes: Bytes): BundleFile {
  return { path, size: bytes.length, sha256: sha256(bytes), open: () => once(bytes) };
}

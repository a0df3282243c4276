/** The bytes of an attached file, for whoever opened the text of its tip: out of the sealed tip, which is checked to its last byte first. */
import { collect } from "../../protocol/bytes.ts";
import { openTip } from "../../protocol/crypto/tip.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Attachment } from "../../protocol/format/tip.ts";
import type { Casebook } from "../casebook/casebook.ts";
import { findTip, readRecord, sealedItem } from "../casebook/shelf.ts";
import { readingOf } from "../triage/state.ts";
import { hasOpened } from "./inbox.ts";

/** Longest file that is looked at in the window, bytes: it is held in memory. What is longer, `extract` writes out. */
const LONGEST_LOOKED_AT = 268_435_456;

/** An attached file. */
export interface Attached {
  readonly attachment: Attachment;
  readonly bytes: Uint8Array;
}

/** @throws {Refusal} `conflict-undeclared`, `recused`, `tip-destroyed`; `wrong-state` for who has not opened the tip. */
export function requireOpened(casebook: Casebook, person: string, id: string): void {
  const tip = casebook.state.tip(id);
  if (tip.destroyed) throw new Refusal("tip-destroyed");
  const reading = readingOf(tip, person);
  if (reading !== "may-read") throw new Refusal(reading === "recused" ? "recused" : "conflict-undeclared");
  if (!hasOpened(tip, person)) throw new Refusal("wrong-state", "not opened");
}

/** File `wanted` of a tip, counted from 0. @throws {Refusal} as {@link requireOpened}; `no-such-item`, `too-large`, and what is wrong with the sealed file. */
export async function attachedFile(casebook: Casebook, person: string, id: string, wanted: number): Promise<Attached> {
  requireOpened(casebook, person, id);
  const shelved = findTip(casebook, id);
  const record = await readRecord(casebook, shelved);
  const attachment = record.tip.attachments[wanted];
  if (attachment === undefined) throw new Refusal("no-such-item", "file");
  if (attachment.size > LONGEST_LOOKED_AT) throw new Refusal("too-large", "write it out with the command extract");
  let bytes: Uint8Array = new Uint8Array(0);
  const opened = await openTip(
    sealedItem(casebook, shelved.bundle, shelved.entry.batch, shelved.entry.position),
    () => Promise.resolve(record.sessionKey),
    {
      attachment: async (index, { size }, body) => {
        if (index === wanted) bytes = await collect(body, size);
      },
    },
  );
  if (toHex(opened.digest) !== shelved.entry.digest) throw new Refusal("digest-mismatch");
  return { attachment, bytes };
}

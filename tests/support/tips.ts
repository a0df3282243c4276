/** Tips for tests. */
import { type Bytes, collect } from "../../src/protocol/bytes.ts";
import { deriveKeys, newCodename } from "../../src/protocol/crypto/codename.ts";
import { type AttachmentSource, sealTip, type TipContent } from "../../src/protocol/crypto/tip.ts";
import { type Answers, EMPTY_ANSWERS } from "../../src/protocol/format/vocabulary.ts";
import { streamOf } from "./bytes.ts";
import type { KeyPair } from "./certificates.ts";

/** An attachment in memory. */
export function attachmentOf(name: string, bytes: Bytes, type = "application/octet-stream"): AttachmentSource {
  return { name, type, size: bytes.length, form: "original", open: () => streamOf(bytes, 100_000) };
}

/** A first tip that says one thing, with `changes`. */
export async function tipContent(changes: Partial<TipContent> & { answers?: Answers } = {}): Promise<TipContent> {
  const { thread } = await deriveKeys(newCodename());
  return {
    answers: { ...EMPTY_ANSWERS, narrative: "I saw it." },
    attachments: [],
    thread,
    sequence: 0,
    reply: null,
    claim: null,
    ...changes,
  };
}

/** A whole sealed tip in memory. */
export async function sealWhole(
  content: TipContent,
  program: KeyPair,
  rewards: KeyPair,
): Promise<{ envelope: Bytes; commitment: Bytes; digest: Bytes }> {
  const sealed = await sealTip(content, { program: program.epoch, rewards: rewards.epoch });
  const envelope = await collect(sealed.parts, sealed.length);
  return { envelope, ...sealed.finish() };
}

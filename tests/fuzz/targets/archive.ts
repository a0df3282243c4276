/**
 * What lies inside an envelope, as the review machine reads it: the archive of a tip or a decoy. An input is the archive's beginning; zeros make it the smallest class, and it
 * is sealed here. Half of the inputs are signed by their thread first, so that what comes after the signature is reached.
 */
import { collect } from "../../../src/protocol/bytes.ts";
import { epochAt, type EpochKey, generateCertificate, openCertificate, openSecret } from "../../../src/protocol/crypto/certificate.ts";
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { openEnvelopeWithSessionKey, sealEnvelope } from "../../../src/protocol/crypto/envelope.ts";
import { openTip, sealDecoy, sealTip } from "../../../src/protocol/crypto/tip.ts";
import { withDomain } from "../../../src/protocol/crypto/hash.ts";
import { envelopeLength, PKESK_LENGTH } from "../../../src/protocol/format/envelope.ts";
import { SMALLEST_CLASS } from "../../../src/protocol/format/padding.ts";
import { formatTip } from "../../../src/protocol/format/tip.ts";
import { EMPTY_ANSWERS } from "../../../src/protocol/format/vocabulary.ts";
import { inPieces } from "../engine/pieces.ts";
import { acceptedLater, holds, sameAgain, type Target } from "../engine/target.ts";
import { withZeros, withoutZeros } from "../engine/zeros.ts";

const BLOCK = 512;
const LONGEST = 16 * BLOCK;
const START = 1_700_006_400;
const made = {
  program: await generateCertificate({ purpose: "program", start: START, epochs: 1 }),
  rewards: await generateCertificate({ purpose: "rewards", start: START, epochs: 1 }),
};
const program = epochAt(await openCertificate(made.program.publicBytes), START);
const rewards = epochAt(await openCertificate(made.rewards.publicBytes), START);
const secret = await openSecret(made.program.secretBytes);
const thread = await signingKeyFromSeed(new Uint8Array(32).fill(5));

// What is attacked is inside, and a key encapsulation takes longer than everything else here: session keys are passed by hand.
const pkesk = await program.encryptSessionKey(new Uint8Array(32));
let sessionKey = new Uint8Array(32);
const recipient: EpochKey = {
  ...program,
  encryptSessionKey: (key) => {
    sessionKey = key;
    return Promise.resolve(pkesk);
  },
};

async function contentOf(envelope: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const key = await secret.decryptSessionKey(envelope.slice(0, PKESK_LENGTH));
  const { content } = await openEnvelopeWithSessionKey(inPieces(envelope, envelope.length), key);
  return withoutZeros(await collect(content, SMALLEST_CLASS));
}

/** The archive with the signature that its description ought to have. */
async function signed(archive: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const size = Number.parseInt(String.fromCharCode(...archive.subarray(124, 135)), 8);
  const at = BLOCK + Math.ceil(size / BLOCK) * BLOCK + BLOCK;
  if (Number.isNaN(size) || at + 64 > LONGEST) return archive;
  const copy = withZeros(archive, at + 64).slice();
  copy.set(await thread.sign(withDomain("firsthand/tip/v1", copy.subarray(BLOCK, BLOCK + size))), at);
  return copy;
}

export const target: Target = {
  longest: LONGEST,
  seeds: async () => {
    const content = { answers: { ...EMPTY_ANSWERS, narrative: "n" }, attachments: [], thread, sequence: 0, reply: null, claim: null };
    const file = new Uint8Array(700).fill(3);
    const attachments = [{ name: "a", type: "", size: file.length, form: "original", open: () => inPieces(file, 100) } as const];
    const tips = [content, { ...content, attachments }].map(async (tip) =>
      collect((await sealTip(tip, { program, rewards })).parts, envelopeLength(SMALLEST_CLASS)),
    );
    const envelopes = [...(await Promise.all(tips)), (await sealDecoy(program)).envelope];
    return Promise.all(envelopes.map(contentOf));
  },
  run: async (input) => {
    const archive = ((input[600] ?? 0) & 1) === 0 ? await signed(input) : input;
    const content = withZeros(archive, SMALLEST_CLASS);
    const envelope = await collect(
      sealEnvelope(inPieces(content, content.length), content.length, recipient),
      envelopeLength(SMALLEST_CLASS),
    );
    let octets = 0;
    const tip = await acceptedLater(() =>
      openTip(inPieces(envelope, envelope.length), () => Promise.resolve(sessionKey), {
        attachment: async (_index, { size }, body) => {
          octets = (await collect(body, LONGEST)).length;
          holds(octets === size, "an attachment has another number of octets than it says");
        },
      }),
    );
    if (tip?.kind === "tip") sameAgain(tip.tipJson, formatTip(tip.tip));
  },
};

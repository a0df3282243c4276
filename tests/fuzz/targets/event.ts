/** Events of the casebook: somebody who may sign writes what they like. An input is the text of an event; it is signed here, since else nothing after the signature would be reached. */
import { signingKeyFromSeed } from "../../../src/protocol/crypto/ed25519.ts";
import { withDomain } from "../../../src/protocol/crypto/hash.ts";
import { fromUtf8, toHex } from "../../../src/protocol/encoding.ts";
import { formatJson } from "../../../src/protocol/format/json.ts";
import { type Act, formatSignedEvent, NOTHING_BEFORE, parseSignedEvent, readPackedEvent } from "../../../src/reviewer/casebook/event.ts";
import { accepted, acceptedLater, holds, sameAgain, type Target } from "../engine/target.ts";

const key = await signingKeyFromSeed(new Uint8Array(32).fill(7));
const person = toHex(key.publicKey);
const tip = "0123456789ab";
const HASH = "5".repeat(64);
const ACTS: readonly Act[] = [
  { kind: "extracted", tip },
  { kind: "proposed", subject: { what: "add-person", name: "Bo", key: person, roles: ["reviewer"] } },
  { kind: "proposed", subject: { what: "retention", class: "spam", days: 30 } },
  { kind: "confirmed", proposal: 2 },
  { kind: "moved", tip, to: "closed", reason: "out_of_scope", duplicate_of: null },
  { kind: "coded", tip, element: "cah.policy", stance: "supports", quote: { start: 0, end: 2 } },
  { kind: "graded", tip, source: "B", information: 2, reasons: [], note: "a..b.c.d" },
  { kind: "log-key-pinned", vkey: "tips.test/log+0+AA" },
  {
    kind: "imported",
    ...{ bundle: 1, manifest: HASH, checkpoint: { size: 9, root: HASH } },
    batches: [{ batch: 1, date: "2026-11-24", size: 2, root: HASH, tips: 1, decoys: 1, unreadable: 0, not_included: 0, missing: 0 }],
    tips: [{ id: tip, batch: 1, position: 0, commitment: HASH, digest: HASH, thread: HASH, sequence: 0 }],
    troubled: [{ batch: 1, position: 1, digest: HASH, problem: "unreadable" }],
  },
];

export const target: Target = {
  longest: 2_000,
  seeds: () =>
    ACTS.map((act, index) =>
      formatJson({ version: 2, sequence: index + 1, previous: NOTHING_BEFORE, person, at: "2026-11-24T12:00:00Z", act }),
    ),
  run: async (input) => {
    const text = accepted(() => fromUtf8(input));
    if (text === undefined || !text.isWellFormed()) return;
    const signature = toHex(await key.sign(withDomain("firsthand/casebook-event/v1", input)));
    const signed = formatJson({ event: text, signature });
    const event = await acceptedLater(() => parseSignedEvent(signed));
    const packed = accepted(() => readPackedEvent(signed));
    if (event === undefined) return;
    holds(event.person === person, "an event was accepted for somebody who did not sign it");
    const { link, ...rest } = event;
    sameAgain(signed, await formatSignedEvent(rest, key));
    holds(packed?.link === link, "a pack says something else than the event's own file");
  },
};

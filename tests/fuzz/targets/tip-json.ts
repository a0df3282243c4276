/** A tip's description, with its answers. */
import { formatTip, parseTip, type Tip } from "../../../src/protocol/format/tip.ts";
import { EMPTY_ANSWERS, VOCABULARY } from "../../../src/protocol/format/vocabulary.ts";
import { formatOfBytes } from "../engine/format.ts";

const bytes = (value: number) => new Uint8Array(32).fill(value);
const TIP: Tip = {
  nonce: bytes(1),
  thread: bytes(2),
  sequence: 0,
  answers: { ...EMPTY_ANSWERS, narrative: "n" },
  attachments: [],
  reply: null,
};
const FULL: Tip = {
  ...TIP,
  sequence: 999_999,
  answers: {
    narrative: "他们\u0007",
    basis: VOCABULARY.basis[0],
    witness_category: null,
    event_types: [],
    when: "2019-05/2019-06-03",
    where: null,
    evidence_held: ["documents", "audio"],
    sharing: "ask_me_first",
    language: "ug",
  },
  attachments: [
    { name: "照片.jpg", type: "image/jpeg", size: 60_000_000, digest: bytes(3), form: "cleaned" },
    { name: "a", type: "", size: 0, digest: bytes(4), form: "original" },
  ],
  reply: { mailbox: bytes(5), key: bytes(6) },
};

export const target = formatOfBytes(parseTip, formatTip, () => [formatTip(TIP), formatTip(FULL)], 2500);

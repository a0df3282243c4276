/** Texts of retention notes, which the server takes from a stick and every auditor from the log. */
import { formatVkey } from "../../../src/protocol/crypto/note.ts";
import { formatRetentionNote, NO_NOTE_BEFORE, parseRetentionNote } from "../../../src/protocol/format/retention-note.ts";
import { formatOfText } from "../engine/format.ts";

const policy = { daysAfterAcknowledgement: 14, daysAtMost: 90, graceDays: 3, unacknowledged: "keep" } as const;
const signers = ["anna", "ben"].map((name, index) => formatVkey(name, new Uint8Array(32).fill(index + 1)).text);
const first = { origin: "tips.test/log", number: 1, from: "2026-11-24", previous: NO_NOTE_BEFORE, policy, signers };

export const target = formatOfText(
  parseRetentionNote,
  formatRetentionNote,
  () => [formatRetentionNote(first), formatRetentionNote({ ...first, number: 2, previous: "0c".repeat(32) })],
  1500,
);

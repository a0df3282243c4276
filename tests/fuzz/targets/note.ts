/** Signed notes (C2SP signed-note), without and with a key to check them. */
import { formatNote, parseNote } from "../../../src/protocol/format/note.ts";
import { noteSigner, openNote } from "../../../src/protocol/crypto/note.ts";
import { accepted, acceptedLater, holds, sameAgain, type Target } from "../engine/target.ts";

const signer = await noteSigner("tips.test/log", new Uint8Array(32).fill(1));
const honest = await signer.sign("tips.test/log\n0\n\nmore\n");

export const target: Target = {
  longest: 1000,
  seeds: () => [
    honest,
    formatNote({
      text: "a\n",
      signatures: [
        { name: "n", id: 0, signature: Uint8Array.of(1) },
        { name: "m", id: 0xffffffff, signature: new Uint8Array(72) },
      ],
    }),
  ],
  run: async (input) => {
    const note = accepted(() => parseNote(input));
    if (note === undefined) return;
    sameAgain(input, formatNote(note));
    // Only a signature by the name and number of our key is looked at; so it is in few of a million.
    if (!note.signatures.some(({ name, id }) => name === signer.vkey.name && id === signer.vkey.id)) return;
    const opened = await acceptedLater(() => openNote(input, [signer.vkey]));
    holds(opened === undefined || honest.length <= input.length, "a note was opened that nobody signed");
    if (opened !== undefined) holds(opened.text === "tips.test/log\n0\n\nmore\n", "a text was opened that nobody signed");
  },
};

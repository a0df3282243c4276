/** What is a signed note and what is none, at the bounds. That every note has one form is in log-formats.test.ts. */
import { describe, expect, test } from "vitest";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { toBase64, utf8 } from "../../../src/protocol/encoding.ts";
import { formatNote, formatSignature, type NoteSignature, parseNote } from "../../../src/protocol/format/note.ts";

const SIGNATURE: NoteSignature = { name: "log", id: 7, signature: new Uint8Array(64) };
const noteOf = (text: string, ...lines: readonly string[]): Bytes => utf8(`${text}\n${lines.map((line) => `${line}\n`).join("")}`);
const line = (octets: number): string => `\u2014 log ${toBase64(new Uint8Array(octets))}`;

describe("a note is read", () => {
  test("up to its limit and no further", () => {
    const note = noteOf("text\n", line(68));
    expect(parseNote(note, note.length).text).toBe("text\n");
    expect(() => parseNote(note, note.length - 1)).toThrow(expect.objectContaining({ code: "bad-note", where: "length" }));
  });

  test("with a hundred signatures and no more", () => {
    expect(parseNote(noteOf("text\n", ...Array<string>(100).fill(line(68)))).signatures).toHaveLength(100);
    const more = noteOf("text\n", ...Array<string>(101).fill(line(68)));
    expect(() => parseNote(more)).toThrow(expect.objectContaining({ code: "bad-note", where: "signatures" }));
  });

  test("with a text as long as the manifest of a full batch", () => {
    const text = `${"0123456789abcdef".repeat(1_200_000)}\n`;
    expect(parseNote(noteOf(text, line(68)), 20_000_000).text.length).toBe(text.length);
  });

  test("with a signature of one byte", () => {
    expect(parseNote(noteOf("text\n", line(5))).signatures).toEqual([{ name: "log", id: 0, signature: new Uint8Array(1) }]);
  });
});

describe("a note is refused", () => {
  test.each([
    ["with an empty signature", noteOf("text\n", line(4))],
    ["with less than the id of a key", noteOf("text\n", line(3))],
    ["with a line that is no signature", noteOf("text\n", "log AAAAAAAA")],
    ["with a control character in its last line", noteOf("text\n\tmore\n", line(68))],
    ["without an empty line", utf8("text\nmore\n")],
    ["without an end", utf8(`text\n\n${line(68)}`)],
    ["if it is no UTF-8", Uint8Array.of(0xff, ...noteOf("text\n", line(68)))],
  ])("%s", (_, note) => {
    expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: "bad-note" }));
  });
});

describe("what is no note is not written", () => {
  test.each([
    ["a text without an end", { text: "text", signatures: [SIGNATURE] }],
    ["a text with a tabulator", { text: "te\txt\n", signatures: [SIGNATURE] }],
    ["no signature", { text: "text\n", signatures: [] }],
    ["101 signatures", { text: "text\n", signatures: Array<NoteSignature>(101).fill(SIGNATURE) }],
    ["a name with a space", { text: "text\n", signatures: [{ ...SIGNATURE, name: "the log" }] }],
    ["no name", { text: "text\n", signatures: [{ ...SIGNATURE, name: "" }] }],
    ["an empty signature", { text: "text\n", signatures: [{ ...SIGNATURE, signature: new Uint8Array(0) }] }],
  ])("%s", (_, note) => {
    expect(() => formatNote(note)).toThrow(/^a note/);
  });

  test("but a hundred signatures are, and one line by itself", () => {
    const signatures = Array<NoteSignature>(100).fill(SIGNATURE);
    expect(parseNote(formatNote({ text: "text\n", signatures })).signatures).toEqual(signatures);
    expect(formatSignature({ ...SIGNATURE, id: 0 })).toBe(`${line(68)}\n`);
  });
});

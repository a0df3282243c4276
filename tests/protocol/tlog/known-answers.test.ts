/** Answers that others published: where each is from stands in `tests/vectors/tlog.json`. */
import { describe, expect, test } from "vitest";
import { openNote, parseVkey } from "../../../src/protocol/crypto/note.ts";
import { fromHex, fromUtf8, toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { parseCheckpoint } from "../../../src/protocol/format/checkpoint.ts";
import { formatNote, parseNote } from "../../../src/protocol/format/note.ts";
import { parseTilePath, tilePath } from "../../../src/protocol/format/tile.ts";
import { leafHash, nodeHash, rootOf } from "../../../src/protocol/tlog/merkle.ts";
import vectors from "../../vectors/tlog.json" with { type: "json" };

const refusal = (code: string): unknown => expect.objectContaining({ code });

describe("C2SP's examples", () => {
  test("a signed note with an empty line in its text is read and written again", () => {
    const note = parseNote(utf8(vectors.signedNote));
    expect(note.text.split("\n")).toHaveLength(5);
    expect(note.signatures).toMatchObject([{ name: "quasimodo.example/salvatore", id: 0x367ba04b, signature: { length: 64 } }]);
    expect(fromUtf8(formatNote(note))).toBe(vectors.signedNote);
  });

  test("a cosigned checkpoint is read and written again", () => {
    const note = parseNote(utf8(vectors.checkpoint));
    expect(parseCheckpoint(note.text)).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20_852_163 });
    expect(note.signatures.map(({ signature }) => signature.length)).toEqual([64, 72]);
    expect(fromUtf8(formatNote(note))).toBe(vectors.checkpoint);
  });
});

describe("the notes of golang.org/x/mod", () => {
  const { text, peterSignature, enochSignature, peterKey, enochKey, badKeys, malformed } = vectors.sumdbNote;
  const note = (...signatures: string[]) => utf8(`${text}\n${signatures.join("")}`);
  const [peter, enoch] = [parseVkey(peterKey), parseVkey(enochKey)];

  test("open by the keys they are by", async () => {
    const both = note(peterSignature, enochSignature);
    expect((await openNote(both, [peter])).signers).toEqual([peter]);
    expect((await openNote(both, [peter, enoch])).signers).toEqual([peter, enoch]);
    await expect(openNote(both, [])).rejects.toEqual(refusal("unknown-signer"));
  });

  test("with a broken signature or a hundred and one are refused", async () => {
    const broken = `${peterSignature.slice(0, 60)}ABCD${peterSignature.slice(60)}`;
    await expect(openNote(note(broken), [peter])).rejects.toEqual(refusal("bad-signature"));
    await expect(openNote(note(peterSignature.repeat(101)), [peter])).rejects.toEqual(refusal("bad-note"));
  });

  test("that are malformed are refused", () => {
    for (const one of malformed) expect(() => parseNote(utf8(one)), one).toThrow(refusal("bad-note"));
    const [octet] = [Uint8Array.of(0xff, ...note(peterSignature))];
    expect(() => parseNote(octet)).toThrow(refusal("bad-note"));
  });

  test("and keys: no part of one, and none with one octet changed, is a key", () => {
    expect(parseVkey(peterKey).text).toBe(peterKey);
    for (let from = 0; from < peterKey.length; from++) {
      for (let to = from + 1; to <= peterKey.length; to++) {
        if (from !== 0 || to !== peterKey.length) expect(() => parseVkey(peterKey.slice(from, to))).toThrow(refusal("bad-vkey"));
      }
      const changed = `${peterKey.slice(0, from)}${String.fromCharCode(peterKey.charCodeAt(from) + 1)}${peterKey.slice(from + 1)}`;
      expect(() => parseVkey(changed), changed).toThrow(refusal("bad-vkey"));
    }
    for (const bad of badKeys) expect(() => parseVkey(bad)).toThrow(refusal("bad-vkey"));
  });
});

test.each(vectors.tilePaths)("the tile path $path of golang.org/x/mod", ({ path, tile }) => {
  if (tile === null) {
    expect(() => parseTilePath(path)).toThrow(refusal("bad-tile"));
    return;
  }
  expect(parseTilePath(path)).toEqual(tile);
  expect(tilePath(tile.level as number | "entries", tile.index, tile.width)).toBe(path);
});

describe("the trees of transparency-dev/merkle", () => {
  const { leaves, nodes, roots } = vectors.merkle;

  test("have these leaves and nodes", () => {
    let level = leaves.map((leaf) => leafHash(fromHex(leaf)));
    for (const expected of nodes) {
      expect(level.map(toHex)).toEqual(expected);
      level = Array.from({ length: level.length / 2 }, (_, place) => nodeHash(level[2 * place]!, level[2 * place + 1]!));
    }
  });

  test("have these roots, from none to eight leaves", () => {
    const hashes = leaves.map((leaf) => leafHash(fromHex(leaf)));
    expect(roots.map((_, size) => toHex(rootOf(hashes.slice(0, size))))).toEqual(roots);
  });
});

import { createHash, createPublicKey, verify } from "node:crypto";
import fc from "fast-check";
import tar from "tar-stream";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bytes, collect, concat } from "../../../src/protocol/bytes.ts";
import { signClaimProof } from "../../../src/protocol/crypto/claim.ts";
import { deriveKeys, newCodename } from "../../../src/protocol/crypto/codename.ts";
import type { SigningKey } from "../../../src/protocol/crypto/ed25519.ts";
import { openEnvelope, sealEnvelope } from "../../../src/protocol/crypto/envelope.ts";
import { PART_SIZE, withDomain } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { type OpenedTip, openTip, sealDecoy, sealTip } from "../../../src/protocol/crypto/tip.ts";
import { toHex, utf8 } from "../../../src/protocol/encoding.ts";
import { formatClaim, parseClaim } from "../../../src/protocol/format/claim.ts";
import { envelopeLength, parseTipFraming } from "../../../src/protocol/format/envelope.ts";
import { sizeClassOf, SMALLEST_CLASS } from "../../../src/protocol/format/padding.ts";
import { type TarFile, tarLength, writeTar } from "../../../src/protocol/format/tar.ts";
import { formatTip, type Tip } from "../../../src/protocol/format/tip.ts";
import { EMPTY_ANSWERS, VOCABULARY } from "../../../src/protocol/format/vocabulary.ts";
import { patternOf, streamOf } from "../../support/bytes.ts";
import { type KeyPair, newKeyPair } from "../../support/certificates.ts";
import { openWithOpenSsl } from "../../support/openpgp-oracle.ts";
import { refusalOf } from "../../support/refusals.ts";
import { attachmentOf, sealWhole, tipContent } from "../../support/tips.ts";

let program: KeyPair;
let rewards: KeyPair;
let thread: SigningKey;
beforeAll(async () => {
  program = await newKeyPair("program");
  rewards = await newKeyPair("rewards");
  ({ thread } = await deriveKeys(newCodename()));
});

interface Opened {
  readonly result: OpenedTip;
  readonly files: Bytes[];
}

async function open(envelope: Uint8Array, pieces = 100_000): Promise<Opened> {
  const files: Bytes[] = [];
  const result = await openTip(streamOf(envelope, pieces), (pkesk) => program.secret.decryptSessionKey(pkesk), {
    attachment: async (index, { size }, body) => {
      expect(index).toBe(files.length);
      files.push(await collect(body, size));
    },
  });
  return { result, files };
}

/** Part digest `D` of the specification, by OpenSSL. */
function digestBySpecification(bytes: Uint8Array): string {
  const hash = createHash("sha256").update("firsthand/parts/v1\0");
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.length));
  hash.update(length);
  for (let at = 0; at < bytes.length; at += PART_SIZE)
    hash.update(
      createHash("sha256")
        .update(bytes.subarray(at, at + PART_SIZE))
        .digest(),
    );
  return hash.digest("hex");
}

describe("a tip", () => {
  const texts = "我看到了。 ئۇلار ئۇنى ئېلىپ كەتتى. ཁོང་ཚོས་ཁྲིད་སོང་། 그들이 데려갔다.";
  const files = [
    attachmentOf("empty", new Uint8Array(0)),
    attachmentOf("照片.jpg", patternOf(1_234_567), "image/jpeg"),
    attachmentOf("../../../etc/passwd\u202egpj.\u0007", patternOf(1), ""),
    attachmentOf("exactly one part", patternOf(PART_SIZE, 9)),
  ];

  it("arrives byte for byte, whatever its languages and names", async () => {
    const reply = { mailbox: randomBytes(32), key: randomBytes(32) };
    const claim = randomBytes(32);
    const answers = { ...EMPTY_ANSWERS, narrative: texts, event_types: ["organ_removal", "other"] as const, where: "CN-XJ", when: "2016~" };
    const { envelope, commitment, digest } = await sealWhole(
      await tipContent({ answers, attachments: files, thread, sequence: 3, reply, claim }),
      program,
      rewards,
    );
    for (const pieces of [envelope.length, 12_345]) {
      const { result, files: received } = await open(envelope, pieces);
      if (result.kind !== "tip") throw new Error("not a tip");
      expect(result.tip.answers).toEqual(answers);
      expect(result.tip).toMatchObject({ sequence: 3, reply, thread: thread.publicKey });
      expect(result.tip.attachments.map(({ name, type, size, form }) => [name, type, size, form])).toEqual(
        files.map(({ name, type, size, form }) => [name, type, size, form]),
      );
      for (const [index, file] of files.entries()) expect(received[index]).toEqual(await collect(file.open(), file.size));
      expect([result.commitment, result.digest]).toEqual([commitment, digest]);
      expect(await claimIn(result.claim)).toEqual({ claim, proof: null, thread: thread.publicKey });
    }
  });

  it("carries the proof of a claim, and is no longer for it", async () => {
    const { claim, thread: own } = await deriveKeys(newCodename());
    const proof = await signClaimProof(claim, randomBytes(32));
    const content = await tipContent({ thread: own, claim: claim.publicKey, proof });
    const { envelope } = await sealWhole(content, program, rewards);
    expect(envelope).toHaveLength((await sealWhole(await tipContent(), program, rewards)).envelope.length);
    const { result } = await open(envelope, envelope.length);
    if (result.kind !== "tip") throw new Error("not a tip");
    expect(await claimIn(result.claim)).toEqual({ claim: claim.publicKey, proof, thread: own.publicKey });
    expect(await refusalOf(async () => sealWhole({ ...content, claim: null }, program, rewards))).toBe("bad-tip");
  });

  const claimIn = async (sealed: Bytes): Promise<unknown> => {
    const { content } = await openEnvelope(streamOf(sealed), (pkesk) => rewards.secret.decryptSessionKey(pkesk));
    return parseClaim(await collect(content, 1024));
  };

  it("can be opened, checked and committed to with OpenSSL, a tar reader and the specification alone", async () => {
    const { envelope, commitment, digest } = await sealWhole(await tipContent({ attachments: files, thread }), program, rewards);
    const archive = openWithOpenSsl(envelope, program.secretBytes);
    expect(archive.length).toBe(sizeClassOf(archive.length));
    const extract = tar.extract();
    extract.end(archive);
    const found = new Map<string, Bytes>();
    for await (const entry of extract) found.set(entry.header.name, await collect(entry as AsyncIterable<Uint8Array>, 10_000_000));
    expect([...found.keys()]).toEqual(["tip.json", "tip.sig", "claim.pgp", "files/0001", "files/0002", "files/0003", "files/0004"]);
    const tipJson = found.get("tip.json") ?? new Uint8Array(0);
    const tip = JSON.parse(Buffer.from(tipJson).toString()) as { nonce: string; thread: string; attachments: { digest: string }[] };
    const key = createPublicKey({ key: Buffer.from(`302a300506032b6570032100${tip.thread}`, "hex"), format: "der", type: "spki" });
    const signed = Buffer.concat([Buffer.from("firsthand/tip/v1\0"), tipJson]);
    expect(verify(null, signed, key, found.get("tip.sig") ?? new Uint8Array(0))).toBe(true);
    tip.attachments.forEach((attachment, index) => {
      expect(attachment.digest).toBe(digestBySpecification(found.get(`files/000${String(index + 1)}`) ?? new Uint8Array(0)));
    });
    expect(toHex(digest)).toBe(digestBySpecification(envelope));
    const expected = createHash("sha256")
      .update("firsthand/received/v1\0")
      .update(Buffer.from(tip.nonce, "hex"))
      .update(digest)
      .digest("hex");
    expect(toHex(commitment)).toBe(expected);
  });

  it("leaves in parts of 512 KiB, the last shorter, and says how far it is", async () => {
    const progress: [number, number, string][] = [];
    const sealed = await sealTip(
      await tipContent({ attachments: files }),
      { program: program.epoch, rewards: rewards.epoch },
      (...step) => {
        progress.push(step);
      },
    );
    expect(() => sealed.finish()).toThrow("not all parts");
    const lengths: number[] = [];
    for await (const part of sealed.parts) lengths.push(part.length);
    expect(lengths).toHaveLength(sealed.partCount);
    expect(lengths.slice(0, -1)).toEqual(Array(sealed.partCount - 1).fill(PART_SIZE));
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(sealed.length);
    expect(sealed.finish().digest).toHaveLength(32);
    const total = files.reduce((sum, { size }) => sum + size, 0);
    expect(progress.filter(([, , phase]) => phase === "reading").at(-1)).toEqual([total, total, "reading"]);
    expect(progress.at(-1)).toEqual([sealed.length, sealed.length, "sealing"]);
  });

  it("is not sealed when a file changes between its two readings", async () => {
    let readings = 0;
    const moving = { ...attachmentOf("a", patternOf(100)), open: () => streamOf(patternOf(100, ++readings)) };
    expect(await refusalOf(async () => sealWhole(await tipContent({ attachments: [moving] }), program, rewards))).toBe("digest-mismatch");
    const shrinking = { ...attachmentOf("a", patternOf(100)), open: () => streamOf(patternOf(99)) };
    expect(await refusalOf(async () => sealWhole(await tipContent({ attachments: [shrinking] }), program, rewards))).toBe(
      "digest-mismatch",
    );
  });

  it("is not sealed without a narrative, with a nameless file, or above the largest class", async () => {
    const attempt = (changes: Parameters<typeof tipContent>[0]): Promise<string | null> =>
      refusalOf(async () => sealTip(await tipContent(changes), { program: program.epoch, rewards: rewards.epoch }));
    expect(await attempt({ answers: EMPTY_ANSWERS })).toBe("bad-tip");
    expect(await attempt({ attachments: [attachmentOf("", patternOf(1))] })).toBe("bad-tip");
    expect(await attempt({ attachments: [{ ...attachmentOf("a", patternOf(1)), size: 4_194_304_001 }] })).toBe("too-large");
    expect(await attempt({ attachments: Array.from({ length: 1000 }, () => attachmentOf("a", new Uint8Array(0))) })).toBe("too-large");
  });
});

describe("tips of one size class", () => {
  it("have exactly the same length, whatever the script, the number of answers and the number of files", async () => {
    const text = fc.oneof(
      fc
        .constantFrom("我看到了。", "ئۇلار ئۇنى ئېلىپ كەتتى", "ཁོང་ཚོས་ཁྲིད་སོང་།", "They took him.", "😀")
        .chain((words) => fc.nat({ max: 400 }).map((n) => words.repeat(n + 1))),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 500 }),
    );
    const answers = fc.record({
      narrative: text.filter((words) => words.isWellFormed()),
      basis: fc.constantFrom(null, ...VOCABULARY.basis),
      witness_category: fc.constantFrom(null, ...VOCABULARY.witness_category),
      event_types: fc.subarray([...VOCABULARY.event_types]),
      when: fc.constantFrom(null, "2016", "2015-03-01/2018-12-31"),
      where: fc.constantFrom(null, ...VOCABULARY.where),
      evidence_held: fc.subarray([...VOCABULARY.evidence_held]),
      sharing: fc.constantFrom(...VOCABULARY.sharing),
      language: fc.constantFrom(null, ...VOCABULARY.language),
    });
    const attachments = fc
      .array(fc.nat({ max: 3000 }), { maxLength: 6 })
      .map((sizes) => sizes.map((size, index) => attachmentOf(`file ${String(index)}`, patternOf(size))));
    const lengths = new Set<number>();
    await fc.assert(
      fc.asyncProperty(answers, attachments, fc.boolean(), fc.boolean(), async (answered, attached, wantsReply, wantsReward) => {
        const reply = wantsReply ? { mailbox: randomBytes(32), key: randomBytes(32) } : null;
        const claim = wantsReward ? randomBytes(32) : null;
        const { envelope } = await sealWhole(
          await tipContent({ answers: answered, attachments: attached, reply, claim }),
          program,
          rewards,
        );
        expect(parseTipFraming(envelope).length).toBe(envelope.length);
        lengths.add(envelope.length);
      }),
      { numRuns: 60 },
    );
    expect([...lengths]).toEqual([envelopeLength(SMALLEST_CLASS)]);
  });

  it("have the same length in the larger classes too", async () => {
    const lengths = async (sizes: readonly number[]): Promise<number> => {
      const attachments = sizes.map((size, index) => attachmentOf(`f${String(index)}`, patternOf(size)));
      return (await sealWhole(await tipContent({ attachments }), program, rewards)).envelope.length;
    };
    expect(await lengths([60_000])).toBe(envelopeLength(262_144));
    expect(await lengths([100_000, 0, 50_000])).toBe(envelopeLength(262_144));
    expect(await lengths([4_200_000])).toBe(envelopeLength(5 * 1_048_576));
    expect(await lengths([2_000_000, 3_000_000])).toBe(envelopeLength(5 * 1_048_576));
  });

  it("cannot be told from decoys by what is outside", async () => {
    const tip = (await sealWhole(await tipContent(), program, rewards)).envelope;
    const { envelope: decoy } = await sealDecoy(program.epoch);
    expect(decoy.length).toBe(tip.length);
    expect(parseTipFraming(decoy)).toEqual(parseTipFraming(tip));
    expect(decoy.subarray(0, 39)).toEqual(tip.subarray(0, 39));
    expect(decoy.subarray(1200, 1210)).toEqual(tip.subarray(1200, 1210));
  });
});

describe("a decoy", () => {
  it("opens as a decoy and keeps its commitment", async () => {
    const { envelope, commitment, digest } = await sealDecoy(program.epoch);
    expect((await open(envelope)).result).toEqual({ kind: "decoy", commitment, digest });
    expect(toHex(digest)).toBe(digestBySpecification(envelope));
  });

  it("is another one each time", async () => {
    const decoys = await Promise.all([1, 2, 3].map(() => sealDecoy(program.epoch)));
    expect(new Set(decoys.map(({ commitment }) => toHex(commitment))).size).toBe(3);
  });
});

describe("the review machine refuses", () => {
  const file = (path: string, bytes: Bytes): TarFile => ({ path, size: bytes.length, open: () => streamOf(bytes) });

  async function sealArchive(files: TarFile[], total = sizeClassOf(tarLength(files.map(({ size }) => size)))): Promise<Bytes> {
    return collect(sealEnvelope(writeTar(files, total), total, program.epoch), envelopeLength(total));
  }

  const sealedClaim = (): Promise<Bytes> =>
    collect(sealEnvelope(streamOf(formatClaim({ claim: null, proof: null, thread: thread.publicKey })), 1024, rewards.epoch), 2310);

  /** The files of a tip, as an attacker with a thread of their own could write them. */
  async function filesOf(attached: Bytes[] = [], changes: Partial<Tip> = {}): Promise<TarFile[]> {
    const attachments = attached.map((bytes, index) => ({
      name: `file ${String(index)}`,
      type: "",
      size: bytes.length,
      digest: Uint8Array.from(Buffer.from(digestBySpecification(bytes), "hex")),
      form: "original" as const,
    }));
    const answers = { ...EMPTY_ANSWERS, narrative: "x" };
    const tipJson = formatTip({
      nonce: randomBytes(32),
      thread: thread.publicKey,
      sequence: 0,
      answers,
      attachments,
      reply: null,
      ...changes,
    });
    const signature = await thread.sign(withDomain("firsthand/tip/v1", tipJson));
    return [
      file("tip.json", tipJson),
      file("tip.sig", signature),
      file("claim.pgp", await sealedClaim()),
      ...attached.map((bytes, index) => file(`files/${String(index + 1).padStart(4, "0")}`, bytes)),
    ];
  }

  const codeOf = (envelope: Uint8Array): Promise<string | null> => refusalOf(() => open(envelope));
  const replaced = (files: TarFile[], index: number, by: TarFile): TarFile[] => files.map((old, at) => (at === index ? by : old));

  it("nothing that is right", async () => {
    expect(await codeOf(await sealArchive(await filesOf([patternOf(100), patternOf(0)])))).toBeNull();
  });

  it("content of no size class", async () => {
    expect(await codeOf(await sealArchive(await filesOf(), 65_536 + 512))).toBe("wrong-length");
    expect(await codeOf(await sealedClaim())).toBe("wrong-length");
  });

  it("a larger class than needed, in which something could be told", async () => {
    expect(await codeOf(await sealArchive(await filesOf(), 262_144))).toBe("not-smallest-class");
    expect(await codeOf(await sealArchive([file("decoy.json", utf8(`{"nonce":"${"00".repeat(32)}","version":1}`))], 262_144))).toBe(
      "not-smallest-class",
    );
  });

  it("a signature by somebody else, or over something else", async () => {
    const files = await filesOf();
    const { thread: other } = await deriveKeys(newCodename());
    const tipJson = await collect(files[0]?.open() ?? streamOf(patternOf(0)), 10_000);
    const attempts = [
      await other.sign(withDomain("firsthand/tip/v1", tipJson)),
      await thread.sign(withDomain("firsthand/tip/v2", tipJson)),
      await thread.sign(tipJson),
      new Uint8Array(64),
    ];
    for (const signature of attempts)
      expect(await codeOf(await sealArchive(replaced(files, 1, file("tip.sig", signature))))).toBe("bad-signature");
    expect(await codeOf(await sealArchive(await filesOf([], { thread: other.publicKey })))).toBe("bad-signature");
  });

  it("an attachment that is not the one described", async () => {
    const files = await filesOf([patternOf(100), patternOf(100, 5)]);
    expect(await codeOf(await sealArchive(replaced(files, 3, file("files/0001", patternOf(100, 6)))))).toBe("digest-mismatch");
    expect(await codeOf(await sealArchive(replaced(files, 3, file("files/0001", patternOf(99)))))).toBe("bad-archive");
    const [first, second] = files.slice(3);
    if (first === undefined || second === undefined) throw new Error("no files");
    const swapped = [...files.slice(0, 3), { ...second, path: "files/0001" }, { ...first, path: "files/0002" }];
    expect(await codeOf(await sealArchive(swapped))).toBe("digest-mismatch");
  });

  it("a file too many, too few, out of order or under another path", async () => {
    const files = await filesOf([patternOf(100)]);
    const extra = file("files/0002", patternOf(1));
    expect(await codeOf(await sealArchive([...files, extra]))).toBe("bad-archive");
    expect(await codeOf(await sealArchive(files.slice(0, 3)))).toBe("bad-archive");
    expect(await codeOf(await sealArchive(files.slice(0, 2)))).toBe("bad-archive");
    expect(await codeOf(await sealArchive(files.slice(1)))).toBe("bad-archive");
    expect(await codeOf(await sealArchive([]))).toBe("bad-archive");
    expect(await codeOf(await sealArchive(files.toReversed()))).toBe("bad-archive");
    expect(await codeOf(await sealArchive(replaced(files, 3, file("files/1", patternOf(100)))))).toBe("bad-archive");
    expect(await codeOf(await sealArchive([...files.slice(0, 1), ...files]))).toBe("bad-archive");
  });

  it("a decoy with anything beside it, or another one", async () => {
    const decoy = file("decoy.json", utf8(`{"nonce":"${"00".repeat(32)}","version":1}`));
    expect(await codeOf(await sealArchive([decoy]))).toBeNull();
    expect(await codeOf(await sealArchive([decoy, file("files/0001", patternOf(1))]))).toBe("bad-archive");
    expect(await codeOf(await sealArchive([file("decoy.json", utf8("{}"))]))).toBe("bad-tip");
    expect(await codeOf(await sealArchive([file("decoy.json", patternOf(5000))]))).toBe("too-large");
  });

  it("a claim part that is none or has another length", async () => {
    const files = await filesOf();
    expect(await codeOf(await sealArchive(replaced(files, 2, file("claim.pgp", patternOf(2310)))))).toBe("not-openpgp");
    expect(await codeOf(await sealArchive(replaced(files, 2, file("claim.pgp", patternOf(2309)))))).toBe("bad-archive");
    const other = (await sealDecoy(rewards.epoch)).envelope.subarray(0, 2310);
    expect(await codeOf(await sealArchive(replaced(files, 2, file("claim.pgp", other))))).toBe("bad-tip");
  });

  it("a description that is not valid, before anything else is read", async () => {
    const files = await filesOf([patternOf(100)]);
    let visited = 0;
    const envelope = await sealArchive(replaced(files, 0, file("tip.json", utf8("{}"))));
    const code = await refusalOf(() =>
      openTip(streamOf(envelope), (pkesk) => program.secret.decryptSessionKey(pkesk), {
        attachment: () => {
          visited++;
          return Promise.resolve();
        },
      }),
    );
    expect([code, visited]).toEqual(["bad-tip", 0]);
  });

  it("a description of many megabytes", async () => {
    expect(await codeOf(await sealArchive([file("tip.json", new Uint8Array(4_194_305).fill(32))]))).toBe("too-large");
  });

  it("something hidden in the padding", async () => {
    const files = await filesOf();
    const archive = await collect(writeTar(files, 65_536), 65_536);
    archive[65_535] = 1;
    const envelope = await collect(sealEnvelope(streamOf(archive), 65_536, program.epoch), 100_000);
    expect(await codeOf(envelope)).toBe("bad-archive");
  });

  it("an envelope that was changed at its very end", async () => {
    const { envelope } = await sealWhole(await tipContent(), program, rewards);
    const changed = envelope.slice();
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    expect(await codeOf(changed)).toBe("not-authentic");
    expect(await codeOf(envelope.subarray(0, -1))).toBe("not-authentic");
    expect(await codeOf(concat(envelope, Uint8Array.of(0)))).toBe("not-authentic");
  });

  it("an envelope to another program", async () => {
    const other = await newKeyPair("program");
    const { envelope } = await sealWhole(await tipContent(), other, rewards);
    expect(await codeOf(envelope)).toBe("wrong-recipient");
  });

  it("a file that its visitor did not read to the end, if it is not the one described", async () => {
    const files = await filesOf([patternOf(1_000_000), patternOf(10)]);
    const attempt = async (envelope: Bytes): Promise<[string | null, number]> => {
      let visited = 0;
      const code = await refusalOf(() =>
        openTip(streamOf(envelope, 50_000), (pkesk) => program.secret.decryptSessionKey(pkesk), {
          attachment: async (_index, _attachment, body) => {
            visited++;
            for await (const piece of body) if (piece.length > 0) break;
          },
        }),
      );
      return [code, visited];
    };
    expect(await attempt(await sealArchive(files))).toEqual([null, 2]);
    const end = patternOf(1_000_000);
    end[999_999] = (end[999_999] ?? 0) ^ 1;
    expect(await attempt(await sealArchive(replaced(files, 3, file("files/0001", end))))).toEqual(["digest-mismatch", 1]);
  });

  it("and closes what it read from, whatever was wrong", async () => {
    let closed = 0;
    async function* source(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* streamOf(bytes, 10_000);
      } finally {
        closed++;
      }
    }
    const files = await filesOf([patternOf(200_000)]);
    const attempts = [
      await sealArchive(files),
      await sealArchive(files.slice(1)),
      await sealArchive(replaced(files, 1, file("tip.sig", new Uint8Array(64)))),
    ];
    for (const envelope of [...attempts, patternOf(5000)]) {
      await refusalOf(() =>
        openTip(source(envelope), (pkesk) => program.secret.decryptSessionKey(pkesk), { attachment: () => Promise.resolve() }),
      );
    }
    expect(closed).toBe(4);
  });

  it("nothing for a visitor's own failure: that is thrown on", async () => {
    const envelope = await sealArchive(await filesOf([patternOf(10)]));
    const attempt = openTip(streamOf(envelope), (pkesk) => program.secret.decryptSessionKey(pkesk), {
      attachment: () => Promise.reject(new Error("the disk is full")),
    });
    await expect(attempt).rejects.toThrow("the disk is full");
  });
});

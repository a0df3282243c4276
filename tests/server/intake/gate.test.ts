/**
 * The gate over HTTP: each kind of thing that is no sealed tip of this program is refused by name, and the database is afterwards what it was before.
 * The messages are made by the OpenPGP library where it can make them; the others are an envelope with one thing changed.
 */
import { armor, createMessage, encrypt, generateKey, readKey } from "openpgp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asBytes, type Bytes, concat } from "../../../src/protocol/bytes.ts";
import { generateCertificate, openCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { sealDecoy } from "../../../src/protocol/crypto/tip.ts";
import { PART_SIZE } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import type { RefusalCode } from "../../../src/protocol/errors.ts";
import { PKESK_LENGTH } from "../../../src/protocol/format/envelope.ts";
import { testPostgres } from "../../support/postgres.ts";
import {
  completionOf,
  makeTip,
  NOON,
  openTestServer,
  postTip,
  putPart,
  sendTip,
  testKeys,
  type TestServer,
  type TestTip,
  tipOf,
} from "../../support/server.ts";
import { allRows } from "../../support/tables.ts";

const MIB = 1_048_576;
const DAY = 86_400_000;
const postgres = testPostgres();
const keys = testKeys();
let server: TestServer;
let whole: TestTip;
let envelope: Bytes;

beforeAll(async () => {
  server = await openTestServer(postgres, keys.get());
  whole = await makeTip(keys.get().program);
  envelope = whole.parts[0]!;
  // So that "nothing changed" is not said of empty tables.
  await sendTip(server.app, await makeTip(keys.get().program));
});
afterAll(async () => {
  await server.remove();
});

/** Does what a page would do with these bytes as a tip, up to the first refusal; `error` is its code. */
async function sendUntilRefused(tip: TestTip): Promise<string> {
  for (const [index, part] of tip.parts.entries()) {
    const put = await putPart(server.app, tip.id, index + 1, part);
    if (put.statusCode !== 204) return put.json<{ error: string }>().error;
  }
  const post = await postTip(server.app, tip.id, tip.completion);
  return post.statusCode === 200 ? "accepted" : post.json<{ error: string }>().error;
}

async function expectRefused(tip: TestTip, code: RefusalCode): Promise<void> {
  const before = await allRows(server.context.db);
  expect(await sendUntilRefused(tip)).toBe(code);
  expect(await allRows(server.context.db)).toEqual(before);
}

function changed(offset: number, ...octets: number[]): Bytes {
  const copy = envelope.slice();
  copy.set(octets, offset);
  return copy;
}

/** A message of the library to a new classical key: v6 with SEIPDv2, or v4 with SEIPDv1. */
async function classical(modern: boolean): Promise<Bytes> {
  const config = { v6Keys: modern, aeadProtect: modern };
  const { publicKey } = await generateKey({ type: "curve25519", userIDs: { name: "other" }, format: "binary", config });
  const encryptionKeys = (await readKey({ binaryKey: asBytes(publicKey) })).toPublic();
  const message = await createMessage({ binary: new Uint8Array(65_536) });
  return asBytes(await encrypt({ message, encryptionKeys, format: "binary", config }));
}

describe("refuses and keeps nothing of", () => {
  test("plain text", async () => {
    await expectRefused(await tipOf(utf8("I saw it happen. ".repeat(4000))), "not-openpgp");
  });

  test("nothing at all", async () => {
    await expectRefused({ ...whole, parts: [new Uint8Array(0)] }, "wrong-length");
  });

  test("armoured text", async () => {
    const message = 3; // the library's number for this kind of armour; its names have no types
    await expectRefused(await tipOf(utf8(armor(message, envelope))), "armoured");
  });

  test("SEIPD version 1", async () => {
    await expectRefused(await tipOf(await classical(false)), "legacy-encryption");
  });

  test("a classical session key", async () => {
    await expectRefused(await tipOf(await classical(true)), "not-post-quantum");
  });

  test("a second recipient", async () => {
    const other = await makeTip(keys.get().program);
    await expectRefused(await tipOf(concat(other.parts[0]!.subarray(0, PKESK_LENGTH), envelope)), "wrong-recipients");
  });

  test("no recipient", async () => {
    await expectRefused(await tipOf(envelope.slice(PKESK_LENGTH)), "wrong-recipients");
  });

  test("a wildcard recipient", async () => {
    const wildcard = concat(
      envelope.subarray(0, 4),
      Uint8Array.of(0),
      envelope.subarray(38, PKESK_LENGTH),
      envelope.subarray(PKESK_LENGTH),
    );
    wildcard.set([0xc3, 0xed - 33], 1);
    await expectRefused(await tipOf(wildcard), "wrong-recipients");
  });

  test("a password beside the recipient", async () => {
    const withPassword = await encrypt({
      message: await createMessage({ binary: new Uint8Array(65_536) }),
      passwords: ["password"],
      format: "binary",
      config: { aeadProtect: true },
    });
    await expectRefused(await tipOf(asBytes(withPassword)), "wrong-recipients");
    await expectRefused(await tipOf(concat(envelope.subarray(0, PKESK_LENGTH), asBytes(withPassword))), "wrong-recipients");
  });

  test("a tip to somebody else's certificate", async () => {
    const other = await generateCertificate({ purpose: "program", start: Math.floor(NOON / DAY) * 86_400, epochs: 1 });
    await expectRefused(await makeTip(await openCertificate(other.publicBytes)), "wrong-recipient");
  });

  test("a chunk octet other than 12, above 16 too", async () => {
    for (const octet of [11, 16, 17, 22, 255]) await expectRefused(await tipOf(changed(1209, octet)), "wrong-chunk-size");
  });

  test("a framing that lies about its length", async () => {
    await expectRefused(await tipOf(changed(1205, 0)), "wrong-length");
    await expectRefused(await tipOf(changed(1202, 255, 255, 255, 255)), "wrong-length");
  });

  test("a tip one byte too short or too long", async () => {
    await expectRefused(await tipOf(envelope.slice(0, -1)), "wrong-length");
    await expectRefused(await tipOf(concat(envelope, Uint8Array.of(0))), "wrong-length");
    const large = concat(...(await makeTip(keys.get().program, MIB)).parts);
    await expectRefused(await tipOf(large.slice(0, -1)), "wrong-length");
    await expectRefused(await tipOf(concat(large, Uint8Array.of(0))), "wrong-length");
  });

  test("a tip cut within its framing", async () => {
    for (const length of [1, 3, 40, 1199, 1205, 1241]) await expectRefused(await tipOf(envelope.slice(0, length)), "truncated");
  });

  test("a part larger than 512 KiB", async () => {
    await expectRefused({ ...whole, parts: [new Uint8Array(PART_SIZE + 1)] }, "part-too-large");
  });

  test("a tip larger than the server takes", async () => {
    const small = await openTestServer(postgres, keys.get(), { settings: { MAX_TIP_MIB: "1" } });
    try {
      const tip = await makeTip(keys.get().program, 4 * MIB);
      const put = await putPart(small.app, tip.id, 1, tip.parts[0]!);
      expect([put.statusCode, put.json<{ error: string }>().error]).toEqual([413, "too-large"]);
      expect((await allRows(small.context.db))["tip_part_1"]).toEqual([]);
    } finally {
      await small.remove();
    }
  });
});

describe("refuses, and removes what had arrived, when", () => {
  async function halfSent(): Promise<TestTip> {
    const tip = await makeTip(keys.get().program, MIB);
    await putPart(server.app, tip.id, 1, tip.parts[0]!);
    await putPart(server.app, tip.id, 2, tip.parts[1]!);
    return tip;
  }

  async function expectForgotten(code: RefusalCode, send: (tip: TestTip) => Promise<{ json(): unknown }>): Promise<void> {
    const before = await allRows(server.context.db);
    const tip = await halfSent();
    expect((await send(tip)).json()).toMatchObject({ error: code });
    expect(await allRows(server.context.db)).toEqual(before);
  }

  test("a part is out of range", async () => {
    for (const part of [0, 4, 9000]) {
      await expectForgotten("part-out-of-range", (tip) => putPart(server.app, tip.id, part, tip.parts[2]!));
    }
  });

  test("a part does not have the length of its place", async () => {
    await expectForgotten("wrong-length", (tip) => putPart(server.app, tip.id, 3, tip.parts[1]!));
  });

  test("the first part comes last and is none", async () => {
    const before = await allRows(server.context.db);
    const tip = await makeTip(keys.get().program, MIB);
    await putPart(server.app, tip.id, 2, tip.parts[1]!);
    expect((await putPart(server.app, tip.id, 1, randomBytes(PART_SIZE))).statusCode).toBe(422);
    expect(await allRows(server.context.db)).toEqual(before);
  });

  test("parts that came before the first do not fit it", async () => {
    const before = await allRows(server.context.db);
    const tip = await makeTip(keys.get().program, MIB);
    await putPart(server.app, tip.id, 7, tip.parts[1]!);
    await putPart(server.app, tip.id, 1, tip.parts[0]!);
    expect((await postTip(server.app, tip.id, tip.completion)).json()).toMatchObject({ error: "part-out-of-range" });
    expect(await allRows(server.context.db)).toEqual(before);
  });

  test("the digest is not that of the parts", async () => {
    await expectForgotten("digest-mismatch", async (tip) => {
      await putPart(server.app, tip.id, 3, tip.parts[2]!);
      return postTip(server.app, tip.id, completionOf(tip.commitment, randomBytes(32), 3));
    });
  });

  test("the number of parts is not that of the framing", async () => {
    await expectForgotten("wrong-length", (tip) => postTip(server.app, tip.id, completionOf(tip.commitment, tip.digest, 2)));
  });

  test("the commitment was used by a tip that waits", async () => {
    const first = await makeTip(keys.get().program);
    await sendTip(server.app, first);
    await expectRefused({ ...whole, completion: completionOf(first.commitment, whole.digest, 1) }, "commitment-repeated");
  });

  test("the commitment was used by a tip that was sealed", async () => {
    const used = randomBytes(32);
    await server.context.db.execute("insert into accepted values (1, $1, $2, $3)", [randomBytes(16), used, randomBytes(32)]);
    await expectRefused({ ...whole, completion: completionOf(used, whole.digest, 1) }, "commitment-repeated");
  });
});

test("a refusal never removes a complete tip", async () => {
  const tip = await makeTip(keys.get().program);
  const receipt = await sendTip(server.app, tip);
  const before = await allRows(server.context.db);
  expect((await putPart(server.app, tip.id, 1, utf8("none".repeat(1000)))).statusCode).toBe(422);
  expect((await putPart(server.app, tip.id, 9000, tip.parts[0]!)).statusCode).toBe(422);
  expect(await allRows(server.context.db)).toEqual(before);
  expect((await postTip(server.app, tip.id, tip.completion)).json()).toEqual({ receipt });
});

test("accepts a decoy, which it cannot tell from a tip", async () => {
  const { envelope: decoy, commitment, digest } = await sealDecoy(keys.get().program.epochs[2]!);
  const tip = { ...(await tipOf(decoy)), commitment, digest, completion: completionOf(commitment, digest, 1) };
  expect(await sendUntilRefused(tip)).toBe("accepted");
});

describe("epochs", () => {
  const epochEnd = () => keys.get().program.epochs[2]!.to * 1000;

  test.each([
    ["its own days", -1000, 2, "accepted"],
    ["the grace period after it", 3 * DAY - 1000, 2, "accepted"],
    ["the day after the grace period", 3 * DAY, 2, "wrong-recipient"],
    ["two days before it", -2 * DAY, 3, "accepted"],
    ["earlier than two days before it", -2 * DAY - 1000, 3, "wrong-recipient"],
  ] as const)("an epoch's tips in %s: %#", async (_when, afterEnd, epoch, outcome) => {
    server.setClock(epochEnd() + afterEnd);
    try {
      const { envelope: decoy, commitment, digest } = await sealDecoy(keys.get().program.epochs[epoch]!);
      expect(await sendUntilRefused({ ...(await tipOf(decoy)), completion: completionOf(commitment, digest, 1) })).toBe(outcome);
    } finally {
      server.setClock(NOON);
    }
  });
});

/**
 * The plain form: what browsers write is read, and nothing else is. Forms are written by the platform's own `FormData`, and by hand where it cannot write what is wrong.
 */
import fc from "fast-check";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asBytes, type Bytes, collect, concat } from "../../../src/protocol/bytes.ts";
import { PART_SIZE } from "../../../src/protocol/crypto/hash.ts";
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { formatSavedHeader } from "../../../src/protocol/format/saved.ts";
import { boundaryOf, openForm } from "../../../src/server/intake/form.ts";
import type { Events } from "../../../src/server/privacy.ts";
import { pendingOf } from "../../../src/server/store/generation-keys.ts";
import { sealedTips, tipParts } from "../../../src/server/store/generations.ts";
import { streamOf } from "../../support/bytes.ts";
import { testPostgres } from "../../support/postgres.ts";
import { refusalOf } from "../../support/refusals.ts";
import { makeTip, openTestServer, sendTip, testKeys, type TestServer, type TestTip, tipOf } from "../../support/server.ts";
import { allRows } from "../../support/tables.ts";

const MIB = 1_048_576;
const BOUNDARY = "----WebKitFormBoundaryAbCdEfGh01234567";

/** A form as the platform writes it. */
async function written(file: Bytes, language = "zh-Hans", name = "note.pgp"): Promise<{ type: string; body: Bytes }> {
  const form = new FormData();
  form.append("language", language);
  form.append("file", new Blob([file]), name);
  const response = new Response(form);
  return { type: response.headers.get("content-type") ?? "", body: asBytes(new Uint8Array(await response.arrayBuffer())) };
}

/** A form by hand: its parts' headers and contents, and what ends it. */
function byHand(parts: readonly (readonly [headers: string, content: Uint8Array])[], end = `--${BOUNDARY}--\r\n`): Bytes {
  const pieces = parts.flatMap(([headers, content]) => [utf8(`--${BOUNDARY}\r\n${headers}\r\n\r\n`), content, utf8("\r\n")]);
  return concat(...pieces, utf8(end));
}

const LANGUAGE_HEADER = 'Content-Disposition: form-data; name="language"';
const FILE_HEADER = 'Content-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: application/octet-stream';
const LANGUAGE = [LANGUAGE_HEADER, utf8("ug")] as const;

describe("a form", () => {
  it("is read as the platform wrote it, in pieces of any length, whatever is in the file", async () => {
    const tricky = fc.constantFrom("\r\n", "--", `--${BOUNDARY}`, "\r\n--", "-", "\r", "\n", "\0").map(utf8);
    const content = fc.array(fc.oneof(tricky, fc.uint8Array({ maxLength: 50 })), { maxLength: 20 }).map((pieces) => concat(...pieces));
    await fc.assert(
      fc.asyncProperty(
        content,
        fc.integer({ min: 1, max: 300 }),
        fc.string({ unit: "binary", minLength: 1, maxLength: 200 }),
        async (file, size, name) => {
          const { type, body } = await written(file, "bo", name.toWellFormed());
          const form = await openForm(streamOf(body, size), boundaryOf(type));
          expect(form.language).toBe("bo");
          expect(await collect(form.file, body.length)).toEqual(file);
        },
      ),
    );
  });

  it("may do without the file's type and the last line break", async () => {
    const body = byHand([LANGUAGE, ['Content-Disposition: form-data; name="file"; filename=""', utf8("x")]], `--${BOUNDARY}--`);
    const form = await openForm(streamOf(body, 7), BOUNDARY);
    expect(await collect(form.file, 9)).toEqual(utf8("x"));
  });

  it("is refused at every length that is cut off", async () => {
    const body = byHand([LANGUAGE, [FILE_HEADER, randomBytes(100)]]);
    for (let length = 0; length < body.length - 2; length++) {
      const reading = async (): Promise<void> => {
        const form = await openForm(streamOf(body.subarray(0, length), 50), BOUNDARY);
        await collect(form.file, body.length);
      };
      expect(await refusalOf(reading)).toBe("bad-request");
    }
  });

  it("is refused without a proper boundary", async () => {
    for (const type of [
      undefined,
      "",
      "application/pgp-encrypted",
      "multipart/form-data",
      "multipart/form-data; boundary=",
      `multipart/form-data; boundary=${"a".repeat(71)}`,
      "multipart/form-data; boundary=a b",
      "multipart/mixed; boundary=a",
      "multipart/form-data; boundary=a; boundary=b",
    ]) {
      expect(await refusalOf(() => boundaryOf(type))).toBe("wrong-media-type");
    }
  });
});

describe("POST /tips", () => {
  const postgres = testPostgres();
  const keys = testKeys();
  const events: { name: string; fields: Events[keyof Events] }[] = [];
  let server: TestServer;
  let whole: TestTip;
  let file: Bytes;

  beforeAll(async () => {
    server = await openTestServer(postgres, keys.get(), { log: { event: (name, fields) => events.push({ name, fields }) } });
    whole = await makeTip(keys.get().program);
    file = savedForm(whole);
    // So that "nothing changed" is not said of empty tables.
    await sendTip(server.app, await makeTip(keys.get().program));
  });
  afterAll(async () => {
    await server.remove();
  });

  function savedForm(tip: TestTip): Bytes {
    return concat(formatSavedHeader(tip.commitment), ...tip.parts);
  }

  async function post(body: Uint8Array, type = `multipart/form-data; boundary=${BOUNDARY}`): Promise<string> {
    const answer = await server.app.inject({ method: "POST", url: "/tips", headers: { "content-type": type }, payload: Buffer.from(body) });
    expect([answer.statusCode, answer.body]).toEqual([303, ""]);
    return String(answer.headers["location"]);
  }

  async function expectRefused(body: Uint8Array, where = "/en/refused/", type?: string): Promise<void> {
    const before = await allRows(server.context.db);
    expect(await post(body, type)).toBe(where);
    expect(await allRows(server.context.db)).toEqual(before);
  }

  const form = (content: Uint8Array): Bytes => byHand([LANGUAGE, [FILE_HEADER, content]]);

  it("takes a tip of one part and of several, stores them without their headers, and answers in the form's language", async () => {
    const { db, config } = server.context;
    for (const tip of [await makeTip(keys.get().program), await makeTip(keys.get().program, MIB)]) {
      const { type, body } = await written(savedForm(tip), "ko");
      expect(await post(body, type)).toBe("/ko/received/");
      const stored = (await sealedTips(db, await pendingOf(config.dataDir, 1))).find(({ commitment }) =>
        Buffer.from(commitment).equals(tip.commitment),
      );
      expect(stored).toMatchObject({ digest: tip.digest, parts: tip.parts.length });
      const parts = tipParts(db, await pendingOf(config.dataDir, 1), stored!.tip, stored!.parts);
      expect(await collect(parts, 2 * MIB)).toEqual(concat(...tip.parts));
    }
  });

  it("answers the same when the same file comes again, and keeps it once", async () => {
    const again = form(savedForm(await makeTip(keys.get().program)));
    expect(await post(again)).toBe("/ug/received/");
    const after = await allRows(server.context.db);
    expect(await post(again)).toBe("/ug/received/");
    expect(await allRows(server.context.db)).toEqual(after);
  });

  it("answers in English to a language that there is not", async () => {
    for (const language of ["", "xx", "../en", "EN", "zh"]) {
      const { type, body } = await written(savedForm(await makeTip(keys.get().program)), language);
      expect(await post(body, type)).toBe("/en/received/");
    }
  });

  it("passes a file's name over, however it reads, and says it to nobody", async () => {
    const names = ['../../etc/passwd"', "..\\..\\x.exe", "\u{202e}gpj.exe", "a\r\nX-Other: b", "证据".repeat(120), "%00", "'"];
    for (const name of names) {
      const { type, body } = await written(savedForm(await makeTip(keys.get().program)), "kk", name);
      expect(await post(body, type)).toBe("/kk/received/");
    }
    const everything = JSON.stringify([await allRows(server.context.db), events]);
    for (const name of ["passwd", "x.exe", "gpj", "X-Other", "证据"]) expect(everything).not.toContain(name);
    expect(events).toEqual([]);
  });

  it("refuses what is no sealed tip, and keeps nothing", async () => {
    const envelope = whole.parts[0]!;
    const changed = envelope.slice();
    changed[1209] = 13;
    for (const content of [
      new Uint8Array(0),
      utf8("I saw it happen."),
      envelope,
      file.subarray(0, 33),
      file.subarray(0, 34),
      file.subarray(0, -1),
      concat(file, Uint8Array.of(0)),
      concat(file.subarray(0, 34), file),
      concat(file.subarray(0, 34), changed),
      concat(file, randomBytes(PART_SIZE)),
    ]) {
      await expectRefused(form(content), "/ug/refused/");
    }
    const large = savedForm(await makeTip(keys.get().program, MIB));
    await expectRefused(form(large.subarray(0, -1)), "/ug/refused/");
    await expectRefused(form(large.subarray(0, 34 + PART_SIZE)), "/ug/refused/");
    const old = await makeTip(keys.get().program, 65_536, Date.UTC(2026, 10, 25 - 14));
    await expectRefused(form(savedForm(old)), "/ug/refused/");
  });

  it("refuses what is no form of ours, and keeps nothing", async () => {
    const wholeFile = [FILE_HEADER, file] as const;
    const forms: Record<string, Bytes> = {
      "the file before the language": byHand([wholeFile, LANGUAGE]),
      "no language": byHand([wholeFile]),
      "no file": byHand([LANGUAGE]),
      "nothing at all": new Uint8Array(0),
      "an end only": utf8(`--${BOUNDARY}--\r\n`),
      "two languages": byHand([LANGUAGE, LANGUAGE, wholeFile]),
      "two files": byHand([LANGUAGE, wholeFile, wholeFile]),
      "another field": byHand([LANGUAGE, wholeFile, ['Content-Disposition: form-data; name="x"', utf8("y")]]),
      "a file under another name": byHand([LANGUAGE, [FILE_HEADER.replace('"file"', '"files"'), file]]),
      "a file that is a field": byHand([LANGUAGE, ['Content-Disposition: form-data; name="file"', file]]),
      "a language that is a file": byHand([[`${LANGUAGE_HEADER}; filename="l"`, utf8("ug")], wholeFile]),
      "a language as long as a book": byHand([[LANGUAGE_HEADER, utf8("ug".repeat(5000))], wholeFile]),
      "another header": byHand([LANGUAGE, [`${FILE_HEADER}\r\nX-Other: 1`, file]]),
      "a transfer encoding": byHand([LANGUAGE, [`${FILE_HEADER}\r\nContent-Transfer-Encoding: base64`, file]]),
      "a header of 100 kB": byHand([LANGUAGE, [`${FILE_HEADER}${"x".repeat(100_000)}`, file]]),
      "a thousand headers": byHand([LANGUAGE, [`${FILE_HEADER}${"\r\nA: b".repeat(1000)}`, file]]),
      "a name of 100 kB": byHand([LANGUAGE, [FILE_HEADER.replace('"a"', `"${"a".repeat(100_000)}"`), file]]),
      "line feeds alone": asBytes(Buffer.from(Buffer.from(form(file)).toString("latin1").replaceAll("\r\n", "\n"), "latin1")),
      "something before it": concat(utf8("before\r\n"), form(file)),
      "something after it": concat(form(file), utf8("after")),
      "another form after it": concat(form(file), form(file)),
      "no end": byHand([LANGUAGE, wholeFile], ""),
      "half an end": byHand([LANGUAGE, wholeFile], `--${BOUNDARY}-`),
      "another boundary": asBytes(Buffer.from(Buffer.from(form(file)).toString("latin1").replaceAll(BOUNDARY, "other"), "latin1")),
      "another boundary at the end": byHand([LANGUAGE, wholeFile], "--other--\r\n"),
    };
    const inLanguage = ["two files", "another field", "something after it", "another form after it", "no end", "half an end"];
    for (const [name, body] of Object.entries(forms)) {
      const before = await allRows(server.context.db);
      const where = inLanguage.includes(name) || name === "another boundary at the end" ? "/ug/refused/" : "/en/refused/";
      expect([name, await post(body)]).toEqual([name, where]);
      expect(await allRows(server.context.db), name).toEqual(before);
    }
  });

  it("refuses what comes under another type than a form", async () => {
    const types = [
      "application/x-www-form-urlencoded",
      "application/octet-stream",
      "multipart/form-data",
      "text/plain",
      "multipart/form-data; boundary=",
    ];
    for (const type of types) await expectRefused(form(file), "/en/refused/", type);
    await expectRefused(file, "/en/refused/", "application/pgp-encrypted");
  });

  it("keeps nothing of an upload that breaks off in a later part, and goes on serving", async () => {
    const large = form(savedForm(await makeTip(keys.get().program, 4 * MIB)));
    const before = await allRows(server.context.db);
    await server.app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.app.server.address() as AddressInfo;
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(
      `POST /tips HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\ncontent-length: ${String(large.length)}\r\n\r\n`,
    );
    socket.write(large.subarray(0, 3 * PART_SIZE));
    await expect.poll(() => allRows(server.context.db), { timeout: 60_000 }).not.toEqual(before);
    socket.resetAndDestroy();
    await expect.poll(() => allRows(server.context.db), { timeout: 60_000 }).toEqual(before);
    const { type, body } = await written(file, "bo");
    const answer = await fetch(`http://127.0.0.1:${String(port)}/tips`, {
      method: "POST",
      headers: { "content-type": type },
      body: Buffer.from(body),
      redirect: "manual",
    });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/bo/received/"]);
  });

  it("lets a browser that still sends a large refused file read the answer", async () => {
    const { port } = server.app.server.address() as AddressInfo;
    const { type, body } = await written(randomBytes(65_536), "ug");
    const long = concat(body.subarray(0, -60), ...Array.from({ length: 100 }, () => randomBytes(65_536)), body.subarray(-60));
    const answer = await fetch(`http://127.0.0.1:${String(port)}/tips`, {
      method: "POST",
      headers: { "content-type": type },
      body: Buffer.from(long),
      redirect: "manual",
    });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/ug/refused/"]);
  });

  it("is refused at once when it is announced too large, and says that other methods are not taken", async () => {
    const announced = await server.app.inject({
      method: "POST",
      url: "/tips",
      headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}`, "content-length": "5000000000" },
      payload: Buffer.from(form(file)),
    });
    expect([announced.statusCode, announced.headers["location"]]).toEqual([303, "/en/refused/"]);
    const get = await server.app.inject({ url: "/tips" });
    expect(get.statusCode).toBe(405);
  });

  it("says that it is full as a refusal, keeps nothing, and tells the operator where", async () => {
    const full = await openTestServer(postgres, keys.get(), {
      settings: { MIN_FREE_MIB: "100000000" },
      log: { event: (name) => events.push({ name, fields: {} }) },
    });
    try {
      const { type, body } = await written(savedForm(await tipOf(whole.parts[0]!)), "zh-Hant");
      const answer = await full.app.inject({ method: "POST", url: "/tips", headers: { "content-type": type }, payload: Buffer.from(body) });
      expect([answer.statusCode, answer.headers["location"]]).toEqual([303, "/zh-Hant/refused/"]);
      expect(await full.context.db.query("select part from tip_part")).toEqual([]);
      expect(events).toEqual([]);
      full.context.troubles.tell();
      expect(events.map(({ name: event }) => event)).toEqual(["intake-full"]);
    } finally {
      await full.remove();
    }
  });
});

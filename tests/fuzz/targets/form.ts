/**
 * The multipart form. An input is a Content-Type header, a newline, and a body. The body comes once whole and once in pieces whose length is the body's first octet: how a
 * network cuts it changes nothing.
 */
import { collect } from "../../../src/protocol/bytes.ts";
import { Refusal, type RefusalCode } from "../../../src/protocol/errors.ts";
import { boundaryOf, openForm } from "../../../src/server/intake/form.ts";
import { inPieces } from "../engine/pieces.ts";
import { accepted, holds, type Target } from "../engine/target.ts";

const LONGEST = 9000;

function formText(boundary: string, language: string, name: string, type: string, file: string): string {
  return `multipart/form-data; boundary=${boundary}\n--${boundary}\r\nContent-Disposition: form-data; name="language"\r\n\r\n${language}\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"${type}\r\n\r\n${file}\r\n--${boundary}--\r\n`;
}

/** What came of a body: the language and the file's octets, or the refusal. */
async function read(
  body: Uint8Array<ArrayBuffer>,
  boundary: string,
  step: number,
): Promise<RefusalCode | { language: string; file: Uint8Array }> {
  try {
    const { language, file } = await openForm(inPieces(body, step), boundary);
    return { language, file: await collect(file, LONGEST) };
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

export const target: Target = {
  longest: LONGEST,
  seeds: () =>
    [
      formText("----WebKitFormBoundaryAbC123", "zh-Hans", "照片.pgp", "\r\nContent-Type: application/octet-stream", "Õ 12345\r\n--\r\n"),
      formText("-", "en", "", "", ""),
      formText("geckoformboundary0a", "ug", "a.pgp", "\r\nContent-Type: application/pgp-encrypted", "\r\n--geckoformboundary0b"),
    ].map((text) => new TextEncoder().encode(text)),
  run: async (input) => {
    const end = input.indexOf(10);
    const header = Buffer.from(input.subarray(0, Math.max(end, 0))).toString("latin1");
    const boundary = accepted(() => boundaryOf(header));
    if (boundary === undefined) return;
    const body = input.slice(end + 1);
    const whole = await read(body, boundary, LONGEST);
    const cut = await read(body, boundary, 1 + ((body[0] ?? 0) % 64));
    if (typeof whole === "string" || typeof cut === "string") {
      holds(whole === cut, "the network's pieces decide whether a form is refused");
      return;
    }
    holds(whole.language === cut.language && Buffer.compare(whole.file, cut.file) === 0, "the network's pieces decide what a form says");
    holds(Buffer.from(body).indexOf(whole.file) >= 0, "a form gave octets that it has not");
    holds(!Buffer.from(whole.file).includes(`\r\n--${boundary}`), "a file went on after the boundary");
  },
};

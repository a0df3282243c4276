/**
 * Encrypted files of the casebook: JWE (RFC 7516) in compact form, `dir` with AES-256-GCM, under one of the casebook's keys. Any JOSE library opens them. The protected
 * header's `typ` says what a file is for, so one kind of file cannot be put in the place of another; which of its kind it is stands inside.
 *
 * Only the one header that is written is read: there is nothing in a file that chooses an algorithm. Boxes are opened by the platform's AES-GCM in one call, since a casebook has
 * hundreds of thousands of them and the library's way takes ten times as long.
 */
import { createDecipheriv } from "node:crypto";
import { CompactEncrypt } from "jose";
import { type Bytes, concat } from "../../protocol/bytes.ts";
import { fromUtf8, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";

/** What an encrypted file is for. */
export type Purpose =
  | "firsthand-document"
  | "firsthand-event"
  | "firsthand-filters"
  | "firsthand-pack"
  | "firsthand-person"
  | "firsthand-tip"
  | "firsthand-tip-keys"
  | "firsthand-words";

/** The file that holds `bytes`. `key` is 32 bytes. */
export async function closeBox(bytes: Bytes, key: Bytes, purpose: Purpose): Promise<Bytes> {
  const text = await new CompactEncrypt(bytes).setProtectedHeader({ alg: "dir", enc: "A256GCM", typ: purpose }).encrypt(key);
  return utf8(text);
}

/** BASE64URL of the one protected header of each purpose, made once. */
const headers = new Map<Purpose, string>();

function headerOf(purpose: Purpose): string {
  const known = headers.get(purpose);
  if (known !== undefined) return known;
  const header = Buffer.from(JSON.stringify({ alg: "dir", enc: "A256GCM", typ: purpose })).toString("base64url");
  headers.set(purpose, header);
  return header;
}

/** What a file holds. @throws {Refusal} `casebook-damaged` if it was changed, is of another purpose or under another key. */
export function openBox(file: Bytes, key: Bytes, purpose: Purpose): Promise<Bytes> {
  return new Promise((resolve) => {
    resolve(openNow(file, key, purpose));
  });
}

function openNow(file: Bytes, key: Bytes, purpose: Purpose): Bytes {
  try {
    const parts = fromUtf8(file).split(".");
    const [header, wrapped, iv, ciphertext, tag] = parts;
    if (parts.length === 5 && header === headerOf(purpose) && wrapped === "") {
      const decipher = createDecipheriv("aes-256-gcm", key, decode(iv, 12), { authTagLength: 16 });
      decipher.setAAD(Buffer.from(header));
      decipher.setAuthTag(decode(tag, 16));
      return concat(decipher.update(decode(ciphertext)), decipher.final());
    }
  } catch {
    // What is wrong with it does not matter and must not be told apart.
  }
  throw new Refusal("casebook-damaged", purpose);
}

/** Strict BASE64URL: one text for the same bytes. */
function decode(text = "", length?: number): Buffer {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text || (length !== undefined && bytes.length !== length)) throw new Error("not base64url");
  return bytes;
}

/**
 * Encrypted files of the casebook: JWE (RFC 7516) in compact form, `dir` with AES-256-GCM, under one of the casebook's keys. Any JOSE library opens them. The protected
 * header's `typ` says what a file is for, so one kind of file cannot be put in the place of another; which of its kind it is stands inside.
 */
import { CompactEncrypt, compactDecrypt } from "jose";
import { asBytes, type Bytes } from "../../protocol/bytes.ts";
import { fromUtf8, utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";

/** What an encrypted file is for. */
export type Purpose =
  "firsthand-event" | "firsthand-filters" | "firsthand-person" | "firsthand-tip" | "firsthand-tip-keys" | "firsthand-words";

/** The file that holds `bytes`. `key` is 32 bytes. */
export async function closeBox(bytes: Bytes, key: Bytes, purpose: Purpose): Promise<Bytes> {
  const text = await new CompactEncrypt(bytes).setProtectedHeader({ alg: "dir", enc: "A256GCM", typ: purpose }).encrypt(key);
  return utf8(text);
}

/** What a file holds. @throws {Refusal} `casebook-damaged` if it was changed, is of another purpose or under another key. */
export async function openBox(file: Bytes, key: Bytes, purpose: Purpose): Promise<Bytes> {
  try {
    const algorithms = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
    const { plaintext, protectedHeader } = await compactDecrypt(fromUtf8(file), key, algorithms);
    if (protectedHeader.typ === purpose) return asBytes(plaintext);
  } catch {
    // What is wrong with it does not matter and must not be told apart.
  }
  throw new Refusal("casebook-damaged", purpose);
}

/**
 * Opens an envelope with OpenSSL (through `node:crypto`) and nothing of ours or of the OpenPGP library: packets of RFC 9580, algorithm 35 of RFC 9980.
 * Written from the RFCs, to be read beside them.
 */
import {
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

interface Packet {
  readonly tag: number;
  readonly body: Buffer;
}

/** RFC 9580 section 4.2.1: new-format headers with definite lengths. */
function packetsOf(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes.readUInt8(at + 1);
    const tag = bytes.readUInt8(at) & 63;
    let length = first;
    let header = 2;
    if (first >= 192 && first < 224) {
      length = ((first - 192) << 8) + bytes.readUInt8(at + 2) + 192;
      header = 3;
    } else if (first === 255) {
      length = bytes.readUInt32BE(at + 2);
      header = 6;
    } else if (first >= 224) throw new Error("partial length");
    packets.push({ tag, body: bytes.subarray(at + header, at + header + length) });
    at += header + length;
  }
  return packets;
}

interface Subkey {
  readonly fingerprint: string;
  readonly x25519Public: Buffer;
  readonly x25519Secret: KeyObject;
  readonly mlKemSecret: KeyObject;
}

/** RFC 8410 and RFC 9935 (ML-KEM in PKCS #8, seed form). */
const X25519_PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");
const X25519_SPKI = Buffer.from("302a300506032b656e032100", "hex");
const ML_KEM_768_PKCS8 = Buffer.from("3054020100300b06096086480165030404020442" + "8040", "hex");

function privateKey(...der: Buffer[]): KeyObject {
  return createPrivateKey({ key: Buffer.concat(der), format: "der", type: "pkcs8" });
}

/** RFC 9580 sections 5.5.2.3, 5.5.3 and 5.5.4.3; RFC 9980 section 4.3.2 for the fields of algorithm 35. */
function subkeysOf(secretKey: Buffer): Subkey[] {
  return packetsOf(secretKey)
    .filter(({ tag }) => tag === 7)
    .map(({ body }) => {
      const publicLength = body.readUInt32BE(6);
      const material = body.subarray(10, 10 + publicLength);
      const secret = body.subarray(10 + publicLength);
      if (
        body.readUInt8(0) !== 6 ||
        body.readUInt8(5) !== 35 ||
        publicLength !== 32 + 1184 ||
        secret.length !== 1 + 32 + 64 ||
        secret[0] !== 0
      ) {
        throw new Error("not an unlocked version 6 subkey of algorithm 35");
      }
      const hashed = body.subarray(0, 10 + publicLength);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(hashed.length);
      return {
        fingerprint: createHash("sha256")
          .update(Buffer.concat([Buffer.of(0x9b), length, hashed]))
          .digest("hex"),
        x25519Public: material.subarray(0, 32),
        x25519Secret: privateKey(X25519_PKCS8, secret.subarray(1, 33)),
        mlKemSecret: privateKey(ML_KEM_768_PKCS8, secret.subarray(33)),
      };
    });
}

/** RFC 9980 sections 4.2.1 (combiner) and 4.2.2; RFC 3394 key unwrapping. */
function sessionKeyOf(pkesk: Buffer, subkeys: readonly Subkey[]): Buffer {
  const subkey = subkeys.find(({ fingerprint }) => fingerprint === pkesk.subarray(3, 35).toString("hex"));
  if (subkey === undefined || pkesk[0] !== 6 || pkesk[1] !== 33 || pkesk[2] !== 6 || pkesk[35] !== 35) throw new Error("not for this key");
  const ephemeral = pkesk.subarray(36, 68);
  const ciphertext = pkesk.subarray(68, 68 + 1088);
  const wrapped = pkesk.subarray(68 + 1088 + 1);
  if (pkesk[68 + 1088] !== wrapped.length) throw new Error("wrong length of the wrapped key");
  const ephemeralKey = createPublicKey({ key: Buffer.concat([X25519_SPKI, ephemeral]), format: "der", type: "spki" });
  const xShared = diffieHellman({ privateKey: subkey.x25519Secret, publicKey: ephemeralKey });
  const mlShared = decapsulate(subkey.mlKemSecret, ciphertext);
  const domain = Buffer.from("OpenPGPCompositeKDFv1");
  const kek = createHash("sha3-256")
    .update(Buffer.concat([mlShared, xShared, ephemeral, subkey.x25519Public, Buffer.of(35), domain, Buffer.of(domain.length)]))
    .digest();
  const unwrap = createDecipheriv("id-aes256-wrap", kek, Buffer.alloc(8, 0xa6));
  return Buffer.concat([unwrap.update(wrapped), unwrap.final()]);
}

/** RFC 9580 section 5.13.2. */
function decryptSeipd(body: Buffer, sessionKey: Buffer): Buffer {
  if (body[0] !== 2 || body[1] !== 9 || body[2] !== 3) throw new Error("not AES-256-GCM of version 2");
  const chunkSize = 2 ** (body.readUInt8(3) + 6);
  const info = Buffer.concat([Buffer.of(0xd2), body.subarray(0, 4)]);
  const derived = Buffer.from(hkdfSync("sha256", sessionKey, body.subarray(4, 36), info, 36));
  const u64 = (value: number): Buffer => {
    const octets = Buffer.alloc(8);
    octets.writeBigUInt64BE(BigInt(value));
    return octets;
  };
  const open = (index: number, additional: Buffer, sealed: Buffer): Buffer => {
    const cipher = createDecipheriv("aes-256-gcm", derived.subarray(0, 32), Buffer.concat([derived.subarray(32), u64(index)]));
    cipher.setAAD(additional);
    cipher.setAuthTag(sealed.subarray(sealed.length - 16));
    return Buffer.concat([cipher.update(sealed.subarray(0, sealed.length - 16)), cipher.final()]);
  };
  const sealed = body.subarray(36, body.length - 16);
  const plain: Buffer[] = [];
  for (let at = 0; at < sealed.length; at += chunkSize + 16) plain.push(open(plain.length, info, sealed.subarray(at, at + chunkSize + 16)));
  const whole = Buffer.concat(plain);
  open(plain.length, Buffer.concat([info, u64(whole.length)]), body.subarray(body.length - 16));
  return whole;
}

/** Content of the literal packet in an envelope, opened with an unlocked secret key in binary form. Throws if anything is off. */
export function openWithOpenSsl(envelope: Uint8Array, secretKey: Uint8Array): Buffer {
  const [pkesk, seipd, ...others] = packetsOf(Buffer.from(envelope));
  if (pkesk?.tag !== 1 || seipd?.tag !== 18 || others.length > 0) throw new Error("other packets than one PKESK and one SEIPD");
  const plain = decryptSeipd(seipd.body, sessionKeyOf(pkesk.body, subkeysOf(Buffer.from(secretKey))));
  const [literal, ...more] = packetsOf(plain);
  if (literal?.tag !== 11 || more.length > 0 || literal.body.subarray(0, 6).toString("latin1") !== "b\0\0\0\0\0")
    throw new Error("not one literal packet");
  return literal.body.subarray(6);
}

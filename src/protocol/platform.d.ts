/**
 * What every runtime here has: WebCrypto, text encoders, nothing else. `protocol` is compiled without the DOM and Node libraries, so a clock, a network
 * or a file cannot be reached from it even by a mistake.
 */
interface TextEncoderHere {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
interface TextDecoderHere {
  decode(bytes: Uint8Array): string;
}
declare const TextEncoder: new () => TextEncoderHere;
declare const TextDecoder: new (label: "utf-8", options: { fatal: true; ignoreBOM: true }) => TextDecoderHere;

interface CryptoKeyHere {
  readonly type: string;
}
type BytesHere = Uint8Array<ArrayBuffer>;
interface SubtleHere {
  digest(algorithm: "SHA-256", data: BytesHere): Promise<ArrayBuffer>;
  importKey(
    format: "raw" | "pkcs8",
    data: BytesHere,
    algorithm: string,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKeyHere>;
  importKey(
    format: "spki",
    data: BytesHere,
    algorithm: { name: "RSA-PSS"; hash: "SHA-384" },
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKeyHere>;
  exportKey(format: "jwk", key: CryptoKeyHere): Promise<{ x?: string }>;
  sign(algorithm: "Ed25519", key: CryptoKeyHere, data: BytesHere): Promise<ArrayBuffer>;
  verify(algorithm: "Ed25519", key: CryptoKeyHere, signature: BytesHere, data: BytesHere): Promise<boolean>;
  encrypt(
    algorithm: { name: "AES-GCM"; iv: BytesHere; additionalData: BytesHere },
    key: CryptoKeyHere,
    data: BytesHere,
  ): Promise<ArrayBuffer>;
  decrypt(
    algorithm: { name: "AES-GCM"; iv: BytesHere; additionalData: BytesHere },
    key: CryptoKeyHere,
    data: BytesHere,
  ): Promise<ArrayBuffer>;
  deriveBits(
    algorithm: { name: "HKDF"; hash: "SHA-256"; salt: BytesHere; info: BytesHere },
    key: CryptoKeyHere,
    length: number,
  ): Promise<ArrayBuffer>;
}
declare const crypto: {
  readonly subtle: SubtleHere;
  getRandomValues<T extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(array: T): T;
};
declare const ReadableStream: new (source: {
  pull(controller: { enqueue(piece: Uint8Array): void; close(): void }): Promise<void>;
  cancel(): Promise<void>;
}) => object;

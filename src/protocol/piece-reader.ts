/**
 * Reading a byte stream in other lengths than it comes in: headers of fixed length between bodies of any. What is given out may share memory with the piece
 * it came from.
 */
import { asBytes, type Bytes, concat, type Source } from "./bytes.ts";
import { Refusal } from "./errors.ts";

/** Reads a stream and owns it: {@link PieceReader.close} ends it. */
export class PieceReader {
  /** Bytes given out so far. */
  read = 0;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #pending: Uint8Array = new Uint8Array(0);

  constructor(source: Source) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** Some bytes, at least one; `null` at the end. */
  async next(): Promise<Bytes | null> {
    while (this.#pending.length === 0) {
      const step = await this.#pieces.next();
      if (step.done === true) return null;
      this.#pending = step.value;
    }
    return this.#give(this.#pending.length);
  }

  /** One to `most` bytes. @throws {Refusal} `truncated` at the end. */
  async atMost(most: number): Promise<Bytes> {
    while (this.#pending.length === 0) {
      const step = await this.#pieces.next();
      if (step.done === true) throw new Refusal("truncated");
      this.#pending = step.value;
    }
    return this.#give(Math.min(most, this.#pending.length));
  }

  /** `length` bytes. @throws {Refusal} `truncated` at the end. */
  async exactly(length: number): Promise<Bytes> {
    const pieces: Bytes[] = [];
    let left = length;
    while (left > 0) {
      const piece = await this.atMost(left);
      pieces.push(piece);
      left -= piece.length;
    }
    return concat(...pieces);
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  #give(length: number): Bytes {
    const given = asBytes(this.#pending.subarray(0, length));
    this.#pending = this.#pending.subarray(length);
    this.read += length;
    return given;
  }
}

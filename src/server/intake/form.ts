/**
 * The one form of the site: multipart/form-data (RFC 7578; RFC 2046 section 5.1) with the field `language` and then the file `file`, as browsers write it.
 *
 *     --B CRLF
 *     Content-Disposition: form-data; name="language" CRLF
 *     CRLF
 *     zh-Hans CRLF
 *     --B CRLF
 *     Content-Disposition: form-data; name="file"; filename="…" CRLF
 *     Content-Type: … CRLF                                                 may be missing
 *     CRLF
 *     the file's bytes CRLF
 *     --B-- CRLF                                                           the last CRLF may be missing
 *
 * Nothing else is a form: no other field, order or header, nothing before or after. The file's name and type are passed over and leave this module in no way.
 *
 * Rejected: general parsers (`@fastify/busboy`). They pass over parts they do not understand, cut headers that are too long instead of refusing them, and drop what
 * comes before and after; and an error event that nobody listens to would end the server. This one form needs none of what they can do.
 */
import { asBytes, type Bytes, type Source } from "../../protocol/bytes.ts";
import { Refusal } from "../../protocol/errors.ts";

/** Octets of a part's headers at most. A file name has at most 255 characters, of up to four octets each. */
const LONGEST_HEADERS = 4096;
/** Octets of the field `language` at most. */
const LONGEST_LANGUAGE = 16;

/** A form that is being read. */
export interface Form {
  /** What stands in the field; whether there is such a language is not decided here. */
  readonly language: string;
  /**
   * The file, to be read once. It ends only if the form ends as it should.
   * @throws {Refusal} `bad-request` if it does not; whatever reading fails with.
   */
  readonly file: AsyncGenerator<Bytes, void, undefined>;
}

/** The boundary in a Content-Type header. @throws {Refusal} `wrong-media-type` if it is not that of a form. */
export function boundaryOf(contentType: string | undefined): string {
  const found = /^multipart\/form-data; ?boundary=([A-Za-z0-9'+_.-]{1,70})$/.exec(contentType ?? "")?.[1];
  if (found === undefined) throw new Refusal("wrong-media-type");
  return found;
}

/**
 * Reads a form up to where its file begins.
 * @throws {Refusal} `bad-request` if it is not as above; whatever reading fails with.
 */
export async function openForm(body: Source, boundary: string): Promise<Form> {
  const reader = new FormReader(body);
  await reader.until(`--${boundary}\r\n`, 0);
  if ((await reader.until("\r\n\r\n", LONGEST_HEADERS)) !== 'Content-Disposition: form-data; name="language"') refuse();
  const language = await reader.until(`\r\n--${boundary}\r\n`, LONGEST_LANGUAGE);
  const headers = await reader.until("\r\n\r\n", LONGEST_HEADERS);
  if (!/^Content-Disposition: form-data; name="file"; filename="[^"\r\n]*"(?:\r\nContent-Type: [\x20-\x7e]+)?$/.test(headers)) refuse();
  return { language, file: reader.fileUntil(`\r\n--${boundary}`) };
}

function refuse(): never {
  throw new Refusal("bad-request");
}

/** Owns what was read and not given out yet: never more than one piece, and what must be seen together to find a boundary. */
class FormReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(body: Source) {
    this.#pieces = body[Symbol.asyncIterator]();
  }

  /** At most `most` octets up to `end`, which is passed over; as ISO 8859-1. */
  async until(end: string, most: number): Promise<string> {
    for (;;) {
      const at = this.#held.indexOf(end, 0, "latin1");
      if (at > most || (at < 0 && this.#held.length > most + end.length)) refuse();
      if (at >= 0) return this.#take(at, end.length).toString("latin1");
      if (!(await this.#more())) refuse();
    }
  }

  /** Everything up to `end`, which must be followed by the end of the form. */
  async *fileUntil(end: string): AsyncGenerator<Bytes, void, undefined> {
    for (;;) {
      const at = this.#held.indexOf(end, 0, "latin1");
      const certain = at >= 0 ? at : Math.max(0, this.#held.length - end.length + 1);
      if (certain > 0) yield asBytes(this.#take(certain, 0));
      if (at >= 0) {
        this.#take(0, end.length);
        await this.#expectEnd();
        return;
      }
      if (!(await this.#more())) refuse();
    }
  }

  async #expectEnd(): Promise<void> {
    const longest = "--\r\n".length;
    while (this.#held.length <= longest && (await this.#more()));
    if (!["--", "--\r\n"].includes(this.#held.toString("latin1"))) refuse();
  }

  /** The next `length` octets; `after` more are passed over. */
  #take(length: number, after: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length + after);
    return taken;
  }

  /** Reads another piece. @returns whether there was one. */
  async #more(): Promise<boolean> {
    const step = await this.#pieces.next();
    if (step.done === true) return false;
    this.#held =
      this.#held.length === 0
        ? Buffer.from(asBytes(step.value).buffer, step.value.byteOffset, step.value.length)
        : Buffer.concat([this.#held, step.value]);
    return true;
  }
}

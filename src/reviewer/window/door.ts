/**
 * Who may speak to the window: whoever has the address that was printed, once. The token behind its `#` is never part of a request line; the page exchanges it for a session
 * secret that lives in the page's memory and goes with each call as a header. There are no cookies: another page open in the same browser has nothing that is sent along by
 * itself. A new token ends the session before, so there is one window at a time.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";

/** Bytes of a token and of a session secret; both are written in hexadecimal. */
const SECRET_LENGTH = 32;

/** The door of one window. */
export class Door {
  #token: string | null = null;
  #session: string | null = null;

  /** A token for one exchange. What was valid before is not any more. */
  newToken(): string {
    this.#session = null;
    this.#token = toHex(randomBytes(SECRET_LENGTH));
    return this.#token;
  }

  /** The session secret for the token, once. @throws {Refusal} `address-used`. */
  exchange(token: string): string {
    if (this.#token === null || !same(token, this.#token)) throw new Refusal("address-used");
    this.#token = null;
    this.#session = toHex(randomBytes(SECRET_LENGTH));
    return this.#session;
  }

  /** @throws {Refusal} `address-used` unless this is the session's secret. */
  requireSession(secret: string | undefined): void {
    if (secret === undefined || this.#session === null || !same(secret, this.#session)) throw new Refusal("address-used");
  }
}

/** Compares without telling by its time where two texts differ. */
function same(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

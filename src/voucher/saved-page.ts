/**
 * What the program takes from the page that a witness saved (`/offline/firsthand.html`): both certificates, the fingerprints it pins, and the voucher key that it names to everybody. The page is what the
 * witness trusts anyway, and its hash is in the log; so nothing has to be typed off it.
 */
import type { Bytes } from "../protocol/bytes.ts";
import type { PinnedFingerprints } from "../protocol/crypto/keyring.ts";
import { fromBase64 } from "../protocol/encoding.ts";
import { Refusal } from "../protocol/errors.ts";

/** What a saved page says. */
export interface SavedPage {
  /** Both certificates in a row. */
  readonly keys: Bytes;
  readonly pinned: PinnedFingerprints;
  /** Name of the voucher key, hexadecimal; null if the page offers no vouchers. */
  readonly voucherKey: string | null;
}

const FINGERPRINT = /^[0-9a-f]{64}$/;

/** @throws {Refusal} `bad-field` if this is not a page of this kind, or it names several voucher keys. */
export function parseSavedPage(html: string): SavedPage {
  const keys = block(html, "keys");
  const data = block(html, "page-data");
  const pinned = data !== null && typeof data === "object" && "pinned" in data ? data.pinned : null;
  if (typeof keys !== "string" || pinned === null || typeof pinned !== "object") throw new Refusal("bad-field", "page");
  const [program, rewards] = ["program", "rewards"].map((name) => (name in pinned ? (pinned as Record<string, unknown>)[name] : null));
  if (typeof program !== "string" || typeof rewards !== "string" || !FINGERPRINT.test(program) || !FINGERPRINT.test(rewards))
    throw new Refusal("bad-field", "page");
  const [voucherKey = null, ...others] = new Set(
    Array.from(html.matchAll(/Key of the vouchers: ([0-9a-f]{64})\./g), ([, name = ""]) => name),
  );
  if (others.length > 0) throw new Refusal("bad-field", "voucher key");
  return { keys: fromBase64(keys), pinned: { program, rewards }, voucherKey };
}

/** The JSON of the first data block of this id. */
function block(html: string, id: string): unknown {
  const start = `<script type="application/json" id="${id}">`;
  const from = html.indexOf(start);
  const to = html.indexOf("</script>", from);
  if (from < 0 || to < 0) throw new Refusal("bad-field", "page");
  try {
    return JSON.parse(html.slice(from + start.length, to)) as unknown;
  } catch {
    throw new Refusal("bad-field", "page");
  }
}

/**
 * Looks in the account for what people write about themselves by habit: e-mail addresses, telephone numbers, identity numbers. Only a hint beside the review;
 * nothing is changed and nothing is stopped, since a number may be a perpetrator's and belong there.
 */

export const IDENTIFIER_KINDS = ["email", "phone", "identity-number"] as const;
export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

const EMAIL = /[^\s@<>()]{1,64}@[^\s@<>()]{1,64}\.[^\s@<>().]{2,}/u;
/** A Chinese identity number: 17 digits and a digit or X. */
const IDENTITY = /(?<!\d)\d{17}[\dXx](?!\d)/u;
/** A Chinese mobile number, or any number written with a leading plus. */
const PHONE = /(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)|\+\d[\d\s-]{7,16}\d/u;

/** The kinds found, in the order of {@link IDENTIFIER_KINDS}. Time is linear in the length of `text`. */
export function identifiersIn(text: string): readonly IdentifierKind[] {
  const found: IdentifierKind[] = [];
  if (EMAIL.test(text)) found.push("email");
  if (PHONE.test(text)) found.push("phone");
  if (IDENTITY.test(text)) found.push("identity-number");
  return found;
}

/**
 * What an auditor trusts: C2SP tlog-policy, the text other tools of transparency logs read too. It comes from the people who run the program, by another way
 * than the server.
 *
 *     #firsthand review <vkey>
 *     #firsthand program <fingerprint>
 *     log <vkey> [<url>]
 *     witness <name> <vkey> [<url>]
 *     group <name> all|any|<k> <name> …
 *     quorum <name>|none
 *
 * tlog-policy says how a checkpoint is judged and nothing else. The review key, which an auditor of Firsthand needs too, stands in a line that begins with `#`:
 * a comment to every other program, and a policy without it is refused here, so that nobody loses it unseen. A second file was rejected: it would be lost.
 * What C2SP calls a witness is a *cosigner* in this house.
 *
 * Limits, as C2SP allows: one log, 32 cosigners, 32 groups, 64 KiB, UTF-8. Addresses are read and not kept: an auditor is told on the command line where to look.
 * Groups that the quorum does not lead to are checked and not kept.
 */
import { type Bytes, equal } from "../bytes.ts";
import { fromBase64, fromHex, fromUtf8, utf8 } from "../encoding.ts";
import { Refusal } from "../errors.ts";

/** A cosigner under the name it has in this policy. */
export interface NamedCosigner {
  readonly name: string;
  /** Verifier key. */
  readonly vkey: string;
}

/** Who must have cosigned: a cosigner, or at least `atLeast` of a group's members. */
export type CosignerRule =
  | { readonly kind: "cosigner"; readonly name: string }
  | { readonly kind: "group"; readonly name: string; readonly atLeast: number; readonly members: readonly CosignerRule[] };

/** Keys are texts here; `parseVkey` checks them where they are used. */
export interface LogPolicy {
  /** Verifier key of the log; its name is the origin. */
  readonly log: string;
  /** Verifier key of the review machine. */
  readonly review: string;
  /** At most 32. */
  readonly cosigners: readonly NamedCosigner[];
  /** Null: nobody need have cosigned. */
  readonly quorum: CosignerRule | null;
  /** Fingerprint of the program certificate's primary key, hexadecimal, if it is pinned. */
  readonly witnessProgram: string | null;
}

const LONGEST = 65_536;
const MOST_LINES = 2_000;
const MOST_OF_A_KIND = 32;
const NONE = "none";
/** Tab, newline, and everything that is no control character of ASCII. */
const ALLOWED = /^[\t\n\u0020-\u007e\u0080-\u{10ffff}]*$/u;
const VKEY = /^[^+]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{1,100}$/u;

const HEADER =
  '# What firsthand-auditor trusts: a C2SP tlog-policy. The two lines below that begin with "#firsthand" are Firsthand\'s own.\n' +
  "# Get this file from the program, not from the server it judges.\n";

/** Whether enough have cosigned; `signed` says it of one name. */
export function isMet(rule: CosignerRule | null, signed: (name: string) => boolean): boolean {
  if (rule === null) return true;
  if (rule.kind === "cosigner") return signed(rule.name);
  return rule.members.filter((member) => isMet(member, signed)).length >= rule.atLeast;
}

/** The file of a policy. What `parseLogPolicy` would refuse is a bug here. */
export function formatLogPolicy(policy: LogPolicy): Bytes {
  const lines = [`#firsthand review ${policy.review}`];
  if (policy.witnessProgram !== null) lines.push(`#firsthand program ${policy.witnessProgram}`);
  lines.push(`log ${policy.log}`);
  for (const { name, vkey } of policy.cosigners) lines.push(`witness ${name} ${vkey}`);
  if (policy.quorum !== null) lines.push(...groupLines(policy.quorum));
  lines.push(`quorum ${policy.quorum?.name ?? NONE}`);
  const bytes = utf8(`${HEADER}${lines.join("\n")}\n`);
  try {
    parseLogPolicy(bytes);
  } catch (cause) {
    throw new Error("a log policy would not be valid", { cause });
  }
  return bytes;
}

/** The lines that define a rule's groups, inner ones first. */
function groupLines(rule: CosignerRule): string[] {
  if (rule.kind === "cosigner") return [];
  const { name, atLeast, members } = rule;
  return [...members.flatMap(groupLines), `group ${name} ${String(atLeast)} ${members.map((member) => member.name).join(" ")}`];
}

/** The policy in a file. @throws {Refusal} `bad-policy` with the number of the line, or with what is missing. */
export function parseLogPolicy(bytes: Uint8Array): LogPolicy {
  if (bytes.length > LONGEST) throw new Refusal("bad-policy", "length");
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch {
    throw new Refusal("bad-policy", "encoding");
  }
  // An editor may leave out the newline at the end; nothing is ambiguous without it.
  const lines = text.split("\n");
  if (!ALLOWED.test(text) || lines.length > MOST_LINES) throw new Refusal("bad-policy", "text");
  const draft = new Draft();
  lines.forEach((line, number) => {
    try {
      draft.add(line.split(/[ \t]+/).filter((word) => word !== ""));
    } catch (error) {
      if (error instanceof Refusal) throw new Refusal("bad-policy", `line ${String(number + 1)}`);
      throw error;
    }
  });
  return draft.policy();
}

/** A policy as its lines come. Anything wrong is a refusal; who reads the lines says which line it was. */
class Draft {
  #log: string | null = null;
  #review: string | null = null;
  #program: string | null = null;
  /** Undefined until there is a quorum line. */
  #quorum: CosignerRule | null | undefined;
  readonly #cosigners: NamedCosigner[] = [];
  readonly #names = new Map<string, CosignerRule>();
  readonly #members = new Set<string>();

  add(words: readonly string[]): void {
    const [word = "", ...rest] = words;
    if (word === "#firsthand") this.#own(rest);
    else if (word === "" || word.startsWith("#")) return;
    else if (word === "log") this.#logLine(rest);
    else if (word === "witness") this.#witness(rest);
    else if (word === "group") this.#group(rest);
    else if (word === "quorum") this.#quorumLine(rest);
    else throw bad();
  }

  policy(): LogPolicy {
    if (this.#log === null) throw new Refusal("bad-policy", "log");
    if (this.#review === null) throw new Refusal("bad-policy", "review");
    if (this.#quorum === undefined) throw new Refusal("bad-policy", "quorum");
    return { log: this.#log, review: this.#review, cosigners: this.#cosigners, quorum: this.#quorum, witnessProgram: this.#program };
  }

  #own([what, value, ...more]: readonly string[]): void {
    if (value === undefined || more.length > 0) throw bad();
    if (what === "review" && this.#review === null && VKEY.test(value)) this.#review = value;
    else if (what === "program" && this.#program === null) {
      fromHex(value, 32);
      this.#program = value;
    } else throw bad();
  }

  // An address after a key is read over, here and below.
  #logLine(words: readonly string[]): void {
    const [vkey] = words;
    if (vkey === undefined || words.length > 2 || this.#log !== null) throw bad();
    publicKeyOf(vkey);
    this.#log = vkey;
  }

  #witness(words: readonly string[]): void {
    const [name, vkey] = words;
    if (name === undefined || vkey === undefined || words.length > 3 || this.#cosigners.length === MOST_OF_A_KIND) throw bad();
    const key = publicKeyOf(vkey);
    if (this.#cosigners.some((other) => equal(publicKeyOf(other.vkey), key))) throw bad();
    this.#define(name, { kind: "cosigner", name });
    this.#cosigners.push({ name, vkey });
  }

  #group([name, many, ...names]: readonly string[]): void {
    if (name === undefined || many === undefined || names.length < 1) throw bad();
    if (this.#names.size - this.#cosigners.length === MOST_OF_A_KIND) throw bad();
    const members = names.map((member) => {
      const rule = this.#names.get(member);
      if (rule === undefined || this.#members.has(member)) throw bad();
      this.#members.add(member);
      return rule;
    });
    const atLeast = many === "all" ? members.length : many === "any" ? 1 : /^[1-9][0-9]?$/.test(many) ? Number(many) : 0;
    if (atLeast < 1 || atLeast > members.length) throw bad();
    this.#define(name, { kind: "group", name, atLeast, members });
  }

  #quorumLine([name, ...more]: readonly string[]): void {
    if (name === undefined || more.length > 0 || this.#quorum !== undefined) throw bad();
    const rule = name === NONE ? null : this.#names.get(name);
    if (rule === undefined) throw bad();
    this.#quorum = rule;
  }

  #define(name: string, rule: CosignerRule): void {
    if (name === NONE || this.#names.has(name)) throw bad();
    this.#names.set(name, rule);
  }
}

/** What a verifier key wraps, without its type: keys that differ by name and type only are the same key (tlog-policy). */
function publicKeyOf(vkey: string): Bytes {
  if (!VKEY.test(vkey)) throw bad();
  return fromBase64(vkey.split("+").slice(2).join("+")).slice(1);
}

function bad(): Refusal {
  return new Refusal("bad-policy");
}

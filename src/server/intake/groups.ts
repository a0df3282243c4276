/**
 * Group commit: what many requests bring at the same time is stored in one transaction, and each is answered when that is committed.
 *
 * Nobody is made to wait for company. What came in one turn of the event loop goes together; and while as many groups are under way as may be, the next one
 * gathers. So a request alone is a group of one, and groups grow with the load.
 *
 * Two pieces of work on the same tip are never under way at once in this process: one would wait in the database for the other, and with it its whole group.
 *
 * What is refused is refused alone. If the database refuses a whole group for what was in it, each is tried again by itself, so that one sender cannot spoil
 * another's tip.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { toHex } from "../../protocol/encoding.ts";
import type { Refusal } from "../../protocol/errors.ts";
import { sqlStateOf } from "../store/database.ts";

/** What became of a piece of work. */
export type Outcome<Done> = { readonly done: Done } | { readonly refused: Refusal };

/** How much goes together. */
export interface GroupLimits<Work> {
  /** Groups under way at once. */
  readonly groups: number;
  /** Pieces of work in a group. PostgreSQL keeps up to 64 subtransactions of a transaction at hand. */
  readonly pieces: number;
  /** Octets of a group after which no more join it. */
  readonly octets: number;
  /** Octets of a piece. */
  readonly octetsOf: (work: Work) => number;
}

interface Waiting<Work, Done> {
  readonly work: Work;
  readonly tip: string;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: unknown) => void;
}

/** SQLSTATE classes of what lies in the rows themselves or in who else changed them: data, constraints, conflicts. */
const OF_THE_ROWS = /^(?:22|23|40)/;

/** One kind of work on tips, done in groups. */
export class Groups<Work extends { readonly tip: Bytes }, Done> {
  readonly #run: (works: readonly Work[]) => Promise<Outcome<Done>[]>;
  readonly #limits: GroupLimits<Work>;
  #waiting: Waiting<Work, Done>[] = [];
  readonly #underWay = new Set<string>();
  #groups = 0;
  #starting = false;

  /** @param run does all of a group or nothing, and says what became of each piece, in their order. A piece may be given to it again. */
  constructor(run: (works: readonly Work[]) => Promise<Outcome<Done>[]>, limits: GroupLimits<Work>) {
    this.#run = run;
    this.#limits = limits;
  }

  /** Does a piece of work with others. @throws {Refusal} what it was refused with, and what `run` throws. */
  do(work: Work): Promise<Done> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, tip: toHex(work.tip), resolve, reject });
      this.#startSoon();
    });
  }

  /** After everything that this turn of the event loop brings. */
  #startSoon(): void {
    if (this.#starting || this.#groups >= this.#limits.groups) return;
    this.#starting = true;
    setImmediate(() => {
      this.#starting = false;
      while (this.#groups < this.#limits.groups) {
        const group = this.#gather();
        if (group.length === 0) return;
        this.#groups++;
        void this.#work(group);
      }
    });
  }

  #gather(): Waiting<Work, Done>[] {
    const { pieces, octets, octetsOf } = this.#limits;
    const group: Waiting<Work, Done>[] = [];
    const later: Waiting<Work, Done>[] = [];
    let taken = 0;
    for (const one of this.#waiting) {
      if (group.length >= pieces || taken >= octets || this.#underWay.has(one.tip)) {
        later.push(one);
        continue;
      }
      group.push(one);
      taken += octetsOf(one.work);
      this.#underWay.add(one.tip);
    }
    this.#waiting = later;
    return group;
  }

  async #work(group: readonly Waiting<Work, Done>[]): Promise<void> {
    try {
      await this.#answer(group);
    } catch (error) {
      const alone = group.length > 1 && OF_THE_ROWS.test(sqlStateOf(error) ?? "");
      for (const one of group) {
        if (alone) await this.#answer([one]).catch(one.reject);
        else one.reject(error);
      }
    }
    for (const { tip } of group) this.#underWay.delete(tip);
    this.#groups--;
    this.#startSoon();
  }

  async #answer(group: readonly Waiting<Work, Done>[]): Promise<void> {
    const outcomes = await this.#run(group.map(({ work }) => work));
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) throw new Error("for each piece of work there is an outcome");
      if ("done" in outcome) resolve(outcome.done);
      else reject(outcome.refused);
    }
  }
}

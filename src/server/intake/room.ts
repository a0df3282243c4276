/**
 * Room for what comes in: refusing before something runs out, and refusing large uploads first, so that a tip of text still goes in when no film does.
 *
 * | what | limit | kept for small tips |
 * | --- | --- | --- |
 * | disk of DATA_DIR, and of the database if it is the embedded one | `MIN_FREE_MIB` stay free | `RESERVE_MIB` more |
 * | what waits for the next sealing | `MAX_PENDING_MIB` | the last `RESERVE_MIB` |
 * | bodies under way in memory | `IN_FLIGHT_MIB` | a quarter |
 *
 * A tip is small if one part less than full is all of it. All limits are of the whole server: behind Tor all senders look alike. They are looked at before
 * anything is looked up, so the answer for a tip that is known is that for one that is not.
 *
 * Sealing writes what waits once more before it drops what was there. So of the database's disk as much again as waits is counted as taken. The disk of a
 * database of one's own is not seen from here: that of DATA_DIR stands for it.
 *
 * What waits is measured as the space that its partitions take, which PostgreSQL tells from the sizes of their files, at most once a second; what comes in
 * between is added. So a request costs no statement, and two servers over one database see each other's share. Known gap: space of tips that were removed again
 * counts until PostgreSQL uses it for others or the sealing drops it.
 */
import type { Bytes } from "../../protocol/bytes.ts";
import { PART_SIZE } from "../../protocol/crypto/hash.ts";
import { Refusal } from "../../protocol/errors.ts";
import { envelopeLength } from "../../protocol/format/envelope.ts";
import { SMALLEST_CLASS } from "../../protocol/format/padding.ts";
import type { Context } from "../context.ts";
import type { Events } from "../privacy.ts";
import { freeBytes } from "../store/disk.ts";
import { waitingBytes } from "../store/generations.ts";

/** How long a look is believed, milliseconds. After that another is taken, for which nobody waits unless the last is {@link OLD}. */
const FRESH = 1000;
const OLD = 10_000;

/** Share of the memory that bodies of large tips may take. */
const LARGE_SHARE = 0.75;

/** Whether a part is all of a small tip, or belongs to a large one. */
type Size = "small" | "large";

/** Memory that was taken for a body. */
export interface Taken {
  /** The memory itself, as long as the body was announced to be. It is another's after `release`. */
  memory(): Bytes;
  /** Gives it back; repeated calls do nothing. */
  release(): void;
}

/** Lengths of memory that are kept for the next body, and how much of it altogether: nearly all parts are full ones, or all of a small tip. */
const KEPT_LENGTHS: ReadonlySet<number> = new Set([PART_SIZE, envelopeLength(SMALLEST_CLASS)]);
const KEPT_OCTETS = 8_388_608;

/**
 * Memory of bodies that were stored, for the next ones. Without it a third of the processor's time at full load went into collecting garbage: V8 looks through everything
 * whenever some megabytes of such memory have outlived a moment.
 */
class KeptMemory {
  readonly #kept: Bytes[] = [];
  #octets = 0;

  take(length: number): Bytes {
    const place = this.#kept.findIndex((memory) => memory.length === length);
    const [memory] = place < 0 ? [] : this.#kept.splice(place, 1);
    if (memory === undefined) return new Uint8Array(length);
    this.#octets -= length;
    return memory;
  }

  giveBack(memory: Bytes): void {
    if (!KEPT_LENGTHS.has(memory.length) || this.#octets + memory.length > KEPT_OCTETS) return;
    this.#kept.push(memory);
    this.#octets += memory.length;
  }
}

/** The room of one server. */
export class Room {
  readonly #context: Pick<Context, "config" | "intake" | "troubles" | "clusterFolder">;
  #look: Promise<void> | undefined;
  #lookedAt = -Infinity;
  #free = 0;
  #pending = 0;
  #inFlight = 0;
  readonly #kept = new KeptMemory();

  constructor(context: Pick<Context, "config" | "intake" | "troubles" | "clusterFolder">) {
    this.#context = context;
  }

  /**
   * Takes memory for a part and checks that it can be stored. Whoever has it gives it back when the part is stored or refused.
   * @param part from 1. @param length octets of the body as announced; more than a full part counts as one, and so does what is not announced.
   * @throws {Refusal} `server-full`. @throws {Fault} if disk or database cannot be asked.
   */
  async take(part: number, length: number | undefined): Promise<Taken> {
    const bytes = Math.min(length ?? PART_SIZE, PART_SIZE);
    const size = part === 1 && bytes < PART_SIZE ? "small" : "large";
    const { inFlightBytes } = this.#context.config;
    if (this.#inFlight + bytes > (size === "small" ? inFlightBytes : inFlightBytes * LARGE_SHARE)) this.#refuse("memory");
    this.#inFlight += bytes;
    let taken = bytes;
    let memory: Bytes | undefined;
    const release = (): void => {
      this.#inFlight -= taken;
      taken = 0;
      if (memory !== undefined) this.#kept.giveBack(memory);
      memory = undefined;
    };
    try {
      await this.#takeStore(size, bytes);
    } catch (error) {
      release();
      throw error;
    }
    return { memory: () => (memory ??= this.#kept.take(bytes)), release };
  }

  async #takeStore(size: Size, bytes: number): Promise<void> {
    const { minFreeBytes, maxPendingBytes, reserveBytes } = this.#context.config;
    const age = performance.now() - this.#lookedAt;
    if (age >= FRESH) {
      this.#look ??= this.#lookAgain().finally(() => (this.#look = undefined));
      if (age >= OLD) await this.#look;
      else this.#look.catch(() => undefined); // if it fails again and again, the last look becomes old
    }
    const kept = size === "small" ? 0 : reserveBytes;
    if (this.#free - 2 * bytes < minFreeBytes + kept) this.#refuse("disk");
    if (this.#pending + bytes > maxPendingBytes - kept) this.#refuse("pending");
    this.#free -= 2 * bytes;
    this.#pending += bytes;
  }

  async #lookAgain(): Promise<void> {
    this.#pending = await waitingBytes(this.#context.intake);
    this.#free = await freeBytes(this.#context, this.#pending);
    this.#lookedAt = performance.now();
  }

  #refuse(what: Events["intake-full"]["what"]): never {
    this.#context.troubles.intakeFull(what);
    throw new Refusal("server-full");
  }
}

/** Processor time and memory of other processes, as Linux tells them. */
import { readdir, readFile } from "node:fs/promises";

/** Ticks a second of the times in /proc: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS = 100;
/** Octets of a page of memory on x64. */
const PAGE = 4096;
/** Milliseconds between two looks of a {@link TreeWatch}. */
const EACH = 500;

interface ProcessFacts {
  readonly parent: number;
  /** Ticks after the machine's start: with it, a process id is never another process's. */
  readonly start: number;
  /** Seconds of its own. */
  readonly own: number;
  /** Seconds of children that ended. */
  readonly ended: number;
  /** Resident octets. */
  readonly resident: number;
}

async function factsOf(pid: number): Promise<ProcessFacts | null> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(() => "");
  if (stat === "") return null;
  // proc_pid_stat(5): after the name in parentheses, field 3 and on.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const at = (number: number): number => Number(fields[number - 3]);
  return { parent: at(4), start: at(22), own: (at(14) + at(15)) / TICKS, ended: (at(16) + at(17)) / TICKS, resident: at(24) * PAGE };
}

async function allFacts(): Promise<Map<number, ProcessFacts>> {
  const all = new Map<number, ProcessFacts>();
  for (const name of await readdir("/proc")) {
    const facts = /^\d+$/.test(name) ? await factsOf(Number(name)) : null;
    if (facts !== null) all.set(Number(name), facts);
  }
  return all;
}

/** Those of `all` that are among `roots` or were started, over any number of others, by them. */
function treeAmong(all: ReadonlyMap<number, ProcessFacts>, roots: Iterable<number>): Set<number> {
  const tree = new Set([...roots].filter((pid) => all.has(pid)));
  for (let before = -1; before !== tree.size;) {
    before = tree.size;
    for (const [pid, { parent }] of all) if (tree.has(parent)) tree.add(pid);
  }
  return tree;
}

/** What a process and all that it started have used: seconds of processor time, those that have ended included, and resident octets now. */
export async function treeOf(root: number): Promise<{ seconds: number; resident: number }> {
  const all = await allFacts();
  let [seconds, resident] = [0, 0];
  for (const pid of treeAmong(all, [root])) {
    const facts = all.get(pid);
    seconds += (facts?.own ?? 0) + (facts?.ended ?? 0);
    resident += facts?.resident ?? 0;
  }
  return { seconds, resident };
}

/**
 * Processor seconds of a process and its children so far; not of what its children started, since a server's child is a PostgreSQL that is counted by itself.
 */
export async function processorSecondsOf(pid: number): Promise<number> {
  const all = await allFacts();
  const first = all.get(pid);
  let seconds = (first?.own ?? 0) + (first?.ended ?? 0);
  for (const { parent, own } of all.values()) if (parent === pid) seconds += own;
  return seconds;
}

/** Processor seconds of this process's children that have ended. */
export async function endedChildrenSeconds(): Promise<number> {
  return (await factsOf(process.pid))?.ended ?? Number.NaN;
}

/** Octets of memory that a process has resident. */
export async function residentOf(pid: number): Promise<number> {
  return (await factsOf(pid))?.resident ?? 0;
}

/** Octets of memory that only this process has: PostgreSQL's processes share most of theirs. */
async function unsharedOf(pid: number): Promise<number> {
  const [, resident, shared] = (await readFile(`/proc/${String(pid)}/statm`, "utf8").catch(() => "")).split(" ").map(Number);
  return ((resident ?? 0) - (shared ?? 0)) * PAGE;
}

/** Looks at a process and all that it starts, also at what outlives the one that started it, until it is ended. */
export class TreeWatch {
  readonly #root: number;
  /** Seconds of each process seen, itself and its children that ended, at the last look; and whose child it was. By id and start. */
  readonly #seen = new Map<string, { pid: number; start: number; seconds: number; parent: number }>();
  #peak = 0;
  #looking: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  constructor(root: number) {
    this.#root = root;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, EACH);
  }

  /** Processor seconds, and the most memory at one look that processes did not share. What lived only between two looks and was waited for by nobody is missing. */
  async end(): Promise<{ seconds: number; mebibytes: number }> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#look();
    const seconds = [...this.#seen.values()].reduce((sum, one) => sum + one.seconds, 0);
    return { seconds, mebibytes: this.#peak / 2 ** 20 };
  }

  async #look(): Promise<void> {
    const all = await allFacts();
    const living = [...this.#seen.values()].filter(({ pid, start }) => all.get(pid)?.start === start);
    const tree = treeAmong(all, [this.#root, ...living.map(({ pid }) => pid)]);
    // A child that ended is in its parent's time from now on, if the parent lives; else what was seen last counts.
    for (const [name, one] of this.#seen) if (!living.includes(one) && tree.has(one.parent)) this.#seen.delete(name);
    let memory = 0;
    for (const pid of tree) {
      const facts = all.get(pid);
      if (facts === undefined) continue;
      const name = `${String(pid)} ${String(facts.start)}`;
      const parent = this.#seen.get(name)?.parent ?? facts.parent;
      this.#seen.set(name, { pid, start: facts.start, seconds: facts.own + facts.ended, parent });
      memory += await unsharedOf(pid);
    }
    this.#peak = Math.max(this.#peak, memory);
  }
}

/** Processor time and memory of other processes, as Linux tells them. */
import { readdir, readFile } from "node:fs/promises";

/** Ticks a second of the times in /proc: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS = 100;

interface ProcessFacts {
  readonly parent: number;
  /** Seconds of its own. */
  readonly own: number;
  /** Seconds of children that ended. */
  readonly ended: number;
}

async function factsOf(pid: number): Promise<ProcessFacts | null> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(() => "");
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [parent, user, system, endedUser, endedSystem] = [1, 11, 12, 13, 14].map((field) => fields[field] ?? 0);
  if (stat === "" || parent === undefined) return null;
  return { parent, own: ((user ?? 0) + (system ?? 0)) / TICKS, ended: ((endedUser ?? 0) + (endedSystem ?? 0)) / TICKS };
}

/** Processor seconds of a process and all its children so far. */
export async function processorSecondsOf(pid: number): Promise<number> {
  const first = await factsOf(pid);
  let seconds = (first?.own ?? 0) + (first?.ended ?? 0);
  for (const name of await readdir("/proc")) {
    const facts = /^\d+$/.test(name) ? await factsOf(Number(name)) : null;
    if (facts?.parent === pid) seconds += facts.own;
  }
  return seconds;
}

/** Octets of memory that a process has resident. */
export async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/** The areas of the benchmark: each measures one part of the whole, and says what its targets are. */
import type { Result } from "./target.ts";

/** What may be asked of every area. `large`: also what takes more than some minutes. */
interface Wish {
  readonly large: boolean;
}

export const AREAS: Readonly<Record<string, (wish: Wish) => Promise<Result[]>>> = {
  append: async () => (await import("./append.ts")).benchAppend(),
  beat: async () => (await import("./beat.ts")).benchBeat(),
  browser: async () => (await import("./browser.ts")).benchBrowser(),
  demo: async () => (await import("./demo.ts")).benchDemo(),
  envelope: async () => (await import("./envelope.ts")).benchEnvelope(),
  import: async ({ large }) => (await import("./import.ts")).benchImport(large),
  intake: async () => (await import("./intake.ts")).benchIntake(),
  keeping: async ({ large }) => (await import("./keeping.ts")).benchKeeping(large),
  log: async () => [...(await (await import("./log.ts")).benchLog()), ...(await (await import("./audit.ts")).benchAudit())],
  opening: async ({ large }) => (await import("./opening.ts")).benchOpening(large),
  page: async () => (await import("./page.ts")).benchPage(),
  search: async () => (await import("./triage.ts")).benchSearch(),
  sizing: async () => (await import("./sizing.ts")).benchSizing(),
};

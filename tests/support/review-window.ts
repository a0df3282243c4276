/** The review machine's window as its command opens it: a process of its own, found by the address it prints. */
import { once } from "node:events";
import { type ReviewMachine } from "./review-machine.ts";

/** A window that is open. */
export interface ShownWindow {
  /** Works once. */
  readonly address: string;
  /** Ends when the window is locked. */
  readonly ended: ReturnType<ReviewMachine["start"]>["ended"];
  /** Ends it, locked or not. */
  close(): Promise<void>;
}

/** Opens the window for `person`. */
export async function showWindowOf(machine: ReviewMachine, person: string, ...options: string[]): Promise<ShownWindow> {
  const { process: shown, ended } = machine.start("window", "--person", person, ...options);
  let said = "";
  const address = await new Promise<string>((resolve, reject) => {
    shown.stderr?.on("data", (piece: Buffer) => {
      said += piece.toString("utf8");
      const found = /http:\/\/127\.0\.0\.1:\d+\/#[0-9a-f]{64}/.exec(said);
      if (found !== null) resolve(found[0]);
    });
    shown.once("exit", () => {
      reject(new Error(said));
    });
  });
  return {
    address,
    ended,
    close: async () => {
      if (shown.exitCode !== null || shown.signalCode !== null) return;
      shown.kill();
      await once(shown, "exit");
    },
  };
}

/**
 * The review machine has no network, ever. This is the one place that looks: every command passes through {@link requireIsolation} before it touches a
 * secret.
 *
 * Known gap: today a network interface that is up is named on the error output and in `status`, and the command goes on. Refusing to run (with an override that
 * must be typed out) comes with the packaged review machine, and belongs into `requireIsolation` and nowhere else.
 */
import { networkInterfaces } from "node:os";

/** Names of interfaces that are up and are not loopback, in the system's order. */
export function networksUp(): string[] {
  return Object.entries(networkInterfaces())
    .filter(([, addresses = []]) => addresses.some((address) => !address.internal))
    .map(([name]) => name);
}

/** Looks whether this machine is cut off. `warn` is told, in one sentence, if it is not. */
export function requireIsolation(warn: (sentence: string) => void): void {
  const names = networksUp();
  if (names.length > 0) warn(`This machine has a network (${names.join(", ")}). A review machine must have none.`);
}

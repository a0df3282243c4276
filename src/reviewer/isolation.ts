/**
 * The review machine has no network, ever. This is the one place that looks: every command passes through {@link requireIsolation} before it touches a secret, and is
 * refused while an interface other than loopback is up. Who must go on all the same types {@link OVERRIDE} out; then the casebook records it, with the interfaces' names, as
 * an event signed by whoever acts, before anything else is done. Practice casebooks hold nothing and are let through with a warning.
 *
 * An interface that is up counts whether or not it has an address: one without can get one at any moment. Looking can be deceived by whoever owns the machine; this
 * is against mistakes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { Refusal } from "../protocol/errors.ts";

/** The option that overrides, typed in full. */
export const OVERRIDE = "i-know-this-machine-has-a-network";

/** Where Linux lists the interfaces of this process, and interfaces with their flags. */
const OWN_INTERFACES = "/proc/self/net/dev";
const INTERFACES = "/sys/class/net";
/** `IFF_UP` and `IFF_LOOPBACK` of an interface's flags. */
const UP = 0x1;
const LOOPBACK = 0x8;

/** Names of interfaces that are up and are not loopback, in alphabetical order. */
export function networksUp(): string[] {
  const addressed = Object.entries(networkInterfaces())
    .filter(([, addresses = []]) => addresses.some((address) => !address.internal))
    .map(([name]) => name);
  return [...new Set([...addressed, ...interfacesUp()])].sort();
}

/**
 * Interfaces without an address are only in the system's lists, which are Linux's; elsewhere there are none. The first list says which ones this process has, the second
 * which are up; that one may be of another network namespace and then names interfaces that are not ours.
 */
function interfacesUp(): string[] {
  try {
    const ours = readFileSync(OWN_INTERFACES, "latin1")
      .split("\n")
      .map((line) => line.split(":")[0]?.trim());
    return readdirSync(INTERFACES).filter((name) => {
      if (!ours.includes(name)) return false;
      const flags = Number(readFileSync(`${INTERFACES}/${name}/flags`, "latin1"));
      return (flags & UP) !== 0 && (flags & LOOPBACK) === 0;
    });
  } catch {
    return [];
  }
}

/**
 * Whether a command may go on. Returns the networks that were overridden and have to be recorded: none in a practice casebook, and none if there is no network.
 * @throws {Refusal} `network-up`.
 */
export function requireIsolation(
  allowed: { readonly practice: boolean; readonly override: boolean },
  warn: (sentence: string) => void,
): string[] {
  const names = networksUp();
  if (names.length === 0) return [];
  if (!allowed.practice && !allowed.override) throw new Refusal("network-up", `take it away: ${names.join(", ")}`);
  warn(`This machine has a network (${names.join(", ")}). A review machine must have none.`);
  return allowed.practice ? [] : names;
}

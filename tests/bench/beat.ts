/**
 * What the beat of a part's answer costs (src/server/routes/beat.ts): two applications over one context in this process, one of which answers a part as soon as it can. The senders
 * are here too, which both bear alike. They take turns, and the median round counts.
 */
import type { AddressInfo } from "node:net";
import { buildApp, PATIENCE } from "../../src/server/app.ts";
import { PART_BEAT } from "../../src/server/routes/beat.ts";
import { randomBytes } from "../../src/protocol/crypto/random.ts";
import { toHex } from "../../src/protocol/encoding.ts";
import { makeStation } from "../server/courier/keeper-fixture.ts";
import { Sender } from "./sender.ts";
import type { Result } from "./target.ts";
import { makeParts, makeTips, secondsFor, sendParts, sendTip } from "./tips.ts";

const MIB = 1_048_576;
const ROUNDS = 5;
const TIPS_A_ROUND = 500;
/** Senders at once: many, as under load, and one, who waits for each answer. */
const CONNECTIONS = [16, 1] as const;
const TIPS_OF_ONE = 50;
const LARGE = 63 * MIB;

/** Rates with the beat and without. */
export async function benchBeat(): Promise<Result[]> {
  const station = await makeStation();
  const context = await station.open();
  const { program } = context.keys;
  const apps = [await buildApp(context, new Map()), await buildApp(context, new Map(), { ...PATIENCE, partBeat: 0 })];
  try {
    const addresses: string[] = [];
    for (const app of apps) {
      await app.listen({ port: 0, host: "127.0.0.1" });
      addresses.push(`http://127.0.0.1:${String((app.server.address() as AddressInfo).port)}`);
    }
    /** Median seconds of a round with the beat, and without. The first round is not counted. */
    const takingTurns = async (work: (address: string) => Promise<number>): Promise<[number, number]> => {
      const seconds: [number[], number[]] = [[], []];
      for (let round = 0; round <= ROUNDS; round++) {
        for (const [index, address] of addresses.entries()) {
          const spent = await work(address);
          if (round > 0) seconds[index]?.push(spent);
        }
      }
      return [median(seconds[0]), median(seconds[1])];
    };
    const results: Result[] = [];
    for (const connections of CONNECTIONS) {
      const count = connections === 1 ? TIPS_OF_ONE : TIPS_A_ROUND;
      const [beaten, free] = await takingTurns(async (address) => {
        const tips = await makeTips(program, count, context.clock());
        const senders = await Promise.all(Array.from({ length: connections }, () => Sender.open(address)));
        const spent = await secondsFor(tips, connections, async (tip, worker) => {
          const sender = senders[worker];
          if (sender !== undefined) await sendTip(sender, tip);
        });
        for (const sender of senders) sender.close();
        return spent;
      });
      results.push({
        name: `tips of 64 KiB with the beat of ${String(PART_BEAT)} ms, ${String(connections)} at once`,
        value: count / beaten,
        unit: "a second",
        baseline: { name: "without it", value: count / free },
        // One who waits for each answer loses the beat once a tip; that is its meaning.
        target: { ratio: connections === 1 ? 0.25 : 0.9, aim: "at-least" },
      });
    }
    const parts = await makeParts(program, LARGE, context.clock());
    const [beaten, free] = await takingTurns(async (address) => {
      const sender = await Sender.open(address);
      const spent = await secondsFor([parts], 1, () => sendParts(sender, toHex(randomBytes(16)), parts));
      sender.close();
      return spent;
    });
    results.push({
      name: "parts of a large tip with the beat, one after another",
      value: LARGE / MIB / beaten,
      unit: "MiB a second",
      baseline: { name: "without it", value: LARGE / MIB / free },
      target: { ratio: 0.8, aim: "at-least" },
    });
    return results;
  } finally {
    for (const app of apps) await app.close();
    await context.close();
    await station.remove();
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

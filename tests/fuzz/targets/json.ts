/** Canonical JSON (RFC 8785). */
import { formatJson, parseJson } from "../../../src/protocol/format/json.ts";
import { accepted, sameAgain, type Target } from "../engine/target.ts";

const SEEDS = ['{"a":[1,-2,null,true],"b":{"c":"é\\n\\u0001\\\\"}}', '"\\ud834\\udd1e"', "[]", "9007199254740991", '{"":{"":[[]]}}'];

export const target: Target = {
  longest: 512,
  seeds: () => SEEDS.map((text) => new TextEncoder().encode(text)),
  run: (input) => {
    const value = accepted(() => parseJson(input));
    if (value !== undefined) sameAgain(input, formatJson(value));
  },
};

/** What a file is, by its first bytes: any bytes have an answer, and a claim either fits it or does not. */
import { claimFits, kindOf } from "../../../src/reviewer/viewing/kinds.ts";
import type { Target } from "../engine/target.ts";

const BEGINNINGS = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [0xff, 0xd8, 0xff, 0xe0],
  [0x25, 0x50, 0x44, 0x46, 0x2d, 0x31, 0x2e, 0x37],
  [0x50, 0x4b, 0x03, 0x04],
  [0x52, 0x49, 0x46, 0x46, 0, 0, 0, 0, 0x57, 0x45, 0x42, 0x50],
  [0, 0, 0, 0x18, 0x66, 0x74, 0x79, 0x70, 0x6d, 0x70, 0x34, 0x32],
];

export const target: Target = {
  longest: 400,
  seeds: () => BEGINNINGS.map((beginning) => Uint8Array.from([...beginning, ...Array.from({ length: 60 }, (_, index) => index)])),
  run: (input) => {
    const kind = kindOf(input);
    claimFits(kind, "image/png");
    if (JSON.stringify(kindOf(input)) !== JSON.stringify(kind)) throw new Error("one file is of two kinds");
  },
};

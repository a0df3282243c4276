/** `/keys.pgp`, as the page takes it from a server that may be hostile: however it is cut and changed, only the two pinned certificates are opened. */
import { concat } from "../../../src/protocol/bytes.ts";
import { generateCertificate, openCertificate } from "../../../src/protocol/crypto/certificate.ts";
import { openKeyring, splitCertificates } from "../../../src/page/keys/keyring.ts";
import { accepted, acceptedLater, holds, sameAgain, type Target } from "../engine/target.ts";

const made = async (purpose: "program" | "rewards") =>
  (await generateCertificate({ purpose, start: 1_700_006_400, epochs: 1 })).publicBytes;
const [program, rewards, other] = [await made("program"), await made("rewards"), await made("program")];
const fingerprintOf = async (bytes: typeof program) => (await openCertificate(bytes)).fingerprint;
const pinned = { program: await fingerprintOf(program), rewards: await fingerprintOf(rewards) };

export const target: Target = {
  longest: program.length + rewards.length + 64,
  seeds: () => [concat(program, rewards), concat(other, rewards), concat(rewards, program), program, concat(program, rewards, rewards)],
  run: async (input) => {
    const parts = accepted(() => splitCertificates(input));
    if (parts === undefined) return;
    sameAgain(input, concat(...parts));
    const keyring = await acceptedLater(() => openKeyring(input, pinned));
    if (keyring === undefined) return;
    sameAgain(input, concat(program, rewards));
    holds(keyring.program.purpose === "program", "certificates changed places");
  },
};

/** Fastify that takes a body and answers nothing, in a process of its own: what HTTP alone costs. Prints its port; ends with its input. */
import { fastify } from "fastify";
import type { AddressInfo } from "node:net";

const app = fastify({ bodyLimit: 1_048_576 });
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
  done(null, body);
});
app.post("/", (_request, reply) => reply.code(204).send());
await app.listen({ port: 0, host: "127.0.0.1" });
console.log((app.server.address() as AddressInfo).port);
process.stdin.resume().on("end", () => process.exit(0));

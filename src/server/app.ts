/**
 * The HTTP application: routes, headers, errors. It listens nowhere; `serve.ts` does.
 *
 * It keeps nothing of a request: no logger, no request ids, no addresses. Every response has the same fixed headers and no `Server`, `Date`, `ETag` or
 * `Last-Modified`; every error has the same shape.
 *
 * Time limits (measured, not taken from manuals): Node applies `requestTimeout` only if it is longer than `headersTimeout`, and looks only every
 * `connectionsCheckingInterval`. A part may take long over Tor; `intake/body.ts` lets go who is slower than any circuit.
 */
import helmet from "@fastify/helmet";
import { fastify, type FastifyInstance } from "fastify";
import type { OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { RefusalCode } from "../protocol/errors.ts";
import type { Context } from "./context.ts";
import { letGo } from "./intake/body.ts";
import { Room } from "./intake/room.ts";
import { openIntake } from "./intake/tips.ts";
import type { PageFiles } from "./page-files.ts";
import { whereItBroke } from "./privacy.ts";
import { FIXED_HEADERS, isOurFault, PROBLEM_TYPE, problemOf, rawProblem, refusalOf } from "./problem.ts";
import { BEAT, PART_BEAT } from "./routes/beat.ts";
import { formRoutes } from "./routes/form.ts";
import { logRoutes } from "./routes/log.ts";
import { mailboxRoutes } from "./routes/mailbox.ts";
import { pageRoutes } from "./routes/page.ts";
import { tipRoutes } from "./routes/tips.ts";

/** Whole request, milliseconds: a part of 512 KiB at 500 bytes a second, and some. */
const REQUEST_TIMEOUT = 1_200_000;
const HEADERS_TIMEOUT = 20_000;
/** A connection on which nothing happens. */
const SILENCE_TIMEOUT = 60_000;
/** Connections at once; each holds at most one part in memory. */
const MOST_CONNECTIONS = 512;

/** Addresses that exist, whatever the method. */
const WRITING_PATHS = /^\/(?:mailbox|tips(?:\/[0-9a-f]{32}(?:\/parts(?:\/[0-9]+)?)?)?)$/;

/** How long slow senders are borne, and senders of some questions made to wait, milliseconds. */
export interface Patience {
  /** For a whole request. Longer than `headers`. */
  readonly request: number;
  /** For the head of a request, from the beginning of the connection, and between two requests. */
  readonly headers: number;
  /** For a connection on which nothing happens. */
  readonly silence: number;
  /** How often the first two are looked at. */
  readonly look: number;
  /** For an answer that says whether something is there (`routes/beat.ts`). */
  readonly beat: number;
  /** For the answer to a part. */
  readonly partBeat: number;
}

/** What a server has. */
export const PATIENCE: Patience = {
  request: REQUEST_TIMEOUT,
  headers: HEADERS_TIMEOUT,
  silence: SILENCE_TIMEOUT,
  look: 5000,
  beat: BEAT,
  partBeat: PART_BEAT,
};

/** Headers that helmet does not know. */
const OWN_HEADERS = { "cache-control": FIXED_HEADERS["cache-control"], "permissions-policy": FIXED_HEADERS["permissions-policy"] };

/** What helmet sets. It is asked once: for each request it would read its options and write the policy again, a tenth of what taking in a part costs. */
async function helmetHeaders(): Promise<OutgoingHttpHeaders> {
  const app = fastify({ logger: false });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],
        "img-src": ["'self'", "blob:"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "require-trusted-types-for": ["'script'"],
      },
    },
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
    // An onion address has no TLS, and an address that once had would lock its visitors out.
    strictTransportSecurity: false,
  });
  app.get("/", (_request, reply) => reply.send(reply.raw.getHeaders()));
  const { body } = await app.inject("/");
  await app.close();
  return JSON.parse(body) as OutgoingHttpHeaders;
}

/** The application over an open context. `files` is the page. */
export async function buildApp(context: Context, files: PageFiles, patience: Patience = PATIENCE): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    forceCloseConnections: "idle",
    trustProxy: false,
    exposeHeadRoutes: false,
    bodyLimit: 1024,
    requestTimeout: patience.request,
    connectionTimeout: patience.silence,
    keepAliveTimeout: patience.headers,
    http: {
      headersTimeout: patience.headers,
      connectionsCheckingInterval: patience.look,
      maxHeaderSize: 8192,
      requireHostHeader: false,
    },
    routerOptions: { maxParamLength: 240, ignoreTrailingSlash: false, caseSensitive: true },
    clientErrorHandler: answerBroken,
    frameworkErrors: (_error, _request, reply) => {
      reply.raw.sendDate = false;
      void send(reply.headers(FIXED_HEADERS), "bad-request");
    },
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  app.server.on("checkExpectation", (_request, response) => {
    const { body } = problemOf("bad-request");
    response.sendDate = false;
    response.writeHead(400, { ...FIXED_HEADERS, "content-type": PROBLEM_TYPE, "content-length": body.length, connection: "close" });
    response.end(body);
  });

  const headers = { ...(await helmetHeaders()), ...OWN_HEADERS };
  app.addHook("onRequest", (_request, reply, done) => {
    reply.raw.sendDate = false;
    void reply.headers(headers);
    done();
  });

  // Media types are checked and bodies read by the routes, with their own count of bytes.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => {
    done(null);
  });

  app.setNotFoundHandler((request, reply) => {
    const [path = ""] = request.url.split("?");
    return send(reply, files.has(path) || WRITING_PATHS.test(path) || path === "/keys.pgp" ? "method-not-allowed" : "not-found");
  });
  app.setErrorHandler((error, request, reply) => {
    const code = refusalOf(error);
    if (isOurFault(error)) context.troubles.requestFailed(whereItBroke(error));
    // Node reads on and discards what was not read of the body; to close at once could take the answer from a sender who still sends.
    if (!request.raw.complete) letGo(request.raw);
    return send(reply, code);
  });

  pageRoutes(app, context, files);
  logRoutes(app, context);
  const room = new Room(context);
  const intake = openIntake(context);
  tipRoutes(app, intake, room, patience);
  formRoutes(app, context, intake, room);
  mailboxRoutes(app, context, patience.beat);
  await app.ready();
  return app;
}

type Reply = Parameters<Parameters<FastifyInstance["setErrorHandler"]>[0]>[2];

function send(reply: Reply, code: RefusalCode): Reply {
  const { status, body, headers } = problemOf(code);
  return reply.code(status).headers(headers).type(PROBLEM_TYPE).send(Buffer.from(body));
}

/** Answers what is no HTTP request, or did not become one in time. */
function answerBroken(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(rawProblem(error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "too-slow" : "bad-request"), () => {
    socket.destroy();
  });
}

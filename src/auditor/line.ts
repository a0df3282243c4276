/**
 * How addresses are reached: directly, or through a SOCKS5 proxy, which is how an onion is reached through Tor. Through a proxy everything goes through it: names
 * are resolved there, never here, and there is no direct connection to fall back to. Settings of the environment are not looked at, so that what happens is what
 * the command line says.
 *
 * `undici` is the client behind Node's own `fetch`; Node does not give out the part of it that speaks SOCKS5. Its authors call that part experimental: it is pinned,
 * and `tests/auditor/line.test.ts` holds it to the two promises above.
 */
import { Agent, type Dispatcher, Socks5ProxyAgent } from "undici";
import { Refusal } from "../protocol/errors.ts";

/** A way to addresses. */
export interface Line {
  readonly dispatcher: Dispatcher;
  /** Whether everything goes through a proxy. */
  readonly proxied: boolean;
}

/** Time to reach a server; an onion that was not asked for lately takes long. */
const TIME_TO_CONNECT = 60_000;

/**
 * The direct line, or the one through a proxy, which is written `socks5h://[name:password@]host:port`: with `h`, as other programs write it when names are
 * resolved by the proxy. Tor keeps what comes under different names on different circuits.
 * @throws {Refusal} `usage`.
 */
export function lineThrough(proxy: string | null): Line {
  if (proxy === null) return { dispatcher: new Agent({ connect: { timeout: TIME_TO_CONNECT } }), proxied: false };
  let address: URL;
  try {
    address = new URL(proxy);
  } catch {
    throw new Refusal("usage", "the proxy is written socks5h://host:port");
  }
  const { protocol, hostname, port, username, password, pathname, search, hash } = address;
  if (protocol !== "socks5h:") throw new Refusal("usage", "the proxy begins with socks5h://, so that it resolves the names");
  if (hostname === "" || port === "" || !["", "/"].includes(pathname) || search !== "" || hash !== "") {
    throw new Refusal("usage", "the proxy has a host and a port, and nothing after them");
  }
  const dispatcher = new Socks5ProxyAgent(`socks5://${hostname}:${port}`, {
    connectTimeout: TIME_TO_CONNECT,
    ...(username === "" ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
  });
  return { dispatcher, proxied: true };
}

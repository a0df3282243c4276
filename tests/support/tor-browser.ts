/**
 * Firefox's preferences at Tor Browser's security levels. *Safer*: no compiled JavaScript, no WebAssembly, no MathML, resistance to fingerprinting, a window of its own size.
 * *Safest*: no script and no SVG. What is missing for a real Tor Browser: NoScript and Tor Browser's patches.
 */

const RESISTING = {
  "privacy.resistFingerprinting": true,
  "privacy.resistFingerprinting.letterboxing": true,
  "privacy.firstparty.isolate": true,
};

export const SAFER = {
  ...RESISTING,
  "javascript.options.ion": false,
  "javascript.options.baselinejit": false,
  "javascript.options.native_regexp": false,
  "javascript.options.wasm": false,
  "javascript.options.asmjs": false,
  "mathml.disabled": true,
  "gfx.font_rendering.graphite.enabled": false,
  "gfx.font_rendering.opentype_svg.enabled": false,
};

export const SAFEST = { ...SAFER, "javascript.enabled": false, "svg.disabled": true };

/** What makes Firefox reach everything through a tor's SOCKS at `socks` (address:port), names too, and trust an onion as it would https. */
export function throughTor(socks: string): Readonly<Record<string, string | number | boolean>> {
  const [address = "", port = ""] = socks.split(":");
  return {
    "network.proxy.type": 1,
    "network.proxy.socks": address,
    "network.proxy.socks_port": Number(port),
    "network.proxy.socks_version": 5,
    "network.proxy.socks_remote_dns": true,
    "network.proxy.no_proxies_on": "",
    "network.proxy.failover_direct": false,
    "network.dns.disablePrefetch": true,
    "network.http.referer.hideOnionSource": true,
    "dom.securecontext.allowlist_onions": true,
  };
}

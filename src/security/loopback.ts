/**
 * What is this machine itself: one rule for PUBLIC_URL (local mode), the Host header, a page's own origin, CORS in local mode, and where a
 * connection comes from.
 *
 * Names are `localhost` and all below it, which browsers never ask a name server for (RFC 6761 section 6.3), so that nobody can point one
 * elsewhere; and the loopback addresses, in the one spelling that URL parsing gives and that browsers send. Nobody needs another spelling,
 * and what two readers understand differently is how a check is passed, so these are no loopback names: a dot at the end, `127.1`,
 * `0x7f.0.0.1`, `2130706433`, `127.0.0.01`, an IPv4 address in IPv6 (`[::ffff:127.0.0.1]`), an address that listens everywhere
 * (`0.0.0.0`, `[::]`), a user name before the host. Only PUBLIC_URL may have another spelling: it is parsed as a URL, then asked about.
 */
const OCTET = String.raw`(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])`;
const IPV4 = String.raw`127(?:\.${OCTET}){3}`;
const HOST_NAME = String.raw`(?:(?:[a-z\d_-]+\.)*localhost|${IPV4}|\[::1\])`;
const PORT = String.raw`(?::\d{1,5})?`;

const hostName = new RegExp(`^${HOST_NAME}$`);
const host = new RegExp(`^${HOST_NAME}${PORT}$`);
const origin = new RegExp(`^https?://${HOST_NAME}${PORT}$`);
const address = new RegExp(`^(?:(?:::ffff:)?${IPV4}|::1)$`);

/** @param text the `hostname` of a parsed URL: in lower case, without a port */
export const isLoopbackHostName = (text: string): boolean => hostName.test(text);

/** @param text as in a Host header, with a port or without; in lower case, since the case of a host means nothing */
export const isLoopbackHost = (text: string): boolean => host.test(text);

/** @param text as in an Origin header: browsers write it in lower case, and nothing else is an origin */
export const isLoopbackOrigin = (text: string): boolean => origin.test(text);

/** @param text an IP address in its usual form, also one of IPv4 as a socket of IPv6 shows it: `::ffff:127.0.0.1` */
export const isLoopbackAddress = (text: string): boolean => address.test(text);

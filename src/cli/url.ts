/** Which server and path a URL on the command line means. */
import { formatIp, type Ip, tryIp } from '../base/address.ts';
import { DEMO_ADDRESS } from '../demo-host.ts';
import { usage } from './exit.ts';

/** The demo host of the simulated LAN: the one name that is known without DNS. */
const DEMO_NAME = 'demo.lan';

export interface Target {
  readonly ip: Ip;
  readonly port: number;
  /** With the query. */
  readonly path: string;
  /** For the Host header. */
  readonly host: string;
}

/** `http://192.0.2.1:8080/x?y` → where to connect and what to ask; throws USAGE for anything else. */
export function parseTarget(text: string): Target {
  const url = tryUrl(text);
  // `192.0.2.1:80/x` parses as a URL with the scheme `192.0.2.1:`.
  if (url === undefined || !/^[a-z]+:\/\//i.test(text)) throw usage(`'${text}' is no URL (http://192.0.2.1/path)`);
  if (url.protocol !== 'http:') throw usage(`'${text}': only http: is spoken here, not ${url.protocol}`);
  if (url.username !== '' || url.password !== '') throw usage(`'${text}': a URL with a user name is not supported`);
  const ip = url.hostname === DEMO_NAME ? DEMO_ADDRESS.ip : tryIp(url.hostname);
  if (ip === undefined)
    throw usage(
      `'${url.hostname}' is no IPv4 address: host names need DNS, which comes with a later version (only ${DEMO_NAME}, ${formatIp(DEMO_ADDRESS.ip)}, is known)`,
    );
  return { ip, port: url.port === '' ? 80 : Number(url.port), path: url.pathname + url.search, host: url.host };
}

function tryUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

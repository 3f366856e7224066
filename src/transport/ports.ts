/** Port numbers: RFC 6335 section 6 (the ranges), RFC 6056 section 3.3.1 (how an ephemeral one is chosen). */
import { formatIp, type Ip } from '../base/address.ts';
import type { Random } from '../base/random.ts';

/** One end of a conversation. Port 0 stands for any, ANY_IP for every address of this host. */
export interface Endpoint {
  readonly ip: Ip;
  readonly port: number;
}

/** `192.0.2.1:80`. */
export const formatEndpoint = (endpoint: Endpoint): string => `${formatIp(endpoint.ip)}:${endpoint.port}`;

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65_535;

// The dynamic ports of RFC 6335.
const FIRST = 49_152;
const COUNT = 16_384;

/** Chooses ephemeral ports; who holds which is the protocol's to know. */
export class Ports {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A port that is not taken, from a random place on, so that an outsider cannot guess it; undefined: all 16,384 are. */
  ephemeral(isTaken: (port: number) => boolean): number | undefined {
    const start = this.#random.below(COUNT);
    for (let i = 0; i < COUNT; i++) {
      const port = FIRST + ((start + i) % COUNT);
      if (!isTaken(port)) return port;
    }
    return undefined;
  }
}

/** Which way to a destination: RFC 1122 section 3.3.1, longest prefix first. */
import { type Ip, inPrefix, type Prefix, prefixMask } from '../base/address.ts';
import type { Interface } from './interface.ts';

export interface Route {
  readonly prefix: Prefix;
  readonly via: Interface;
  /** The next router; undefined where the destination is on the link itself. */
  readonly gateway: Ip | undefined;
}

export class RouteTable {
  /** Longest prefix first. */
  readonly #routes: Route[] = [];

  get routes(): readonly Route[] {
    return this.#routes;
  }

  /** Adds a route, in the place of one with the same prefix. */
  add(prefix: Prefix, via: Interface, gateway: Ip | undefined): void {
    const network = ((prefix.ip & prefixMask(prefix.length)) >>> 0) as Ip;
    const route = { prefix: { ip: network, length: prefix.length }, via, gateway };
    const same = this.#routes.findIndex((old) => old.prefix.ip === network && old.prefix.length === prefix.length);
    if (same >= 0) this.#routes[same] = route;
    else {
      this.#routes.push(route);
      this.#routes.sort((a, b) => b.prefix.length - a.prefix.length);
    }
  }

  /** The route with the longest prefix that `destination` is in; undefined where none leads. */
  find(destination: Ip): Route | undefined {
    for (const route of this.#routes) if (inPrefix(destination, route.prefix)) return route;
    return undefined;
  }
}

/** Finds the connection of a segment by its four-tuple, and the listener by its port (S32, S125). */
import { ANY_IP, type Ip } from '../../base/address.ts';
import type { Endpoint } from '../ports.ts';
import type { ControlBlock } from './control-block.ts';
import type { TcpListener } from './listener.ts';

const portsKey = (local: number, remote: number): number => local * 65_536 + remote;

export class ConnectionTable {
  // Two ports say nearly everything; connections that share both differ in an address, and are few.
  readonly #byPorts = new Map<number, ControlBlock[]>();
  readonly #listeners = new Map<number, TcpListener[]>();
  readonly #localPorts = new Map<number, number>();

  find(localIp: Ip, localPort: number, remoteIp: Ip, remotePort: number): ControlBlock | undefined {
    const blocks = this.#byPorts.get(portsKey(localPort, remotePort));
    if (blocks === undefined) return;
    for (const block of blocks) if (block.remote.ip === remoteIp && block.local.ip === localIp) return block;
    return;
  }

  add(block: ControlBlock): void {
    const key = portsKey(block.local.port, block.remote.port);
    const blocks = this.#byPorts.get(key);
    if (blocks === undefined) this.#byPorts.set(key, [block]);
    else blocks.push(block);
    this.#localPorts.set(block.local.port, (this.#localPorts.get(block.local.port) ?? 0) + 1);
  }

  remove(block: ControlBlock): void {
    const key = portsKey(block.local.port, block.remote.port);
    const blocks = this.#byPorts.get(key);
    const at = blocks?.indexOf(block) ?? -1;
    if (blocks === undefined || at < 0) return;
    if (blocks.length === 1) this.#byPorts.delete(key);
    else blocks.splice(at, 1);
    const left = (this.#localPorts.get(block.local.port) ?? 1) - 1;
    if (left === 0) this.#localPorts.delete(block.local.port);
    else this.#localPorts.set(block.local.port, left);
  }

  /** The listener of this address, or else of every address. */
  listener(ip: Ip, port: number): TcpListener | undefined {
    const listeners = this.#listeners.get(port);
    return listeners?.find(({ local }) => local.ip === ip) ?? listeners?.find(({ local }) => local.ip === ANY_IP);
  }

  /** Whether another listener already takes segments for `local`. */
  isListening(local: Endpoint): boolean {
    return (this.#listeners.get(local.port) ?? []).some(
      (other) => other.local.ip === local.ip || other.local.ip === ANY_IP || local.ip === ANY_IP,
    );
  }

  addListener(listener: TcpListener): void {
    this.#listeners.set(listener.local.port, [...(this.#listeners.get(listener.local.port) ?? []), listener]);
  }

  removeListener(listener: TcpListener): void {
    const rest = (this.#listeners.get(listener.local.port) ?? []).filter((other) => other !== listener);
    if (rest.length === 0) this.#listeners.delete(listener.local.port);
    else this.#listeners.set(listener.local.port, rest);
  }

  isPortTaken(port: number): boolean {
    return this.#localPorts.has(port) || this.#listeners.has(port);
  }

  *blocks(): IterableIterator<ControlBlock> {
    for (const blocks of this.#byPorts.values()) yield* blocks;
  }
}

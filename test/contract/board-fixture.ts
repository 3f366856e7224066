/** What the register bus contract needs of a board, and how a suite drives one in virtual or in real time. */
import { expect } from 'vitest';
import type { BoardEvent, BoardIdentity, BusClient, RegisterBus } from '../../src/bridge/register-bus.ts';

/** The far end of the board's cable. Frames run from the destination address to the last octet before the FCS. */
export interface CableTap {
  /** What left the board, oldest first. */
  readonly left: readonly Uint8Array[];
  /** A frame for the board, at least 60 octets long. */
  inject(frame: Uint8Array): void;
  /** Frames that come at once, faster than the bus takes them, do overflow the board's receive queue. */
  readonly canOverflow: boolean;
}

export interface BoardFixture {
  /** With an open session, and no client. */
  readonly bus: RegisterBus;
  /** Undefined where nobody reaches the cable: what needs it is skipped. */
  readonly cable?: CableTap | undefined;
  /** Lets time pass, real or virtual, until `isDone`; false after some seconds without. */
  until(isDone: () => boolean): Promise<boolean>;
  /** Lets time pass until what is under way has come to its end: long enough to say that something does not happen. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** A client that keeps what it is told, and the operations as promises. */
export class BoardProbe implements BusClient {
  readonly fixture: BoardFixture;
  readonly identities: BoardIdentity[] = [];
  readonly lost: string[] = [];
  events: BoardEvent[] = [];

  constructor(fixture: BoardFixture) {
    this.fixture = fixture;
    fixture.bus.attach(this);
  }

  onOpen(identity: BoardIdentity): void {
    this.identities.push(identity);
  }
  onEvent(event: BoardEvent): void {
    this.events.push(event.kind === 'received' ? { ...event, bytes: event.bytes.slice() } : event);
  }
  onLost(reason: string): void {
    this.lost.push(reason);
  }

  get bus(): RegisterBus {
    return this.fixture.bus;
  }
  of<Kind extends BoardEvent['kind']>(kind: Kind): (BoardEvent & { kind: Kind })[] {
    return this.events.filter((event): event is BoardEvent & { kind: Kind } => event.kind === kind);
  }

  async until(isDone: () => boolean, what: string): Promise<void> {
    expect(await this.fixture.until(isDone), what).toBe(true);
  }

  async read(address: number): Promise<number | undefined> {
    let answer: { readonly value: number | undefined } | undefined;
    this.bus.read(address, (value) => {
      answer = { value };
    });
    await this.until(() => answer !== undefined, `an answer from register ${address}`);
    return answer?.value;
  }

  async readBlock(address: number, length: number): Promise<Uint8Array | undefined> {
    let answer: { readonly bytes: Uint8Array | undefined } | undefined;
    this.bus.readBlock(address, length, (bytes) => {
      answer = { bytes: bytes?.slice() };
    });
    await this.until(() => answer !== undefined, `an answer from block ${address}`);
    return answer?.bytes;
  }
}

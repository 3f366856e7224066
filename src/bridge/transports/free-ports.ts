/** Two UDP ports of loopback that nobody uses, for a cable between this program and an emulator. */
import { createSocket } from 'node:dgram';

/** Held until both are known, so that they differ; then let go for those who were promised them. */
export async function freePorts(): Promise<[number, number]> {
  const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
  const [a, b] = await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<number>((resolve, reject) => {
          socket.once('error', reject);
          socket.bind(0, '127.0.0.1', () => resolve(socket.address().port));
        }),
    ),
  );
  for (const socket of sockets) socket.close();
  return [a as number, b as number];
}

import { mockBehindLine, mockInProcess } from '../../contract/mock-fixtures.ts';
import { registerBusContract } from '../../contract/register-bus.ts';

const seed = Number(process.env['SEED'] ?? 1);

registerBusContract('the mock board in process', async () => mockInProcess());
registerBusContract('the mock board behind the link', async () => mockBehindLine({}, seed));
registerBusContract('the mock board behind a bad line at 921600 baud', async () =>
  mockBehindLine({ baud: 921_600, flip: 1e-3, delete: 1e-3, insert: 1e-3 }, seed),
);

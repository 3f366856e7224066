/** Every run prints its seed; `SEED=… npm test` runs it again. */
export default function seed(): void {
  process.env['SEED'] ??= '1';
  process.stdout.write(`SEED=${process.env['SEED']}\n`);
}

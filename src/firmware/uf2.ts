/** UF2 files for the RP2040: what its ROM would take, write and start. */

/** What lies in the flash once the ROM has written a file. */
export interface FlashImage {
  /** Of the first byte: 0x1000_0000 for the start of the flash. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The image within a UF2 file, or a sentence that says why the ROM, or the Pico, would not take it. */
export function decodePicoUf2(file: Uint8Array): FlashImage | string {
  return `not written yet (${file.length} bytes)`;
}

// An authenticator app (RFC 6238), as it is on somebody's phone.

import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP = 30_000;

function base32(text) {
  let bits = "";
  for (const letter of text) bits += ALPHABET.indexOf(letter).toString(2).padStart(5, "0");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export class Authenticator {
  #key;
  #last = 0;

  constructor(secret) {
    this.#key = base32(secret);
  }

  /** The code of one time step. */
  at(step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const mac = createHmac("sha1", this.#key).update(counter).digest();
    const number = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, "0");
  }

  /** A code that was not used yet. One is good a step before its own, so this waits only where several are wanted. */
  async next() {
    const step = Math.max(Math.floor(Date.now() / STEP), this.#last + 1);
    this.#last = step;
    const early = (step - 1) * STEP - Date.now();
    if (early > 0) await sleep(early + 200);
    return this.at(step);
  }
}

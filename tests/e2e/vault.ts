// The vault of a phone, opened by another implementation of the same standards: Argon2id, XChaCha20-Poly1305,
// HKDF-SHA256. For tests that have to look into what is sealed, or to fill it.
import { PASSWORD, type Phone } from "./world";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { argon2id } from "@noble/hashes/argon2.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Page } from "@playwright/test";
import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export type Entry = [key: string, value: string];

const PURPOSE: Record<string, string> = { outbox: "outbox", segments: "general", segments_mediation: "mediation", segments_care: "care", meta: "meta", cursors: "meta", drafts: "meta", photos: "meta", blobs: "general" };
const utf8 = (text: string) => Buffer.from(text, "utf8");
const place = (table: string, name: string) => Buffer.concat([Buffer.of(1), utf8(table), Buffer.of(0), utf8(name)]);

/** Every entry of a table as it is kept: names, and values in base64. */
export async function kept(page: Page, table: string): Promise<Entry[]> {
  return page.evaluate(async (table) => {
    const database = await new Promise<IDBDatabase>((done) => {
      const open = indexedDB.open("ruhu");
      open.onsuccess = () => done(open.result);
    });
    const store = database.transaction(table).objectStore(table);
    const all = <T>(request: IDBRequest<T>) => new Promise<T>((done) => (request.onsuccess = () => done(request.result)));
    const [names, values] = await Promise.all([all(store.getAllKeys()), all(store.getAll())]);
    database.close();
    const base64 = (bytes: Uint8Array) => btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
    return names.map((name, at) => [String(name), base64(values[at])] as [string, string]);
  }, table);
}

export class OpenVault {
  private readonly derived = new Map<string, Uint8Array>();

  private constructor(private readonly key: Uint8Array) {}

  static async open(page: Page, password = PASSWORD): Promise<OpenVault> {
    const [, record] = (await kept(page, "vault")).find(([name]) => name === "vault")!;
    const { account, device, wrap } = JSON.parse(Buffer.from(record, "base64").toString("utf8"));
    const { memory, passes, salt } = wrap.kdf;
    const key = argon2id(password, Uint8Array.from(salt), { m: memory, t: passes, p: 1, dkLen: 32 });
    const numbers = Buffer.alloc(8);
    numbers.writeUInt32LE(memory, 0);
    numbers.writeUInt32LE(passes, 4);
    const bound = Buffer.concat([utf8("wrap\0"), numbers, Uint8Array.from(salt), utf8(`${account}/${device}`)]);
    return new OpenVault(decrypt(key, bound, Uint8Array.from(wrap.sealed)));
  }

  private derive(info: string): Uint8Array {
    const derived = this.derived.get(info) ?? hkdf(sha256, this.key, undefined, utf8(`ruhu/${info}`), 32);
    this.derived.set(info, derived);
    return derived;
  }

  /** The name under which an entry is kept. */
  name(table: string, key: string): string {
    return Buffer.from(hmac(sha256, this.derive("names"), place(table, key)).slice(0, 16)).toString("hex");
  }

  /** An entry as it is kept: its name, and the sealed value in base64. */
  seal(table: string, key: string, value: string): Entry {
    const name = this.name(table, key);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(utf8(key).length);
    const plain = Buffer.concat([length, utf8(key), utf8(value)]);
    const nonce = randomBytes(24);
    const sealed = xchacha20poly1305(this.derive(PURPOSE[table]), nonce, place(table, name)).encrypt(plain);
    return [name, Buffer.concat([Buffer.of(1), nonce, sealed]).toString("base64")];
  }

  /** Every entry of a table, opened. */
  async entries(page: Page, table: string): Promise<Entry[]> {
    const key = this.derive(PURPOSE[table]);
    return (await kept(page, table)).map(([name, sealed]) => {
      const plain = decrypt(key, place(table, name), Buffer.from(sealed, "base64"));
      const length = Buffer.from(plain).readUInt32LE(0);
      const text = (from: number, to?: number) => Buffer.from(plain.slice(from, to)).toString("utf8");
      return [text(4, 4 + length), text(4 + length)];
    });
  }
}

function decrypt(key: Uint8Array, bound: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed[0] !== 1) throw new Error("another format");
  return xchacha20poly1305(key, sealed.slice(1, 25), bound).decrypt(sealed.slice(25));
}

/**
 * Fills the outbox as the app itself does: its own saved op, `count` times, with other ids, stamps and words, sealed.
 * The others were saved before it: a stamp from the future would be changed by the office.
 */
export async function fillOutbox(page: Page, count: number) {
  const vault = await OpenVault.open(page);
  const [[, template]] = await vault.entries(page, "outbox");
  const { op } = JSON.parse(template);
  const uuid = (ms: number) => {
    const random = randomUUID();
    const time = ms.toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15, 18)}-${random.slice(19)}`;
  };
  const start = parseInt(op.stamp.slice(0, 12), 16);
  const entries = Array.from({ length: count - 1 }, (_, at) => {
    const n = at + 1;
    const ms = start - n * 37;
    const queued = JSON.parse(template);
    queued.op.id = uuid(ms);
    queued.op.record = uuid(ms);
    queued.op.stamp = ms.toString(16).padStart(12, "0") + op.stamp.slice(12);
    queued.op.changes.at.value -= n * 1000;
    queued.op.changes.found.value = `第${n}次:家里都好,老人血压正常,药够吃${n % 30}天。`;
    return vault.seal("outbox", queued.op.id, JSON.stringify(queued));
  });
  await page.evaluate(async (entries) => {
    const database = await new Promise<IDBDatabase>((done) => {
      const open = indexedDB.open("ruhu");
      open.onsuccess = () => done(open.result);
    });
    const write = database.transaction("outbox", "readwrite", { durability: "strict" });
    for (const [name, sealed] of entries)
      write.objectStore("outbox").put(Uint8Array.from(atob(sealed), (character) => character.charCodeAt(0)), name);
    await new Promise((done) => (write.oncomplete = done));
    database.close();
  }, entries);
}

/** The files of a phone's profile that hold one of these words, in the ways a browser may write them. */
export function filesWith(phone: Phone, words: string[]): string[] {
  const needles = words.flatMap((word) => [Buffer.from(word, "utf8"), Buffer.from(word, "utf16le")]);
  const found: string[] = [];
  const walk = (folder: string) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isDirectory()) walk(path);
      else if (stat?.isFile()) {
        const bytes = readFileSync(path);
        if (needles.some((needle) => bytes.includes(needle))) found.push(path.slice(phone.profile.length));
      }
    }
  };
  walk(phone.profile);
  return found;
}

// Pictures for the tests: drawn, added to a hazard, and looked for at the server.
import { expect, type Server } from "./world";
import type { Page } from "@playwright/test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** A JPEG of noise that this browser draws, with what a camera would write into it: turned on its side, and where. */
export async function picture(page: Page, width: number, height: number, seed: number): Promise<Buffer> {
  const base64 = await page.evaluate(
    async ([width, height, seed]) => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width, height];
      const context = canvas.getContext("2d")!;
      let random = seed;
      const next = () => (random = (random * 1103515245 + 12345) % 2147483648) / 2147483648;
      for (let n = 0; n < 4000; n++) {
        context.fillStyle = `hsl(${next() * 360} 80% ${next() * 90}%)`;
        context.fillRect(next() * width, next() * height, width / 40, height / 40);
      }
      const blob = await new Promise<Blob>((done) => canvas.toBlob((made) => done(made!), "image/jpeg", 0.95));
      const bytes = new Uint8Array(await blob.arrayBuffer());
      let text = "";
      for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return btoa(text);
    },
    [width, height, seed] as const,
  );
  const plain = Buffer.from(base64, "base64");
  // Exif with one entry: orientation 6, the camera was held upright.
  const exif = Buffer.from("457869660000" + "4d4d002a00000008" + "0001" + "011200030000000100060000" + "00000000", "hex");
  const where = Buffer.from("GPS 32.1N 114.1E");
  const body = Buffer.concat([exif, where]);
  const head = Buffer.from([0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255]);
  return Buffer.concat([plain.subarray(0, 2), head, body, plain.subarray(2)]);
}

/** The field that takes pictures from the phone's album. */
export const field = (page: Page) => page.getByLabel("选照片", { exact: true });

/** The field that opens the camera. */
export const camera = (page: Page) => page.getByLabel("拍照", { exact: true });

export async function add(page: Page, ...files: Buffer[]) {
  const upload = files.map((buffer, at) => ({ name: `IMG_${at}.jpg`, mimeType: "image/jpeg", buffer }));
  await field(page).setInputFiles(upload);
}

/** A new hazard, up to its photos. */
export async function hazard(page: Page, what: string) {
  await page.goto(new URL("/hazards/new", page.url()).href);
  await page.getByLabel("有什么隐患").fill(what);
  await page.getByRole("radio", { name: "消防", exact: true }).check();
  await page.getByLabel("地点").fill("祠堂");
}

export async function save(page: Page) {
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
  await expect(page.getByRole("button", { name: "保存" })).toBeHidden();
}

/** The photos that the server keeps. */
export function atOffice(server: Server): Buffer[] {
  const files = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((one) =>
      one.isDirectory() ? files(join(folder, one.name)) : [join(folder, one.name)],
    );
  const folder = join(server.data, "photos", "photos");
  return statSync(folder, { throwIfNoEntry: false }) ? files(folder).map((file) => readFileSync(file)) : [];
}

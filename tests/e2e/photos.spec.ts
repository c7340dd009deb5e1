// Photos: taken without signal, small and without what the camera wrote, at the office whatever the connection does.
import { add, atOffice, camera, field, hazard, picture, save } from "./photo";
import { expect, fillUp, logIn, logOut, makeRoom, PASSWORD, ready, shot, spoil, tab, test } from "./world";
import type { Page, Route } from "@playwright/test";
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { Upload } from "tus-js-client";

const UPLOADS = "**/api/v1/photos/**";

async function sent(page: Page) {
  await tab(page, "我的");
  await expect(async () => {
    await page.getByRole("button", { name: "立即发送" }).click();
    await expect(page.getByText("全部已到办公室")).toBeVisible({ timeout: 400 });
  }).toPass();
}

test("three photos of a hazard, one of 20 megapixels, wait without signal and arrive whole", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const files = [await picture(page, 1200, 900, 1), await picture(page, 5472, 3648, 2), await picture(page, 800, 600, 3)];
  await phone.context.setOffline(true);
  await tab(page, "事项");
  await page.getByRole("link", { name: "登记隐患" }).click();
  await page.getByLabel("有什么隐患").fill("祠堂里电线裸露");
  await page.getByRole("radio", { name: "消防", exact: true }).check();
  await page.getByLabel("地点").fill("祠堂");
  await add(page, ...files);
  await expect(page.getByRole("img", { name: "照片3" }), "shown at once").toBeVisible();
  await shot(page, "photos-form");
  // The phone rings, the app is started anew: the draft has its photos.
  await page.reload();
  await expect(page.getByRole("img", { name: "照片3" })).toBeVisible();
  await page.getByRole("button", { name: "移除照片1" }).click();
  await expect(page.getByRole("img", { name: "照片3" })).toBeHidden();
  await add(page, files[0], files[0]);
  await expect(page.getByRole("img", { name: "照片3" }), "the same one twice is one").toBeVisible();
  await expect(page.getByRole("img", { name: "照片4" })).toBeHidden();
  await save(page);
  await expect(page.getByText("✓ 已存本机", { exact: true }).first()).toBeVisible();
  await shot(page, "photos-hazard");
  await tab(page, "我的");
  await logOut(page);
  await expect(page.getByRole("alert").filter({ hasText: "没有到办公室" })).toBeVisible();
  expect(atOffice(server)).toEqual([]);
  await phone.context.setOffline(false);
  await sent(page);
  await shot(page, "photos-me");
  const there = atOffice(server);
  expect(there).toHaveLength(3);
  for (const bytes of there) {
    expect(bytes.length).toBeLessThanOrEqual(300 * 1024);
    expect(bytes.includes("Exif") || bytes.includes("GPS"), "nothing the camera wrote").toBe(false);
  }
  // Space is made, and the photos are still to be seen.
  await page.getByRole("button", { name: "移除", exact: true }).click();
  await expect(page.getByText("已移除。照片都在办公室")).toBeVisible();
  await page.goto(`${server.url}/hazards`);
  await page.getByRole("link", { name: /消防 祠堂/ }).click();
  await expect(page.getByRole("img", { name: "照片3" })).toBeVisible();
  await phone.context.setOffline(true);
  await page.reload();
  await expect(page.getByText("照片在办公室，连上网后能看").first()).toBeVisible();
  await phone.context.setOffline(false);

  const colleague = await second.open();
  await logIn(colleague, server.url, "zhoulan");
  await ready(colleague);
  await colleague.goto(`${server.url}/hazards`);
  await colleague.getByRole("link", { name: /消防 祠堂/ }).click();
  const first = colleague.getByRole("img", { name: "照片1" });
  await expect(first).toBeVisible();
  const [width, height] = await first.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight]);
  expect(height, "turned upright").toBeGreaterThan(width);
  await shot(colleague, "photos-colleague");
});

test("a connection that breaks off at every piece, before and after, delivers the photo in the end", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await hazard(page, "祠堂后墙开裂");
  await add(page, await picture(page, 700, 500, 7));
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  const broken = { asked: new Set<string>(), answers: new Set<string>() };
  await page.route(UPLOADS, async (route: Route) => {
    const request = route.request();
    const at = request.headers()["upload-offset"];
    if (request.method() !== "PATCH") return route.continue();
    if (!broken.asked.has(at)) {
      broken.asked.add(at);
      return route.abort();
    }
    if (!broken.answers.has(at)) {
      broken.answers.add(at);
      await route.fetch();
      return route.abort();
    }
    return route.continue();
  });
  await save(page);
  await sent(page);
  expect(broken.asked.size, "more than one piece").toBeGreaterThan(1);
  expect(broken.answers.size).toBe(broken.asked.size);
  expect(atOffice(server)).toHaveLength(1);
});

test("a browser that writes Exif itself, and one that can't turn a picture by itself, send a photo that is taken", async ({ server, phone }) => {
  const page = await phone.open();
  await page.addInitScript(() => {
    const bitmap = createImageBitmap;
    (window as any).createImageBitmap = (file: Blob, options?: ImageBitmapOptions) => {
      if (options?.imageOrientation === "from-image") throw new TypeError("not a valid enum value");
      return bitmap(file);
    };
    const encode = HTMLCanvasElement.prototype.toBlob;
    HTMLCanvasElement.prototype.toBlob = function (done, type, quality) {
      encode.call(this, async (made) => {
        const jpeg = new Uint8Array(await made!.arrayBuffer());
        const words = new TextEncoder().encode("Exif\0\0MM\0*\0\0\0\b\0\0GPS");
        const head = Uint8Array.of(0xff, 0xe1, 0, words.length + 2);
        done(new Blob([jpeg.subarray(0, 2), head, words, jpeg.subarray(2)], { type }));
      }, type, quality);
    };
  });
  await logIn(page, server.url);
  await ready(page);
  await hazard(page, "桥栏杆松动");
  await add(page, await picture(page, 900, 600, 11));
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  await save(page);
  await sent(page);
  const [bytes] = atOffice(server);
  expect(bytes.includes("Exif")).toBe(false);
  expect(bytes.includes("GPS")).toBe(false);
  const { width, height } = await sharp(bytes).metadata();
  expect([width, height], "turned upright").toEqual([600, 900]);
});

test("a piece that comes wrong, a wrong place and a lost upload are gone on from", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await hazard(page, "祠堂门口台阶松动");
  await add(page, await picture(page, 1600, 1200, 9));
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  const done = new Set<string>();
  const once = (what: string) => !done.has(what) && done.add(what);
  await page.route(UPLOADS, async (route: Route) => {
    const request = route.request();
    if (request.method() === "PATCH") {
      const body = request.postDataBuffer()!;
      if (once("corrupt")) return route.continue({ postData: Buffer.concat([body.subarray(1), Buffer.of(1)]) });
      if (once("place")) return route.continue({ headers: { ...request.headers(), "upload-offset": "3" } });
      if (once("expired")) return route.fulfill({ status: 404, body: "" });
    }
    return route.continue();
  });
  await save(page);
  await sent(page);
  expect([...done]).toEqual(["corrupt", "place", "expired"]);
  const [bytes] = atOffice(server);
  expect(createHash("sha256").update(bytes).digest("hex")).toMatch(/^[0-9a-f]{64}$/);
});

test("the camera is asked for by name, and what it takes is kept", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await hazard(page, "祠堂的电线老化");
  // Without it Android 14 and later offer the album alone.
  await expect(camera(page)).toHaveAttribute("capture", "environment");
  await expect(field(page)).not.toHaveAttribute("capture");
  const buffer = await picture(page, 800, 600, 7);
  await camera(page).setInputFiles({ name: "IMG.jpg", mimeType: "image/jpeg", buffer });
  await expect(page.locator(".photos img")).toHaveCount(1);
  await add(page, await picture(page, 800, 600, 8));
  await expect(page.locator(".photos img")).toHaveCount(2);
  await save(page);
});

test("what is no photo is said to be none, and the others are kept", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await hazard(page, "祠堂灯笼太旧");
  await add(page, Buffer.from("<!doctype html><script>alert(1)</script>"), await picture(page, 400, 300, 4));
  await expect(page.getByText("这个文件不是照片，请重新拍或另选一张")).toBeVisible();
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  await expect(page.getByRole("img", { name: "照片2" })).toBeHidden();
  await save(page);
});

test("on a full phone the words are kept and the photo is said not to be", async ({ server, phone }) => {
  const page = await phone.open();
  const devtools = await phone.context.newCDPSession(page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: server.url, quotaSize: 40 * 1024 * 1024 });
  await logIn(page, server.url);
  await ready(page);
  await hazard(page, "祠堂屋顶漏雨");
  const file = await picture(page, 1200, 900, 5);
  await fillUp(page);
  await add(page, file);
  await expect(page.getByText("手机空间满了，照片没有存下；写的字都在")).toBeVisible();
  await expect(page.getByRole("img", { name: "照片1" })).toBeHidden();
  await expect(page.getByLabel("有什么隐患")).toHaveValue("祠堂屋顶漏雨");
  await expect(page.getByText("手机空间快满了，暂不存照片")).toBeVisible();
  await expect(field(page)).toBeHidden();
  await shot(page, "photos-full");
  await page.getByRole("link", { name: "返回" }).click();
  await tab(page, "今日");
  await page.getByRole("link", { name: /^手机空间快满了/ }).click();
  await expect(page.getByRole("alert").filter({ hasText: "暂不存照片" })).toBeVisible();
  await expect(page.getByText("记录和草稿（要留着）")).toBeVisible();
  await shot(page, "me-full");
  await makeRoom(page);
  await tab(page, "今日");
  await page.getByRole("link", { name: /^隐患.*未写完/ }).click();
  await expect(page.getByLabel("有什么隐患")).toHaveValue("祠堂屋顶漏雨");
  await expect(async () => {
    await page.getByRole("button", { name: "腾好了，再试" }).or(field(page)).first().waitFor();
    if (await field(page).isHidden()) await page.getByRole("button", { name: "腾好了，再试" }).click();
    await add(page, file);
    await expect(page.getByRole("img", { name: "照片1" })).toBeVisible({ timeout: 3_000 });
  }).toPass();
  await save(page);
  await expect(page.getByText("祠堂屋顶漏雨").first()).toBeVisible();
});

test("a photo that can't be read any more is said so, and holds up nothing", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await tab(page, "事项");
  await page.getByRole("link", { name: "登记隐患" }).click();
  await page.getByLabel("有什么隐患").fill("祠堂门轴断了");
  await page.getByRole("radio", { name: "消防", exact: true }).check();
  await page.getByLabel("地点").fill("祠堂");
  await add(page, await picture(page, 400, 300, 8));
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  await save(page);
  await spoil(page, "blobs");
  await phone.context.setOffline(false);
  await sent(page);
  await expect(page.getByText("1张没有送到，请打开那条记录看原因")).toBeVisible();
  await tab(page, "事项");
  await page.getByRole("link", { name: /消防 祠堂/ }).click();
  await expect(page.getByText("手机里的这张照片读不出来，请重新拍")).toBeVisible();
});

test("any tus client can send: tus-js-client", async ({ server, phone }) => {
  const bytes = readFileSync(join(import.meta.dirname, "../../crates/server/tests/server/photos/hazard.jpg"));
  const device = "00000000000000aa";
  const post = async (path: string, body: unknown, token?: string) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${server.url}/api/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return answer.json();
  };
  const { token } = await post("login", { account: "wangfang", password: PASSWORD, device });
  const sync = (ops: unknown[]) => post("sync", { device, app: "test", ops, cursors: {}, limit: 1000 }, token);
  type Stored = { id: string; kind: string; values: { danger?: string } };
  const { channels } = (await sync([])) as { channels: { channel: string; records: Stored[] }[] };
  const { channel, records } = channels[0];
  const hazard = records.find((record) => record.kind === "hazard" && record.values.danger === "traffic")!;
  const record = randomUUID();
  const changes = {
    of: { value: hazard.id },
    hash: { value: createHash("sha256").update(bytes).digest("hex") },
    size: { value: bytes.length },
  };
  // 12 hexadecimal digits of milliseconds, 4 of a counter, 16 of the device.
  const stamp = `${Date.now().toString(16).padStart(12, "0")}0000${device}`;
  const { results } = await sync([{ id: randomUUID(), record, kind: "photo", channel, stamp, changes }]);
  expect(results).toMatchObject([{ outcome: "applied" }]);
  await new Promise<void>((done, failed) =>
    new Upload(bytes, {
      endpoint: `${server.url}/api/v1/photos`,
      chunkSize: 20_000,
      headers: { authorization: `Bearer ${token}` },
      metadata: { record, channel },
      uploadSize: bytes.length,
      onError: failed,
      onSuccess: () => done(),
    }).start(),
  );
  expect(atOffice(server).map((kept) => kept.equals(bytes))).toEqual([true]);
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await tab(page, "事项");
  await page.getByRole("link", { name: /小学门口/ }).click();
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
});

test("photos that can't be sent are carried to the office in the exported file, and let the worker go", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await hazard(page, "祠堂石狮松动");
  await add(page, await picture(page, 1200, 900, 21), await picture(page, 500, 400, 22));
  await expect(page.getByRole("img", { name: "照片2" })).toBeVisible();
  await save(page);
  await tab(page, "我的");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "导出" }).click()]);
  const path = join(server.data, "unsent.json");
  await file.saveAs(path);
  const said = server.run("import", "ops", path);
  expect(said).toContain("照片：收下 2，此前已收到 0，不能收下 0");
  expect(atOffice(server)).toHaveLength(2);
  const again = server.run("import", "ops", path);
  expect(again).toContain("照片：收下 0，此前已收到 2");
  const receipt = /回执号：(\d{6})/.exec(said)![1];
  expect(again).toContain(receipt);
  await logOut(page);
  await page.getByLabel("回执号").fill(receipt);
  await page.getByRole("button", { name: "凭回执号退出" }).click();
  await expect(page.getByRole("button", { name: "登录", exact: true })).toBeVisible();
});

test("a file that holds a photo the office can't read leaves the photo on the phone", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await hazard(page, "祠堂瓦片滑落");
  await add(page, await picture(page, 500, 400, 23));
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  await save(page);
  await tab(page, "我的");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "导出" }).click()]);
  const path = join(server.data, "unsent.json");
  await file.saveAs(path);
  // A few bytes of the picture were damaged on the way.
  const text = readFileSync(path, "utf8");
  const at = text.lastIndexOf('"]') - 400;
  writeFileSync(path, text.slice(0, at) + "AAAA" + text.slice(at + 4));
  const said = server.run("import", "ops", path);
  expect(said).toContain("照片：收下 0，此前已收到 0，不能收下 1");
  await logOut(page);
  await page.getByLabel("回执号").fill(/回执号：(\d{6})/.exec(said)![1]);
  await page.getByRole("button", { name: "凭回执号退出" }).click();
  await expect(page.getByText("回执号对不上")).toBeVisible();
});

test("a photo whose record came in time arrives though its worker lost the right to the grid since", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await page.route("**/api/v1/photos", (route) => route.abort());
  await hazard(page, "祠堂围墙倾斜");
  await add(page, await picture(page, 500, 400, 51));
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  const tried = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/photos"));
  await save(page);
  await tried;
  const [id] = server.run("grant", "list", "wangfang").split(/\s/);
  server.run("grant", "end", id, "--by", "李主任");
  await tab(page, "走访");
  await expect(async () => {
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await expect(page.getByText("还没有分配网格")).toBeVisible({ timeout: 400 });
  }).toPass();
  await tab(page, "我的");
  await expect(page.getByText("1 张照片还没到办公室")).toBeVisible();
  await logOut(page);
  await expect(page.getByRole("alert").filter({ hasText: "没有到办公室" })).toBeVisible();
  expect(atOffice(server)).toEqual([]);
  await page.unrouteAll();
  await sent(page);
  expect(atOffice(server)).toHaveLength(1);
});

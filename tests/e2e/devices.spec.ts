// A phone that the office revoked hands over what it has not sent, locked or not, and is empty then.
import { desk, to } from "./desk";
import { add, atOffice, hazard, picture, save } from "./photo";
import { fillOutbox, kept } from "./vault";
import { byHand, expect, logIn, logVisit, ready, shot, tab, test, unlock, type Phone, type Server } from "./world";
import type { Page } from "@playwright/test";
import { gunzipSync } from "node:zlib";

const TABLES = [
  ...["meta", "outbox", "segments", "segments_mediation", "segments_care", "cursors", "drafts", "vault"],
  ...["photos", "blobs"],
];

/** A phone with so many saved visits that the office does not have, and no network. */
async function withUnsent(server: Server, phone: Phone, count: number): Promise<Page> {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await logVisit(page, 0, "样子");
  await fillOutbox(page, count);
  return page;
}

function revoke(server: Server) {
  const [device] = server.run("device", "list", "wangfang").split(/\s/);
  expect(server.run("device", "revoke", device, "--by", "李主任")).toContain("已停用");
}

async function isEmpty(page: Page) {
  for (const table of TABLES) expect(await kept(page, table), table).toEqual([]);
}

test("a revoked phone in use hands over its 50 unsent visits and clears itself", async ({ server, phone }) => {
  const page = await withUnsent(server, phone, 50);
  await byHand(page);
  revoke(server);
  await phone.context.setOffline(false);
  await expect(page.getByText("没发送的 50 条记录已交给办公室")).toBeVisible();
  await expect(page.getByText("已全部清除")).toBeVisible();
  await expect(page.getByLabel("账号")).toHaveValue("");
  await isEmpty(page);
  expect(server.run("quarantine", "list")).toContain("待核对 50 条");
  expect(server.run("device", "list")).toContain("已交出全部记录");
});

test("a revoked phone that is locked does so too, as soon as it has a network", async ({ server, phone }) => {
  const page = await withUnsent(server, phone, 50);
  revoke(server);
  await page.route("**/api/v1/*", (route) => route.abort());
  await phone.context.setOffline(false);
  await byHand(page);
  const asked = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/device"));
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: "已锁定" })).toBeVisible();
  await asked;
  expect(await kept(page, "outbox")).toHaveLength(50);
  // The server takes it, and the answer is lost: nothing is cleared, and nothing comes twice.
  await page.unrouteAll();
  await page.route("**/api/v1/handover", async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  const lost = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/handover"));
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await lost;
  expect(server.run("quarantine", "list")).toContain("待核对 50 条");
  expect(await kept(page, "outbox")).toHaveLength(50);
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await expect(page.getByText("没发送的 50 条记录已交给办公室")).toBeVisible();
  await isEmpty(page);
  expect(server.run("quarantine", "list")).toContain("待核对 50 条");
});

test("a revoked phone hands over its photos too, and the office looks at them before it decides", async ({
  server,
  phone,
  second,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const files = [await picture(page, 1600, 1200, 31), await picture(page, 500, 400, 32)];
  await phone.context.setOffline(true);
  await hazard(page, "祠堂横梁开裂");
  await add(page, ...files);
  await expect(page.getByRole("img", { name: "照片2" })).toBeVisible();
  await save(page);
  await byHand(page);
  revoke(server);
  // The connection breaks in the middle of a picture.
  let requests = 0;
  await page.route("**/api/v1/handover", async (route) => {
    const packed = route.request().headers()["content-encoding"] === "gzip";
    const body = route.request().postDataBuffer()!;
    const { pieces } = JSON.parse((packed ? gunzipSync(body) : body).toString());
    return pieces && ++requests === 2 ? route.abort() : route.continue();
  });
  await phone.context.setOffline(false);
  await expect(async () => {
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    // How many went with the try that got through.
    await expect(page.getByText(/没发送的 3 条记录和 [12] 张照片已交给办公室/)).toBeVisible({ timeout: 400 });
  }).toPass();
  expect(requests, "a picture is larger than a request, and nothing went twice").toBeGreaterThan(3);
  await isEmpty(page);
  expect(atOffice(server)).toHaveLength(2);
  expect(server.run("device", "list")).toContain("已交出全部记录");

  const office = await desk(second, server, "zhoulan");
  await to(office, "待核对");
  await office.getByRole("button", { name: "看照片" }).first().click();
  const shown = office.getByRole("img", { name: "待核对的照片" });
  await expect(shown).toBeVisible();
  expect(await shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(300);
  await shot(office, "office-waiting-photo");
  for (let left = 3; left > 0; left--) {
    await expect(office.getByRole("button", { name: "采纳" })).toHaveCount(left);
    await office.getByRole("button", { name: "采纳" }).first().click();
  }
  await expect(office.getByText("没有待核对的记录")).toBeVisible();
});

test("a locked phone that was not revoked stays as it is", async ({ server, phone }) => {
  const page = await withUnsent(server, phone, 2);
  await byHand(page);
  await phone.context.setOffline(false);
  const said: unknown[] = [];
  await page.route("**/api/v1/device", async (route) => {
    const response = await route.fetch();
    said.push(await response.json());
    await route.fulfill({ response });
  });
  await page.goto(server.url);
  await expect.poll(() => said).toContainEqual({ revoked: false });
  await unlock(page);
  await expect(page.getByRole("heading", { name: /该走访的户/ })).toBeVisible();
  await expect(page.getByText("条还没到办公室")).toBeHidden();
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");
});

test("an account's owner is told on the phone who made a code for it", async ({ server, phone }) => {
  server.run("code", "wangfang");
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await tab(page, "我的");
  await expect(page.getByRole("heading", { name: "登记码" })).toBeVisible();
  await expect(page.getByText("还没有用过")).toBeVisible();
  await expect(page.getByText("不是您要的，请马上告诉办公室")).toBeVisible();
  await shot(page, "codes-made");
});

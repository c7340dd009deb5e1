// A phone that the office revoked hands over what it has not sent, locked or not, and is empty then.
import { fillOutbox, kept } from "./vault";
import { byHand, expect, logIn, logVisit, ready, test, unlock, type Phone, type Server } from "./world";
import type { Page } from "@playwright/test";

const TABLES = ["meta", "outbox", "segments", "segments_mediation", "segments_care", "cursors", "drafts", "vault"];

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

test("a locked phone that was not revoked stays as it is", async ({ server, phone }) => {
  const page = await withUnsent(server, phone, 2);
  await byHand(page);
  await phone.context.setOffline(false);
  const asked = page.waitForResponse("**/api/v1/device");
  await page.goto(server.url);
  expect(await (await asked).json()).toEqual({ revoked: false });
  await unlock(page);
  await expect(page.getByRole("heading", { name: /该走访的户/ })).toBeVisible();
  await expect(page.getByText("条还没到办公室")).toBeHidden();
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");
});

// Kills the real server in the middle of a push, and the real browser right after ✓, again and again.
// Rounds: RUHU_SERVER_ROUNDS and RUHU_BROWSER_ROUNDS. Says how many rounds there were and what was lost.
import { expect, logIn, Phone, ready, Server, tab, test } from "../world";
import { execFileSync } from "node:child_process";
import type { Page } from "@playwright/test";

const SERVER_ROUNDS = Number(process.env.RUHU_SERVER_ROUNDS ?? 10);
const BROWSER_ROUNDS = Number(process.env.RUHU_BROWSER_ROUNDS ?? 5);

async function doors(page: Page) {
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  return page.getByRole("article");
}

/** Logs a visit with one tap, and returns when the app says that it is on the phone. */
async function tapNobodyHome(page: Page, door: number) {
  const row = (await doors(page)).nth(door);
  await row.getByRole("button", { name: "无人在家" }).click();
  await expect(row).toContainText("今天");
}

function atOffice(server: Server): number {
  const today = new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10);
  const out = `${server.data}/visits.xlsx`;
  const said = server.run("export", "visits", "--area", "411500000000", "--from", today, "--to", today, "--out", out, "--force");
  return Number(/(\d+) 条/.exec(said)?.[1] ?? 0);
}

test("the server is killed in the middle of a push", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const before = atOffice(server);
  const port = Number(new URL(server.url).port);
  let saved = 0;
  for (let round = 0; round < SERVER_ROUNDS; round++) {
    await phone.context.setOffline(true);
    for (let door = 0; door < 3; door++, saved++) await tapNobodyHome(page, door);
    await tab(page, "今日");
    await expect(page.getByText("3 条还没到办公室")).toBeVisible();
    const pushing = page.waitForRequest("**/api/v1/sync");
    await phone.context.setOffline(false);
    await pushing;
    // Before the commit, after it, or after the answer: each round a little later.
    await page.evaluate((ms) => new Promise((done) => setTimeout(done, ms)), round * 3);
    await server.stop("SIGKILL");
    await server.start(port);
    await tab(page, "我的");
    await page.getByRole("button", { name: "立即发送" }).click();
    await expect(page.getByText("全部已到办公室")).toBeVisible();
  }
  const arrived = atOffice(server) - before;
  console.log(`server: ${SERVER_ROUNDS} rounds, ${saved - arrived} lost`);
  expect(arrived).toBe(saved);
});

test("the browser is killed right after ✓", async ({ server }) => {
  const phone = new Phone();
  let page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const before = atOffice(server);
  let lost = 0;
  for (let round = 0; round < BROWSER_ROUNDS; round++) {
    await phone.context.setOffline(true);
    await tapNobodyHome(page, round);
    const closed = new Promise((done) => phone.context.once("close", done));
    execFileSync("pkill", ["-9", "-f", phone.profile]);
    await closed;
    page = await phone.open();
    await phone.context.setOffline(true);
    await page.goto(server.url);
    const shown = await (await doors(page)).nth(round).textContent();
    if (!shown?.includes("今天")) lost++;
  }
  await phone.context.setOffline(false);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  const arrived = atOffice(server) - before;
  console.log(`browser: ${BROWSER_ROUNDS} rounds, ${Math.max(lost, BROWSER_ROUNDS - arrived)} lost`);
  await phone.end();
  expect([lost, arrived]).toEqual([0, BROWSER_ROUNDS]);
});

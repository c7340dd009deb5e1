// Breaks the network in every way at every step of log-in, sync and photos. Says how many faults there were, how many saves
// were lost, and how many times the phone did not go on by itself.
import { FAULTS, Gate, type Fault } from "../gate";
import { add, atOffice, hazard, picture, save } from "../photo";
import { expect, logIn, PASSWORD, ready, tab, test } from "../world";
import type { Page } from "@playwright/test";

/** A little more than the phone waits in silence. */
const SILENCE_MS = 46_000;

/** How often it may have to be silent, or to wait for its next try, until all is sent. */
const PATIENCE = 8;

const STEPS: [string, (path: string, method: string) => boolean][] = [
  ["sync", (path) => path === "/api/v1/sync"],
  ["a photo's beginning", (path, method) => path.startsWith("/api/v1/photos") && method === "POST"],
  ["a photo's piece", (path, method) => path.startsWith("/api/v1/photos") && method === "PATCH"],
];

/** Whether everything reaches the office without anybody's doing; time passes quickly. */
async function goesOn(page: Page): Promise<boolean> {
  await tab(page, "我的");
  for (let waits = 0; waits < PATIENCE; waits++) {
    const all = page.getByText("全部已到办公室");
    if (await all.waitFor({ timeout: 3_000 }).then(() => true, () => false)) return true;
    await page.clock.fastForward(SILENCE_MS);
  }
  return false;
}

test("every network fault at every step loses nothing and ends", async ({ server, phone }) => {
  const gate = new Gate(server.url);
  const url = await gate.open();
  const page = await phone.open();
  await page.clock.install();
  let [faults, stuck, saved] = [0, 0, 0];
  const arm = (fault: Fault, here: (path: string, method: string) => boolean) => {
    let armed = true;
    gate.fault = (path, method) => {
      if (!armed || !here(path, method)) return undefined;
      armed = false;
      faults++;
      return fault;
    };
    return () => !armed;
  };

  await page.goto(url);
  for (const fault of FAULTS) {
    // For as long as it takes: the browser itself sends a request again whose connection broke.
    let met = false;
    gate.fault = (path) => {
      if (path !== "/api/v1/login") return undefined;
      met = true;
      return fault;
    };
    await page.getByLabel("账号").fill("wangfang");
    await page.getByLabel("密码").fill(PASSWORD);
    await page.getByRole("button", { name: "登录", exact: true }).click();
    await expect.poll(() => met).toBe(true);
    faults++;
    const said = page.getByRole("alert").filter({ hasText: /服务器|网络/ });
    if (fault === "stall" || fault === "silence") await page.clock.fastForward(SILENCE_MS);
    if (!(await said.waitFor({ timeout: 10_000 }).then(() => true, () => false))) stuck++;
    gate.fault = () => undefined;
    await page.reload();
  }
  await logIn(page, url);
  await ready(page);

  for (const [step, here] of STEPS) {
    for (const fault of FAULTS) {
      await hazard(page, `${step}: ${fault}`);
      if (step !== "sync") {
        await add(page, await picture(page, 500, 400, faults + 1));
        await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
      }
      const met = arm(fault, here);
      await save(page);
      saved++;
      if (!(await goesOn(page))) stuck++;
      expect(met(), `${step}: ${fault} was met`).toBe(true);
    }
  }
  gate.close();
  const out = `${server.data}/hazards.xlsx`;
  // The page's clock may have passed midnight: it was sent ahead.
  const [from, to] = [8, 32].map((hours) => new Date(Date.now() + hours * 3600_000).toISOString().slice(0, 10));
  const words = ["export", "hazards", "--area", "411500000000", "--from", from, "--to", to, "--out", out, "--force"];
  const arrived = Number(/(\d+) 条/.exec(server.run(...words))?.[1] ?? 0);
  const photos = atOffice(server).length;
  console.log(`${faults} network faults, ${saved - arrived} lost, ${stuck} stuck`);
  expect([arrived, photos, stuck]).toEqual([saved, 2 * FAULTS.length, 0]);
});

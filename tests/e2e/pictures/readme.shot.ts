// The pictures of the README: phone and office with demo data, and a clip of a visit without signal.
import { test, expect, logIn, ready, tab } from "../world";
import { desk, to } from "../desk";
import type { Page } from "@playwright/test";
import { join } from "node:path";
import sharp from "sharp";

const FOLDER = join(import.meta.dirname, "../../../docs/pictures");
const shoot = (page: Page, name: string) => page.screenshot({ path: join(FOLDER, `${name}.png`) });

test("the phone", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await tab(page, "今日");
  await expect(page.getByRole("heading", { name: /到期/ }).first()).toBeVisible();
  await shoot(page, "phone-today");
});

test("a dispute", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url, "liqiang");
  await ready(page);
  await tab(page, "事项");
  await page.locator("main a.row.link").first().click();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await shoot(page, "phone-dispute");
});

test("the office", async ({ server, phone }) => {
  const page = await desk(phone, server, "zhoulan");
  await to(page, "督办");
  await expect(page.getByText("在办").first()).toBeVisible();
  await shoot(page, "office-supervision");
});

test("a visit without signal", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const frames: Buffer[] = [];
  const delays: number[] = [];
  const frame = async (ms: number) => {
    frames.push(await page.screenshot());
    delays.push(ms);
  };
  await frame(1200);
  await phone.context.setOffline(true);
  await page.getByRole("article").nth(1).getByRole("link", { name: "走访", exact: true }).click();
  await expect(page.getByRole("heading", { name: "入户走访" })).toBeVisible();
  await frame(1000);
  await page.getByText("已见面", { exact: true }).click();
  const words = page.getByLabel("走访情况");
  await words.scrollIntoViewIfNeeded();
  for (const part of ["家里都好，", "提醒注意煤气", "和防火。"]) {
    await words.pressSequentially(part);
    await frame(600);
  }
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
  await frame(1800);
  await phone.context.setOffline(false);
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await frame(2500);
  await sharp(frames, { join: { animated: true } })
    .webp({ quality: 70, delay: delays, loop: 0 })
    .toFile(join(FOLDER, "visit.webp"));
});

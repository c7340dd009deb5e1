// Grids that change: an office makes, splits and merges them, and a phone that was away loses nothing.
import { desk, to } from "./desk";
import { expect, logIn, logUnsent, ready, type Server, shot, SYNC, tab, test } from "./world";
import type { Page } from "@playwright/test";

const gridOf = (server: Server) => /\d{12}-\d{2}/.exec(server.run("grant", "list", "wangfang"))![0];

// The row of a grid: another may name it as its successor.
const row = (office: Page, grid: string) =>
  office.getByRole("row").filter({ has: office.getByRole("cell", { name: grid, exact: true }) });

test("a grid is split and merged, and what a phone had not sent is there", async ({ server, phone, second }) => {
  const grid = gridOf(server);
  const next = `${grid.slice(0, 13)}77`;
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await logUnsent(page, 0, "离线时写的");

  const office = await desk(second, server);
  await to(office, "网格");
  await expect(row(office, grid).first()).toContainText("王芳");
  const before = Number(await row(office, grid).first().getByRole("cell").nth(3).innerText());
  await office.getByRole("button", { name: "新建网格" }).click();
  await office.getByLabel("网格编码", { exact: true }).fill(next);
  await office.getByLabel("网格名称（可不填）").fill("东头网格");
  await shot(office, "grids-new");
  await office.getByRole("button", { name: "建网格", exact: true }).click();
  await expect(row(office, next)).toContainText("东头网格");

  await row(office, grid).first().getByRole("button", { name: "调整" }).click();
  await office.getByLabel("划到哪个网格").selectOption(next);
  await office.getByRole("button", { name: "选户" }).click();
  await office.locator(".doors").getByRole("checkbox").nth(1).check();
  await office.locator(".doors").getByRole("checkbox").nth(2).check();
  await expect(office.getByText("已选 2 户")).toBeVisible();
  await shot(office, "grids-change");
  await office.getByRole("button", { name: "划出选中的户" }).click();
  await expect(office.getByText(/已划出 2 户/)).toBeVisible();
  await expect(row(office, next).getByRole("cell").nth(3)).toHaveText("2");
  await expect(row(office, grid).first().getByRole("cell").nth(3)).toHaveText(String(before - 2));

  await row(office, grid).first().getByRole("button", { name: "调整" }).click();
  await office.getByLabel("并入哪个网格").selectOption(next);
  await office.getByRole("button", { name: "并入", exact: true }).click();
  await expect(row(office, grid).filter({ hasText: "关闭" })).toContainText(`并入 ${next}`);
  await expect(row(office, next).first().getByRole("cell").nth(3)).toHaveText(String(before));
  await shot(office, "grids-merged");

  // The phone was away. It sends what it has, and goes on in the grid that took over.
  await page.unroute(SYNC);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  expect(server.run("quarantine", "list")).not.toContain("离线时写的");
  const held = server.run("grant", "list", "wangfang");
  expect(held).toContain(next);
});

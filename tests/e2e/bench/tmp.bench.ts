import { expect, logIn, ready, test } from "../world";
test.describe("tmp", () => {
  test.use({ households: 20_000 });
  test("tmpsearch", async ({ server, phone }) => {
    const page = await phone.open();
    await logIn(page, server.url);
    await ready(page);
    await expect(page.getByText("10000 户")).toBeVisible({ timeout: 120_000 });
    const devtools = await phone.context.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    const times = await page.evaluate(async () => {
      const field = document.querySelector<HTMLInputElement>("input[type=search]")!;
      const settled = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const times: Record<string, string> = {};
      for (const query of ["w", "wj", "wjg", "王", "王建", "王建国", "1", "12", "123", "1234", "lm", "zx", "欧阳", "明", "国强", "zzzz", "没有人啊", "wangjianguo"]) {
        const got: number[] = [];
        for (let round = 0; round < 5; round++) {
          field.value = "";
          field.dispatchEvent(new Event("input", { bubbles: true }));
          await settled();
          await settled();
          const drawn = new Promise<number>((done) => {
            const observer = new MutationObserver(() => (observer.disconnect(), done(performance.now())));
            observer.observe(document.querySelector(".count")!, { childList: true, characterData: true, subtree: true });
          });
          const start = performance.now();
          field.value = query;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          got.push(Math.round(((await drawn) - start) * 10) / 10);
        }
        times[query] = got.join(" ") + "  " + document.querySelector(".count")!.textContent;
      }
      return times;
    });
    console.log(JSON.stringify(times, null, 1));
  });
});

// Prints what the benchmarks print, and why one could not be made; nothing else.
import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";

export default class Figures implements Reporter {
  onStdOut(chunk: string | Buffer) {
    process.stdout.write(chunk);
  }
  onTestEnd(test: TestCase, result: TestResult) {
    if (result.status !== "passed") process.stderr.write(`${test.title}: ${result.error?.message ?? result.status}\n`);
  }
}

type Peer = { peer: string; peer_value: number };

export function figure(name: string, value: number, unit: string, peer?: Peer): void {
  const round = (number: number) => Number(number.toPrecision(4));
  const beside = peer && {
    peer: peer.peer,
    peer_value: round(peer.peer_value),
    ratio: round(peer.peer_value / value),
  };
  console.log(JSON.stringify({ name, value: round(value), unit, ...beside }));
}

export function percentile95(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)];
}

import { KeyChains } from '../../memory/key-chains.ts';
import { PrefixIndex } from '../../memory/prefix-index.ts';
import type { RequestTable } from '../../request.ts';

/** Prompts as chains of blocks, by number: equal numbers stand for equal tokens in the block and in all before it. */
export class PromptBlocks {
  private readonly index = new PrefixIndex(0);
  private readonly blockSize: number;
  private chains: KeyChains | null = null;
  private last = -1;

  constructor(blockSize: number) {
    this.blockSize = blockSize;
  }

  /** The first whole blocks of a prompt, at most `most`. Their numbers hold until the next call, those that are kept until they are dropped. */
  of(requests: RequestTable, request: number, most = Number.POSITIVE_INFINITY): readonly number[] {
    this.chains ??= new KeyChains(requests, this.index, this.blockSize);
    this.chains.forget(this.last);
    this.last = request;
    const whole = Math.floor(requests.promptTokens[request] / this.blockSize);
    return this.chains.of(request, Math.min(whole, most));
  }

  keep(block: number): void {
    this.index.retain(block);
  }

  drop(block: number): void {
    this.index.release(block);
  }
}

import { EndsBy } from '../request.ts';
import type { Sequences } from '../sequences.ts';
import { requestSpan } from './request-span.ts';
import { sliceSpan, spanOf, type TokenSpan } from './token-span.ts';

/** What the tokens of live requests are: the prompt's pieces, then the stream of what was generated. */
export class RequestTokens {
  private readonly sequences: Sequences;
  private readonly endStream: number | null;
  private readonly prompts = new Map<number, TokenSpan>();

  /** `endStream`: first token of this stream ends all requests that end by a token; null = their own streams do. */
  constructor(sequences: Sequences, endStream: number | null) {
    this.sequences = sequences;
    this.endStream = endStream;
  }

  /** The first `tokens` tokens of a request. */
  first(request: number, tokens: number): TokenSpan {
    const { requests } = this.sequences;
    const prompt = this.prompt(request);
    if (tokens <= prompt.length) return sliceSpan(prompt, 0, tokens);
    const outputs = tokens - prompt.length;
    const own = { segment: requests.outputSegment[request], offset: 0, length: outputs };
    const isLast = requests.endsBy[request] === EndsBy.stop && outputs === requests.outputTokens[request];
    if (this.endStream === null || !isLast) return spanOf([...prompt.pieces, own]);
    const end = { segment: this.endStream, offset: 0, length: 1 };
    return spanOf([...prompt.pieces, { ...own, length: outputs - 1 }, end]);
  }

  /** The request will not be asked about again. */
  forget(request: number): void {
    this.prompts.delete(request);
  }

  private prompt(request: number): TokenSpan {
    const known = this.prompts.get(request);
    if (known !== undefined) return known;
    const { requests } = this.sequences;
    const prompt = requestSpan(requests, request, requests.promptTokens[request]);
    this.prompts.set(request, prompt);
    return prompt;
  }
}

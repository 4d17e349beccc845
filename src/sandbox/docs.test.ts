import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { declarationFile } from './contract-text.ts';
import { policyExamples } from './examples.ts';
import { HEAP_MB, MOST_LOG_LINES, SILENCE_MS, TOTAL_MS } from './limits.ts';

const docs = readFileSync('docs/your-own-policy.md', 'utf8');

describe('the documents of a policy', () => {
  it('hold the contract as it is', () => {
    expect(readFileSync('docs/tokenyard.d.ts', 'utf8')).toBe(declarationFile);
  });

  it('show the first example as it is, and it has ten lines', () => {
    const { text } = policyExamples[0];
    expect(docs).toContain(text);
    const body = text.slice(text.indexOf('{\n') + 2, text.lastIndexOf('}'));
    expect(body.trimEnd().split('\n')).toHaveLength(10);
  });

  it('name the limits', () => {
    expect(docs).toContain(`${SILENCE_MS / 1000} s without a sign of life`);
    expect(docs).toContain(`${TOTAL_MS / 1000} s in all`);
    expect(docs).toContain(`${HEAP_MB / 1024} GiB`);
    expect(docs).toContain(`first ${MOST_LOG_LINES} lines`);
  });
});

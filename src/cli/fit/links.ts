/**
 * Links between the GPUs of a host, from collective operations and copies measured on two hosts: coefficients are fitted to
 * the powers of two that one host ran, errors are those of the sizes between, which the other ran. The all-reduces that
 * engines do themselves are those of a published table of vLLM's kernels, of which every fifth row is held out; PyTorch's
 * kernels of the same kind, measured here, start more slowly and tell how long such kernels wait in a step.
 */

import * as v from 'valibot';
import { type Collective, sentBytes, withinHostUs } from '../../sim/gpu/collectives.ts';
import { type Exchange as AnyExchange, exchangeUs, type PeerLink } from '../../sim/gpu/peer-link.ts';
import { type TransferLink, transferUs } from '../../sim/gpu/transfer-link.ts';
import { type ErrorSummary, relativeError, summarise } from '../measured/errors.ts';
import { isHeldOut } from '../measured/held-out.ts';
import { lossOf, rounded, search } from './search.ts';

const library = v.picklist(['nccl', 'one-shot', 'two-shot']);
const operation = v.picklist(['all-reduce', 'all-gather', 'reduce-scatter', 'all-to-all', 'send']);
const number = v.number();

/** As much of `nvlink-h200.json` as is used; its columns are named there. */
export const linkFile = v.object({
  collectives: v.object({
    rows: v.array(v.tuple([number, library, operation, number, number, number, v.nullable(number)])),
  }),
  after_product: v.object({ rows: v.array(v.tuple([number, library, number, number, number, number])) }),
  vllm_all_reduce: v.object({ rows: v.array(v.tuple([number, number, number])) }),
  transfers: v.object({ rows: v.array(v.tuple([v.string(), number, number, number])) }),
});
type LinkFile = v.InferOutput<typeof linkFile>;

/** With all its coefficients. */
type Exchange = Required<AnyExchange>;

type Ways = Readonly<Record<Exclude<keyof PeerLink, 'evidence' | 'source'>, Exchange>>;

interface Row {
  readonly way: keyof Ways;
  readonly operation: Collective;
  readonly ranks: number;
  readonly bytes: number;
  readonly us: number;
}

function wayOf(by: v.InferOutput<typeof library>, what: Collective): keyof Ways {
  if (by === 'one-shot') return 'oneShot';
  if (by === 'two-shot') return 'twoShot';
  if (what === 'all-reduce') return 'allReduce';
  if (what === 'all-to-all') return 'pairs';
  return what === 'send' ? 'send' : 'gather';
}

/** Operations behind others of their kind, as one of the hosts ran them. */
function alone(file: LinkFile, host: number): Row[] {
  return file.collectives.rows
    .filter((row) => row[0] === host)
    .map(([, by, what, ranks, bytes, us]) => ({ way: wayOf(by, what), operation: what, ranks, bytes, us }));
}

/** What an all-reduce adds behind a product. */
function behindProducts(file: LinkFile, heldOut: boolean): Row[] {
  return file.after_product.rows
    .filter(([, by, ranks, bytes]) => isHeldOut(`${by} ${ranks} ${bytes}`) === heldOut)
    .map(([, by, ranks, bytes, product, both]) => ({
      way: wayOf(by, 'all-reduce'),
      operation: 'all-reduce',
      ranks,
      bytes,
      us: both - product,
    }));
}

/** Up to where vLLM's kernels are one-shot: `custom_all_reduce.cuh`, vLLM 0.20.0. Two ranks have nothing to share out. */
const oneShotBelow: Readonly<Record<number, number>> = { 2: Number.POSITIVE_INFINITY, 4: 512 * 1024, 8: 256 * 1024 };

/** vLLM's own kernels, as published. */
function vllmRows(file: LinkFile, heldOut: boolean): Row[] {
  return file.vllm_all_reduce.rows
    .filter(([ranks, bytes]) => isHeldOut(`vllm ${ranks} ${bytes}`) === heldOut)
    .map(([ranks, bytes, us]) => ({
      way: bytes < oneShotBelow[ranks] ? 'oneShot' : 'twoShot',
      operation: 'all-reduce',
      ranks,
      bytes,
      us,
    }));
}

function behindUs(c: Exchange, { way, operation, ranks, bytes }: Row): number {
  if (way === 'oneShot') return exchangeUs(c, ranks - 1, (ranks - 1) * bytes, bytes);
  const isRing = way === 'allReduce';
  const steps = way === 'pairs' || way === 'send' ? 1 : (isRing ? 2 : 1) * (ranks - 1);
  return exchangeUs(c, steps, sentBytes(operation, ranks, bytes), bytes);
}

const aloneUs = (c: Exchange, row: Row) => behindUs(c, row) - c.behindUs;

/** NVLink 4 each way, by its datasheet. */
const LINK_BYTES_PER_S = 450e9;

/**
 * What the data tell of each way, beside start and ramp. Rings move data at the link's rate, and what they lose is their
 * time in memory: a free rate would exceed the link's. A send has one group, so a byte's two times are one.
 */
const further: Readonly<Record<keyof Ways, readonly ('stepUs' | 'bytesPerS' | 'localUsPerMb')[]>> = {
  allReduce: ['stepUs', 'localUsPerMb'],
  gather: ['stepUs', 'localUsPerMb'],
  pairs: ['bytesPerS', 'localUsPerMb'],
  send: ['bytesPerS'],
  oneShot: ['stepUs', 'bytesPerS', 'localUsPerMb'],
  twoShot: ['stepUs', 'bytesPerS'],
};

type Free = readonly ('startUs' | 'rampUs' | 'rampBytes' | (typeof further)[keyof Ways][number])[];

/** All but `behindUs`, which operations behind others of their kind do not show. Two starts, as the ramp may hide in the rate. */
function fitAlone(rows: readonly Row[], free: Free): Exchange {
  const found = [1e5, 1.5e6].map((rampBytes) => {
    const start: Exchange = {
      startUs: 0,
      behindUs: 0,
      stepUs: 0,
      bytesPerS: LINK_BYTES_PER_S,
      localUsPerMb: 0,
      rampUs: 0,
      rampBytes: 1,
    };
    const guesses = { startUs: 5, stepUs: 0.5, bytesPerS: LINK_BYTES_PER_S, localUsPerMb: 0.5, rampUs: 8, rampBytes };
    const guessed = Object.fromEntries(free.map((coefficient) => [coefficient, guesses[coefficient]]));
    return search(rows, aloneUs, { ...start, ...guessed }, free);
  });
  return rounded(found.reduce((a, b) => (lossOf(rows, aloneUs, b) < lossOf(rows, aloneUs, a) ? b : a)));
}

function fitMeasured(way: keyof Ways, file: LinkFile): Exchange {
  const rows = alone(file, 1).filter((row) => row.way === way);
  return fitAlone(rows, ['startUs', 'rampUs', 'rampBytes', ...further[way]]);
}

/** No larger than engines use them, these kernels show no ramp. */
function fitVllm(way: keyof OwnKernels, file: LinkFile): Exchange {
  const rows = vllmRows(file, false).filter((row) => row.way === way);
  return fitAlone(rows, ['startUs', 'stepUs', 'bytesPerS']);
}

/** With the one constant that operations behind others of their kind do not show. */
function fitBehind(way: keyof Ways, file: LinkFile): Exchange {
  const seen = behindProducts(file, false).filter((row) => row.way === way);
  const start = { ...fitMeasured(way, file), behindUs: 1 };
  return rounded(search(seen, behindUs, start, ['behindUs']));
}

interface OwnKernels {
  readonly oneShot: Exchange;
  readonly twoShot: Exchange;
}

function fitWays(file: LinkFile, pytorch: OwnKernels): Ways {
  const allReduce = fitBehind('allReduce', file);
  // What was not measured behind products waits as its like does: NCCL's all-reduces, PyTorch's own kernels.
  const as = ({ behindUs }: Exchange, found: Exchange): Exchange => ({ ...found, behindUs });
  return {
    allReduce,
    gather: as(allReduce, fitMeasured('gather', file)),
    pairs: as(allReduce, fitMeasured('pairs', file)),
    send: as(allReduce, fitMeasured('send', file)),
    oneShot: as(pytorch.oneShot, fitVllm('oneShot', file)),
    twoShot: as(pytorch.twoShot, fitVllm('twoShot', file)),
  };
}

/** The copies that a transfer of keys and values may consist of, by the name of their link. */
const copies = {
  nvlink: 'peer blocks, kernel',
  'nvlink-batch': 'peer blocks, batch',
  'nvlink-copies': 'peer blocks, one stream',
} as const;
type CopyName = keyof typeof copies;
type CopyTimes = Pick<TransferLink, 'setupUs' | 'bytesPerS' | 'perPieceUs'>;

interface Copy {
  readonly bytes: number;
  readonly pieces: number;
  readonly us: number;
}

function copyRows(file: LinkFile, name: CopyName, heldOut: boolean): Copy[] {
  return file.transfers.rows
    .filter(([way, bytes, block]) => way === copies[name] && isHeldOut(`${way} ${bytes} ${block}`) === heldOut)
    .map(([, bytes, block, us]) => ({ bytes, pieces: bytes / block, us }));
}

const copyUs = (times: CopyTimes, { bytes, pieces }: Copy) => transferUs(times, bytes, pieces);

/** A kernel meets every block beside the others. */
function fitCopies(file: LinkFile, name: CopyName): CopyTimes {
  const rows = copyRows(file, name, false);
  const start = { setupUs: 10, bytesPerS: 0.9 * LINK_BYTES_PER_S, perPieceUs: name === 'nvlink' ? 0 : 1 };
  const further = name === 'nvlink' ? [] : (['perPieceUs'] as const);
  return rounded(search(rows, copyUs, start, ['setupUs', 'bytesPerS', ...further]));
}

interface GroupError {
  readonly group: string;
  readonly summary: ErrorSummary;
}

export interface FittedLinks {
  /** What the profiles hold. */
  readonly link: Ways;
  /** PyTorch's kernels over symmetric memory. */
  readonly pytorch: OwnKernels;
  readonly transfers: Readonly<Record<CopyName, CopyTimes>>;
  readonly errors: readonly GroupError[];
}

export function fitLinks(file: LinkFile): FittedLinks {
  const pytorch = { oneShot: fitBehind('oneShot', file), twoShot: fitBehind('twoShot', file) };
  const link = fitWays(file, pytorch);
  const measured = { ...link, ...pytorch };
  const names = ['nvlink', 'nvlink-batch', 'nvlink-copies'] as const;
  const transfers = {
    nvlink: fitCopies(file, 'nvlink'),
    'nvlink-batch': fitCopies(file, 'nvlink-batch'),
    'nvlink-copies': fitCopies(file, 'nvlink-copies'),
  };
  return {
    link,
    pytorch,
    transfers,
    errors: [
      ...grouped(alone(file, 2), nameOf, (row) => relativeError(aloneUs(measured[row.way], row), row.us)),
      ...grouped(
        vllmRows(file, true),
        ({ way }) => `vLLM's ${ownNames[way] ?? way}`,
        (row) => relativeError(aloneUs(link[row.way], row), row.us),
      ),
      ...grouped(
        behindProducts(file, true),
        ({ way }) => `behind a product, ${ownNames[way] ?? 'NCCL'}`,
        (row) => relativeError(behindUs(measured[row.way], row), row.us),
      ),
      ...fastestErrors(measured, file),
      ...names.map((name) => ({
        group: copies[name],
        summary: summarise(
          copyRows(file, name, true).map((row) => relativeError(copyUs(transfers[name], row), row.us)),
        ),
      })),
    ],
  };
}

const ownNames: Partial<Record<keyof Ways, string>> = { oneShot: 'one-shot', twoShot: 'two-shot' };

const nameOf = ({ way, operation, ranks }: Row) => `${ownNames[way] ?? operation}, ${ranks}`;

/** The all-reduce that a step takes, against the fastest measured behind a product; fitted to in part. */
function fastestErrors(measured: Ways, file: LinkFile): GroupError[] {
  const rows = [...behindProducts(file, false), ...behindProducts(file, true)];
  const fastest = rows.filter((row) =>
    rows.every((r) => r.ranks !== row.ranks || r.bytes !== row.bytes || r.us >= row.us),
  );
  const link: PeerLink = { ...measured, evidence: 'measured', source: '' };
  return grouped(
    fastest,
    ({ ranks }) => `fastest all-reduce behind a product, ${ranks}`,
    ({ operation, ranks, bytes, us }) => relativeError(withinHostUs(link, operation, ranks, bytes), us),
  );
}

function grouped<R>(rows: readonly R[], groupOf: (row: R) => string, errorOf: (row: R) => number): GroupError[] {
  return [...new Set(rows.map(groupOf))].map((group) => ({
    group,
    summary: summarise(rows.filter((row) => groupOf(row) === group).map(errorOf)),
  }));
}

import { AUDIO_TOKENS_PER_S } from '../sim/gpu/encoder-model.ts';
import { Purpose, uniform } from '../sim/random.ts';
import { type ImageSpan, PLACEHOLDER_SEGMENT, PRIVATE_SEGMENTS, type Segment } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import { arrivalTimes } from './arrivals.ts';
import { fillTable } from './fitted.ts';
import { type Bodies, type Lengths, sampleLengths } from './lengths.ts';
import { openSource } from './open-source.ts';

/**
 * Text of requests with images. Medians of the question (106 tokens) and of the answer (100), and the answer's spread,
 * are those of ServeGen's image workload (35 clients, one day); the question's spread is assumed.
 */
const text: Lengths = {
  type: 'independent',
  prompt: { type: 'lognormal', mu: 4.663, sigma: 1, min: 8, max: 4096 },
  output: { type: 'lognormal', mu: 4.605, sigma: 0.724, min: 2, max: 1024 },
};

/** Pictures that many requests show. */
const POPULAR = 20;
/** More items than a request has. */
const MOST_ITEMS = 64;
/** Arrivals a second where the scenario says nothing: a round number. */
const RATE_PER_S = 8;

/** Prompt tokens of a recording. */
export function audioTokens(seconds: number): number {
  return Math.ceil(AUDIO_TOKENS_PER_S * seconds);
}

export interface MultimodalOptions {
  readonly requests: number;
  /** Arrivals a second, a Poisson process. 0 = 8. */
  readonly ratePerS: number;
  readonly seed: number;
  /** Placeholder tokens of an image. */
  readonly imageTokens: number;
  /** Images of a request without audio. */
  readonly imagesPerRequest: number;
  /** Share of the images that are one of the popular ones, 0 to 1. */
  readonly repeatShare: number;
  /** Share of the requests that carry a recording instead, 0 to 1. */
  readonly audioShare: number;
  /** Length of a recording, seconds. */
  readonly audioS: number;
}

/**
 * Questions about images or recordings. The question comes first, so that two requests with the same picture share its
 * embeddings and not its keys and values: what the encoder cache is for. Class 0 has images, class 1 audio.
 */
export function multimodalSource(options: MultimodalOptions): Source {
  const { requests, seed } = options;
  const ratePerS = options.ratePerS > 0 ? options.ratePerS : RATE_PER_S;
  const times = arrivalTimes({ type: 'poisson', ratePerS }, requests, 0, seed);
  return openSource(fillTable(times, multimodalBodies(options)), ['image', 'audio']);
}

function multimodalBodies(options: MultimodalOptions): Bodies {
  const { seed, imageTokens, imagesPerRequest, repeatShare, audioShare, audioS } = options;
  const questions = sampleLengths(text, seed);
  return (index, into) => {
    questions(index, into);
    const draw = (number: number): number => uniform(seed, Purpose.image, index, number);
    const isAudio = draw(0) < audioShare;
    const question = into.promptTokens;
    const segments: Segment[] = [{ segment: PRIVATE_SEGMENTS + 2 * index, offset: 0, length: question }];
    const images: ImageSpan[] = [];
    let position = question;
    const count = isAudio ? 1 : imagesPerRequest;
    for (let i = 0; i < count; i++) {
      const tokens = isAudio ? audioTokens(audioS) : imageTokens;
      const isPopular = !isAudio && draw(1 + 2 * i) < repeatShare;
      const hash = isPopular ? 1 + Math.floor(draw(2 + 2 * i) * POPULAR) : 1 + POPULAR + index * MOST_ITEMS + i;
      images.push({ position, tokens, hash, kind: isAudio ? 'audio' : 'image' });
      // A word between the items, as chat templates have it.
      segments.push({ segment: PLACEHOLDER_SEGMENT, offset: 0, length: tokens });
      segments.push({ segment: PRIVATE_SEGMENTS + 2 * index, offset: question + i, length: 1 });
      position += tokens + 1;
    }
    into.promptTokens = position;
    into.segments = segments;
    into.images = images;
    into.klass = isAudio ? 1 : 0;
  };
}

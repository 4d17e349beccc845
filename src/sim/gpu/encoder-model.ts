/** G: what turns images and audio into embeddings for the model, as data, and the sizes and work that follow from it. */

/** A transformer encoder with full attention within a window, and what joins it to the model. */
export interface EncoderSpec {
  readonly id: 'clip-vit-l-336' | 'whisper-large-v3';
  readonly name: string;
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  /** Rows of one window; every item is computed in whole windows, and rows attend within theirs only. */
  readonly windowRows: number;
  /** Embeddings that a window gives. */
  readonly windowTokens: number;
  /** Weights of the convolutions in front, counted once for each row that they make. */
  readonly stemElements: number;
  /** Layers that map an embedding to the model's width: the first from `hidden`, the others from the model's width. */
  readonly projectorLayers: number;
}

/**
 * CLIP's ViT-L/14 at 336 x 336 pixels, as LLaVA-1.5 uses it (arXiv 2310.03744): 24 x 24 patches of 14 pixels are 576
 * embeddings; a projector of two layers. Higher resolutions are cut into tiles of that size (LLaVA-NeXT: up to five),
 * so a large image is several windows.
 */
export const imageEncoder: EncoderSpec = {
  id: 'clip-vit-l-336',
  name: 'CLIP ViT-L/14 336',
  layers: 24,
  hidden: 1024,
  intermediate: 4096,
  heads: 16,
  // One more for the class token.
  windowRows: 577,
  windowTokens: 576,
  stemElements: 14 * 14 * 3 * 1024,
  projectorLayers: 2,
};

/** Embeddings of a window of 30 s: a number of its own, so that who wants only this need not load the encoder's specification. */
const AUDIO_WINDOW_TOKENS = 750;

/**
 * The encoder of Whisper large-v3 (arXiv 2212.04356): 30 s of audio, padded with silence, are 1,500 rows, 50 a second.
 * Qwen2-Audio (arXiv 2407.10759) averages pairs of rows, one embedding for 40 ms, 25 a second: 750 a window.
 */
export const audioEncoder: EncoderSpec = {
  id: 'whisper-large-v3',
  name: 'Whisper large-v3',
  layers: 32,
  hidden: 1280,
  intermediate: 5120,
  heads: 20,
  windowRows: 1500,
  windowTokens: AUDIO_WINDOW_TOKENS,
  // Two convolutions of width 3; the first one over twice as many frames of 128 bands.
  stemElements: 2 * 3 * 128 * 1280 + 3 * 1280 * 1280,
  projectorLayers: 1,
};

/** Embeddings of a second of audio. */
export const AUDIO_TOKENS_PER_S = AUDIO_WINDOW_TOKENS / 30;

/** Weights of one layer: query, key, value, output, and the two of the feed-forward layer. */
export function encoderLayerElements({ hidden, intermediate }: EncoderSpec): number {
  return 4 * hidden * hidden + 2 * hidden * intermediate;
}

/** Weights of the projector for a model of width `modelHidden`. */
export function projectorElements({ hidden, projectorLayers }: EncoderSpec, modelHidden: number): number {
  return projectorLayers === 0 ? 0 : hidden * modelHidden + (projectorLayers - 1) * modelHidden * modelHidden;
}

/** Device memory of the encoder's weights, 2 bytes each. Norms, biases and positions are below 1 % and left out. */
export function encoderWeightBytes(spec: EncoderSpec, modelHidden: number): number {
  const layers = spec.layers * encoderLayerElements(spec);
  return 2 * (layers + spec.stemElements + projectorElements(spec, modelHidden));
}

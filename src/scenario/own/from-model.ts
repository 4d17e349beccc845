import type { ModelSpec } from '../../sim/gpu/model.ts';
import type { OwnModel } from './model.ts';

/** The numbers of a model, for a form that starts from it. */
export function ownOfModel(model: ModelSpec): OwnModel {
  const { experts, latent } = model;
  const bits = model.publishedIn === undefined ? 16 : model.publishedIn === 'int4' ? 4 : 8;
  const hasPlainHeads = latent !== undefined || model.headDim === model.hidden / model.heads;
  return {
    name: model.name,
    values: {
      layers: model.layers,
      hidden: model.hidden,
      intermediate: model.intermediate,
      heads: model.heads,
      'kv-heads': model.kvHeads === model.heads ? 0 : model.kvHeads,
      'head-size': hasPlainHeads ? 0 : model.headDim,
      vocabulary: model.vocabulary,
      'max-position': model.maxPosition,
      tied: Number(model.tiedEmbeddings),
      bias: Number(model.attentionBias),
      'qk-norm': Number(model.queryKeyNorm === true),
      plain: Number(model.feedForward === 'plain'),
      positions: model.learnedPositions ?? 0,
      bits,
      experts: experts?.count ?? 0,
      'experts-per-token': experts?.perToken ?? 0,
      'expert-intermediate': experts?.intermediate ?? 0,
      'shared-experts': experts?.shared ?? 0,
      'dense-layers': experts?.denseLayers ?? 0,
      'kv-rank': latent?.kvRank ?? 0,
      'query-rank': latent?.queryRank ?? 0,
      'rope-dim': latent?.ropeDim ?? 0,
      'nope-dim': latent?.nopeDim ?? 0,
      'value-dim': latent?.valueDim ?? 0,
    },
  };
}

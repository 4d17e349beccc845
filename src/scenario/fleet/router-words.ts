import type { KnobText } from '../knob-entry.ts';

const off: KnobText['zero'] = { en: 'off', zh: '关' };

/** Names and sentences of the routers' settings, by knob. */
export const routerWords: Readonly<Record<string, KnobText>> = {
  'sticky-assignment-mode': {
    label: { en: 'A new session goes', zh: '新会话去向' },
    help: {
      en: 'SGLang’s manual policy: where a session goes that has no replica yet. Later requests of it follow the first.',
      zh: 'SGLang 的 manual 策略：尚无副本的会话发往何处，该会话后续请求跟随第一个。',
    },
    choices: {
      random: { en: 'anywhere', zh: '随机' },
      min_load: { en: 'to the fewest requests in flight', zh: '在途请求最少处' },
      min_group: { en: 'to the fewest sessions', zh: '会话最少处' },
    },
  },
  'sticky-max-idle-secs': {
    label: { en: 'Session forgotten after', zh: '会话遗忘时间' },
    help: {
      en: 'SGLang’s manual policy: a session that has not asked for so long is placed anew when it asks again.',
      zh: 'SGLang 的 manual 策略：会话空闲超过此时间后，再次请求时重新分配。',
    },
  },
  'prefix-token-count': {
    label: { en: 'Hashed prefix', zh: '参与哈希的前缀' },
    help: {
      en: 'SGLang’s prefix_hash: requests that agree in so many first tokens go to the same replica. Too few join what differs later; too many tell apart what shares a shorter beginning.',
      zh: 'SGLang 的 prefix_hash：前若干个 token 相同的请求发往同一副本。太少会把后面不同的请求并在一起，太多会把只共享较短开头的请求分开。',
    },
  },
  'prefix-hash-load-factor': {
    label: { en: 'Most load, × the mean', zh: '负载上界（× 平均）' },
    help: {
      en: 'SGLang’s prefix_hash: a replica with more than so many times the mean of requests in flight is passed over for the one with the fewest.',
      zh: 'SGLang 的 prefix_hash：副本的在途请求超过平均的若干倍时跳过它，改发在途请求最少的副本。',
    },
  },
  'cache-threshold': {
    label: { en: 'Cache threshold', zh: '缓存阈值' },
    help: {
      en: 'SGLang’s cache_aware: a prompt follows its prefix if more than this share of it was sent to a replica before, as long as loads are balanced; else it goes to the fewest requests in flight.',
      zh: 'SGLang 的 cache_aware：负载均衡时，若提示中超过此比例的部分曾发往某副本，就跟随前缀发往该副本；否则发往在途请求最少处。',
    },
  },
  'balance-abs-threshold': {
    label: { en: 'Balance, absolute', zh: '均衡阈值（绝对）' },
    help: {
      en: 'SGLang’s cache_aware: loads are unbalanced if the largest exceeds the smallest by more than so many requests in flight, and by the relative threshold as well. Then prefixes play no part.',
      zh: 'SGLang 的 cache_aware：最大与最小在途请求数之差超过此值，且同时超过相对阈值时，视为负载不均衡，此时不看前缀。',
    },
    zero: { en: 'any difference', zh: '任何差别' },
  },
  'balance-rel-threshold': {
    label: { en: 'Balance, relative', zh: '均衡阈值（相对）' },
    help: {
      en: 'SGLang’s cache_aware: loads are unbalanced if the largest is more than so many times the smallest, and exceeds it by the absolute threshold as well.',
      zh: 'SGLang 的 cache_aware：最大在途请求数超过最小的若干倍，且同时超过绝对阈值时，视为负载不均衡。',
    },
  },
  'cache-aware-eviction-interval': {
    label: { en: 'Tree trimmed every', zh: '前缀树修剪间隔' },
    help: {
      en: 'SGLang’s cache_aware: time between two looks at the size of the tree of prompts. In between it grows as it likes.',
      zh: 'SGLang 的 cache_aware：两次检查提示前缀树大小之间的时间，其间不限增长。',
    },
  },
  'cache-aware-max-tree-size': {
    label: { en: 'Tree of a replica', zh: '每副本前缀树上限' },
    help: {
      en: 'SGLang’s cache_aware: what the router remembers of the prompts it sent to a replica. SGLang counts characters, here it is tokens: a quarter of them.',
      zh: 'SGLang 的 cache_aware：路由器对发往每个副本的提示最多记住多少。SGLang 按字符计，这里按 token 计，为其四分之一。',
    },
  },
  'llm-d-queue-scorer': {
    label: { en: 'Weight of the queue', zh: '队列权重' },
    help: {
      en: 'llm-d: the scorer gives 1 for the shortest queue, 0 for the longest.',
      zh: 'llm-d：队列最短得 1 分，最长得 0 分。',
    },
    zero: off,
  },
  'llm-d-kv-cache-utilization-scorer': {
    label: { en: 'Weight of free KV', zh: '空闲 KV 权重' },
    help: {
      en: 'llm-d: the scorer gives the share of KV blocks that is free.',
      zh: 'llm-d：得分为空闲 KV 块的比例。',
    },
    zero: off,
  },
  'llm-d-prefix-cache-scorer': {
    label: { en: 'Weight of the prefix', zh: '前缀权重' },
    help: {
      en: 'llm-d: the scorer gives the share of the prompt that was sent to the replica before.',
      zh: 'llm-d：得分为提示中曾发往该副本的比例。',
    },
    zero: off,
  },
  'llm-d-load-aware-scorer': {
    label: { en: 'Weight of the load', zh: '负载权重' },
    help: {
      en: 'llm-d: the scorer gives 0.5 for an empty queue, falling to 0 at a threshold. Off in the default profile.',
      zh: 'llm-d：队列为空得 0.5 分，到阈值时降为 0。默认配置中关闭。',
    },
    zero: off,
  },
  'llm-d-active-request-scorer': {
    label: { en: 'Weight of activity', zh: '在途请求权重' },
    help: {
      en: 'llm-d: the scorer gives 1 to an idle replica, others less the more they have in flight. Off in the default profile.',
      zh: 'llm-d：空闲副本得 1 分，其余在途请求越多得分越低。默认配置中关闭。',
    },
    zero: off,
  },
  'llm-d-block-size-tokens': {
    label: { en: 'Block of the prefix index', zh: '前缀索引的块' },
    help: {
      en: 'llm-d’s prefix scorer: prompts are compared in blocks of so many tokens.',
      zh: 'llm-d 的前缀评分：按多少 token 一块比较提示。',
    },
  },
  'llm-d-max-prefix-blocks-to-match': {
    label: { en: 'Longest prefix', zh: '最长比较前缀' },
    help: {
      en: 'llm-d’s prefix scorer: of a prompt no more than so many first blocks are looked at.',
      zh: 'llm-d 的前缀评分：每个提示最多看前若干块。',
    },
  },
  'llm-d-lru-capacity-per-server': {
    label: { en: 'Blocks remembered', zh: '每副本记住的块' },
    help: {
      en: 'llm-d’s prefix scorer: what was sent to a replica is remembered in so many blocks, the last used ones, whatever the replica itself has room for.',
      zh: 'llm-d 的前缀评分：对每个副本记住最近使用的若干块，与副本自身容量无关。',
    },
  },
  'llm-d-threshold': {
    label: { en: 'Queue that scores 0', zh: '得 0 分的队列长度' },
    help: {
      en: 'llm-d’s load-aware scorer: with so many requests in the queue a replica gets 0.',
      zh: 'llm-d 的负载评分：队列达到此长度的副本得 0 分。',
    },
  },
  'llm-d-idle-threshold': {
    label: { en: 'Still idle with', zh: '视为空闲的上限' },
    help: {
      en: 'llm-d’s scorer of active requests: a replica with no more than so many requests in flight counts as idle.',
      zh: 'llm-d 的在途请求评分：在途请求不超过此数的副本视为空闲。',
    },
    zero: { en: 'no request', zh: '无请求' },
  },
  'llm-d-max-busy-score': {
    label: { en: 'Best score if busy', zh: '繁忙副本的最高分' },
    help: {
      en: 'llm-d’s scorer of active requests: the most that a replica gets which is not idle.',
      zh: 'llm-d 的在途请求评分：非空闲副本最多得多少分。',
    },
  },
  'dynamo-kv-overlap-score-weight': {
    label: { en: 'Weight of prefill blocks', zh: '预填充块权重' },
    help: {
      en: 'Dynamo: what a block to prefill counts beside a block to decode. More of it follows cached prefixes, and so shortens TTFT; less keeps decodes even, and so TPOT.',
      zh: 'Dynamo：一个待预填充块相对一个解码块的权重。越大越跟随缓存的前缀，TTFT 越短；越小解码越均匀，有利于 TPOT。',
    },
    zero: { en: 'the cache plays no part', zh: '不看缓存' },
  },
  'dynamo-temperature': {
    label: { en: 'Temperature', zh: '温度' },
    help: {
      en: 'Dynamo: how much is left to chance. The replica is drawn, with less likelihood the higher its cost.',
      zh: 'Dynamo：留给随机的程度。按成本抽取副本，成本越高概率越小。',
    },
    zero: { en: 'always the lowest cost', zh: '总取最低成本' },
  },
  'dynamo-kv-cache-block-size': {
    label: { en: 'Block of the router', zh: '路由器的块' },
    help: {
      en: 'Dynamo: tokens of a block, by which it counts caches and loads. It should be that of the engines.',
      zh: 'Dynamo：按多少 token 一块统计缓存与负载，应与引擎的块一致。',
    },
  },
  'dynamo-kv-events': {
    label: { en: 'Engines report caches', zh: '引擎上报缓存' },
    help: {
      en: 'Dynamo: engines tell by events what they have cached. Without them the router goes by what it sent where, and forgets that after a while.',
      zh: 'Dynamo：引擎用事件上报缓存内容。关闭时路由器依据自己发往各处的内容推测，过一段时间便遗忘。',
    },
  },
  'dynamo-ttl-secs': {
    label: { en: 'Believed cached for', zh: '推测缓存的有效期' },
    help: {
      en: 'Dynamo without events: so long after a block was sent somewhere last it is believed to be cached there.',
      zh: 'Dynamo 无事件时：块最后一次发往某处之后，在多长时间内认为它仍在那里的缓存中。',
    },
  },
  'dynamo-max-tree-size': {
    label: { en: 'Blocks remembered', zh: '记住的块数' },
    help: {
      en: 'Dynamo without events: with more blocks than this, of all replicas together, the oldest are forgotten.',
      zh: 'Dynamo 无事件时：所有副本合计超过此数时遗忘最旧的块。',
    },
  },
  'dynamo-prune-target-ratio': {
    label: { en: 'Kept when pruned', zh: '遗忘后保留的比例' },
    help: {
      en: 'Dynamo without events: once there are too many blocks, so large a share of the limit is kept.',
      zh: 'Dynamo 无事件时：块数超限后保留到上限的多大比例。',
    },
  },
  'mooncake-ttft-slo-ms': {
    label: { en: 'Limit of TTFT', zh: 'TTFT 上限' },
    help: {
      en: 'Mooncake’s conductor: a request whose estimated time to the first token is longer than this on every replica is turned away at once.',
      zh: 'Mooncake 的 conductor：若请求在每个副本上预估的首 token 时间都超过此值，立即拒绝。',
    },
    zero: { en: 'no limit', zh: '无上限' },
  },
  'mooncake-kvcache-balancing-threshold': {
    label: { en: 'Fetched if longer by', zh: '取回阈值（倍）' },
    help: {
      en: 'Mooncake’s conductor: what the shared store has is taken for fetched where it is more than so many times as long as what the replica has itself.',
      zh: 'Mooncake 的 conductor：共享存储中的前缀超过副本自有部分的若干倍时，按取回计算。',
    },
  },
};

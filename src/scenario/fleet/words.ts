import type { KnobText } from '../knob-entry.ts';
import { routerWords } from './router-words.ts';

const routers: KnobText['choices'] = {
  random: { en: 'Random', zh: '随机' },
  'round-robin': { en: 'Round robin', zh: '轮询' },
  'power-of-two': { en: 'Power of two choices', zh: '二选一（power of two）' },
  'least-requests': { en: 'Least requests sent and open', zh: '未完成请求最少' },
  'least-waiting': { en: 'Least waiting', zh: '等待最少' },
  'least-waiting-and-running': { en: 'Least waiting and running', zh: '等待与运行最少' },
  'vllm-data-parallel': { en: 'vLLM data parallel: 4 × waiting + running', zh: 'vLLM 数据并行：4 × 等待 + 运行' },
  'least-tokens': { en: 'Least tokens', zh: 'token 最少' },
  'least-pending-tokens': { en: 'Least prompt tokens to compute', zh: '待计算提示 token 最少' },
  'session-affinity': { en: 'Session affinity (hash)', zh: '会话亲和（哈希）' },
  sticky: { en: 'Sticky sessions (SGLang manual)', zh: '会话粘滞（SGLang manual）' },
  'prefix-hash': { en: 'Prefix hash, bounded load (SGLang)', zh: '前缀哈希，负载有界（SGLang）' },
  'cache-aware': { en: 'Cache-aware tree (SGLang)', zh: '缓存感知前缀树（SGLang）' },
  'llm-d': { en: 'Weighted scorers (llm-d)', zh: '加权评分（llm-d）' },
  dynamo: { en: 'Prefill and decode blocks (Dynamo)', zh: '预填充块加解码块（Dynamo）' },
  'dynamo-2025': { en: 'Dynamo, first version', zh: 'Dynamo 最初版本' },
  mooncake: { en: 'Shortest estimated TTFT (Mooncake)', zh: '预估 TTFT 最短（Mooncake）' },
};

const links: KnobText['choices'] = {
  nvlink: { en: 'NVLink 4, measured', zh: 'NVLink 4（实测）' },
  'pcie-4': { en: 'PCI Express 4.0', zh: 'PCI Express 4.0' },
  'pcie-5': { en: 'PCI Express 5.0', zh: 'PCI Express 5.0' },
  'ethernet-25g': { en: 'Ethernet, 25 Gb/s', zh: '以太网 25 Gb/s' },
  'network-100g': { en: 'Network, 100 Gb/s', zh: '网络 100 Gb/s' },
  'network-200g': { en: 'Network, 200 Gb/s', zh: '网络 200 Gb/s' },
  'network-400g': { en: 'Network, 400 Gb/s', zh: '网络 400 Gb/s' },
  'mooncake-4x200g': { en: 'Mooncake, 4 × 200 Gb/s', zh: 'Mooncake 4 × 200 Gb/s' },
  'mooncake-8x400g': { en: 'Mooncake, 8 × 400 Gb/s', zh: 'Mooncake 8 × 400 Gb/s' },
};

/** Names and sentences of a fleet's knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  replicas: {
    label: { en: 'Replicas', zh: '副本数' },
    help: {
      en: 'Engines behind a router, each with GPUs and a KV memory of its own. The rate is that of the whole traffic.',
      zh: '路由器后面的引擎数量，各有自己的 GPU 和 KV 内存。请求速率指全部流量。',
    },
  },
  router: {
    label: { en: 'Router', zh: '路由器' },
    help: {
      en: 'Which replica a request is sent to, by what the router counts itself and what engines report to it.',
      zh: '请求发往哪个副本：依据路由器自己的计数和引擎上报的数字。',
    },
    choices: routers,
  },
  ...routerWords,
  'router-report-ms': {
    label: { en: 'Age of reports', zh: '上报间隔' },
    help: {
      en: 'How often engines report their queue, running requests and KV use. In between the router goes by old numbers; what it counts itself is always fresh.',
      zh: '引擎多久上报一次队列、运行请求和 KV 占用。期间路由器依据旧数字；自己的计数始终是新的。',
    },
    zero: { en: 'always fresh', zh: '始终最新' },
  },
  'client-timeout-s': {
    label: { en: 'Clients give up after', zh: '客户端超时' },
    help: {
      en: 'How long a client waits for the whole answer. Then the engine drops the request and what it has computed is lost.',
      zh: '客户端等待完整回答的时间。超过后引擎放弃该请求，已计算的内容作废。',
    },
    zero: { en: 'never', zh: '从不' },
  },
  'client-retries': {
    label: { en: 'Retries', zh: '重试次数' },
    help: {
      en: 'How often a client sends a request again that timed out, was turned away or was lost with its replica.',
      zh: '请求超时、被拒绝或随副本丢失后，客户端最多重新发送几次。',
    },
  },
  'client-backoff-s': {
    label: { en: 'Pause before a retry', zh: '重试前的等待' },
    help: {
      en: 'Time from the end of a try to the next one; it doubles with every try.',
      zh: '一次尝试结束到下一次的时间；每次加倍。',
    },
  },
  'max-in-flight': {
    label: { en: 'Most requests a replica', zh: '每副本请求上限' },
    help: {
      en: 'A replica that has so many requests, waiting ones included, is sent no more: the fleet sheds load.',
      zh: '副本的请求（包括等待的）达到此数后不再接收：集群削减负载。',
    },
    zero: { en: 'any number', zh: '不限' },
  },
  'max-tokens-ahead': {
    label: { en: 'Most prompt tokens ahead', zh: '前方提示 token 上限' },
    help: {
      en: 'A request before which more prompt tokens stand than this is turned away.',
      zh: '前面等待计算的提示 token 超过此数时，请求被拒绝。',
    },
    zero: { en: 'any number', zh: '不限' },
  },
  'replica-mtbf-s': {
    label: { en: 'Mean time to failure', zh: '平均无故障时间' },
    help: {
      en: 'A replica lives so long on average, exponentially distributed, then dies with all that it runs and holds.',
      zh: '每个副本的平均寿命（指数分布），之后连同运行和保存的一切一起失效。',
    },
    zero: { en: 'nothing fails', zh: '不发生故障' },
  },
  'replica-repair-s': {
    label: { en: 'Time to repair', zh: '修复时间' },
    help: {
      en: 'Until a replica that died takes requests again, with an empty cache.',
      zh: '失效的副本重新接收请求所需的时间，恢复时缓存为空。',
    },
    zero: { en: 'it stays away', zh: '不再恢复' },
  },
  'autoscale-target': {
    label: { en: 'Autoscaling: requests a replica', zh: '自动伸缩：每副本请求数' },
    help: {
      en: 'Every 15 seconds as many replicas are wanted as requests in flight need at this number each, up to all of them.',
      zh: '每 15 秒按在途请求数除以此数计算所需副本，至多为全部副本。',
    },
    zero: { en: 'off', zh: '关闭' },
  },
  'autoscale-min': {
    label: { en: 'Fewest replicas', zh: '最少副本数' },
    help: {
      en: 'Replicas that are up from the start and never stopped.',
      zh: '从一开始就运行且不会停止的副本数。',
    },
  },
  'autoscale-start-s': {
    label: { en: 'Time to start a replica', zh: '副本启动时间' },
    help: {
      en: 'From the decision until it takes requests: a machine, the weights, captured graphs.',
      zh: '从决定到开始接收请求：申请机器、加载权重、捕获图。',
    },
  },
  'autoscale-calm-s': {
    label: { en: 'Calm before one is stopped', zh: '缩容前的平稳时间' },
    help: {
      en: 'How long fewer replicas must be enough before one is stopped; it ends what it has first.',
      zh: '较少副本须足够多久之后才停止一个；它会先完成手头的请求。',
    },
  },
  'prefill-replicas': {
    label: { en: 'Replicas that prefill', zh: '预填充副本数' },
    help: {
      en: 'So many of the replicas compute prompts only; the others fetch the KV and decode. At least one of each is left.',
      zh: '这么多副本只计算提示，其余副本取来 KV 并解码。两种至少各留一个。',
    },
    zero: { en: 'every replica does both', zh: '每个副本两者都做' },
  },
  'decode-device': {
    label: { en: 'GPU that decodes', zh: '解码用 GPU' },
    help: {
      en: 'GPU of the replicas that decode, where it is another one than the scenario’s (Splitwise-HA: H100 prefill, A100 decode). Steps, room for KV and copies to the host are as on each GPU; all other settings are the same on both sides.',
      zh: '解码副本的 GPU，可与场景的 GPU 不同（如 Splitwise-HA：H100 预填充，A100 解码）。步的耗时、KV 容量和与主机之间的拷贝按各自的 GPU 计；其余设置两侧相同。',
    },
    choices: { same: { en: 'the same', zh: '相同' } },
  },
  'decode-router': {
    label: { en: 'Router to decoding', zh: '解码路由' },
    help: {
      en: 'Which decoding replica goes on with a request whose prompt has been computed.',
      zh: '提示算完的请求由哪个解码副本接手。',
    },
    choices: routers,
  },
  'kv-link': {
    label: { en: 'Link for KV', zh: 'KV 链路' },
    help: {
      en: 'What joins prefilling and decoding replicas. The transfers of a replica share its link.',
      zh: '预填充副本与解码副本之间的链路。一个副本的各次传输共享它的链路。',
    },
    choices: links,
  },
  'kv-transfer': {
    label: { en: 'KV leaves', zh: 'KV 发出时机' },
    help: {
      en: 'When the prompt is done, or layer by layer while the next layers are computed.',
      zh: '提示算完之后，或逐层发出，与后续层的计算重叠。',
    },
    choices: {
      'at-end': { en: 'when the prompt is done', zh: '提示算完之后' },
      'per-layer': { en: 'layer by layer', zh: '逐层' },
    },
  },
  'first-token': {
    label: { en: 'First token from', zh: '首 token 来自' },
    help: {
      en: 'The replica that computed the prompt (DistServe, SGLang, TensorRT-LLM), or the decoding one, which computes it again (vLLM’s proxy).',
      zh: '计算提示的副本（DistServe、SGLang、TensorRT-LLM），或解码副本重新计算（vLLM 的代理）。',
    },
    choices: {
      prefill: { en: 'the prefilling replica', zh: '预填充副本' },
      decode: { en: 'the decoding replica', zh: '解码副本' },
    },
  },
  'mixed-pool-tokens': {
    label: { en: 'Mixed pool from', zh: '混合池阈值' },
    help: {
      en: 'Splitwise’s mixed pool. Where more prompt tokens than this would wait at every replica that prefills, one that decodes takes whole requests, prefill and decode; where no KV memory of those that decode has room, one that prefills does. It goes back when it has ended them. Splitwise’s simulator has 8,192.',
      zh: 'Splitwise 的混合池。每个预填充副本前等待的提示 token 都将超过此数时，由一个解码副本承担完整请求（预填充加解码）；各解码副本的 KV 都放不下时，由一个预填充副本承担。完成后回到原来一侧。Splitwise 的模拟器取 8,192。',
    },
    zero: { en: 'no mixed pool', zh: '无混合池' },
  },
  'role-switch-s': {
    label: { en: 'Roles may change every', zh: '角色切换间隔' },
    help: {
      en: 'How often the means of two loads are looked at, as the first version of NVIDIA Dynamo’s planner does (every 30 s): where prompts are queued most of the time and decode has room, a replica that decodes turns to prefill; where KV runs short and no prompts queue, the other way round. It ends what it has first.',
      zh: '多久看一次两种负载的平均值，如 NVIDIA Dynamo 的 planner 最初版本（每 30 秒）：多数时候有提示排队而解码有余量时，一个解码副本改为预填充；KV 不足而无提示排队时则相反。它先完成手头的请求。',
    },
    zero: { en: 'never', zh: '从不' },
  },
  'role-start-s': {
    label: { en: 'Time to change the role', zh: '角色切换耗时' },
    help: {
      en: 'From the end of its work in the old role until a replica takes requests in the new one, with an empty cache: an engine is started anew.',
      zh: '从结束旧角色的工作到以新角色接收请求的时间，缓存为空：引擎重新启动。',
    },
    zero: { en: 'at once', zh: '立即' },
  },
  'kv-store-gib': {
    label: { en: 'Shared KV store', zh: '共享 KV 存储' },
    help: {
      en: 'Host memory of all replicas together that keeps prefixes any of them has computed, as in Mooncake Store or LMCache. A replica fetches what its own cache lacks. vLLM with prefix caching only: of the other engines no connector to a store is modelled.',
      zh: '各副本的主机内存合为一处，保存任一副本算过的前缀（如 Mooncake Store、LMCache）。副本从中取来自己缓存里没有的部分。仅限开启前缀缓存的 vLLM：其他引擎的存储连接器未模拟。',
    },
    zero: { en: 'none', zh: '无' },
  },
  'kv-store-link': {
    label: { en: 'Link to the store', zh: '存储链路' },
    help: {
      en: 'What joins each replica and the store. Fetches of a replica share its link; whatever the store has more is fetched, also where to compute it would be faster.',
      zh: '每个副本与存储之间的链路。同一副本的各次取回共享链路；存储里多出的部分一律取回，即使重新计算更快。',
    },
    choices: links,
  },
  replica: {
    label: { en: 'Shown replica', zh: '显示的副本' },
    help: {
      en: 'Which replica the stage shows, counted from 0 in links: its last life if it has had several.',
      zh: '舞台显示哪个副本（链接中从 0 计数）：若有多次生命周期，则显示最后一次。',
    },
  },
};

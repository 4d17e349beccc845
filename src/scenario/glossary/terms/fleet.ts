import { routerKnobNames } from '../../fleet/router-knobs.ts';
import type { Term } from '../entry.ts';

/** Many engines behind a router. */
export const fleet: readonly Term[] = [
  {
    id: 'fleet',
    name: { en: 'Fleet', zh: '集群' },
    says: {
      en: 'Engines that serve the same model for one stream of requests, behind a router. Each has GPUs, a queue and a KV memory of its own.',
      zh: '为同一股请求流服务同一模型的多个引擎，前面有一个路由器。每个引擎有自己的 GPU、队列和 KV 内存。',
    },
    aliases: { en: ['cluster', 'serving cluster', 'deployment'] },
    related: ['replica', 'router', 'data-parallelism', 'autoscaling'],
    knobs: ['replicas'],
    see: ['preset:four-replicas'],
  },
  {
    id: 'replica',
    name: { en: 'Replica', zh: '副本' },
    says: {
      en: 'One engine of a fleet. What it has cached is of use only to requests that come to it, and is gone when it dies.',
      zh: '集群中的一个引擎。它缓存的内容只对发到它的请求有用，失效后随之消失。',
    },
    aliases: { en: ['instance', 'worker', 'model replica'] },
    related: ['fleet', 'replica-failure', 'autoscaling'],
    knobs: ['replicas', 'replica'],
  },
  {
    id: 'router',
    name: { en: 'Router', zh: '路由器' },
    says: {
      en: 'Sends each request to a replica: in turn, at random, or to the one with the lowest score. It may count what it has sent itself or rely on what engines report, which is old by the time it is used.',
      zh: '把每个请求发往一个副本：轮流、随机，或选分数最低的。它可以自己统计已发出的请求，也可以依赖引擎的上报，而上报在使用时已经过时。',
    },
    aliases: { en: ['load balancer', 'gateway', 'request routing'], zh: ['负载均衡器'] },
    related: ['replica', 'regret-of-routing', 'cache-aware-routing', 'session-affinity'],
    knobs: ['router', 'router-report-ms'],
    see: ['preset:four-replicas', 'card:router-counts', 'preset:mooncake', 'card:prefix-routing'],
  },
  {
    id: 'cache-aware-routing',
    name: { en: 'Cache-aware routing', zh: '缓存感知路由' },
    says: {
      en: 'A request goes where the beginning of its prompt is cached, as far as load allows. The router remembers what it sent where, or is told by the engines what they have cached.',
      zh: '在负载允许时，把请求发往已缓存其提示开头的副本。路由器记住自己发往各处的内容，或由引擎告知缓存了什么。',
    },
    aliases: {
      en: ['KV-aware routing', 'prefix-aware routing', 'prefix cache routing', 'consistent hashing with bounded loads'],
      zh: ['KV 感知路由', '前缀感知路由'],
    },
    related: ['router', 'prefix-caching', 'session-affinity', 'regret-of-routing'],
    knobs: ['cache-aware', 'prefix-hash', 'llm-d', 'dynamo'].flatMap(routerKnobNames),
    see: ['card:prefix-routing', 'panel:fleet'],
  },
  {
    id: 'session-affinity',
    name: { en: 'Session affinity', zh: '会话亲和' },
    says: {
      en: 'All requests of a session go to one replica, which has its earlier turns cached. How even loads are is left to how sessions are placed.',
      zh: '同一会话的所有请求发往同一个副本，那里缓存着之前的各轮对话。负载是否均匀取决于会话如何分配。',
    },
    aliases: { en: ['sticky sessions', 'session stickiness'], zh: ['会话保持'] },
    related: ['router', 'cache-aware-routing'],
    knobs: ['router', ...routerKnobNames('sticky')],
  },
  {
    id: 'regret-of-routing',
    name: { en: 'Regret of a routing decision', zh: '路由遗憾' },
    says: {
      en: 'Prompt tokens that stand before a request where it was sent, less those where fewest did. What is found in the prefix cache counts for nothing.',
      zh: '请求所到副本前面等待计算的提示 token 数，减去最少处的数目。前缀缓存命中的部分不计。',
    },
    unit: { en: 'tokens', zh: 'token' },
    related: ['router', 'prefix-caching'],
  },
  {
    id: 'load-shedding',
    name: { en: 'Load shedding', zh: '负载削减' },
    says: {
      en: 'A fleet that has too much to do turns requests away at once, so that those it takes are served in time.',
      zh: '负载过重的集群立即拒绝部分请求，使接收的请求能按时完成。',
    },
    aliases: { en: ['HTTP 503', 'rate limit'], zh: ['丢弃负载', '限流'] },
    related: ['fleet', 'overload', 'client-retry'],
    knobs: ['max-in-flight', 'max-tokens-ahead', ...routerKnobNames('mooncake')],
  },
  {
    id: 'mixed-pool',
    name: { en: 'Mixed pool', zh: '混合池' },
    says: {
      en: 'Replicas of a split fleet that prefill and decode for a while, because the other side is short. Each keeps its side, and is back on it when it has ended the requests that it took whole.',
      zh: '分离集群中因另一侧不足而暂时兼做预填充与解码的副本。它们仍属原来一侧，完成所承担的完整请求后即回到该侧。',
    },
    aliases: { en: ['Splitwise mixed machines', 'mixed instances'] },
    related: ['prefill-decode-separation', 'role-switching'],
    knobs: ['mixed-pool-tokens'],
    see: ['preset:splitwise', 'panel:fleet'],
  },
  {
    id: 'role-switching',
    name: { en: 'Role switching', zh: '角色切换' },
    says: {
      en: 'A replica that prefilled decodes from now on, or the other way round, because the load of the two sides has changed. It takes nothing new, ends what it has and begins again in its new role.',
      zh: '两侧负载变化时，原来预填充的副本改为解码，或相反。它不再接收新请求，完成手头的请求，然后以新角色重新开始。',
    },
    aliases: { en: ['role flip', 'dynamic PD ratio', 'replanning', 'Dynamo planner'], zh: ['PD 比例动态调整'] },
    related: ['prefill-decode-separation', 'replica', 'autoscaling'],
    knobs: ['role-switch-s', 'role-start-s'],
    see: ['panel:fleet'],
  },
  {
    id: 'heterogeneous-fleet',
    name: { en: 'Heterogeneous fleet', zh: '异构集群' },
    says: {
      en: 'A fleet with GPUs of more than one kind. Prompts ask for arithmetic and answers for memory bandwidth, so each side can have the GPUs that do its part for the least money or power.',
      zh: '含有不止一种 GPU 的集群。提示需要算力，回答需要显存带宽，两侧可各用成本或功耗最低的 GPU。',
    },
    aliases: { en: ['heterogeneous cluster', 'mixed hardware', 'Splitwise-HA'] },
    related: ['prefill-decode-separation', 'device', 'fleet', 'role-switching'],
    knobs: ['decode-device'],
    see: ['preset:splitwise', 'panel:fleet'],
  },
  {
    id: 'kv-store',
    name: { en: 'Shared KV store', zh: '共享 KV 存储' },
    says: {
      en: 'Host memory of all replicas as one store of KV blocks, found by the hashes of their tokens. What one replica has computed another one fetches instead of computing it again, whatever the router does.',
      zh: '把所有副本的主机内存合为一处存放 KV 块，按 token 的哈希查找。一个副本算过的内容，另一个副本直接取来而不重新计算，与路由方式无关。',
    },
    aliases: {
      en: ['distributed KV store', 'KV cache pool', 'Mooncake Store', 'LMCache', 'global prefix cache'],
      zh: ['KV 缓存池', '分布式 KV 存储', '全局前缀缓存'],
    },
    related: ['prefix-caching', 'kv-transfer', 'host-memory', 'kv-offloading', 'router'],
    knobs: ['kv-store-gib', 'kv-store-link'],
    see: ['card:kv-store', 'panel:fleet'],
  },
  {
    id: 'client-retry',
    name: { en: 'Time-out and retry', zh: '超时与重试' },
    says: {
      en: 'A client that has waited long enough gives up and sends the request again after a pause. Under overload that adds to the load: what was computed for the first try is lost.',
      zh: '客户端等待过久便放弃，稍后重新发送。过载时这会加重负载：第一次尝试的计算全部作废。',
    },
    aliases: { en: ['retry storm', 'exponential backoff', 'client timeout'], zh: ['重试风暴', '指数退避'] },
    related: ['load-shedding', 'overload'],
    knobs: ['client-timeout-s', 'client-retries', 'client-backoff-s'],
  },
  {
    id: 'replica-failure',
    name: { en: 'Failure of a replica', zh: '副本故障' },
    says: {
      en: 'A replica dies: its requests are lost or sent again elsewhere, its cache is gone, and the others carry its load until it is back.',
      zh: '副本失效：其请求丢失或重发到别处，缓存消失，修复前由其他副本承担负载。',
    },
    aliases: { en: ['MTBF', 'MTTR', 'mean time between failures', 'crash'] },
    related: ['replica', 'client-retry'],
    knobs: ['replica-mtbf-s', 'replica-repair-s'],
  },
  {
    id: 'autoscaling',
    name: { en: 'Autoscaling', zh: '自动伸缩' },
    says: {
      en: 'Replicas are started when requests in flight ask for more, and stopped when fewer have been enough for a while. A start takes time: machine, weights, captured graphs.',
      zh: '在途请求增多时启动副本，较少副本足够一段时间后停止。启动需要时间：机器、权重、捕获图。',
    },
    aliases: { en: ['scale out', 'cold start', 'elasticity'], zh: ['弹性伸缩', '冷启动'] },
    related: ['replica', 'fleet', 'burst'],
    knobs: ['autoscale-target', 'autoscale-min', 'autoscale-start-s', 'autoscale-calm-s'],
  },
];
